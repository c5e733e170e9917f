"""Night rounds of boarding schools fall due on the nights on which somebody sleeps there, by the packs as they are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.conf import settings

from bihuan.engines.duties.commands import generate
from bihuan.engines.duties.models import Task
from bihuan.foundation import clock, packs
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import sections
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands import adopt_routes
from bihuan.mechanisms.patrols.models import Route
from bihuan.mechanisms.patrols.queries import due_words
from bihuan.mechanisms.patrols.tests.conftest import ZONE
from bihuan.mechanisms.risks.commands import adopt_points

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SEPTEMBER = {(9, n) for n in (14, 15, 16, 17, 19, 20, 21, 22, 23, 27, 28, 29)}
"""Saturday the 19th is before the Sunday that is worked; from the 24th 中秋节, from the 30th 国庆节 until the 7th."""
OCTOBER = {(10, n) for n in (7, 8, 9, 11, 12, 13, 14, 15, 18)}
"""Saturday the 10th is worked: Friday's night is spent at school, its own is not."""


@pytest.fixture
def packed(base):
    """Also the routes of 汉阴."""
    (chapter,) = (one for one in sections() if one.name == "routes")
    chapter.put(base.bureau.pk, "hanyin-333", read_pack(settings.BIHUAN_PACKS / "hanyin-333").items["routes"])
    packs.forget()
    return base


def boards(school):
    apps.get_model("responsibility", "Org").objects.filter(pk=school.pk).update(facets=["boarding"])


def opened(code, actors, net, first, last):
    """When the rounds of that route open from one day to another, day after day generated as the worker does."""
    with clock.travel(datetime.combine(first, time(6), ZONE)):
        adopt_points(actors.li, clock.now(), school_id=net.school.pk)
        adopt_routes(actors.li, clock.now(), org_id=net.school.pk, codes=[code])
    for n in range((last - first).days + 1):
        with clock.travel(datetime.combine(first + n * DAY, time(6), ZONE)):
            generate(clock.now())
    route = Route.objects.get(code=code)
    tasks = Task.objects.filter(subject_id=route.pk, on__gte=first, on__lte=last)
    return route, [
        (task.on, task.opens_at.astimezone(ZONE).replace(tzinfo=None)) for task in tasks.order_by("opens_at")
    ]


@pytest.mark.clause("HY-16")
@pytest.mark.parametrize(
    ("code", "windows"),
    [("dorm-night", ("21:50", "23:30", "+02:00")), ("dorm-night-rounds", ("21:40", "23:30"))],
)
@pytest.mark.parametrize(
    ("first", "last", "nights"),
    [(date(2026, 9, 14), date(2026, 10, 3), SEPTEMBER), (date(2026, 10, 5), date(2026, 10, 18), OCTOBER)],
)
def test_night_rounds_are_walked_when_boarders_sleep_at_school(packed, actors, code, windows, first, last, nights):
    boards(packed.school)
    route, found = opened(code, actors, packed, first, last)
    assert found == [
        (night, datetime.combine(night + DAY * window.startswith("+"), time.fromisoformat(window.lstrip("+"))))
        for night in sorted(date(2026, month, day) for month, day in nights)
        for window in windows
    ]
    assert due_words(route).startswith("上课日前一晚：熄灯后")


@pytest.mark.parametrize("code", ["dorm-night", "dorm-night-rounds"])
def test_a_day_school_walks_no_night_rounds(packed, actors, code):
    with pytest.raises(Refusal, match=r"patrols\.nothing_fits"):
        opened(code, actors, packed, date(2026, 9, 14), date(2026, 9, 15))
    assert not Route.objects.exists()
