"""The archive app."""

from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.archive"
    label = "archive"

    def ready(self) -> None:
        """Fill the registers: the command, its fact, its refusal."""
        from bihuan.surfaces.archive import commands  # noqa: F401
