"""The ledgers app."""

from django.apps import AppConfig


class LedgersConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.ledgers"
    label = "ledgers"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, reactions, the pack's chapter, measures."""
        from bihuan.mechanisms.ledgers import archive, commands, measures, pack, reactions  # noqa: F401
