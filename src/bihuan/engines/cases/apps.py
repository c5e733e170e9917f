"""The cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.cases"
    label = "cases"

    def ready(self) -> None:
        """Fill the registers: commands, facts, reactions, pack chapters, and who sees a case's evidence."""
        from bihuan.engines.cases import archive, commands, events, measures, pack, queries, reactions, refusals  # noqa: F401 - they register
        from bihuan.foundation.evidence.queries import shown_with

        shown_with("cases.case", queries.sees)
