"""Random bad luck between the real outbox of the phone and the real server: nothing lost, nothing doubled, all explained."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.apps import apps
from hypothesis import HealthCheck, example, given, settings

from bihuan.accounts.commands import enrol_phone
from bihuan.engines.cases.models import Case
from bihuan.engines.duties.models import Task
from bihuan.foundation.models import Event, Evidence, Receipt
from bihuan.mechanisms.patrols.models import Round
from bihuan.mechanisms.patrols.tests.conftest import MORNING
from bihuan.surfaces.openapi.tokens import forget_tokens
from tests.offline.history import OVERTAKING, Act, History, School, faults, steps

HISTORIES = 510
CHINESE = re.compile(r"[\u4e00-\u9fff]{4}")
MADE = {"cases.report_hazard": (Case, "cases.reported"), "patrols.submit_round": (Round, "patrols.round_submitted")}


@pytest.fixture
def school(net, cast, actors, points, route, monday):
    """The school, and the phones of 王保安 and 李安 in it."""
    forget_tokens()
    people = [cast.wang, cast.li]
    tokens = [enrol_phone(actor, MORNING)["token"] for actor in (actors.wang, actors.li)]
    duty = apps.get_model("duties", "Duty").objects.get(subject_id=route.pk)
    return School(net.school, net.other_school, people, tokens, points, route, duty.pk)


@pytest.mark.django_db
@settings(max_examples=HISTORIES, suppress_health_check=list(HealthCheck))
@example(
    script=[("act", 0, "hazard_and_round", 2), ("act", 1, "round", 1), ("send", 0, True), ("send", 1, True)],
    troubles=["kill_after", "half", "drop_answer", "late", "twice"],
)
@example(
    script=[("act", 0, "round", 0), ("act", 1, "round", 0), ("send", 0, True), ("send", 1, True)],
    troubles=["drop_answer", "drop_answer"],
)
@example(
    script=[("act", 0, "foreign_hazard", 1), ("act", 0, "hazard", 0), ("jump", 0, -400), ("send", 0, True)],
    troubles=["error_after", "kill"],
)
@given(script=steps, troubles=faults)
def test_whatever_befalls_the_phones_the_server_has_everything_once(school, phones, script, troubles):
    before = SimpleNamespace(
        cases=Case.objects.count(),
        rounds=Round.objects.count(),
        facts=Event.objects.count(),
        receipts=Receipt.objects.count(),
    )
    history = History(school, phones, troubles, MORNING)
    for step in script:
        history.step(*step)
    lists = history.settle()
    sent = [act for act in history.acts if everything_of(act, history, lists[act.phone], school)]
    assert {row["id"] for rows in lists for row in rows} <= {act.id for act in history.acts}
    assert Receipt.objects.count() - before.receipts == len(sent)
    assert Case.objects.count() - before.cases == sum(act.command == "cases.report_hazard" for act in sent)
    assert Round.objects.count() - before.rounds == sum(act.command == "patrols.submit_round" for act in sent)
    in_order(sent, strictly=not history.befell & OVERTAKING)
    one_did_the_task(history, sent)


def everything_of(act: Act, history: History, rows, school: School) -> bool:
    """What the phone says of an act is what the server has; whether it was carried out."""
    row = next((one for one in rows if one["id"] == act.id), None)
    model, fact = MADE[act.command]
    receipts = Receipt.objects.filter(pk=act.id)
    if act.lost:
        return receipts.exists()
    if act.doomed:
        assert row, "a refusal stays on the phone's list until its person has decided"
        assert row["state"] == "refused" or (row["state"] == "waiting" and act.needs), row
        assert row["why"], row
        assert CHINESE.search(row["why"]), row
        assert row["code"] or act.needs
        assert not receipts.exists()
        assert not model.objects.filter(pk=act.subject).exists()
        return False
    if row is None:  # by its clock the phone sent this days ago and has tidied it away; the server has it, see below
        assert history.skews != [timedelta(0)] * 2
    else:
        assert row["state"] == "sent", row
        assert row["answer"]["id"] == act.subject
    made = model.objects.get(pk=act.subject)
    person = school.people[act.phone]
    assert receipts.get().user_id == person.pk
    [told] = Event.objects.filter(subject_id=act.subject, name=fact)
    assert told.by_id == person.pk
    assert history.began <= told.at <= history.true
    photos = Evidence.objects.filter(pk__in=act.photos)
    assert sorted(str(photo.pk) for photo in photos) == sorted(act.photos)
    assert {photo.subject_id for photo in photos} <= {UUID(act.subject)}
    if isinstance(made, Round):
        times_are_sane(made, act, history)
    return True


def times_are_sane(made: Round, act: Act, history: History) -> None:
    """The round stands where it was walked if the phone's clock was as wrong when it was sent; never in the future."""
    assert made.started_at <= made.ended_at <= made.received_at
    assert history.began <= made.received_at <= history.true
    if timedelta(seconds=made.drift_seconds) == -act.skew:
        assert abs(made.ended_at - act.made_at) < timedelta(seconds=5)


def in_order(sent: list[Act], *, strictly: bool) -> None:
    """What is needed came before; and without servers that choke on one envelope, all came as it was made."""
    came = {act.id: Event.objects.get(subject_id=act.subject, name=MADE[act.command][1]).recorded_at for act in sent}
    for act in sent:
        assert all(came[need] <= came[act.id] for need in act.needs if need in came)
    if strictly:
        for phone in (0, 1):
            moments = [came[act.id] for act in sent if act.phone == phone]
            assert moments == sorted(moments)


def one_did_the_task(history: History, sent: list[Act]) -> None:
    """Whoever came first did it; every other round of it is kept as double."""
    rounds = list(Round.objects.filter(task_id=history.task.pk))
    task = Task.objects.get(pk=history.task.pk)
    if not rounds:
        assert task.state == "open"
        return
    [first] = [one for one in rounds if one.result != "double"]
    assert (task.state, task.ref_id, task.done_by_id) == ("done", first.pk, first.by_id)
    assert Event.objects.filter(subject_id=task.pk, name="duties.task_done").count() == 1
