"""What a row says, at rest and in the hand: rows of restricted ledgers are kept in the lockbox (ADR 0017)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from bihuan.engines.sheets.queries import VersionInForce
from bihuan.engines.sheets.rules import is_wrong
from bihuan.foundation import lockbox
from bihuan.mechanisms.ledgers.models import Entry
from bihuan.mechanisms.ledgers.rules import Ledger


def at_rest(
    ledger: Ledger, pk: UUID, version: VersionInForce, answers: Mapping[str, str], *, struck_for: str = ""
) -> dict[str, Any]:
    """The fields of a row that hold its answers; of a restricted ledger nothing stays readable but ``closed``'s key."""
    if not ledger.restricted:
        shown = {"answers": dict(answers), "wrong": wrong(version, answers), "title": title(version, answers)}
        return shown | {"struck_for": struck_for, "closed": "", "lock_key": ""}
    said = {"answers": dict(answers), "struck_for": struck_for}
    kept = lockbox.lock(json.dumps(said, ensure_ascii=False), about=pk)
    nothing = {"answers": {}, "wrong": [], "title": "", "struck_for": ""}
    return nothing | {"closed": kept, "lock_key": lockbox.key_of(kept)}


def opened(row: Entry) -> Entry:
    """The row with what it says, for somebody who was found to be allowed it. Refusals: those of ``lockbox.unlock``."""
    if row.closed:
        said = json.loads(lockbox.unlock(row.closed, about=row.pk))
        row.answers, row.struck_for = said["answers"], said["struck_for"]
    return row


def wrong(version: VersionInForce, answers: Mapping[str, str]) -> list[str]:
    """The columns that are not in order."""
    return [
        item.code
        for item in version.content.items
        if item.code in answers and is_wrong(item, {"value": answers[item.code]})
    ]


def title(version: VersionInForce, answers: Mapping[str, str]) -> str:
    """What a list calls the row: its first two columns."""
    return " ".join(answers[item.code] for item in version.content.items[:2] if answers.get(item.code))[:80]
