"""What every test stands on: its own data folder and database, a real browser, and the record of exercised clauses."""

import os

import hypothesis
import pytest

from tests.own_data import data_folder, django_db_modify_db_settings, django_db_setup, program_environment
from tests.real_browser import (
    _committed_for_the_site,
    base_url,
    browser_context_args,
    browser_type_launch_args,
    site,
)

# Playwright's sync API runs an event loop in this thread, in which Django would otherwise refuse to use a database
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# the same examples on every machine, however slow: what fails today failed in the change that broke it
hypothesis.settings.register_profile("bihuan", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("bihuan")

pytest_plugins = ["tests.clauses", "pytester"]

# named here and not as plugins: only a conftest is sure to come before the fixtures of installed plugins
__all__ = [
    "_committed_for_the_site",
    "base_url",
    "browser_context_args",
    "browser_type_launch_args",
    "data_folder",
    "django_db_modify_db_settings",
    "django_db_setup",
    "program_environment",
    "site",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Browser tests last: once Playwright's sync API has run, this thread's event loop stays, and asyncio.run refuses."""
    items.sort(key=lambda item: "playwright" in item.fixturenames)
