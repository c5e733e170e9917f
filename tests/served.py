"""The server of a test run: as in production, only that it forgets packs sooner, because tests change them behind its back,
and that a test may say that a newer build of the phone's client is there."""

from django.conf import settings

from bihuan.config.asgi import application
from bihuan.foundation.packs import catalogue
from bihuan.surfaces.mobile import pages
from tests import NEWER_BUILD

__all__ = ["application"]

catalogue._FRESH_SECONDS = 0.05  # within one page; between two tests more goes by, and the next has other packs
_files = pages.files


def _files_of_the_day() -> tuple[list[str], list[str]]:
    now, later = _files()
    return ([*now, "/m/?newer"] if (settings.DATA / NEWER_BUILD).exists() else now), later


pages.files = _files_of_the_day
