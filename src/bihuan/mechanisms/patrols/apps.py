"""The patrols app."""

from django.apps import AppConfig


class PatrolsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.patrols"
    label = "patrols"
