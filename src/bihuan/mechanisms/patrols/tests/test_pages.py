"""The pages of patrols: who sees what, that every door opens, that forms keep what was typed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.patrols.commands import hand_over_shift
from bihuan.mechanisms.patrols.models import Handover, Round, Route, Stop
from bihuan.mechanisms.patrols.queries import round_page, rounds, walked_since
from bihuan.mechanisms.patrols.tests.conftest import MORNING, look, tasks_of
from bihuan.mechanisms.risks.commands import post_label

pytestmark = pytest.mark.django_db


@pytest.fixture
def walked(route, task, walk, points):
    """王保安 found something at the second point, and typed the third one's code."""
    checks = [look(n, point) for n, point in enumerate(points, start=1)]
    checks[1] = look(2, points[1], result="found", note="门锁坏了")
    checks[2] = look(3, points[2], how="typed", lat=34.3, lon=109.0, accuracy=10)
    checks[3] = look(4, points[3], lat=34.301, lon=109.001, accuracy=10)
    return Round.objects.get(pk=walk(route, task, checks=checks)["id"])


def test_today_says_what_is_done_and_what_is_due(walked, route, net, door):
    page = door("li").get("/patrols/").content.decode()
    assert "校园日常巡查（早）" in page
    assert "发现 1 处" in page
    assert "07:00–08:00" in page
    assert "未到时间" in page
    assert "王保安" in page
    late = door("li").get("/patrols/?state=missed").content.decode()
    assert "校园日常巡查" not in late
    assert "这一天没有这种情况的巡查" in late
    tomorrow = door("li").get("/patrols/?day=2026-11-24").content.decode()
    assert "11月24日" in tomorrow
    assert "未到时间" in tomorrow


def test_an_outsider_sees_none_of_it(walked, route, task, net, door):
    for path in ("/patrols/", "/patrols/rounds/", "/patrols/routes/", "/patrols/week/", "/patrols/shifts/"):
        page = door("wu").get(path)
        assert page.status_code == 200
        assert "校园日常巡查" not in page.content.decode()
        assert door("").get(path).status_code == 302
    for path in (f"/patrols/rounds/{walked.pk}/", f"/patrols/routes/{route.pk}/"):
        assert door("wu").get(path).status_code == 404
    assert door("wu").get(f"/patrols/month.xlsx?school={net.school.pk}").status_code == 404


def test_signals_are_for_the_person_and_those_who_watch(walked, door):
    seen = {
        key: "没有扫码" in door(key).get(f"/patrols/rounds/{walked.pk}/").content.decode()
        for key in ("wang", "li", "zhao")
    }
    assert seen == {"wang": True, "li": True, "zhao": True}
    hidden = door("huo").get(f"/patrols/rounds/{walked.pk}/")
    assert hidden.status_code == 404


def test_a_round_shows_its_points_both_times_its_track_and_the_answer(walked, door, points):
    page = door("wang").get(f"/patrols/rounds/{walked.pk}/").content.decode()
    for words in ("配电房", "门锁坏了", "输入编号", "系统收到", "走过的路", "说明一下"):
        assert words in page
    answer = {"_id": str(uuid7()), "signal": "typed_code", "words": "标签被雨淋坏了"}
    assert door("li").post(f"/patrols/rounds/{walked.pk}/answer/", answer).status_code == 403
    assert door("wang").post(f"/patrols/rounds/{walked.pk}/answer/", {**answer, "words": "x"}).status_code == 422
    assert door("wang").post(f"/patrols/rounds/{walked.pk}/answer/", answer).status_code == 302
    assert "标签被雨淋坏了" in door("li").get(f"/patrols/rounds/{walked.pk}/").content.decode()


@pytest.mark.parametrize(
    "odd",
    [
        {"lat": 34.3, "lon": None},
        {"lat": None, "lon": 109.0},
        {"at": "9999-12-31T23:59:59.999999Z", "phone_at": "9999-12-31T23:59:59.999999Z"},
        {"at": "0001-01-01T00:00:00+14:00", "phone_at": "0001-01-01T00:00:00Z"},
    ],
)
def test_whatever_a_phone_told_once_its_page_opens(walked, points, actors, door, odd):
    """Rows that were kept before the door knew better, and archives that were taken in."""
    looks = [one | {"lat": 34.3, "lon": 109.0} for one in walked.checks]
    looks[1] = {name: value for name, value in (looks[1] | odd).items() if value is not None}
    Round.objects.filter(pk=walked.pk).update(checks=looks, drift_seconds=4000)
    post_label(actors.li, MORNING, code=points[1].code, lat=34.3, lon=109.0)
    page = door("wang").get(f"/patrols/rounds/{walked.pk}/")
    assert page.status_code == 200
    assert "配电房" in page.content.decode()


def test_looks_stand_in_the_order_of_their_moments(walked, actors):
    """A whole second is kept without a fraction, and as a text comes after all of its fractions."""
    moments = ["2026-11-23T23:05:03Z", "2026-11-23T23:05:03.666000Z", "2026-11-23T23:05:04Z"]
    looks = [one | {"n": n, "at": at} for n, (one, at) in enumerate(zip(walked.checks, moments, strict=False), start=1)]
    Round.objects.filter(pk=walked.pk).update(checks=looks)
    assert [look.n for look in round_page(actors.wang, walked.pk).looks] == [1, 2, 3]


def test_rounds_are_listed_and_filtered(walked, route, door):
    client = door("li")
    assert "校园日常巡查" in client.get("/patrols/rounds/?result=found&noticed=1").content.decode()
    assert f"{walked.pk}" not in client.get("/patrols/rounds/?result=double").content.decode()
    assert f"{walked.pk}" in client.get(f"/patrols/rounds/?route={route.pk}&day=2026-11-23").content.decode()
    assert f"{walked.pk}" not in client.get("/patrols/rounds/?day=2026-11-22").content.decode()
    assert client.get("/patrols/rounds/?route=nonsense&by=x&day=never&cursor=").status_code == 200


def test_who_watches_over_one_school_learns_nothing_of_the_signals_of_another(walked, actors):
    """A guard here who looks after the school over there sees this round, and not that something was pointed out."""
    both = replace(actors.wu, holds=(*actors.wu.holds, *actors.wang.holds))
    assert both.may_anywhere("see-net")
    assert [row.shown_signals for row in rounds(both).rows] == [0]
    assert rounds(both, noticed=True).rows == []
    assert [walked_since(both, clock.now())[name].count() for name in ("rounds", "noticed")] == [1, 0]
    for who in (actors.li, actors.wang, actors.zhao):
        assert [row.pk for row in rounds(who, noticed=True).rows] == [walked.pk]


def test_a_route_is_laid_in_the_editor_in_the_order_of_the_numbers(monday, points, net, door):
    client = door("li")
    page = client.get("/patrols/routes/new/").content.decode()
    assert "校门口" in page
    form = {
        "_id": str(uuid7()), "id": str(uuid7()), "org_id": str(net.school.pk), "name": "放学清校", "post": "guard",
        "cadence": "school-day", "order": "ordered", "grace_minutes": "10", f"n-{points[2].pk}": "1", f"n-{points[0].pk}": "2",
        f"n-{points[1].pk}": "", "window-name": ["清校", ""], "window-since": ["17:30", ""], "window-until": ["18:30", ""],
    }  # fmt: skip
    refused = client.post("/patrols/routes/new/", {**form, "window-until": ["下班", ""]})
    assert refused.status_code == 422
    assert "放学清校" in refused.content.decode()
    assert client.post("/patrols/routes/new/", form).status_code == 302
    made = Route.objects.get(name="放学清校")
    assert list(Stop.objects.filter(route=made).order_by("n").values_list("point_id", flat=True)) == [
        points[2].pk,
        points[0].pk,
    ]
    assert [one.due_at.astimezone().strftime("%M") for one in tasks_of(made)] == ["30"]
    shown = client.get(f"/patrols/routes/{made.pk}/").content.decode()
    assert "17:30" in shown
    change = {
        **form,
        "_id": str(uuid7()),
        "revision": str(made.revision),
        "name": "清校",
        "cadence": "",
        "window-since": [],
        "window-until": [],
        "window-name": [],
    }
    assert client.post(f"/patrols/routes/{made.pk}/", change).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.duty_id) == ("清校", None)
    assert tasks_of(made) == []
    assert door("wang").get("/patrols/routes/new/").status_code == 403
    assert (
        client.post(
            f"/patrols/routes/{made.pk}/end/", {"_id": str(uuid7()), "revision": str(made.revision)}
        ).status_code
        == 302
    )
    assert "清校" not in client.get("/patrols/routes/").content.decode()


def test_ready_made_routes_are_adopted_on_a_page(monday, make, net, door):
    make("校门口")
    client = door("li")
    page = client.get("/patrols/routes/adopt/").content.decode()
    assert "校门上下学高峰" in page
    assert "宿舍夜巡" not in page
    refused = client.post(
        "/patrols/routes/adopt/", {"_id": str(uuid7()), "school": str(net.school.pk), "entry": ["gate-peak"]}
    )
    assert refused.status_code == 409
    assert "找不到点位" in refused.content.decode()


def test_a_shift_is_handed_over_and_taken(monday, net, cast, actors, door):
    client = door("wang")
    assert "我来交班" in client.get("/patrols/shifts/").content.decode()
    form = {
        "_id": str(uuid7()), "id": str(uuid7()), "to_id": str(cast.li.pk), "item": ["钥匙", "盾牌", "头盔"],
        "state": ["ok", "broken", ""], "note": "东门锁芯松了",
    }  # fmt: skip
    assert client.post("/patrols/shifts/", form).status_code == 302
    row = Handover.objects.get()
    assert [(one["name"], one["state"]) for one in row.items] == [("钥匙", "ok"), ("盾牌", "broken")]
    page = door("li").get("/patrols/shifts/").content.decode()
    assert "盾牌损坏" in page
    assert "接班</button>" in page
    assert door("li").post(f"/patrols/shifts/{row.pk}/take/", {"_id": str(uuid7())}).status_code == 302
    assert Handover.objects.get().taken_by_name == "李安"
    assert door("wu").post(f"/patrols/shifts/{row.pk}/take/", {"_id": str(uuid7())}).status_code == 404


def test_a_week_is_counted_by_school_and_by_route(walked, route, net, door):
    from bihuan.engines.duties.commands import miss_over

    miss_over(MORNING + timedelta(days=1))
    by_route = door("li").get("/patrols/week/").content.decode()
    assert "50%" in by_route
    assert "校园日常巡查" in by_route
    by_school = door("zhao").get("/patrols/week/").content.decode()
    assert "灞东区第一小学" in by_school
    assert "没有应巡" in by_school
    assert door("li").get("/patrols/week/?week=2026-11-30").status_code == 200


def test_a_month_is_printed_and_exported(walked, net, door):
    with clock.travel(MORNING + timedelta(hours=10)):
        book = door("li").get(f"/patrols/month.xlsx?school={net.school.pk}&month=2026-11")
        rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()[2:]
        assert [row[2] for row in rows] == ["校园日常巡查（早）", "校园日常巡查（午）"]
        assert rows[0][3:8] == ["王保安", "07:20–07:22", "4/4", "发现问题", "1 处"]
        paper = door("li").get(f"/patrols/month.pdf?school={net.school.pk}&month=2026-11")
        assert paper.content.startswith(b"%PDF")
        assert "filename" in paper["Content-Disposition"]
        assert "/patrols/month.pdf" in door("li").get("/patrols/").content.decode()
        assert door("wang").get(f"/patrols/month.pdf?school={net.school.pk}").status_code == 403
        assert "/patrols/month.pdf" not in door("wang").get("/patrols/").content.decode()
        assert door("li").get(f"/patrols/month.pdf?school={net.school.pk}&month=never").status_code == 404


def test_what_waits_is_shown_on_the_live_part_only(walked, door):
    part = door("li").get("/patrols/?part=lines", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="lines"')
    assert "<html" not in part


def test_hand_overs_of_strangers_are_not_shown(monday, net, actors, door):
    hand_over_shift(actors.wu, clock.now(), id=uuid7(), org_id=net.other_school.pk, note="外校的事")
    assert "外校的事" not in door("li").get("/patrols/shifts/").content.decode()
    assert "外校的事" in door("zhao").get("/patrols/shifts/").content.decode()
