"""History only grows; whoever gets around the guard is named, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from bihuan.foundation import clock, sealing
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Seal
from bihuan.foundation.sealing import LAG, breaks, seal_history
from bihuan.foundation.tests.conftest import make


@pytest.fixture
def history(player, db):
    for n in range(7):
        make(player, clock.now(), id=uuid7(), title=f"第{n}件事")
    return list(Event.objects.order_by("recorded_at", "id"))


def behind_the_guard(statement, *args):
    """What an intruder with the database's own key would do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE foundation_event DISABLE TRIGGER append_only")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS foundation_event_no_update")
            cursor.execute("DROP TRIGGER IF EXISTS foundation_event_no_delete")
        cursor.execute(statement, args)


@pytest.mark.parametrize("model", [Event, Seal])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_or_remove_history(history, model, verb):
    seal_history(clock.now() + LAG + timedelta(seconds=1))
    before = model.objects.count()
    assert before
    rows = model.objects.all()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(bureau_id=uuid7()) if verb == "update" else rows._raw_delete(rows.db)
    assert model.objects.count() == before


def test_nothing_younger_than_the_lag_is_sealed(history):
    assert seal_history(clock.now()) == 0
    assert seal_history(clock.now() + LAG + timedelta(seconds=1)) == 7
    assert seal_history(clock.now() + LAG + timedelta(seconds=2)) == 0
    assert list(breaks()) == []


def test_segments_are_chained(history, monkeypatch):
    monkeypatch.setattr(sealing, "MOST", 3)
    assert seal_history(clock.now() + LAG + timedelta(seconds=1)) == 7
    assert list(Seal.objects.order_by("serial").values_list("serial", "count")) == [(1, 3), (2, 3), (3, 1)]
    assert list(breaks()) == []


@pytest.mark.parametrize("how", ["facts", "digest too", "gone", "added"])
def test_a_break_names_the_first_touched_row(history, player, how, monkeypatch):
    seal_history(clock.now() + LAG + timedelta(seconds=1))
    victim = history[3]
    if how == "gone":
        behind_the_guard("DELETE FROM foundation_reaction")
        behind_the_guard("DELETE FROM foundation_event WHERE id = %s", _key(victim.pk))
    elif how == "added":
        make(player, clock.now(), id=uuid7(), title="补一条假的")
        fake = Event.objects.exclude(pk__in=[e.pk for e in history]).get()
        when = victim.recorded_at if connection.vendor == "postgresql" else victim.recorded_at.replace(tzinfo=None)
        behind_the_guard("UPDATE foundation_event SET recorded_at = %s WHERE id = %s", when, _key(fake.pk))
        victim = fake
    else:
        victim.by_name = "别人"
        behind_the_guard("UPDATE foundation_event SET by_name = '别人' WHERE id = %s", _key(victim.pk))
        if how == "digest too":
            behind_the_guard(
                "UPDATE foundation_event SET digest = %s WHERE id = %s", sealing.digest_of(victim), _key(victim.pk)
            )
    (found,) = breaks()
    assert found.event_id == victim.pk
    assert found.what


def test_two_sealers_close_a_segment_once(history, in_threads_or_twice):
    at = clock.now() + LAG + timedelta(seconds=1)
    in_threads_or_twice(lambda: seal_history(at))
    assert Seal.objects.count() == 1


@pytest.fixture
def in_threads_or_twice():
    """Inside one test transaction the second sealer simply comes after the first."""

    def run(function):
        function()
        function()

    return run


def _key(pk):
    return pk if connection.vendor == "postgresql" else pk.hex


def test_a_fact_reads_the_same_after_the_database_kept_it(history):
    for event in Event.objects.all():
        assert sealing.digest_of(event) == event.digest
    assert history[0].recorded_at <= datetime.now(UTC)
