"""The meetings app."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.mechanisms.meetings"
    label = "meetings"

    def ready(self) -> None:
        """Fill the registers: commands, facts, refusals, measures."""
        from bihuan.mechanisms.meetings import archive, commands, measures  # noqa: F401
