"""Coverage: for each clause, what runs it and which tests exercised it.

A clause is *running* only when the pack says so **and** a test that passed in the last full run exercised it
(``packs/exercised.json``, written and held by the test command).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

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
    """Every clause of a pack in its order."""
    tests = exercised(pack.folder)
    found = []
    for item in pack.items.get("clauses", []):
        spec = item.spec
        proofs = tuple(tests.get(spec.code, ()))
        state = "partly" if spec.state == "running" and not proofs else spec.state
        note = spec.note or ("没有测试证明它在运行" if state != spec.state else "")
        found.append(
            Covered(spec.code, spec.group, spec.title, spec.text, state, spec.state, spec.runs, note, proofs, spec.measure)
        )
    return found


def exercised(folder: Path) -> dict[str, list[str]]:
    """Clause → tests of the last full run, from ``exercised.json`` beside the packs."""
    kept = folder.parent / "exercised.json"
    return dict(json.loads(kept.read_text(encoding="utf-8"))) if kept.is_file() else {}
