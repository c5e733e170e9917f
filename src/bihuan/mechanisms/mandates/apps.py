"""The mandates app."""

from django.apps import AppConfig


class MandatesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.mandates"
    label = "mandates"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, measures, reactions, and who sees the evidence."""
        from bihuan.foundation.evidence.queries import shown_with
        from bihuan.mechanisms.mandates import archive, commands, measures, queries, reactions  # noqa: F401

        shown_with("mandates.directive", queries.sees_directive)
        shown_with("mandates.assignment", queries.sees_assignment)
        shown_with("mandates.share", queries.sees_share)
