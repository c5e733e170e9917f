"""The patrols app."""

from django.apps import AppConfig


class PatrolsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.patrols"
    label = "patrols"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, pack chapters."""
        from bihuan.mechanisms.patrols import commands, hot, pack  # noqa: F401
