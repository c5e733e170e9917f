"""Every run has a data folder and a database of its own, so that two runs in one folder never meet."""

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_tables())
        yield


def empty_tables():
    """After a test that committed: facts refuse to be deleted, so Django's flush would fail on SQLite.

    On PostgreSQL it would take half a second: truncating every table and announcing a migration that was none.
    """
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - kept
    deletes = [f'DELETE FROM "{table}"' for table in sorted(tables)]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor foreign keys
            cursor.execute(";".join(deletes))
            return
        triggers = cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for statement in [*(f'DROP TRIGGER "{name}"' for name, _ in triggers), *deletes, *(sql for _, sql in triggers)]:
            cursor.execute(statement)


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
