"""The duties app."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.duties"
    label = "duties"
