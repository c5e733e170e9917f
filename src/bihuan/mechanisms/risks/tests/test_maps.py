"""The sketch, the plans, the county list: what is drawn, who may place, what an outsider does not see."""

import io
import re
from datetime import timedelta
from html import unescape
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bihuan.engines.cases.queries import spot_of
from bihuan.foundation import clock, feed
from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import queries, rules
from bihuan.mechanisms.risks.commands import adopt_points, drop_plan, keep_plan, note_rounds, place_point, void_point
from bihuan.mechanisms.risks.models import Plan, RiskPoint
from bihuan.mechanisms.risks.scoring import Scoring


def refused(code):
    return pytest.raises(Refusal, match=re.escape(code))


def html(response):
    return response.content.decode()


def drawing():
    """A floor plan as a PNG."""
    file = io.BytesIO()
    Image.new("RGB", (800, 500), "white").save(file, "PNG")
    return file.getvalue()


# --- the sketch -------------------------------------------------------------------------------------------------------------

KINDS = st.sampled_from(["room", "building", "floor", "outdoor", "boundary", "surroundings", "facility-area", "moon"])


@st.composite
def schools(draw):
    """A school's areas as a tree of any shape."""
    areas = []
    for n in range(draw(st.integers(0, 30))):
        above = draw(st.sampled_from(["0001.", *(area.path for area in areas)]))
        areas.append(rules.Area(str(n), f"{above}{n:04d}.", draw(st.text(min_size=1, max_size=30)), draw(KINDS)))
    return areas


SCHOOL = rules.Area("school", "0001.", "一小", "school")


@given(schools())
def test_every_area_is_drawn_once_inside_the_picture_and_nothing_overlaps(areas):
    sketch = rules.draw(SCHOOL, areas)
    boxes = {box.id: box for box in sketch.boxes}
    assert len(boxes) == len(sketch.boxes) == len(areas) + 1
    for box in sketch.boxes:
        assert min(box.x, box.y) >= 0
        assert box.x + box.width <= sketch.width + 0.01
        assert box.y + box.height <= sketch.height + 0.01
    leaves = [box for box in sketch.boxes if not box.is_block]
    for n, one in enumerate(leaves):
        for other in leaves[n + 1 :]:
            apart = (
                one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
                or one.y + one.height <= other.y + 0.01 or other.y + other.height <= one.y + 0.01
            )  # fmt: skip
            assert apart, (one, other)


@given(schools(), st.integers(1, 40))
def test_points_of_an_area_stand_in_its_box(areas, count):
    sketch = rules.draw(SCHOOL, areas)
    for box in sketch.boxes:
        for index in range(count):
            x, y = sketch.place(box.id, index, count)
            assert box.x - 0.2 <= x * sketch.width <= box.x + box.width + 0.2
            assert box.y - 0.2 <= y * sketch.height <= box.y + box.height + 0.2
    assert sketch.place("nowhere", 0, 1) == (0.5, 0.5)


@given(schools())
def test_the_drawing_is_the_same_again_and_names_are_text(areas):
    once, again = (rules.svg(rules.draw(SCHOOL, given), "一小") for given in (areas, list(reversed(areas))))
    assert once == again
    named = rules.svg(rules.draw(rules.Area("s", "1.", "<script>", "school"), []), '"><script>alert(1)</script>')
    assert "<script" not in named
    assert ElementTree.fromstring(named).tag.endswith("svg")


# --- plans ------------------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(net, actors, risks):
    """A floor plan of the school, kept by 李安."""
    picture = keep_evidence(actors.li, clock.now(), raw=drawing())
    return keep_plan(actors.li, clock.now(), id=uuid7(), org_id=net.school.pk, name="总平面图", picture=picture.pk)


def test_a_plan_is_a_picture_written_anew(plan, net):
    assert (plan.width, plan.height, plan.school_id) == (800, 500, net.school.pk)
    assert Event.objects.get(name="risks.plan_kept").facts["photos"][0]["id"] == str(plan.picture)


def test_a_point_is_placed_on_the_plan_and_goes_back_to_the_sketch(actors, plan, point):
    place_point(actors.li, clock.now(), point_id=point.pk, plan_id=plan.pk, x=0.25, y=0.75)
    shown = queries.school_map(actors.li, point.school_id, plan_id=plan.pk)
    assert [(one.x, one.y) for one in shown.points] == [(0.25, 0.75)]
    spot = spot_of(actors.li, point.pk)
    assert (spot.picture, spot.x, spot.width) == (f"/evidence/{plan.picture}.webp", 0.25, 800)
    drop_plan(actors.li, clock.now(), plan_id=plan.pk, revision=0)
    row = RiskPoint.objects.get()
    assert (row.plan_id, row.x, row.y, row.revision) == (None, None, None, 0)
    with refused("foundation.changed_meanwhile"):
        drop_plan(actors.li, clock.now(), plan_id=plan.pk, revision=0)
    with refused("risks.other_plan"):
        place_point(actors.li, clock.now(), point_id=point.pk, plan_id=plan.pk, x=0.1, y=0.1)


def test_a_case_finds_its_point_on_the_sketch_as_the_map_draws_it(actors, point, make):
    others = [make(name=f"灶台{n}") for n in range(3)]
    with CaptureQueriesContext(connection) as made:
        spot = spot_of(actors.wang, point.pk)
    assert len(made) <= 2
    shown = {one.point.pk: one for one in queries.school_map(actors.wang, point.school_id).points}
    assert (spot.x, spot.y) == (shown[point.pk].x, shown[point.pk].y)
    assert len({(one.x, one.y) for one in shown.values()}) == len(others) + 1
    assert spot_of(actors.wu, point.pk) is None
    void_point(actors.li, clock.now(), point_id=point.pk, revision=0, reason="灶台已经拆除")
    assert not spot_of(actors.li, point.pk).on_plan


def test_what_does_not_fit_is_refused(actors, plan, point, net):
    for spot, code in (
        ({"x": 0.5}, "risks.half_a_spot"),
        ({"x": 0.5, "y": 0.5, "plan_id": uuid7()}, "foundation.not_found"),
    ):
        with refused(code):
            place_point(actors.li, clock.now(), point_id=point.pk, **spot)
    with refused("foundation.bad_input"):
        execute(
            actors.li,
            clock.now(),
            id=uuid7(),
            name="risks.place_point",
            args={"point_id": str(point.pk), "x": 1.5, "y": 0},
        )
    with refused("foundation.not_found"):
        keep_plan(actors.li, clock.now(), id=uuid7(), org_id=net.school.pk, name="别人的图", picture=plan.picture)
    theirs = keep_evidence(actors.zhao, clock.now(), raw=drawing())
    with refused("risks.wrong_place"):
        keep_plan(actors.zhao, clock.now(), id=uuid7(), org_id=net.bureau.pk, name="局里的图", picture=theirs.pk)
    assert RiskPoint.objects.get().x is None
    assert Plan.objects.count() == 1


def test_who_may_not_draws_and_moves_nothing(actors, plan, point, net):
    acts = [
        lambda by: place_point(by, clock.now(), point_id=point.pk, x=0.1, y=0.1),
        lambda by: drop_plan(by, clock.now(), plan_id=plan.pk, revision=0),
        lambda by: keep_plan(by, clock.now(), id=uuid7(), org_id=net.school.pk, name="图", picture=plan.picture),
    ]
    for act in acts:
        for who in ("wang", "zhou"):
            with refused("foundation.not_yours"):
                act(getattr(actors, who))
        for who in ("wu", "sun", "nobody", "huo"):
            with refused("foundation.not_found"):
                act(getattr(actors, who))
    assert (RiskPoint.objects.get().x, Plan.objects.get().is_active, Plan.objects.count()) == (None, True, 1)


def test_the_same_envelope_is_one_plan_and_one_move(actors, net, point):
    picture = keep_evidence(actors.li, clock.now(), raw=drawing())
    args = {"id": str(uuid7()), "org_id": str(net.school.pk), "name": "总平面图", "picture": str(picture.pk)}
    kept, moved = uuid7(), uuid7()
    for _ in range(2):
        execute(actors.li, clock.now(), id=kept, name="risks.keep_plan", args=args)
        execute(
            actors.li,
            clock.now(),
            id=moved,
            name="risks.place_point",
            args={"point_id": str(point.pk), "x": 0.2, "y": 0.3},
        )
    assert Plan.objects.count() == 1
    assert Event.objects.filter(name="risks.point_placed").count() == 1
    gone = uuid7()
    for _ in range(2):
        execute(actors.li, clock.now(), id=gone, name="risks.drop_plan", args={"plan_id": args["id"], "revision": 0})
    assert Event.objects.filter(name="risks.plan_dropped").count() == 1


# --- pages ------------------------------------------------------------------------------------------------------------------


def test_the_map_page_lists_every_point_beside_the_picture(door, net, actors, risks):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    client = door("wang")
    address = f"/points/map/{net.school.pk}/"
    client.get(address)
    with CaptureQueriesContext(connection) as made:
        page = html(client.get(address))
    assert len(made) <= 12
    assert page.count("data-point=") == RiskPoint.objects.count() > 60
    assert page.count("data-spot") == 0, "who may not move points is offered no form"
    assert "红 · 重大" in page
    assert html(door("li").get(address)).count("data-spot") == RiskPoint.objects.count()
    sketch = client.get(f"{address}sketch.svg")
    assert sketch["Content-Type"] == "image/svg+xml"
    assert "sandbox" in sketch["Content-Security-Policy"]
    assert "食堂后厨" in html(sketch)


def test_a_plan_is_uploaded_by_form_and_a_drawing_with_script_is_not(door, net, risks):
    client, address = door("li"), f"/points/map/{net.school.pk}/plans/new/"
    assert "导出成 PNG" in html(client.get(address))
    vector = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    vector.name = "plan.svg"
    refused_page = client.post(address, {"name": "总平面图", "org_id": str(net.school.pk), "picture": vector})
    assert refused_page.status_code == 415
    assert "总平面图" in html(refused_page)
    file = io.BytesIO(drawing())
    file.name = "plan.png"
    done = client.post(address, {"name": "总平面图", "org_id": str(net.school.pk), "picture": file})
    assert done.status_code == 302
    plan = Plan.objects.get()
    page = html(client.get(done["Location"]))
    assert f"/evidence/{plan.picture}.webp" in page
    assert client.get(f"/evidence/{plan.picture}.webp").status_code == 200
    assert door("wu").get(f"/evidence/{plan.picture}.webp").status_code == 404
    drop = f"/points/map/{net.school.pk}/plans/{plan.pk}/drop/"
    assert door("wu").post(drop, {"revision": "0"}).status_code == 404
    assert client.post(drop, {"revision": "0"}).status_code == 302


def test_placing_by_numbers_without_javascript(door, net, point):
    client, address = door("li"), f"/points/{point.pk}/place/"
    form = {"school": str(net.school.pk), "plan": "", "x": "25.5", "y": "40"}
    assert client.post(address, form)["Location"] == f"/points/map/{net.school.pk}/"
    assert (RiskPoint.objects.get().x, RiskPoint.objects.get().y) == (0.255, 0.4)
    assert 'value="25.5"' in html(client.get(f"/points/map/{net.school.pk}/"))
    assert client.post(address, form | {"x": "left"}).status_code == 422
    assert client.post(address, form | {"x": "101"}).status_code == 422
    assert client.post(address, form | {"school": "https://evil.example"})["Location"] == "/points/map/"
    assert client.post(address, form | {"x": "", "y": ""}).status_code == 302
    assert RiskPoint.objects.get().x is None


def test_the_county_sees_what_hurts_first_and_filters_by_address(door, net, actors, make):
    make()  # orange at the first school
    make(actors.wu, org_id=net.other_school.pk, scoring=Scoring(matrix="ls-b", likelihood=5, severity=5))
    client = door("zhao")
    client.get("/points/map/")
    with CaptureQueriesContext(connection) as made:
        page = html(client.get("/points/map/"))
    assert len(made) <= 12
    assert page.index(net.other_school.name) < page.index(net.school.name)
    only_red = html(client.get("/points/map/?now=red"))
    assert net.other_school.name in only_red
    assert f"school-{net.school.pk}" not in only_red
    assert f"school-{net.other_school.pk}" not in html(client.get("/points/map/?kind=primary"))
    assert "没有符合这些条件的学校" in html(client.get("/points/map/", {"q": "不存在的学校"}))
    RiskPoint.objects.filter(school_id=net.school.pk).update(
        shown_rank=1, shown_colour="red", overdue_hazards=2, open_hazards=3
    )
    raised = html(client.get("/points/map/"))
    assert "1 处高于固有风险" in raised
    assert "2 条逾期" in raised
    for odd in ("?now=pink", "?kind=%00", "?q=%00'\"<script>"):
        assert client.get(f"/points/map/{odd}").status_code == 200
    assert client.get("/points/map/?cursor=zzz").status_code == 422


@pytest.mark.parametrize("chosen", ["", "?now=yellow", "?q=%E5%B0%8F%E5%AD%A6&kind=primary"])
def test_the_county_list_reads_itself_again_and_shows_the_colour_of_now(door, net, actors, make, chosen):
    """The feed tells the bureau that a colour has changed; the list asks for itself, as it is filtered."""
    point = make(scoring=Scoring(matrix="ls-b", likelihood=2, severity=3))
    make(scoring=Scoring(matrix="ls-b", likelihood=2, severity=3))
    make(actors.wu, org_id=net.other_school.pk)
    client, now = door("zhao"), clock.now()

    def counts(page):
        row = re.search(rf'<tr id="school-{net.school.pk}".*?</tr>', page, re.S)
        return [int(count) for count in re.findall(r"<b>(\d+)</b>", row[0])] if row else []

    page = html(client.get(f"/points/map/{chosen}"))
    (live,) = re.findall(r'<div id="county" ([^>]*)>', page)
    said = {name: unescape(value) for name, value in re.findall(r'(hx-[a-z]+)="([^"]*)"', live)}
    assert said.pop("hx-trigger").split()[:2] == ["facts", "from:body"]
    again = said.pop("hx-get")
    assert (again, said) == (f"/points/map/{chosen}", {"hx-select": "#county", "hx-swap": "outerHTML"})
    assert counts(page) == [0, 0, 2, 0]
    for day in range(3):
        note_rounds(actors.wang, now - timedelta(days=day), missed=[point.pk])
    changed = Event.objects.get(name="risks.shown_colour_changed")
    assert feed.sees(actors.zhao, changed)
    assert not feed.sees(actors.wu, changed)
    answer = html(client.get(again, headers={"HX-Request": "true"}))
    assert answer.count('id="county"') == 1
    assert counts(answer) == [0, 1, 1, 0]
    assert "1 处高于固有风险，漏巡 3 次" in answer


def test_the_county_list_goes_on_by_cursor(net, actors, make):
    make()
    for n in range(30):
        school = uuid7()
        point = make(name=f"点{n}")
        RiskPoint.objects.filter(pk=point.pk).update(school_id=school, shown_rank=1 + n % 4)
    seen, cursor = [], ""
    while True:
        found = queries.county(actors.zhao, {"cursor": cursor})
        seen += [row.id for row in found.rows]
        cursor = found.page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 31


def test_whoever_has_one_school_is_shown_its_map(door, net, point):
    assert door("li").get("/points/map/")["Location"] == f"/points/map/{net.school.pk}/"


@pytest.mark.parametrize("who", ["wu", "sun", "nobody", "huo"])
def test_an_outsider_finds_no_map(door, net, plan, point, who):
    client = door(who)
    for address in (
        f"/points/map/{net.school.pk}/", f"/points/map/{net.school.pk}/?plan={plan.pk}",
        f"/points/map/{net.school.pk}/sketch.svg", f"/points/map/{net.school.pk}/plans/new/",
    ):  # fmt: skip
        assert client.get(address).status_code in {403, 404}, address
    assert client.post(f"/points/{point.pk}/place/", {"x": "1", "y": "1"}).status_code == 404
    assert point.name not in html(client.get("/points/map/", follow=True))
    assert door("").get(f"/points/map/{net.school.pk}/").status_code == 302


def test_a_plan_of_another_school_is_no_plan_here(door, net, plan):
    assert door("zhao").get(f"/points/map/{net.other_school.pk}/?plan={plan.pk}").status_code == 404
    assert door("li").get(f"/points/map/{net.school.pk}/?plan=x").status_code == 404
