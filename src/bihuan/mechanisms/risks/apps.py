"""The risks app."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.risks"
    label = "risks"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, pack chapters, measures, reactions."""
        from bihuan.mechanisms.risks import commands, measures, pack, reactions  # noqa: F401
