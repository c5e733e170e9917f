"""The foundation as a Django app."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """One app for the whole ground floor."""

    name = "bihuan.foundation"
    label = "foundation"

    def ready(self) -> None:
        """Fill the registers: pack chapters and commands."""
        from bihuan.foundation import messages  # noqa: F401 - registers its commands
        from bihuan.foundation.packs import chapters, loader  # noqa: F401 - registers chapters and packs.install
