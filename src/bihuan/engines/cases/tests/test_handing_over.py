"""People leave: open work moves with the post, history stays with the person, and nobody ends on both sides of a case."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.utils import timezone

from bihuan.engines.cases.commands.moving import hand_cases_over
from bihuan.engines.cases.models import Case
from bihuan.engines.responsibility.commands import hand_over
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react

pytestmark = pytest.mark.django_db


def carry_out():
    while react(datetime.now(UTC)):
        continue


@pytest.fixture
def qian_leaves(cast, actors):
    """Qian's post of 总务主任 goes to Wang."""

    def leave():
        held = apps.get_model("responsibility", "Appointment").objects.get(user=cast.qian)
        today = timezone.localdate(clock.now())
        hand_over(actors.li, clock.now(), id=uuid7(), appointment_id=held.pk, on=today, user_id=cast.wang.pk)

    return leave


@pytest.mark.clause("CB-01")
def test_what_was_to_be_put_right_is_now_the_new_ones(loop, cast, actors, qian_leaves):
    open_case = loop.assign(loop.report(by=actors.li), rectifier=actors.qian.id)
    done = loop.verify(loop.rectify(loop.assign(loop.report(by=actors.li), rectifier=actors.qian.id), by=actors.qian))
    other = loop.assign(loop.report())
    qian_leaves()
    carry_out()
    carry_out()
    moved = Case.objects.get(pk=open_case.pk)
    assert (moved.rectifier_id, moved.rectifier_name, moved.waits_for_id) == (cast.wang.pk, "王保安", cast.wang.pk)
    assert moved.revision == open_case.revision + 1
    assert Case.objects.get(pk=done.pk).rectifier_id == cast.qian.pk
    assert Case.objects.get(pk=other.pk).rectifier_id == cast.li.pk
    told = Event.objects.get(name="cases.handed_over")
    assert (told.subject_id, told.facts["was"], told.facts["now"]) == (moved.pk, "钱主任", "王保安")
    assert Notice.objects.filter(user_id=cast.wang.pk, kind="cases.handed_over").count() == 1


def test_nobody_ends_on_both_sides_of_a_case(loop, net, cast, actors):
    case = loop.rectify(loop.assign(loop.report()))
    assert case.verifier_id == cast.chen.pk
    moved = hand_cases_over(
        clock.now(),
        bureau_id=net.bureau.pk,
        path=net.school.path,
        person_from=cast.chen.pk,
        person_to=cast.li.pk,
        names=("陈包校", "李安"),
    )
    assert moved == 0
    assert Case.objects.get(pk=case.pk).verifier_id == cast.chen.pk


def test_who_once_put_it_right_does_not_inherit_the_verifying(loop, net, cast, actors):
    case = loop.rectify(loop.assign(loop.report(), rectifier=actors.qian.id), by=actors.qian)
    Case.objects.filter(pk=case.pk).update(rectifier_id=cast.li.pk)
    moved = hand_cases_over(
        clock.now(),
        bureau_id=net.bureau.pk,
        path=net.school.path,
        person_from=cast.chen.pk,
        person_to=cast.qian.pk,
        names=("陈包校", "钱主任"),
    )
    assert moved == 0


def test_work_elsewhere_stays(loop, net, cast, actors):
    case = loop.assign(loop.report())
    moved = hand_cases_over(
        clock.now(),
        bureau_id=net.bureau.pk,
        path=net.other_school.path,
        person_from=cast.li.pk,
        person_to=cast.qian.pk,
        names=("李安", "钱主任"),
    )
    assert moved == 0
    assert Case.objects.get(pk=case.pk).rectifier_id == cast.li.pk
