"""The mobile app."""

from django.apps import AppConfig


class MobileConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.mobile"
    label = "mobile"
