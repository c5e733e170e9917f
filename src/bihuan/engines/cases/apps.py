"""The cases app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.cases"
    label = "cases"
