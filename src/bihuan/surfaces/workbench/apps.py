"""The workbench app."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.workbench"
    label = "workbench"

    def ready(self) -> None:
        """Register the desk's own commands."""
        from bihuan.surfaces.workbench import commands  # noqa: F401
