"""The periods app."""

from django.apps import AppConfig


class PeriodsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.periods"
    label = "periods"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack's chapter, marks of the calendar, measures, reactions."""
        from bihuan.mechanisms.periods import archive, commands, marks, measures, pack, reactions  # noqa: F401
