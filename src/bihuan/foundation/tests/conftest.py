"""Commands, facts and listeners of a make-believe room, so that the ground floor is tested without any other."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import pytest
from pydantic import Field

from bihuan.foundation import events, reactions, refusals
from bihuan.foundation.actors import Actor, Hold
from bihuan.foundation.commands import command
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Job, Notice
from bihuan.foundation.refusals import Refusal

BUREAU = uuid7()
heard: list[Event] = []
trouble: list[Exception] = []

events.declare({"play.made": "做了一件事"})
refusals.declare({"play.no": (409, "今天不做「{what}」，请明天再来。")})


@command("play.make")
def make(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    title: Annotated[str, Field(min_length=2, max_length=120)],
    refuse: bool = False,
) -> Notice:
    """Make a notice: any row with a bureau will do."""
    row = Notice.objects.create(
        id=id, bureau_id=BUREAU, user_id=by.id, kind="play", title=title, sent_at=at, event_id=id
    )
    row.province_id = row.city_id = row.school_id = None
    row.path = ""
    events.record(row, "play.made", by=by, at=at, title=title)
    if refuse:
        raise Refusal("play.no", what=title)
    return row


@reactions.reacts_to("play.made")
def listen(event: Event) -> None:
    """Leave a trace in the database, or the trouble that a test asked for."""
    heard.append(event)
    if trouble:
        raise trouble.pop()
    Job.objects.create(name=f"heard-{event.pk}", next_at=event.at)


@pytest.fixture(autouse=True)
def silence() -> None:
    heard.clear()
    trouble.clear()


@pytest.fixture
def player() -> Actor:
    """Somebody with a hold over the whole make-believe bureau."""
    return Actor(
        id=uuid7(),
        name="李安",
        bureau_id=BUREAU,
        holds=(Hold("safety-lead", frozenset({"snap"}), "bureau", BUREAU, "0001."),),
    )
