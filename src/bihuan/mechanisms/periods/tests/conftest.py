"""The primary school's periods over the base pack's sheets and calendar, and a clock that the jobs follow."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from bihuan.engines.duties.commands import answer_task, generate, miss_over
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.engines.duties.models import Task
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import data_of, sections
from bihuan.foundation.reactions import react
from bihuan.mechanisms.periods import commands

ZONE = ZoneInfo("Asia/Shanghai")
_read = {}


def moment(text):
    """A moment of autumn 2026 in Chinese time: ``10-01T15:00``."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def day(text):
    """A day of autumn 2026."""
    return date.fromisoformat(f"2026-{text}")


def settle():
    """What follows from the facts is done."""
    while react(datetime.now(UTC) + timedelta(hours=1)):
        pass


@contextmanager
def living(text):
    """Live until this moment: the jobs run, then the story, then what follows from it."""
    now = moment(text)
    with clock.travel(now):
        generate(now)
        miss_over(now)
        yield now
        settle()


def _pack(name):
    if name not in _read:
        _read[name] = read_pack(settings.BIHUAN_PACKS / name)
    return _read[name]


@pytest.fixture
def chapter(net):
    """The base pack's calendar and sheets for everybody; the primary school's periods and weekly check for the bureau."""
    found = {one.name: one for one in sections()}
    for name in ("calendar", "sheets", "periods"):
        found[name].put(packs.PLATFORM, "base", _pack("base").items[name])
    found["periods"].put(net.bureau.pk, "primary-seven", _pack("primary-seven").items["periods"])
    packs.forget()
    with clock.travel(moment("09-28T06:00")):
        weekly = [one for one in _pack("primary-seven").items["duties"] if one.code == "perimeter-week"]
        install_duties(net.bureau.pk, "primary-seven", [data_of(one) for one in weekly])
    return packs.entry(net.bureau.pk, "periods", "default")


@pytest.fixture
def declare(net, actors, chapter):
    """``declare(by, place, starts, ends)`` declares a period (the bureau's of the national day)."""

    def declared(by=None, place=None, starts="09-30", ends="10-12", *, at="09-29T10:00", kind="national-day", **said):
        org = (place or net.bureau).pk
        now = moment(at)
        with clock.travel(now):
            row = commands.declare_period(
                by or actors.zhao, now, id=uuid7(), org_id=org, kind=kind, starts_on=day(starts), ends_on=day(ends), **said
            )  # fmt: skip
            settle()
        return row

    return declared


def task(row, code, on, place):
    """The task of one of a period's duties on a day at a unit."""
    duty = next(one["id"] for one in row.duties if one["code"].startswith(code))
    return Task.objects.get(duty_id=duty, on=day(on), org_id=place.pk)


def states(row, code, place):
    """How the tasks of one of a period's duties ended, by day."""
    duty = next(one["id"] for one in row.duties if one["code"].startswith(code))
    rows = Task.objects.filter(duty_id=duty, org_id=place.pk).order_by("on")
    return {f"{one.on:%m-%d}": f"{one.state}{'（零）' if one.nil else ''}" for one in rows}


def nil(by, now, row, on, place):
    """Report that there was nothing."""
    return answer_task(by, now, task_id=task(row, "period-report", on, place).pk, id=uuid7(), nil=True)
