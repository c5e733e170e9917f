"""The pack chapter: every fault at its row; installed as duties of the bureau; the same again changes nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps

from bihuan.engines.duties.models import Duty, Task
from bihuan.engines.duties.pack import Duties
from bihuan.engines.duties.sampling import drawn, lot_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.scoping import placed

pytestmark = pytest.mark.django_db

GATE = """\
- code: gate-round
  title: 校门早巡
  act: act
  post: guard
  cadence: {every: school-day}
  windows: [{name: 早, since: "07:00", until: "07:40"}]
  scope: {stages: [primary]}
  source: own
  proof: own
"""
CANTEEN = """\
- code: canteen-day
  title: 食堂日检
  act: sheet
  sheet: canteen-day
  post: logistics-lead
  cadence: {every: school-day}
  nil: true
  satisfies: [gate-round]
  basis: 本局约定
  source: own
  proof: own
"""
CODES = frozenset(
    [("posts", "guard"), ("posts", "logistics-lead"), ("sheets", "canteen-day"), ("duties", "gate-round"),
     ("duties", "canteen-day"), ("unit-kinds", "primary"), ("sources", "own")]
)  # fmt: skip


def read(tmp_path, text):
    (tmp_path / "duties.yaml").write_text(text, encoding="utf-8")
    return Duties().read(tmp_path)


def test_a_good_chapter_has_no_faults(tmp_path):
    items, faults = read(tmp_path, GATE + CANTEEN)
    assert faults == []
    assert [fault for item in items for fault in Duties().check(item, CODES)] == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{every: school-day}", "{every: sometimes}", "duties.bad_rule"),
        ("{every: school-day}", "{every: school-day, sample: 33}", "duties.bad_rule"),
        ("stages: [primary]", "tags: [nobody-knows]", "duties.bad_scope"),
        ("stages: [primary]", "colours: [purple]", "duties.bad_scope"),
        ('since: "07:00"', 'since: "7am"', "duties.bad_rule"),
        ("post: guard", "post: astronaut", "duties.no_such_post"),
        ("stages: [primary]", "stages: [moon]", "duties.bad_scope"),
        ("stages: [primary]", "kinds: [castle]", "duties.bad_scope"),
        ("stages: [primary]", "facets: [dragon]", "duties.bad_scope"),
        ("sheet: canteen-day", "sheet: nothing", "duties.no_such_sheet"),
        ("  act: act\n", "  act: act\n  sheet: canteen-day\n", "duties.no_such_sheet"),
        ("  act: act\n", "  act: act\n  nil: true\n", "duties.bad_rule"),
        ("satisfies: [gate-round]", "satisfies: [canteen-day]", "duties.no_such_duty"),
        ("basis: 本局约定", "starts_on: 2026-09-01\n  ends_on: 2026-08-01", "duties.bad_rule"),
    ],
)
def test_a_spoilt_duty_is_told(tmp_path, old, new, code):
    items, faults = read(tmp_path, (GATE + CANTEEN).replace(old, new, 1))
    assert faults == []
    assert code in {fault.code for item in items for fault in Duties().check(item, CODES)}


def test_an_unknown_key_is_a_fault(tmp_path):
    _, faults = read(tmp_path, GATE.replace("proof: own", "proof: own\n  colour: red"))
    assert faults


def test_a_chapter_becomes_duties_with_tasks_and_again_changes_nothing(tmp_path, net, term, sheet):
    items, _ = read(tmp_path, GATE + CANTEEN)
    Duties().put(net.bureau.pk, "demo", items)
    gate, canteen = Duty.objects.get(code="gate-round"), Duty.objects.get(code="canteen-day")
    assert (gate.org_id, gate.pack, gate.starts_on) == (net.bureau.pk, "demo", date(2026, 11, 9))
    assert (canteen.subject_id, canteen.nil, canteen.satisfies) == (sheet.pk, True, ["gate-round"])
    assert set(Task.objects.filter(duty=gate).values_list("org_id", flat=True)) == {net.school.pk}
    tasks = set(Task.objects.values_list("pk", flat=True))
    Duties().put(net.bureau.pk, "demo", items)
    assert set(Task.objects.values_list("pk", flat=True)) == tasks
    assert set(Duty.objects.values_list("revision", flat=True)) == {1}


def test_a_new_version_changes_what_is_open_and_stops_what_left(tmp_path, net, term, sheet):
    items, _ = read(tmp_path, GATE + CANTEEN)
    Duties().put(net.bureau.pk, "demo", items)
    plan = list(Duties().plan(net.bureau.pk, "demo", read(tmp_path, GATE.replace("校门早巡", "校门晚巡"))[0]))
    assert {(change.code, change.verb) for change in plan} == {("gate-round", "change"), ("canteen-day", "retire")}
    changed, _ = read(
        tmp_path, GATE.replace("校门早巡", "校门晚巡").replace('"07:00", until: "07:40"', '"17:00", until: "18:00"')
    )
    Duties().put(net.bureau.pk, "demo", changed)
    assert set(Task.objects.filter(state="open").values_list("title", flat=True)) == {"校门晚巡"}
    assert not Duty.objects.get(code="canteen-day").is_active
    assert PackEntry.objects.filter(section="duties", bureau_id=net.bureau.pk).count() == 1


def test_a_pack_that_asks_some_instead_of_all_takes_the_rest_away(tmp_path, net, term):
    """Of thirty classes those of the drawn lots are asked, each day others; what was done before stays."""
    org = apps.get_model("responsibility", "Org")
    rooms = [
        org(id=uuid7(), parent=net.school, kind="class", tier="area", name=f"{n}班", **{**placed(net.school), "path": f"{net.school.path}k{n:02}."})
        for n in range(30)
    ]  # fmt: skip
    org.objects.bulk_create(rooms)
    every = GATE.replace("{stages: [primary]}", "{tiers: [area], kinds: [class]}")
    Duties().put(net.bureau.pk, "demo", read(tmp_path, every)[0])
    days = set(Task.objects.values_list("on", flat=True))
    assert Task.objects.count() == 30 * len(days)
    first = Task.objects.order_by("on", "id").first()
    Task.objects.filter(pk=first.pk).update(state="done", done_at=term)
    Duties().put(net.bureau.pk, "demo", read(tmp_path, every.replace("school-day}", "school-day, sample: 30}"))[0])
    wanted = {(day, room.pk) for day in days for room in rooms if lot_of(room.pk) in drawn(30, "gate-round", day)}
    assert set(Task.objects.filter(state="open").values_list("on", "org_id")) == wanted - {(first.on, first.org_id)}
    assert Task.objects.get(pk=first.pk).state == "done"
    assert 0 < len(wanted) < 30 * len(days)
