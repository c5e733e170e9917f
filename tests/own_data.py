"""Every run has a data folder and a database of its own, so that two runs in one folder never meet."""

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase, override_settings


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory):
    """Evidence, keys and the SQLite file of this run."""
    folder = tmp_path_factory.mktemp("data")
    changed = {
        "DATA": folder,
        "BIHUAN_MEDIA_ROOT": folder / "evidence",
        "MEDIA_ROOT": folder / "evidence",
        "STATIC_ROOT": folder / "static",
        # a slow hash protects people, not made-up ones
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS],
    }
    (folder / "static").mkdir()
    with override_settings(**changed):
        yield folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(data_folder, django_db_modify_db_settings_parallel_suffix):
    database = connections["default"]
    if database.vendor == "sqlite":
        # a file, not memory: threads and other programs must see what was committed
        database.settings_dict["TEST"]["NAME"] = str(data_folder / "bihuan.sqlite3")
    else:
        database.settings_dict["TEST"]["NAME"] = f"test_bihuan_{os.getpid()}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    flush = TransactionTestCase._fixture_teardown

    def flush_past_triggers(self):
        """Facts refuse to be deleted, also by a test that empties SQLite's tables (PostgreSQL truncates them)."""
        with connection.cursor() as cursor:
            triggers = []
            if connection.vendor == "sqlite":
                triggers = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            try:
                flush(self)
            finally:
                for _, sql in triggers:
                    cursor.execute(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_past_triggers)
        yield


@pytest.fixture
def program_environment(data_folder, transactional_db):
    """The environment in which another program works on the very database of this test."""
    return environment_of_programs(data_folder)


def environment_of_programs(data_folder: Path) -> dict[str, str]:
    told = connection.settings_dict
    address = f"sqlite:///{told['NAME']}"
    if connection.vendor == "postgresql":
        who = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}"
        address = f"postgresql://{who}@{told['HOST']}:{told['PORT']}/{quote(told['NAME'])}"
    return {
        **os.environ,
        "BIHUAN_DATABASE_URL": address,
        "BIHUAN_DATA": str(data_folder),
        "BIHUAN_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "bihuan.config.settings",
    }
