"""The five qualities of a month, each from its rows."""

from datetime import date

import pytest
from django.apps import apps

from bihuan.conftest import placed_at
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import qualities
from bihuan.mechanisms.ratings.tests.conftest import OCTOBER, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(schemes, net, cast, task, serve, now):
    """October: three rounds of the guard (one late, one missed), a room with a keeper, one own hazard that is closed."""
    task("2026-10-12", "guard", done="07:20", by=cast.wang)
    task("2026-10-13", "guard", done="07:50", by=cast.wang)
    task("2026-10-14", "guard", who=cast.wang)
    serve("qian", "lab-keeper", place=net.room)
    apps.get_model("duties", "Minutes").objects.create(
        org=net.school,
        post="guard",
        week=date(2026, 10, 19),
        action="patrol",
        count=4,
        seconds=600,
        **placed_at(net.school),
    )
    for n, (source, state) in enumerate((("snap", "closed"), ("snap", "rectifying"), ("sponsor-round", "closed"))):
        at = moment("2026-10-20T10:00")
        apps.get_model("cases", "Case").objects.create(
            number=f"隐{n}", kind="hazard", lifecycle="hazard@1", state=state, is_open=state != "closed", level="general", title="门锁",
            org=net.school, org_name="一小", source=source, reporter_name="李安", reported_at=at, state_since=at, due_at=at,
            **placed_at(net.school),
        )  # fmt: skip


@pytest.mark.clause("XX-19")
def test_five_numbers_each_open_to_their_rows(month, net, actors):
    found = {one.code: one for one in qualities.five(actors.li, net.school.pk, date(2026, 10, 31)).qualities}
    assert list(found) == ["coverage", "compliance", "minutes", "on-time", "improved"]
    areas = [row.good for row in found["coverage"].rows]
    assert areas == [False, False, True]  # of building, laboratory and kitchen only the laboratory has a keeper
    assert found["coverage"].number == "33%"
    assert (found["compliance"].number, found["on-time"].number) == ("66%", "33%")
    assert [row.good for row in found["compliance"].rows] == [False, True, True]
    assert all(row.link.startswith("/duties/") for row in found["compliance"].rows)
    assert found["minutes"].number == "10 分钟"
    assert found["improved"].number == "1 件"  # found by the school itself and closed
    empty = {one.code: one for one in qualities.five(actors.chief, net.school.pk, date(2026, 8, 1)).qualities}
    assert (empty["compliance"].number, empty["improved"].number) == ("—", "0 件")


@pytest.mark.clause("XX-19")
def test_the_five_are_seen_by_whoever_looks_after_the_school(month, net, actors, door):
    address = f"/ratings/five/?school={net.school.pk}&month={OCTOBER}"
    for key in ("li", "zhao"):
        shown = door(key).get(address).content.decode()
        assert all(words in shown for words in ("覆盖率", "合规率", "填报用时", "按时率", "自主改进数", "66%", "33%"))
    assert door("li").get("/ratings/five/?month=nonsense").status_code == 200
    for key in ("wang", "wu", "sun", "nobody"):
        assert door(key).get(address).status_code == 404
    with pytest.raises(Refusal):
        qualities.five(actors.wu, net.school.pk, OCTOBER)
