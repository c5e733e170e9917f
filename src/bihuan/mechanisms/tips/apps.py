"""The tips app."""

from django.apps import AppConfig


class TipsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.tips"
    label = "tips"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, the pack chapter, reactions, who sees a tip's photo."""
        from bihuan.foundation.evidence.queries import shown_with
        from bihuan.mechanisms.tips import commands, events, pack, queries, reactions  # noqa: F401 - they register

        shown_with("tips.tip", queries.sees)
