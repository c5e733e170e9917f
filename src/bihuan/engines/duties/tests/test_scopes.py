"""Duties for units of a tag or a colour: what is open comes and goes with it, what is done stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps

from bihuan.engines.duties import colours, queries
from bihuan.engines.duties.commands import follow_colours, fulfil
from bihuan.engines.duties.models import Task
from bihuan.engines.duties.pack import Duties
from bihuan.engines.duties.tests.test_pack import CODES, GATE, read
from bihuan.engines.responsibility.commands import change_org
from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db
TAGS = {"near-water": "临水", "canteen": "食堂"}
TODAY = date(2026, 11, 9)


@pytest.fixture(autouse=True)
def tags(net):
    """The bureau knows two tags."""
    for code, name in TAGS.items():
        PackEntry.objects.create(
            bureau_id=net.bureau.pk, section="tags", code=code, data={"code": code, "name": name}, pack="own"
        )
    packs.forget()


@pytest.fixture
def tag(actors, term):
    """``tag(unit, "near-water")``: the unit bears these tags, and the tasks follow."""

    def hung(unit, *codes, at=term, by=actors.admin):
        fresh = apps.get_model("responsibility", "Org").objects.get(pk=unit.pk)
        change_org(by, at, org_id=unit.pk, revision=fresh.revision, tags=list(codes))
        while react(datetime.now(UTC) + timedelta(seconds=1)):
            pass

    return hung


def states(**only):
    return sorted(Task.objects.filter(**only).values_list("org__name", "on", "state"), key=str)


def test_a_tag_brings_the_duty_and_its_end_takes_what_has_not_begun(duty, net, actors, term, tag):
    made = duty(org=net.bureau, title="看护水域", scope={"tags": ["near-water"]}, windows=[])
    assert states() == []
    tag(net.school, "near-water")
    assert {name for name, _, _ in states()} == {"灞东区第一小学"}
    assert len(states()) == 7
    first = Task.objects.get(on=TODAY)
    fulfil(actors.wang, term, task_id=first.pk, ref_id=None, done_at=first.opens_at)
    tag(net.school, at=term + timedelta(hours=2))
    assert states() == [("灞东区第一小学", TODAY, "done")]
    assert made.org_id == net.bureau.pk


def test_what_had_begun_is_excused_with_the_reason_and_opens_again_with_the_tag(duty, net, term, tag):
    duty(org=net.bureau, title="看护水域", scope={"tags": ["near-water"]}, windows=[])
    tag(net.school, "near-water")
    tag(net.school, "canteen")
    row = Task.objects.get()
    assert (row.on, row.state, row.excused_by) == (TODAY, "excused", "scope")
    assert row.note == "单位的情况变了（标签、学段、类型），不再要求"
    assert Event.objects.get(name="duties.task_excused").facts["reason"] == row.note
    tag(net.school, "canteen", "near-water")
    assert {state for _, _, state in states()} == {"open"}
    assert len(states()) == 7


def test_each_canteen_of_a_school_has_its_own_task(duty, net, tag):
    duty(
        org=net.bureau,
        title="后厨",
        scope={"tiers": ["area"], "tags": ["canteen"]},
        cadence={"every": "week"},
        windows=[],
    )
    tag(net.canteen, "canteen")
    tag(net.room, "canteen")
    assert {name for name, _, _ in states(on=TODAY)} == {"食堂后厨", "化学实验室"}
    tag(net.room)
    assert {name for name, _, state in states(on=TODAY) if state == "open"} == {"食堂后厨"}


def test_a_part_of_a_school_has_the_schools_tags_too(duty, net, tag):
    duty(
        org=net.bureau,
        title="查房",
        scope={"kinds": ["room"], "tags": ["near-water"]},
        cadence={"every": "week"},
        windows=[],
    )
    tag(net.school, "near-water")
    assert {name for name, _, _ in states(on=TODAY)} == {"食堂后厨", "化学实验室"}


def test_a_colour_brings_the_duty_and_takes_it_away(duty, net, term, monkeypatch):
    borne = set()
    monkeypatch.setattr(colours, "_providers", [lambda bureau_id, school_id: set(borne)])
    duty(org=net.bureau, title="红色日查", scope={"colours": ["red"]}, windows=[])
    duty(
        org=net.bureau,
        title="室内红色",
        scope={"tiers": ["area"], "colours": ["red"]},
        cadence={"every": "week"},
        windows=[],
    )
    assert follow_colours(term) == 0
    borne.add((net.room.path, "red"))
    assert follow_colours(term) > 0
    named = set(Task.objects.values_list("title", "org__name"))
    assert named == {("红色日查", "灞东区第一小学"), ("室内红色", "实验楼"), ("室内红色", "化学实验室")}
    assert follow_colours(term) == 0
    borne.clear()
    follow_colours(term)
    gone = set(Task.objects.values_list("state", "note"))
    assert gone == {("excused", "风险颜色变了，不再要求")}
    borne.add((net.room.path, "red"))
    follow_colours(term)
    assert set(Task.objects.values_list("state", flat=True)) == {"open"}


def test_without_duties_for_colours_nobody_is_asked(duty, net, term, monkeypatch):
    def never(bureau_id, school_id):
        raise AssertionError("asked")

    monkeypatch.setattr(colours, "_providers", [never])
    duty(org=net.bureau, scope={"stages": ["junior"]})
    assert follow_colours(term) == 0


def test_a_colour_is_registered_once():
    with pytest.raises(ValueError, match="red"):
        colours.unit_colours({"red": "红"})(lambda bureau_id, school_id: ())


def test_a_pack_may_name_the_tags_and_colours_that_there_are(tmp_path):
    text = GATE.replace("stages: [primary]", "tags: [near-water], colours: [red, orange]")
    items, faults = read(tmp_path, text)
    assert faults == []
    assert [one for item in items for one in Duties().check(item, CODES | {("tags", "near-water")})] == []
    (fault,) = (one for item in items for one in Duties().check(item, CODES))
    assert (fault.code, fault.row) == ("duties.bad_scope", items[0].row)
    assert "标签「near-water」没有定义" in fault.sentence


def test_a_duty_with_a_tag_that_nobody_knows_is_refused(duty, net, term):
    for scope in ({"tags": ["moon"]}, {"colours": ["purple"]}):
        with pytest.raises(Refusal) as no:
            duty(org=net.bureau, scope=scope)
        assert no.value.code == "duties.bad_rule"
    assert not Task.objects.exists()


def test_tags_are_ticked_on_the_units_page_by_who_manages_the_net(duty, net, door, term, actors):
    change = f"/net/{net.school.pk}/change/"
    duty(org=net.bureau, title="看护水域", scope={"tags": ["near-water"]}, windows=[])
    home = door("admin")
    assert "临水" in home.get(change).content.decode()
    form = {"revision": "1", "name": "灞东区第一小学", "tags": ["near-water"], "_id": str(uuid7())}
    assert home.post(change, form).status_code == 302
    assert "临水" in home.get(f"/net/{net.school.pk}/").content.decode()
    assert "标签：临水" in home.get("/duties/rules/").content.decode()
    strange = {**form, "revision": "2", "tags": ["moon"], "_id": str(uuid7())}
    assert home.post(change, strange).status_code == 422
    unit = apps.get_model("responsibility", "Org").objects.get(pk=net.school.pk)
    assert unit.tags == ["near-water"]
    for who, code in ((actors.wang, "foundation.not_yours"), (actors.wu, "foundation.not_found")):
        with pytest.raises(Refusal) as no:
            change_org(who, term, org_id=net.school.pk, revision=2, tags=[])
        assert no.value.code == code
    assert queries.duties(actors.zhao)[0].whom == "标签：临水"
