"""The schemes of packs/primary-seven, the rules of cases, and a school month that has ended."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings

from bihuan.conftest import SINCE, placed_at
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.ratings import commands
from bihuan.mechanisms.ratings.commands import MarkIn
from bihuan.mechanisms.ratings.models import Score

ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = date(2026, 10, 1)


def moment(text):
    """A moment in Chinese time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


AT = moment("2026-11-03T09:00")


@pytest.fixture
def schemes(posts):
    """What a rating needs: its schemes, the tables of cases, the calendar."""
    for pack, names in (
        ("base", ("case-levels", "case-rules", "lifecycles", "ladders", "calendar")),
        ("primary-seven", ("ratings",)),
    ):
        for chapter in sections():
            if chapter.name in names:
                items, faults = chapter.read(settings.BIHUAN_PACKS / pack)
                assert not faults
                chapter.put(packs.PLATFORM, pack, items)
    packs.forget()
    return packs.entries(packs.PLATFORM, "ratings")


@pytest.fixture
def now():
    """The wall clock stands still at ``AT``, a Tuesday after October has ended."""
    with clock.travel(AT):
        yield AT


@pytest.fixture
def task(net):
    """``task("2026-10-12", "guard", "wang", done="07:30")``: one time that something was due at half past seven until eight."""
    duty = apps.get_model("duties", "Duty").objects.create(
        org=net.school, code="round", title="校门早巡", act="patrol", post="guard", cadence={"every": "day"},
        starts_on=date(2026, 9, 1), **placed_at(net.school),
    )  # fmt: skip

    def made(on, post, *, who=None, done="", by=None, state="", act="patrol", org=None):
        unit = org or net.school
        rows = apps.get_model("duties", "Task").objects
        return rows.create(
            duty=duty, org=unit, on=date.fromisoformat(on), slot=rows.count(), act=act, title="校门早巡", post=post,
            assignee_id=who and who.pk, opens_at=moment(f"{on}T07:00"), due_at=moment(f"{on}T07:30"),
            closes_at=moment(f"{on}T08:00"), state=state or ("missed" if not done else "done" if done <= "07:30" else "late"),
            done_at=moment(f"{on}T{done}") if done else None, done_by_id=by and by.pk, **placed_at(unit),
        )  # fmt: skip

    return made


@pytest.fixture
def serve(cast, net):
    """``serve("qian", "guard")``: one more appointment."""

    def served(key, post, *, place=None, starts_on=SINCE, ends_on=None):
        unit = place or net.school
        return apps.get_model("responsibility", "Appointment").objects.create(
            user=getattr(cast, key),
            org=unit,
            post=post,
            starts_on=starts_on,
            ends_on=ends_on,
            initials="",
            **placed_at(unit),
        )

    return served


def open_one(by, net, scheme="guard", on=OCTOBER, at=AT, **more):
    """Begin a rating."""
    return commands.open_rating(by, at, **({"id": uuid7(), "org_id": net.school.pk, "scheme": scheme, "on": on} | more))


def score_of(rating, subject):
    """The result of a person or a department."""
    return Score.objects.get(rating=rating, subject=str(getattr(subject, "pk", subject)))


def mark(item="post-work", mark="16", reason="查岗三次都在位"):
    """A judged mark."""
    return MarkIn(item=item, mark=mark, reason=reason)


@pytest.fixture
def opened(schemes, net, cast, actors, task, now):
    """October of the guard: one round walked in time, one late, one missed; the letters are out of the scheme."""
    task("2026-10-12", "guard", done="07:20", by=cast.wang)
    task("2026-10-13", "guard", done="07:50", by=cast.wang)
    task("2026-10-14", "guard", who=cast.wang)
    task("2026-10-15", "guard", state="excused")
    task("2026-11-02", "guard", done="07:20", by=cast.wang)  # another month
    return open_one(actors.li, net)


@pytest.fixture
def published(opened, cast, actors):
    """Judged by 李安, told by 周校长."""
    score = score_of(opened, cast.wang)
    commands.judge(actors.li, AT, score_id=score.pk, revision=score.revision, marks=[mark()])
    commands.publish(actors.zhou, AT, rating_id=opened.pk, revision=0)
    opened.refresh_from_db()
    return opened
