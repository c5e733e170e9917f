"""The inspections app."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.inspections"
    label = "inspections"

    def ready(self) -> None:
        """Fill the registers: facts, commands, reactions, who sees the evidence."""
        from bihuan.mechanisms.inspections import archive, commands, events, measures, reactions, refusals, sight  # noqa: F401
