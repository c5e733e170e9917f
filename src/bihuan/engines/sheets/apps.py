"""The sheets app."""

from django.apps import AppConfig


class SheetsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.sheets"
    label = "sheets"
