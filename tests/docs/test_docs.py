"""What the documents say exists, and what exists is in the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bihuan.config import cli
from bihuan.foundation.commands import commands
from bihuan.foundation.events import declared
from bihuan.foundation.packs import sections
from bihuan.foundation.refusals import catalogue

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("src/**/*.py"), *ROOT.glob("packs/**/*.yaml")]


@pytest.fixture(scope="module")
def everything() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


def glossary() -> list[str]:
    rows = re.findall(r"^\|[^|]+\|([^|]+)\|", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    return [name for cell in rows[2:] for name in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("name", glossary())
def test_every_name_of_the_glossary_exists(name, everything):
    last = name.rpartition(".")[2]
    assert re.search(rf"(?<![\w-]){re.escape(last)}(?![\w-])", everything), name


def test_every_pack_section_is_explained():
    text = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
    assert [s.name for s in sections() if s.file.split("/")[0].split(".")[0].strip("*") not in text] == []


def test_every_setting_is_explained():
    settings = (ROOT / "src/bihuan/config/settings.py").read_text(encoding="utf-8")
    told = (ROOT / "docs/handbook/running.md").read_text(encoding="utf-8")
    names = set(re.findall(r'env\.\w+\("(BIHUAN_\w+)"', settings))
    assert names
    assert sorted(name for name in names if name not in told) == []


def test_every_refusal_is_a_whole_chinese_sentence():
    bad = [
        code
        for code, entry in catalogue().items()
        if not re.search(r"[\u4e00-\u9fff].*[。：]|\}$|[。？]$", entry.sentence)
    ]
    assert bad == []
    assert all(400 <= entry.status < 600 and entry.status != 500 for entry in catalogue().values())


def test_every_command_and_fact_has_its_words():
    assert [name for name, command in commands().items() if not command.summary.endswith(".")] == []
    assert [name for name, words in declared().items() if not re.search(r"[\u4e00-\u9fff]", words)] == []


@pytest.mark.parametrize(
    "verb",
    [
        "pack check",
        "pack plan",
        "pack install",
        "pack coverage",
        "demo",
        "serve",
        "work",
        "migrate",
        "token",
        "doctor",
        "bench",
    ],
)
def test_the_command_line_is_what_the_readme_promises(verb, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([*verb.split(), "--help"])
    assert left.value.code == 0
    assert "usage: bihuan" in capsys.readouterr().out
    assert f"bihuan {verb.split()[0]}" in (ROOT / "README.md").read_text(encoding="utf-8") or verb.startswith(
        ("demo", "pack plan")
    )


def test_links_between_documents_lead_somewhere():
    broken = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)} → {target}")
    assert broken == []
