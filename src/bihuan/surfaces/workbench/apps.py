"""The workbench app."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.workbench"
    label = "workbench"
