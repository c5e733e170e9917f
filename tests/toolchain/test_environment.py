"""What the environment says is taken by its word, or stops the start with a sentence."""

import os
import subprocess
import sys

import pytest

ASK = (
    "import django; django.setup(); from django.db import connection; c = connection.cursor();"
    "print([c.execute(f'PRAGMA {name}').fetchone()[0] for name in ('journal_mode', 'synchronous')])"
)


def program(folder, **told):
    mine = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
    told = {"DJANGO_SETTINGS_MODULE": "bihuan.config.settings", "BIHUAN_DATA": str(folder), **told}
    return subprocess.run([sys.executable, "-c", ASK], env={**mine, **told}, capture_output=True, text=True)


@pytest.mark.parametrize(("told", "mode"), [({}, 2), ({"BIHUAN_SQLITE_SYNCHRONOUS": "normal"}, 1)])
def test_what_sqlite_confirms_is_on_the_disk_unless_somebody_says_otherwise(told, mode, tmp_path):
    assert program(tmp_path, **told).stdout.strip() == f"['wal', {mode}]"


def test_a_word_that_is_no_choice_stops_the_start(tmp_path):
    done = program(tmp_path, BIHUAN_SQLITE_SYNCHRONOUS="OFF")
    assert done.returncode != 0
    assert "BIHUAN_SQLITE_SYNCHRONOUS 应为 FULL 或 NORMAL，现在是「OFF」" in done.stderr
