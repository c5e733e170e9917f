"""The mobile app."""

from django.apps import AppConfig


class MobileConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.surfaces.mobile"
    label = "mobile"

    def ready(self) -> None:
        """Fill the catalogue of refusals."""
        from bihuan.surfaces.mobile import refusals  # noqa: F401 - declares them
