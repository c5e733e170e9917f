"""The sheets app."""

from django.apps import AppConfig


class SheetsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.sheets"
    label = "sheets"

    def ready(self) -> None:
        """Fill the registers: facts, commands, pack chapter."""
        from bihuan.engines.sheets import commands, events, measures, pack, refusals  # noqa: F401
