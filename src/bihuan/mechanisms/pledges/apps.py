"""The pledges app."""

from django.apps import AppConfig


class PledgesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.pledges"
    label = "pledges"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack's chapter, measures, reactions."""
        from bihuan.mechanisms.pledges import archive, commands, measures, pack, reactions  # noqa: F401
