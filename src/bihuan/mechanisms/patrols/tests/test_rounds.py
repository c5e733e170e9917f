"""Handing rounds in: what becomes of the task, the points, the people and the times."""

from __future__ import annotations

import pytest

from bihuan.mechanisms.patrols.models import Round
from bihuan.mechanisms.patrols.tests.conftest import look, tasks_of

pytestmark = pytest.mark.django_db


@pytest.mark.clause("HY-16")
def test_a_walked_route_does_the_task_and_marks_its_points(route, task, walk, points, actors):
    said = walk(route, task)
    row = Round.objects.get(pk=said["id"])
    assert (row.result, row.whole, said["task"], said["left"]) == ("normal", True, "done", 0)
    assert (row.by_name, row.by_post, row.school_name, row.stops_count) == ("王保安", "guard", "灞东区第一小学", 4)
    task.refresh_from_db()
    assert (task.state, task.ref_id, task.done_by_name) == ("done", row.pk, "王保安")
    assert [one.state for one in tasks_of(route)] == ["done", "open"]
    for point in points:
        point.refresh_from_db()
        assert point.checked_at == row.ended_at
    assert look(1, points[0]).plain().code == row.checks[0]["code"]
