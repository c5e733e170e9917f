"""When a plan is whole, and when an activity without a filed plan warns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

FILINGS: Mapping[str, str] = {"": "没有送备案", "filed": "已送，等区局回执", "received": "已备案", "returned": "被退回"}
Warning_ = Literal["", "soon", "passed"]


def faults(content: Mapping[str, Any]) -> list[str]:
    """What keeps a version from being published, in words: empty sections, roles without a person."""
    found = [f"「{part['title']}」还没有写" for part in content["sections"] if len(part["text"].strip()) < 10]
    roles: Sequence[Mapping[str, Any]] = content["roles"]
    if not roles:
        found.append("还没有分工：至少写明总指挥")
    found += [f"「{role['role']}」还没有写到人" for role in roles if not role.get("person")]
    return found


def warning(activity_on: date | None, filing: str, today: date, days: int) -> Warning_:
    """Whether an activity comes near (``soon``) or has begun (``passed``) without its plan being received."""
    if activity_on is None or filing == "received":
        return ""
    if activity_on <= today:
        return "passed"
    return "soon" if (activity_on - today).days <= days else ""


def named(content: Mapping[str, Any]) -> list[str]:
    """The ids of the people that a version names, each once."""
    return list(dict.fromkeys(role["person"] for role in content["roles"] if role.get("person")))


def left_to_know(people: Iterable[str], known: Iterable[str]) -> list[str]:
    """Who is named and has not yet said that they know the plan."""
    said = set(known)
    return [one for one in people if one not in said]
