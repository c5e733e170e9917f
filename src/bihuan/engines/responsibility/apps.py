"""The responsibility app."""

from django.apps import AppConfig


class ResponsibilityConfig(AppConfig):
    """See the package's docstring."""

    name = "bihuan.engines.responsibility"
    label = "responsibility"

    def ready(self) -> None:
        """Fill the registers: refusals, facts, commands, pack chapters."""
        from bihuan.engines.responsibility import archive, commands, events, measures, pack, refusals  # noqa: F401
