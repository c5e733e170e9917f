"""Coverage: for each clause, what runs it and which tests exercised it.

A clause is *running* only when the pack says so **and** a test that passed in the last full run exercised it
(``packs/exercised.json``, written and held by the test command).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bihuan.foundation.packs.loader import ReadPack


@dataclass(frozen=True)
class Covered:
    """One clause of the coverage."""

    code: str
    group: str
    title: str
    text: str
    state: str
    claimed: str
    runs: tuple[str, ...]
    note: str
    tests: tuple[str, ...]
    measure: str = ""

    def as_json(self) -> dict[str, object]:
        """For ``bihuan pack coverage --json``."""
        return asdict(self)


def coverage(pack: ReadPack) -> list[Covered]:
    """Every clause of a pack as read from its folder, in its order."""
    tests = exercised(pack.folder.parent)
    return [covered(item.spec.model_dump(), tests) for item in pack.items.get("clauses", [])]


def covered(clause: Mapping[str, Any], tests: Mapping[str, Sequence[str]]) -> Covered:
    """What a clause claims, held against the tests that exercised it."""
    proofs = tuple(tests.get(clause["code"], ()))
    claimed = clause["state"]
    state = "partly" if claimed == "running" and not proofs else claimed
    note = clause.get("note", "")
    if state != claimed:
        note = f"没有测试证明它在运行。{note}"
    return Covered(
        clause["code"], clause["group"], clause["title"], clause["text"], state, claimed, tuple(clause.get("runs", ())), note,
        proofs, clause.get("measure", ""),
    )  # fmt: skip


def exercised(packs: Path) -> dict[str, list[str]]:
    """Clause → tests of the last full run, from ``exercised.json`` beside the packs."""
    kept = packs / "exercised.json"
    return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else {}
