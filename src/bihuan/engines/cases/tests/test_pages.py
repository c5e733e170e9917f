"""The pages: what they show, to whom, and how many statements they need."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from bihuan.engines.cases import queries
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.queries import places
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november():
    with clock.travel(T0 + timedelta(days=1)):
        yield


def jpeg(n=1):
    raw = io.BytesIO()
    Image.new("RGB", (80, 60), (n, 10, 10)).save(raw, "JPEG")
    raw.seek(0)
    raw.name = f"{n}.jpg"
    return raw


def test_the_loop_through_the_pages(loop, net, actors, door):
    pk = uuid7()
    page = door("wang").get("/hazards/new/")
    assert page.status_code == 200
    answer = door("wang").post(
        "/hazards/new/",
        {
            "id": pk,
            "_id": uuid7(),
            "title": "灯罩松脱",
            "org": net.school.pk,
            "level": "general",
            "source": "snap",
            "photos": jpeg(),
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    page = door("chen").get(f"/hazards/{pk}/").content.decode()
    assert "灯罩松脱" in page
    assert "交办" in page
    answer = door("chen").post(
        f"/hazards/{pk}/steps/assign/", {"_id": uuid7(), "rectifier": actors.li.id, "revision": 0}
    )
    assert answer.status_code == 302, answer.content.decode()
    answer = door("li").post(f"/hazards/{pk}/steps/rectify/", {"_id": uuid7(), "note": "已加固"})
    assert answer.status_code == 422
    assert "没有照片" in answer.content.decode()
    assert "已加固" in answer.content.decode()
    answer = door("li").post(f"/hazards/{pk}/steps/rectify/", {"_id": uuid7(), "note": "已加固", "photos": jpeg(2)})
    assert answer.status_code == 302, answer.content.decode()
    answer = door("li").post(f"/hazards/{pk}/steps/verify/", {"_id": uuid7(), "note": "我自己看过了"})
    assert answer.status_code == 403
    assert "整改人" in answer.content.decode()
    answer = door("chen").post(f"/hazards/{pk}/steps/verify/", {"_id": uuid7(), "note": "牢固"})
    assert answer.status_code == 302, answer.content.decode()
    assert Case.objects.get(pk=pk).state == "closed"
    page = door("chen").get(f"/hazards/{pk}/").content.decode()
    assert "整改前" in page
    assert "灞教安复〔2026〕1号" in page


def test_greyed_buttons_say_why(loop, door):
    case = loop.rectify(loop.assign(loop.report()))
    page = door("li").get(f"/hazards/{case.pk}/").content.decode()
    assert "你是这件事的整改人，不能再由你“复查通过并销号”" in page


def test_pages_stay_inside_twelve_statements(loop, door):
    case = loop.verify(loop.rectify(loop.assign(loop.report())))
    for n in range(5):
        loop.report(title=f"第{n}处")
    for key in ("chen", "zhao", "li"):
        for address in (
            "/hazards/",
            "/hazards/?stage=all&q=第",
            f"/hazards/{case.pk}/",
            "/hazards/new/",
            f"/hazards/{loop.report().pk}/steps/assign/",
        ):
            client = door(key)
            with CaptureQueriesContext(
                connection,
            ) as counted:
                assert client.get(address).status_code == 200
            assert len(counted) <= 12, (address, [q["sql"][:120] for q in counted])


def test_an_outsider_sees_nothing(loop, door):
    case = loop.assign(loop.report())
    wu = door("wu")
    for address in (
        f"/hazards/{case.pk}/",
        f"/hazards/{case.pk}/steps/rectify/",
        f"/hazards/{uuid7()}/",
    ):
        assert wu.get(address).status_code == 404
    assert "灭火器" not in wu.get("/hazards/?stage=all").content.decode()
    assert wu.post(f"/hazards/{case.pk}/steps/rectify/", {"note": "x"}).status_code == 404
    assert door("").get(f"/hazards/{case.pk}/").status_code == 302


def test_the_page_shows_where_on_a_plan_the_point_lies(loop, actors, door, monkeypatch):
    point = uuid7()
    case = loop.report(point=point)
    spot = queries.Spot("食堂后厨燃气阀", "/points/1/", picture="/plan.png", width=400, height=300, x=0.25, y=0.5)
    monkeypatch.setattr(places, "_finders", [])
    assert "燃气阀" not in door("li").get(f"/hazards/{case.pk}/").content.decode()
    queries.points_found_by(lambda viewer, asked: spot if asked == point and viewer.id == actors.li.id else None)
    html = door("li").get(f"/hazards/{case.pk}/").content.decode()
    assert '<a href="/points/1/">食堂后厨燃气阀</a>' in html
    assert 'cx="100.0" cy="150.0" r="10.0"' in html
    assert "燃气阀" not in door("zhao").get(f"/hazards/{case.pk}/").content.decode()
    assert "<svg viewBox" not in door("li").get(f"/hazards/{loop.report().pk}/").content.decode()


def test_an_open_list_reads_itself_again_and_shows_what_is_new(loop, door):
    """Only the rows, in one statement besides who is asking; picks and tabs stay where they are."""
    loop.report(title="旧的一处")
    zhao = door("zhao")
    page = zhao.get("/hazards/").content.decode()
    assert 'id="listed" hx-get="/hazards/" hx-trigger="facts from:body throttle:3s"' in page
    loop.report(title="新的<一>处")
    with CaptureQueriesContext(connection) as counted:
        part = zhao.get("/hazards/", headers={"HX-Request": "true"}).content.decode()
    assert len([q for q in counted if "cases_case" in q["sql"]]) == 1
    assert "旧的一处" in part
    assert "新的&lt;一&gt;处" in part
    assert "<html" not in part
    assert 'class="tabs"' not in part


def test_an_empty_list_fills_itself(loop, door):
    zhao = door("zhao")
    assert "现在没有未销号的隐患" in zhao.get("/hazards/").content.decode()
    loop.report(title="第一处")
    assert "第一处" in zhao.get("/hazards/", headers={"HX-Request": "true"}).content.decode()


def test_what_is_kept_of_a_page_is_never_another_persons(loop, door):
    """Rail, dock and filter sentence are remembered by what they show: two people in turn get their own."""
    loop.report()
    for _ in range(2):
        office, guard = (door(who).get("/hazards/").content.decode() for who in ("zhao", "wang"))
        assert 'href="/net/"' in office
        assert 'href="/net/"' not in guard
        assert office.count("menu-list") > 5
        assert "全区" in office
        assert "全区" not in guard
