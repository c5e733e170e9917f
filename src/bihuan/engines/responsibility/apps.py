"""The responsibility app."""

from django.apps import AppConfig


class ResponsibilityConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.responsibility"
    label = "responsibility"
