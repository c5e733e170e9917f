"""People leave and schools are renamed: points follow."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.utils import timezone

from bihuan.engines.responsibility.commands import change_org, hand_over
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.packs.measures import measured
from bihuan.foundation.reactions import react
from bihuan.mechanisms.risks.models import RiskPoint

pytestmark = pytest.mark.django_db


def carry_out():
    while react(datetime.now(UTC)):
        continue


def test_a_hand_over_moves_the_points_of_that_post(net, make, cast, actors):
    mine = make(owner_id=cast.qian.pk, owner_post="logistics-lead")
    elsewhere = make(owner_id=cast.li.pk)
    held = apps.get_model("responsibility", "Appointment").objects.get(user=cast.qian)
    hand_over(
        actors.li,
        clock.now(),
        id=uuid7(),
        appointment_id=held.pk,
        on=timezone.localdate(clock.now()),
        user_id=cast.wang.pk,
    )
    carry_out()
    carry_out()
    assert RiskPoint.objects.get(pk=mine.pk).owner_id == cast.wang.pk
    assert RiskPoint.objects.get(pk=elsewhere.pk).owner_id == cast.li.pk
    told = Event.objects.get(name="risks.owner_moved")
    assert (told.subject_id, told.facts["note"]) == (mine.pk, "钱主任 交接给 王保安")


def test_a_renamed_school_is_renamed_on_its_points(net, point, actors):
    change_org(actors.admin, clock.now(), org_id=net.school.pk, revision=net.school.revision, name="灞东区第一实验小学")
    carry_out()
    assert RiskPoint.objects.get().school_name == "灞东区第一实验小学"


def test_the_clause_shows_how_many_points_are_kept(point, actors):
    assert measured(actors.li, "points-in-use").number == "1"
    assert measured(actors.wu, "points-in-use").number == "0"
