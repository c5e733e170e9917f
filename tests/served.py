"""The server of a test run: as in production, only that it forgets packs sooner, because tests change them behind its back."""

from bihuan.config.asgi import application
from bihuan.foundation.packs import catalogue

__all__ = ["application"]

catalogue._FRESH_SECONDS = 0.5
