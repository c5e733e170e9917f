"""The openapi app."""

from django.apps import AppConfig


class OpenapiConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.openapi"
    label = "openapi"
