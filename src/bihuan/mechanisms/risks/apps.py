"""The risks app."""

from django.apps import AppConfig


class RisksConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.risks"
    label = "risks"
