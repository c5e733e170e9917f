"""The training app."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.training"
    label = "training"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack's chapter, measures."""
        from bihuan.mechanisms.training import archive, commands, measures, pack  # noqa: F401
