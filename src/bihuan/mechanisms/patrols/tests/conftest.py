"""A school with points along which it walks, a route that is due, and a phone that hands rounds in."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from PIL import Image, ImageDraw

from bihuan.engines.duties.models import Task
from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import data_of, sections
from bihuan.mechanisms.patrols.commands import CheckIn, set_route, submit_round
from bihuan.mechanisms.risks.commands import make_point
from bihuan.mechanisms.risks.scoring import Scoring

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 23, 7, 20, tzinfo=ZONE)
"""A Monday in term, inside the morning window of the test's route."""
DAY = MORNING.date()
_read: dict[str, Any] = {}


def at(hour: int, minute: int = 0, *, day: date = DAY) -> datetime:
    """A moment of that day by the school's clock."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def base(net: SimpleNamespace) -> SimpleNamespace:
    """The chapters of the base pack; of posts only those that the cast does not have."""
    read = _read.setdefault("base", None) or read_pack(settings.BIHUAN_PACKS / "base")
    _read["base"] = read
    for chapter in sections():
        if chapter.name not in ("posts", "clauses", "terms", "unit-kinds", "net"):
            chapter.put(packs.PLATFORM, "base", read.items[chapter.name])
    known = set(PackEntry.objects.filter(section="posts").values_list("code", flat=True))
    PackEntry.objects.bulk_create(
        PackEntry(bureau_id=packs.PLATFORM, section="posts", code=item.code, data=data_of(item), pack="base", sort=900)
        for item in read.items["posts"]
        if item.code not in known
    )
    packs.forget()
    return net


@pytest.fixture
def monday(base: SimpleNamespace) -> Any:
    """The clock stands at Monday morning."""
    with clock.travel(MORNING):
        yield MORNING


@pytest.fixture
def make(base: SimpleNamespace, actors: SimpleNamespace) -> Callable[..., Any]:
    """``make("消防栓")``: a point of the school, registered by 李安."""

    def made(name: str, by: Any = None, org: Any = None, **given: Any) -> Any:
        args = {
            "id": uuid7(), "org_id": (org or base.school).pk, "name": name, "kind": "facility",
            "scoring": Scoring(matrix="ls-b", likelihood=2, severity=2),
        }  # fmt: skip
        return make_point(by or actors.li, MORNING - timedelta(days=30), **(args | given))

    return made


@pytest.fixture
def points(make: Callable[..., Any]) -> list[Any]:
    """Four points of the school."""
    return [make(name) for name in ("校门口", "配电房", "食堂后门", "宿舍楼道")]


@pytest.fixture
def foreign(make: Callable[..., Any], actors: SimpleNamespace, base: SimpleNamespace) -> Any:
    """A point of another school."""
    return make("外校配电房", by=actors.wu, org=base.other_school)


@pytest.fixture
def lay(monday: datetime, points: list[Any], actors: SimpleNamespace, base: SimpleNamespace) -> Callable[..., Any]:
    """``lay(windows=[…])``: a route along the points that the guards walk every school day."""

    def laid(by: Any = None, **given: Any) -> Any:
        args = {
            "id": uuid7(), "org_id": base.school.pk, "name": "校园日常巡查", "points": [point.pk for point in points],
            "post": "guard", "cadence": {"every": "school-day"}, "grace_minutes": 20,
            "windows": [{"name": "早", "since": "07:00", "until": "08:00"}, {"name": "午", "since": "12:00", "until": "13:00"}],
        }  # fmt: skip
        from bihuan.foundation.commands import commands

        parsed = commands()["patrols.set_route"].parse(args | given)
        return set_route(by or actors.li, MORNING - timedelta(hours=2), **parsed)

    return laid


@pytest.fixture
def route(lay: Callable[..., Any]) -> Any:
    """A route in two windows of a day."""
    return lay()


@pytest.fixture
def task(route: Any) -> Task:
    """This morning's round."""
    return tasks_of(route)[0]


def tasks_of(route: Any, on: date = DAY) -> list[Task]:
    """The rounds of a route that are due on a day."""
    return list(Task.objects.filter(subject_id=route.pk, on=on).order_by("slot"))


def look(n: int, point: Any, **given: Any) -> CheckIn:
    """One look by scanning the point's label, half a minute after the one before."""
    args = {
        "n": n, "point_id": point.pk, "code": point.code, "how": "scan", "result": "normal",
        "at": MORNING + timedelta(seconds=40 * n), "seconds": 12,
    }  # fmt: skip
    return CheckIn(**(args | given))


@pytest.fixture
def walk(actors: SimpleNamespace, points: list[Any], monday: datetime) -> Callable[..., dict[str, Any]]:
    """``walk(route, task)``: 王保安 walks all four points and hands the round in."""

    def walked(
        route: Any = None, task: Any = None, *, by: Any = None, now: datetime | None = None, **given: Any
    ) -> Any:
        checks = given.pop("checks", None) or [look(n, point) for n, point in enumerate(points, start=1)]
        args = {
            "id": uuid7(), "route_id": route and route.pk, "task_id": task and task.pk, "checks": checks,
            "started_at": checks[0].at, "ended_at": max(check.at for check in checks), "spent": 60,
        }  # fmt: skip
        moment = now or max(check.at for check in checks) + timedelta(seconds=5)
        return submit_round(by or actors.wang, moment, **(args | given))

    return walked


@pytest.fixture
def photo() -> Callable[..., UUID]:
    """``photo(actor, seed)`` keeps a little picture and gives its id; one seed is one picture."""

    def taken(by: Any, seed: int = 1, *, id: UUID | None = None) -> UUID:
        picture = Image.new("RGB", (96, 96), (40, 40, 40))
        draw = ImageDraw.Draw(picture)
        for n in range(12):
            x, y = (seed * 37 + n * 29) % 96, (seed * 53 + n * 41) % 96
            draw.rectangle([x, y, x + 20, y + 12], fill=((n * 20 + seed * 70) % 255, (seed * 91) % 255, n * 21))
        raw = io.BytesIO()
        picture.save(raw, "PNG")
        return keep_evidence(by, clock.now(), raw=raw.getvalue(), name=f"{seed}.png", id=id or uuid7()).pk

    return taken
