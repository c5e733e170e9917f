"""The risks app."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.risks"
    label = "risks"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, pack chapters, measures, reactions, colours of units, where a point lies."""
        from bihuan.engines.cases.queries import points_found_by
        from bihuan.mechanisms.risks import commands, measures, pack, reactions, unit_colours  # noqa: F401 - they register
        from bihuan.mechanisms.risks.queries import spot_of

        points_found_by(spot_of)
