"""The foundation as a Django app."""

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    """One app for the whole ground floor."""

    name = "bihuan.foundation"
    label = "foundation"
    default_auto_field = "django.db.models.BigAutoField"
