"""The inspections app."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.inspections"
    label = "inspections"
