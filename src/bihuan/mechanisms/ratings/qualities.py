"""The five qualities of a school's month (五大特性), each a number that opens to its rows: nothing here is typed by anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases import queries as cases
from bihuan.engines.duties.measures import seconds_spent
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, hot
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.packs.deeds import Asked, Deed, gathered
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import rules

OWN_SOURCES = {"self-check": "学校自查", "snap": "随手报", "meeting": "会议议定", "rating": "考评改进"}
OUTCOMES = {"coverage": ("有人", "没有人"), "compliance": ("办了", "没有办"), "on-time": ("按时", "没有按时")}
MOST_ROWS, MOST_COUNTED = 100, 4000


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a number."""

    words: str
    link: str
    on: str
    good: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """One of the five: what it is called, its number in words, how it is counted, and its rows (those not good first)."""

    code: str
    name: str
    number: str
    words: str
    rows: Sequence[Row]
    more: int = 0
    link: str = ""

    @property
    def outcomes(self) -> tuple[str, str]:
        """What a row is called that is good, and one that is not."""
        return OUTCOMES.get(self.code, ("", ""))


@dataclass(frozen=True, slots=True)
class Five:
    """The five qualities of one school in one month."""

    school: Any
    first: date
    last: date
    qualities: tuple[Quality, ...]
    months: tuple[tuple[str, str], ...]


def five(viewer: Actor, school_id: UUID, month: date) -> Five:
    """The five of a month, for whoever looks after the school or leads it; else ``foundation.not_found``."""
    school = net.org(viewer, school_id)
    if school.tier != "school" or not may_see(viewer, school):
        raise Refusal("foundation.not_found")
    today = timezone.localdate(clock.now())
    span = _month(net.sensible_day(month))
    [found] = _counted(viewer, school, [span])
    recent = [(today.replace(day=1), "本月"), *rules.spans_before("month", today, (), most=5)]
    return Five(school, *span, found, tuple((day.isoformat(), words) for day, words in recent))


def may_see(viewer: Actor, school: Any) -> bool:
    """Whether a person looks after a school or leads it."""
    return viewer.may("see-net", school) or viewer.may("sign-for-school", school)


def months(viewer: Actor, school: Any, since: date, until: date) -> list[Five]:
    """The five of each month that a span touches, for the files. Only for a school that was found visible."""
    spans, day = [], since
    while day <= until:
        spans.append(_month(day))
        day = spans[-1][1] + timedelta(days=1)
    return [Five(school, *span, found, ()) for span, found in zip(spans, _counted(viewer, school, spans), strict=True)]


def _month(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _counted(viewer: Actor, school: Any, spans: Sequence[tuple[date, date]]) -> list[tuple[Quality, ...]]:
    """The five of each of these months, one after the other: three statements for all of them."""
    now = clock.now()
    first, last = spans[0][0], spans[-1][1]
    kinds = frozenset({"tasks-done", "tasks-on-time"})
    end = clock.midnight(last + timedelta(days=1))
    deeds = gathered(Asked(school.bureau_id, school.pk, clock.midnight(first), end, now, kinds))
    rows = hot.gathered(
        {
            "areas": net.units(SYSTEM).filter(school_id=school.pk, tier="area").order_by("path").values_list("id", "name", "path", "active_to"),
            "keepers": net.appointments(SYSTEM).filter(school_id=school.pk, org__tier="area", starts_on__lte=last)
            .values_list("org__path", "starts_on", "ends_on"),
            "spent": seconds_spent(viewer, school_id=school.pk, since=first, until=last),
        },
        most=MOST_COUNTED,
    )  # fmt: skip
    covered = _covered(rows["areas"], rows["keepers"], [min(until, timezone.localdate(now)) for _, until in spans])
    spent = [(date.fromisoformat(week), post, seconds) for week, post, seconds in rows["spent"]]
    improved = _improved(viewer, school, spans)
    found = []
    for n, (since, until) in enumerate(spans):
        due = [one for one in deeds if since <= (one.due_on or one.on) <= until]
        found.append((
            covered[n],
            _share("compliance", "规范：合规率", "到期的常规任务办了多少", [one for one in due if one.kind == "tasks-done"]),
            _minutes(school, since, [(post, seconds) for week, post, seconds in spent if since <= week <= until]),
            _share("on-time", "时效：按时率", "到期的常规任务按时办了多少", [one for one in due if one.kind == "tasks-on-time"]),
            improved[n],
        ))  # fmt: skip
    return found


def _covered(areas: Sequence[Any], keepers: Sequence[Any], days: Sequence[date]) -> list[Quality]:
    """The school's areas with somebody at them, or at an area above them, on each of these days."""
    found = []
    for on in (day.isoformat() for day in days):
        kept = {path for path, since, until in keepers if since <= on and (not until or until >= on)}
        rows = [
            Row(name, f"/net/{UUID(pk)}/", "", any(path.startswith(one) for one in kept))
            for pk, name, path, active_to in areas
            if not active_to or active_to >= on
        ]
        found.append(_of("coverage", "覆盖：覆盖率", f"{on[5:]} 有人负责的区域", rows))
    return found


def _share(code: str, name: str, words: str, deeds: Sequence[Deed]) -> Quality:
    return _of(code, name, words, [Row(one.words, one.link, one.on.isoformat(), one.good) for one in deeds])


def _of(code: str, name: str, words: str, rows: Sequence[Row]) -> Quality:
    good = sum(row.good for row in rows)
    number = f"{good * 100 // len(rows)}%" if rows else "—"
    shown = sorted(rows, key=lambda row: row.good)[:MOST_ROWS]
    return Quality(code, name, number, f"{words}：{len(rows):,} 件里 {good:,} 件", shown, len(rows) - len(shown))


def _minutes(school: Any, first: date, spent: Sequence[tuple[str, int]]) -> Quality:
    """What the system cost the school's posts in the weeks that begin in the month: post and seconds, by post."""
    names = {post["code"]: post["name"] for post in net.posts(school.bureau_id)}
    monday = first + timedelta(days=-first.weekday() % 7)
    link = f"/duties/minutes/?{urlencode({'week': monday, 'school': school.pk})}"
    by_post = [
        (post, round(sum(seconds for _, seconds in some) / 60)) for post, some in groupby(spent, key=lambda row: row[0])
    ]
    rows = [Row(f"{names.get(post, post)}：{minutes} 分钟", link, "", True) for post, minutes in by_post]
    total = sum(minutes for _, minutes in by_post)
    words = "各岗位在系统里用的时间，按当月开始的各周合计"
    return Quality("minutes", "实用：填报用时", f"{total} 分钟", words, rows, link=link)


def _improved(viewer: Actor, school: Any, spans: Sequence[tuple[date, date]]) -> list[Quality]:
    """What the school itself found in each month and has put right (one statement)."""
    parts = {
        f"{n}/{source}": cases.Filters(stage="closed", school=school.pk, source=source, since=first, until=last)
        for n, (first, last) in enumerate(spans) for source in OWN_SOURCES
    }  # fmt: skip
    counted = cases.counted(viewer, parts)
    found = []
    for n in range(len(spans)):
        own = {source: name for source in OWN_SOURCES if counted[name := f"{n}/{source}"]}
        rows = [
            Row(f"{OWN_SOURCES[source]}：{counted[name]} 件", f"/hazards/?{urlencode(parts[name].address())}", "", True)
            for source, name in own.items()
        ]
        number = f"{sum(counted[name] for name in own.values())} 件"
        found.append(Quality("improved", "创新：自主改进数", number, "当月自己发现、已经复查销号的", rows))
    return found
