"""The hand-over book: given once, taken once, by those who serve there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.commands import hand_over_shift, take_over_shift
from bihuan.mechanisms.patrols.commands.shifts import ItemIn
from bihuan.mechanisms.patrols.models import Handover
from bihuan.mechanisms.patrols.queries import handovers_waiting
from bihuan.mechanisms.patrols.tests.conftest import MORNING

pytestmark = pytest.mark.django_db


def give(by, net, **given):
    args = {"id": uuid7(), "org_id": net.school.pk, "items": [ItemIn(name="钥匙"), ItemIn(name="盾牌", state="broken")]}
    return hand_over_shift(by, MORNING, **(args | given))


def test_a_shift_is_given_to_somebody_who_is_told_and_takes_it(net, actors, cast):
    row = give(actors.wang, net, to_id=cast.li.pk, note="东门锁芯松了")
    react(clock.now() + timedelta(seconds=1))
    told = Notice.objects.get(user_id=cast.li.pk)
    assert (told.title, "盾牌有缺损" in told.body) == ("王保安向你交班", True)
    (waiting,) = handovers_waiting(actors.li, MORNING)
    assert (waiting["from_name"], waiting["note"]) == ("王保安", "东门锁芯松了")
    taken = take_over_shift(actors.li, MORNING + timedelta(minutes=5), handover_id=row.pk, note="盾牌已送修")
    assert (taken.taken_by_name, taken.taken_note) == ("李安", "盾牌已送修")
    assert handovers_waiting(actors.li, MORNING) == []
    assert list(Event.objects.filter(subject_id=row.pk).order_by("id").values_list("name", flat=True)) == [
        "patrols.shift_handed_over",
        "patrols.shift_taken_over",
    ]
    with pytest.raises(Refusal, match="patrols.taken_already") as no:
        take_over_shift(actors.zhou, MORNING, handover_id=row.pk)
    assert "李安" in no.value.sentence


def test_who_took_over_need_not_open_the_notice(net, actors, cast):
    """The phone says it too, and a guard who takes over there every morning would have a bell full of old shifts."""
    first, second = (give(actors.wang, net, to_id=cast.li.pk) for _ in range(2))
    take_over_shift(actors.li, MORNING + timedelta(minutes=5), handover_id=first.pk)
    while react(clock.now() + timedelta(seconds=1)):
        pass
    told = dict(Notice.objects.filter(user_id=cast.li.pk).values_list("event_id", "read_at"))
    facts = dict(Event.objects.filter(name="patrols.shift_handed_over").values_list("subject_id", "id"))
    assert told == {facts[first.pk]: MORNING + timedelta(minutes=5), facts[second.pk]: None}


def test_without_a_name_whoever_comes_next_takes_it(net, actors):
    row = give(actors.wang, net)
    assert [one["id"] for one in handovers_waiting(actors.qian, MORNING)] == [row.pk]
    assert handovers_waiting(actors.wang, MORNING) == []
    assert handovers_waiting(actors.wu, MORNING) == []
    assert handovers_waiting(actors.nobody, MORNING) == []
    assert handovers_waiting(actors.qian, MORNING + timedelta(days=4)) == []
    assert take_over_shift(actors.qian, MORNING, handover_id=row.pk).taken_by_name == "钱主任"


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("wang", "patrols.own_handover"),
        ("qian", "patrols.not_for_you"),
        ("wu", "foundation.not_found"),
        ("admin", "foundation.not_yours"),
    ],
)
def test_who_may_not_take_it(net, actors, cast, by, code):
    row = give(actors.wang, net, to_id=cast.li.pk)
    with pytest.raises(Refusal, match=code):
        take_over_shift(getattr(actors, by), MORNING, handover_id=row.pk)
    assert Handover.objects.get().taken_at is None


@pytest.mark.parametrize(
    ("by", "code"), [("wu", "foundation.not_found"), ("sun", "foundation.not_found"), ("admin", "foundation.not_yours")]
)
def test_who_may_not_give_one(net, actors, by, code):
    with pytest.raises(Refusal, match=code):
        give(getattr(actors, by), net)
    assert Handover.objects.count() == 0


def test_only_to_people_who_serve_there_and_a_stranger_is_nobody(net, actors, cast):
    said = []
    for who in (cast.wu.pk, uuid7()):
        with pytest.raises(Refusal, match="patrols.wrong_taker") as refused:
            give(actors.wang, net, to_id=who)
        said.append(refused.value.sentence)
    assert said[0] == said[1]


def test_given_again_it_is_one_line_of_the_book(net, actors):
    args = {
        "id": str(uuid7()),
        "org_id": str(net.school.pk),
        "note": "一切正常",
        "handed_at": (MORNING + timedelta(days=9)).isoformat(),
    }
    id = uuid7()
    sent = [execute(actors.wang, MORNING, id=id, name="patrols.hand_over_shift", args=args) for _ in range(2)]
    sent.append(execute(actors.wang, MORNING, id=uuid7(), name="patrols.hand_over_shift", args=args))
    assert [one.replayed for one in sent] == [False, True, False]
    assert Handover.objects.get().handed_at == MORNING
    assert Event.objects.filter(name="patrols.shift_handed_over").count() == 1
    with pytest.raises(Refusal, match="patrols.handover_id_taken"):
        execute(actors.li, MORNING, id=uuid7(), name="patrols.hand_over_shift", args=args)
    take = {"handover_id": args["id"]}
    id = uuid7()
    taken = [execute(actors.li, MORNING, id=id, name="patrols.take_over_shift", args=take) for _ in range(2)]
    assert [one.replayed for one in taken] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_of_several_who_take_it_at_once_one_has_it(net, actors):
    row = give(actors.wang, net)

    def take(by):
        try:
            return take_over_shift(by, MORNING, handover_id=row.pk).taken_by_name
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(take, [actors.li, actors.qian, actors.zhou, actors.fang]))
    assert said.count("patrols.taken_already") == 3
    assert Handover.objects.get().taken_by_name in said
