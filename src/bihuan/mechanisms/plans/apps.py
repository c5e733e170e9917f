"""The plans app."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.plans"
    label = "plans"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack's chapter, measures."""
        from bihuan.mechanisms.plans import archive, commands, measures, pack  # noqa: F401
