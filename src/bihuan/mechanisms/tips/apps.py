"""The tips app."""

from django.apps import AppConfig


class TipsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.tips"
    label = "tips"
