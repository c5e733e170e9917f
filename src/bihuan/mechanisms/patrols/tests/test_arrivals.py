"""A sponsor comes to the gate: the visit that is due is done by it, and one that nobody made is listed."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings

from bihuan.engines.duties.commands import answer_task, generate, miss_over
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.engines.duties.models import Task
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.packs.sections import data_of, sections
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import queries
from bihuan.mechanisms.patrols.commands import arrive
from bihuan.mechanisms.patrols.measures import visits_made
from bihuan.mechanisms.patrols.models import Arrival
from bihuan.mechanisms.patrols.tests.conftest import MORNING
from bihuan.mechanisms.risks.commands import post_label, print_labels

pytestmark = pytest.mark.django_db
HERE = {"lat": 34.270000, "lon": 109.080000}


@pytest.fixture
def visits(monday, base):
    """The Hanyin pack's visits of sponsors, with their tasks of these days."""
    chapter = next(one for one in sections() if one.name == "duties")
    items, _ = chapter.read(settings.BIHUAN_PACKS / "hanyin-333")
    install_duties(base.bureau.pk, "hanyin-333", [data_of(item) for item in items if item.spec.act == "visit"])
    generate(MORNING, bureau_id=base.bureau.pk)


@pytest.fixture
def gate(make, actors, photo):
    """A point at the gate whose label hangs there with its position."""
    point = make("校门口", place="东门")
    print_labels(actors.li, MORNING - timedelta(days=3), points=[point.pk])
    post_label(actors.li, MORNING - timedelta(days=2), code=f"{point.code}?n=1", photo=photo(actors.li), **HERE)
    return point


def came(by, gate, **given):
    return arrive(by, MORNING + timedelta(minutes=30), id=uuid7(), **({"code": f"{gate.code}?n=1"} | given))


@pytest.mark.clause("HY-05")
def test_scanning_the_gate_does_the_visit_and_a_missed_one_is_listed(visits, gate, net, cast, actors, door):
    task = Task.objects.get(org=net.school, duty__code="cadre-visit", opens_at__lte=MORNING, closes_at__gte=MORNING)
    row = came(actors.chen, gate, accuracy=20, **HERE)
    task.refresh_from_db()
    assert (task.state, task.done_by_name, task.ref_id, task.done_at) == ("done", "陈包校", row.pk, row.arrived_at)
    assert (row.how, row.metres, row.far, row.tasks) == (
        "scan",
        0,
        False,
        [{"task": str(task.pk), "title": task.title}],
    )
    other = Task.objects.get(org=net.other_school, duty__code="cadre-visit", on=task.on)
    miss_over(other.closes_at + timedelta(minutes=1))
    month = {"month": "2026-11"}
    found = queries.visits(actors.zhao, month, at=MORNING)
    assert (found.came, found.counts["missed"]) == (1, 1)
    missed = queries.visits(actors.zhao, month | {"state": "missed"}, at=MORNING)
    assert [one.task["org_id"] for one in missed.rows] == [net.other_school.pk]
    assert visits_made(actors.zhao).number
    page = door("zhao").get("/patrols/arrivals/?month=2026-11").content.decode()
    assert "没有到校" in page
    assert "扫码，离码 0 米" in page


def test_a_typed_code_is_said_to_be_typed_and_far_is_only_pointed_out(visits, gate, actors):
    row = came(actors.chen, gate, code=gate.code, lat=HERE["lat"] + 0.01, lon=HERE["lon"], accuracy=10)
    assert (row.how, row.far) == ("typed", True)
    assert row.metres > 1000
    assert Task.objects.get(ref_id=row.pk).state == "done"
    unsure = came(actors.chen, gate, lat=HERE["lat"] + 0.01, lon=HERE["lon"], accuracy=900)
    assert (unsure.metres, unsure.far, unsure.tasks) == (None, False, [])


def test_the_visit_is_done_by_coming_and_not_by_saying_so(visits, net, actors):
    task = Task.objects.get(org=net.school, duty__code="cadre-visit", opens_at__lte=MORNING, closes_at__gte=MORNING)
    with pytest.raises(Refusal) as refused:
        answer_task(actors.chen, MORNING, task_id=task.pk, id=uuid7())
    assert refused.value.code == "duties.not_a_sheet"


def test_only_the_gate_and_only_from_outside(visits, gate, make, actors):
    for by, code, said in (
        (actors.chen, make("配电房").code, "patrols.not_the_gate"),
        (actors.wang, gate.code, "foundation.not_yours"),
        (actors.wu, gate.code, "foundation.not_found"),
        (actors.sun, gate.code, "foundation.not_found"),
        (actors.chen, "AAAA-BBBB-CCCC", "foundation.not_found"),
    ):
        with pytest.raises(Refusal) as refused:
            came(by, gate, code=code)
        assert refused.value.code == said
    assert not Arrival.objects.exists()
    assert not Task.objects.exclude(state="open").exists()


def test_sent_twice_is_one_arrival(visits, gate, actors):
    envelope, args = uuid7(), {"id": str(uuid7()), "code": f"{gate.code}?n=1"}
    for replayed in (False, True):
        assert execute(actors.chen, MORNING, id=envelope, name="patrols.arrive", args=args).replayed is replayed
    assert (Arrival.objects.count(), Event.objects.filter(name="patrols.arrived").count()) == (1, 1)


def test_from_the_wall_to_the_list_on_pages(visits, gate, actors, door):
    cadre, address = door("chen"), f"/p/{gate.code}/arrive/?n=1"
    assert f"/p/{gate.code}/arrive/?n=1" in cadre.get(f"/p/{gate.code}?n=1").content.decode()
    assert "到校登记" not in door("wang").get(f"/p/{gate.code}").content.decode()
    assert door("wang").get(address).status_code == door("wu").get(address).status_code == 404
    assert "我到校了" in cadre.get(address).content.decode()
    form = {
        "_id": str(uuid7()),
        "id": str(uuid7()),
        "note": "看食堂",
        "lat": "34.27",
        "lon": "109.08",
        "accuracy": "15",
    }
    listed = cadre.post(address, form, follow=True).content.decode()
    assert "已登记到校" in listed
    assert "看食堂" in listed
    wrong = cadre.post(address, form | {"_id": str(uuid7()), "id": str(uuid7()), "lat": "999"})
    assert wrong.status_code == 422
    task = apps.get_model("duties", "Task").objects.get(ref_id=form["id"])
    assert "按时" in cadre.get(f"/duties/{task.pk}/").content.decode() or task.state == "done"
