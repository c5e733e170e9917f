"""The duties app."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.duties"
    label = "duties"

    def ready(self) -> None:
        """Fill the registers: facts, refusals, commands, deeds, reactions, the pack's chapter."""
        from bihuan.engines.duties import archive, commands, events, measures, pack, reactions, refusals  # noqa: F401 - they register
