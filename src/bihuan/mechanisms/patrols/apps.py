"""The patrols app."""

from django.apps import AppConfig


class PatrolsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.patrols"
    label = "patrols"

    def ready(self) -> None:
        """Fill the registers: commands and their batch twin, facts, refusals, pack chapters, measures, reactions."""
        from bihuan.mechanisms.patrols import archive, commands, hot, measures, pack, reactions  # noqa: F401
