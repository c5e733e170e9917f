"""One envelope is one fact, however often and from however many places it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import transaction

from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import _digest, commands, execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice, Reaction, Receipt
from bihuan.foundation.refusals import Refusal

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def send(by, *, envelope=None, name="play.make", **args):
    return execute(
        by, AT, id=envelope or uuid7(), name=name, args={"id": str(uuid7()), "title": "灭火器压力不足", **args}
    )


@pytest.mark.django_db
def test_an_envelope_sent_again_gets_the_first_answer(player):
    envelope, row = uuid7(), str(uuid7())
    first = send(player, envelope=envelope, id=row)
    again = send(player, envelope=envelope, id=row)
    assert (first.answer, first.replayed, again.replayed) == ({"id": row}, False, True)
    assert again.answer == first.answer
    assert Event.objects.count() == Notice.objects.count() == Reaction.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"title": "换了内容"}, {"by": "other"}])
def test_the_same_id_for_another_thing_or_person_is_refused(player, change):
    envelope, row = uuid7(), str(uuid7())
    send(player, envelope=envelope, id=row)
    other = replace(player, id=uuid7()) if change.pop("by", "") else player
    with pytest.raises(Refusal) as refused:
        send(other, envelope=envelope, id=row, **change)
    assert refused.value.code == "foundation.receipt_conflict"
    assert refused.value.status == 409
    assert Event.objects.count() == 1


@pytest.mark.parametrize("number", [7, 2**64, -(2**70), 7.5])
def test_a_number_of_any_size_is_compared(number):
    assert _digest("a", {"n": number}) == _digest("a", {"n": number}) != _digest("a", {"n": number + 1})


@pytest.mark.django_db
def test_a_refusal_leaves_nothing_behind_and_the_same_envelope_may_come_again(player):
    envelope, row = uuid7(), str(uuid7())
    with pytest.raises(Refusal, match="今天不做"):
        send(player, envelope=envelope, id=row, refuse=True)
    assert not Receipt.objects.exists()
    assert not Event.objects.exists()
    assert not Notice.objects.exists()
    assert not send(player, envelope=envelope, id=row).replayed


@pytest.mark.django_db
def test_wrong_arguments_are_named_one_by_one_in_chinese(player):
    with pytest.raises(Refusal) as refused:
        execute(player, AT, id=uuid7(), name="play.make", args={"id": "不是编号", "title": "短", "color": 1})
    assert refused.value.code == "foundation.bad_input"
    assert set(refused.value.fields) == {"id", "title", "color"}
    assert refused.value.fields["title"] == "内容太短，至少2个字"


@pytest.mark.django_db
def test_an_unknown_command_is_refused(player):
    with pytest.raises(Refusal) as refused:
        send(player, name="play.unknown")
    assert refused.value.status == 404


@pytest.mark.django_db(transaction=True)
def test_six_at_once_are_one_fact_and_one_answer(player, in_threads):
    envelope, row = uuid7(), str(uuid7())
    answers = in_threads(lambda n: send(player, envelope=envelope, id=row), 6)
    assert [a.answer for a in answers] == [{"id": row}] * 6
    assert sorted(a.replayed for a in answers) == [False] + [True] * 5
    assert Event.objects.count() == Notice.objects.count() == Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_rival_that_is_rolled_back_lets_the_next_one_through(player, in_threads):
    envelope, row = uuid7(), str(uuid7())

    def run(n):
        with transaction.atomic():
            outcome = send(player, envelope=envelope, id=row)
            if n == 0:
                raise RuntimeError("the first client vanished")
        return outcome

    outcomes = in_threads(run, 4)
    assert sum(isinstance(o, RuntimeError) for o in outcomes) == 1
    assert sum(not o.replayed for o in outcomes if not isinstance(o, Exception)) == 1
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_the_phones_time_and_the_servers_time_are_both_kept(player):
    sent_at = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    execute(player, AT, id=uuid7(), name="play.make", args={"id": str(uuid7()), "title": "离线上报"}, sent_at=sent_at)
    event = Event.objects.get()
    assert (event.at, event.sent_at) == (AT, sent_at)


def test_the_clock_stands_where_it_was_set():
    with clock.travel(AT):
        assert clock.now() == AT
    assert clock.now() != AT
    with pytest.raises(ValueError, match="aware"), clock.travel(datetime(2026, 1, 1)):
        pass


def test_every_command_has_a_summary_and_knows_its_arguments():
    for command in commands().values():
        assert command.summary, command.name
        assert command.arguments.model_json_schema()["type"] == "object"


def test_the_system_may_do_everything_and_nobody_nothing(player):
    row = Event(bureau_id=uuid7())
    assert SYSTEM.may("assign", row)
    assert not player.may("snap", row)
