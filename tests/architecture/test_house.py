"""What import-linter cannot say about the house, and the import contracts themselves."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, SOURCE, Module, modules, texts

FLOORS = ("foundation", "accounts", "engines", "mechanisms", "surfaces", "config")
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "managers", "service", "services", "tasks"}
DOORS = {"web", "api", "jobs"}
ORM_WORDS = {
    "objects", "save", "update", "create", "delete", "get_or_create", "update_or_create", "bulk_create", "bulk_update",
    "raw", "select_for_update",
}  # fmt: skip
PURE = {"rules", "lifecycle", "calendar", "escalation", "indicators"}
CLOCKS = {"now", "today", "utcnow", "localtime", "monotonic"}
LONGEST = 500


def test_imports_keep_the_contracts():
    linter = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_tables_are_known_only_in_their_own_room():
    strangers = {
        f"{module.path}:{line} takes the tables of {room}"
        for module in modules()
        for line, name in module.imported()
        if (room := room_of_tables(name)) and not belongs_to(module, room)
    }
    assert not strangers, "ask the room's queries or commands instead:\n" + "\n".join(sorted(strangers))


def room_of_tables(name: str) -> str | None:
    """The room whose models a dotted name reaches into, if it does."""
    parts = name.split(".")
    if parts[0] != "bihuan" or "models" not in parts:
        return None
    return ".".join(parts[: parts.index("models")])


def belongs_to(module: Module, room: str) -> bool:
    """Code of the room itself; tests may also look at what was written on the floors below."""
    if module.name == "bihuan.conftest":  # the cast of all tests stands on rows that no single command makes
        return True
    below = "tests" in module.name.split(".") and floor(room) < floor(module.name)
    return below or module.name == room or module.name.startswith(f"{room}.")


def floor(name: str) -> int:
    return FLOORS.index(name.split(".")[1])


def test_doors_leave_the_tables_alone():
    touching = [
        f"{module.path}:{line} .{word}"
        for module in modules()
        if is_door(module)
        for line, word in orm_words(module.tree)
    ]
    touching += [
        f"{module.path}:{line} takes {name}"
        for module in modules()
        if is_door(module)
        for line, name in module.imported()
        if name.startswith("django.db")
    ]
    assert not touching, "a door parses, calls one command or query, and renders:\n" + "\n".join(touching)


def is_door(module: Module) -> bool:
    parts = module.name.split(".")
    in_a_room = len(parts) > 1 and parts[1] in FLOORS and parts[1] != "config"
    return in_a_room and bool(DOORS & set(parts)) and "tests" not in parts and module.name not in JOBS_ENGINE


# the queue itself is a table; jobs.py in every other room is a door
JOBS_ENGINE = {"bihuan.foundation.jobs"}


def orm_words(tree: ast.Module):
    """Attributes that mean a table is read or written; `@router.delete("/…")` is the name of a route."""
    routes = {
        id(part) for node in ast.walk(tree) for mark in getattr(node, "decorator_list", ()) for part in ast.walk(mark)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ORM_WORDS and id(node) not in routes:
            yield node.lineno, node.attr


def test_pure_files_are_told_the_time():
    asking = [
        f"{module.path}:{node.lineno} .{node.func.attr}()"
        for module in modules()
        if PURE & set(module.name.split(".")) and "tests" not in module.name.split(".")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert not asking, "a pure decision gets its moment as an argument:\n" + "\n".join(asking)


def test_modules_are_named_after_what_they_hold():
    vague = [str(module.path) for module in modules() if BANNED_NAMES & set(module.name.split("."))]
    assert not vague, "a name that could hold anything soon does:\n" + "\n".join(vague)


def test_no_file_grows_past_five_hundred_lines():
    long = []
    for path, text in texts():
        ours = path.parts[0] in {"src", "frontend", "run.py"} and path.suffix in {".py", ".js", ".css", ".html", ".typ"}
        if ours and not {"migrations", "tests"} & set(path.parts) and len(text.splitlines()) > LONGEST:
            long.append(f"{path}: {len(text.splitlines())} lines")
    assert not long, "make it a folder of the same name:\n" + "\n".join(long)


def test_every_room_says_what_it_is():
    silent = [
        str(module.path)
        for module in modules()
        if module.is_package and "tests" not in module.name.split(".") and not ast.get_docstring(module.tree)
    ]
    assert not silent, "the docstring of __init__.py says what the room is and promises:\n" + "\n".join(silent)


LOCKS = ("requirements/bootstrap.txt", "requirements/run.txt", "requirements/dev.txt", "package-lock.json")


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    addresses = [line for line in text.splitlines() if "://" in line or '"resolved"' in line or line.startswith("-")]
    assert not addresses, "compile locks with: python3 run.py lock"


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock.endswith(".txt")])
def test_locks_pin_every_package_by_hash(lock):
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip()]
    assert packages
    assert not [line for line in packages if "==" not in line or "--hash=sha256:" not in line]


# put together here, so that this file does not name them itself
MACHINE_PATHS = re.compile(rf"(?<![\w.}}/-])/(?:{'work'}/(?:main|shared)|{'root'}/|{'home'}/\w)")
REGISTRIES = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmmirror", "com")]
    )
)


@pytest.mark.parametrize("forbidden", [MACHINE_PATHS, REGISTRIES], ids=["machine paths", "registries"])
def test_files_name_no_machine_and_no_registry(forbidden):
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_checks_see_what_they_should():
    """The eyes of this file are open: each check is shown a fault of its kind."""
    tree = ast.parse("from ..cases import models\nCase.objects.get()\n\n@router.delete('/x')\ndef gone(): pass\n")
    door = Module("bihuan.mechanisms.risks.web", SOURCE / "x.py", tree, is_package=False)
    assert "bihuan.mechanisms.cases.models" in {name for _, name in door.imported()}
    assert room_of_tables("bihuan.engines.cases.models.Case") == "bihuan.engines.cases"
    assert not belongs_to(door, "bihuan.engines.cases")
    assert is_door(door)
    assert [word for _, word in orm_words(tree)] == ["objects"]
    assert MACHINE_PATHS.search("see /" + "work/main/x")
    assert not MACHINE_PATHS.search("bihuan work/" + "main")
    assert len(modules()) > 20
    assert len(texts()) > 50
