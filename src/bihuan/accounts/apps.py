"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People and their ways in."""

    name = "bihuan.accounts"
    label = "accounts"
