"""Duties for coloured units follow the points: a red point brings the duty to its school, voiding it takes it away."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps

from bihuan.engines.duties.colours import by_path, pairs
from bihuan.engines.duties.commands import follow_colours, keep_duty
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.risks.models import RiskPoint

pytestmark = pytest.mark.django_db


def test_a_red_point_brings_the_duty_to_its_school(net, point):
    tasks, monday = apps.get_model("duties", "Task").objects, datetime(2026, 11, 9, 6, tzinfo=ZoneInfo("Asia/Shanghai"))
    with clock.travel(monday):
        keep_duty(
            SYSTEM, monday, id=uuid7(), org=net.bureau, code="red-daily", title="红色日查", act="act", subject_id=None, post="head",
            cadence={"every": "day"}, windows=[], starts_on=date(2026, 9, 1), scope={"colours": ["red"]},
        )  # fmt: skip
        RiskPoint.objects.filter(pk=point.pk).update(shown_colour="orange")
        assert pairs(net.bureau.pk) == {(point.path, "orange")}
        assert follow_colours(monday) == 0
        RiskPoint.objects.filter(pk=point.pk).update(shown_colour="red")
        assert by_path(net.bureau.pk)[net.school.path] == {"red"}
        assert by_path(net.bureau.pk, net.other_school.pk) == {}
        assert follow_colours(monday) == 9
        assert set(tasks.values_list("org_id", "state")) == {(net.school.pk, "open")}
        RiskPoint.objects.filter(pk=point.pk).update(is_active=False)
        follow_colours(monday)
        assert set(tasks.values_list("on", "state", "note")) == {
            (date(2026, 11, 9), "excused", "风险颜色变了，不再要求")
        }
