"""The ratings app."""

from django.apps import AppConfig


class RatingsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.ratings"
    label = "ratings"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack's chapter, measures."""
        from bihuan.mechanisms.ratings import archive, commands, measures, pack  # noqa: F401
