"""What every test stands on: its own data folder and database, a real browser, and the record of exercised clauses."""

import os

# Playwright's sync API runs an event loop in this thread, in which Django would otherwise refuse to use a database
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

pytest_plugins = ["tests.own_data", "tests.real_browser", "tests.clauses"]
