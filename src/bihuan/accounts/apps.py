"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and their ways in."""

    name = "bihuan.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Fill the register of commands."""
        from bihuan.accounts import commands  # noqa: F401 - registers its commands
