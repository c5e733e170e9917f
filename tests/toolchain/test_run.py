"""run.py: a stranger's first minute."""

import subprocess
import sys

import pytest

import run
from tests.architecture.house import ROOT


def test_a_stamp_changes_with_the_name_and_with_the_content_of_a_file(tmp_path):
    (tmp_path / "a.js").write_text("one")
    first = run.fingerprint(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    renamed = run.fingerprint(tmp_path)
    (tmp_path / "b.js").write_text("two")
    assert len({first, renamed, run.fingerprint(tmp_path), run.fingerprint(tmp_path, "more")}) == 4


@pytest.mark.parametrize(
    ("told", "passed_on"),
    [
        ({"PIP_INDEX_URL": "https://mirror.invalid/simple"}, {"UV_DEFAULT_INDEX": "https://mirror.invalid/simple"}),
        ({"PIP_TRUSTED_HOST": "mirror.invalid"}, {"UV_INSECURE_HOST": "mirror.invalid"}),
        (
            {"PIP_INDEX_URL": "https://a.invalid", "UV_DEFAULT_INDEX": "https://b.invalid"},
            {"UV_DEFAULT_INDEX": "https://b.invalid"},
        ),
    ],
)
def test_the_mirror_of_pip_is_handed_to_uv(told, passed_on):
    env = run.with_pip_mirror({**run.environment(), **told})
    assert {name: env[name] for name in passed_on} == passed_on


def test_the_mirror_in_the_configuration_file_of_pip_is_handed_to_uv(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://mirror.invalid/simple\n")
    env = run.with_pip_mirror({**run.environment(), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.invalid/simple"


def test_a_home_that_cannot_be_written_is_replaced(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.setattr(run, "VENV", tmp_path)
    assert run.environment()["HOME"] == str(tmp_path / ".home")


def test_a_failed_step_shows_what_was_said_and_what_to_do(capsys):
    loud = [sys.executable, "-c", "print('mirror not reached'); raise SystemExit(3)"]
    with pytest.raises(run.Stop, match="请设好镜像"):
        run.must("安装", loud, run.environment(), "请设好镜像")
    assert "| mirror not reached" in capsys.readouterr().out


def test_the_summary_names_what_did_not_pass(capsys):
    run.summarise([("类型", 1.0, True), ("测试：SQLite", 2.0, False)], 3.0)
    assert "没有通过：测试：SQLite。" in capsys.readouterr().out


def test_a_browser_that_does_not_start_is_not_taken(monkeypatch, tmp_path):
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho please install it; exit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", str(stub))
    assert run.find_browser() is None


def test_an_unknown_command_shows_the_commands():
    shown = subprocess.run([sys.executable, ROOT / "run.py", "dance"], capture_output=True, text=True, check=False)
    assert shown.returncode == 2
    assert "run.py demo" in shown.stdout
