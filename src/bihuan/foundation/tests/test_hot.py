"""Lean inserts are the twin of ``Model.save``: the same row, whichever way it was written."""

import json
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from bihuan.foundation import hot
from bihuan.foundation.hot.answers import from_json
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Paper, Reaction, Receipt

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 32, 1, 123456, tzinfo=UTC)


def an_event(**more):
    told = {"note": "灭火器「失压」100%", "rung": 2, "list": [1, None, True]}
    return Event(
        bureau_id=uuid7(), path="0001.", name="t.told", subject_kind="t.thing", subject_id=uuid7(), by_name="李安", channel="page",
        at=AT, recorded_at=AT, facts=told, digest="0" * 64, **more,
    )  # fmt: skip


def a_receipt(**more):
    return Receipt(**{"id": uuid7(), "command": "t.do", "digest": "1" * 64, "answer": {"id": "甲"}, "at": AT} | more)


def a_paper(**more):
    return Paper(
        bureau_id=uuid7(), code="notice", year=2026, serial=1, number="〔2026〕1号", title="督办单", subject_kind="t.thing", subject_id=uuid7(),
        content={"rows": ["'; DROP TABLE foundation_paper; --", "\\"]}, issued_by_name="赵科", issued_at=AT, **more,
    )  # fmt: skip


def stored(row):
    """Every column as the database holds it; JSON as what it says, for its spaces are nobody's matter."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {row._meta.db_table} WHERE id = %s", [row._meta.pk.get_db_prep_value(row.pk, connection)]
        )
        found = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    written = [f.column for f in row._meta.concrete_fields if f.get_internal_type() == "JSONField"]
    return found | {name: json.loads(found[name]) for name in written}


def test_a_fresh_row_is_what_the_model_makes():
    given = {"bureau_id": uuid7(), "name": "t.done", "facts": {"a": 1}}
    usual, lean = Event(**given), hot.fresh(Event, **given)
    assert {**usual.__dict__, "_state": None, "id": None} == {**lean.__dict__, "_state": None, "id": None}
    assert lean.id.version == 7
    lean.at = lean.recorded_at = AT
    lean.facts["b"] = 2
    assert hot.fresh(Event).facts == {}
    lean.subject_id = uuid7()
    lean.save()
    assert Event.objects.get(pk=lean.pk).facts == {"a": 1, "b": 2}


@pytest.mark.parametrize("make", [an_event, a_receipt, a_paper])
@pytest.mark.parametrize("count", [1, 3, hot.FEW + 5])
def test_a_lean_insert_writes_what_save_writes(make, count):
    saved = make()
    saved.save(force_insert=True)
    lean = []
    for serial in range(count):
        row = make()
        kept = {"id", "serial"} if hasattr(row, "serial") else {"id"}
        for field in row._meta.concrete_fields:
            if field.attname not in kept:
                setattr(row, field.attname, getattr(saved, field.attname))
        if hasattr(row, "serial"):
            row.serial = serial + 10
        lean.append(row)
    assert hot.insert(lean) == count
    for row in lean:
        apart = {"id", "serial"}
        assert {k: v for k, v in stored(row).items() if k not in apart} == {
            k: v for k, v in stored(saved).items() if k not in apart
        }
        assert type(row).objects.get(pk=row.pk).pk == row.pk


def test_a_taken_id_is_left_alone_when_asked_and_an_error_otherwise():
    first, again = a_receipt(), a_receipt(command="t.other")
    again.id = first.id
    assert hot.insert([first], unless_there=True) == 1
    assert hot.insert([again, a_receipt()], unless_there=True) == 1
    assert Receipt.objects.get(pk=first.pk).command == "t.do"
    with pytest.raises(IntegrityError), transaction.atomic():
        hot.insert([again])
    with pytest.raises(IntegrityError), transaction.atomic():
        hot.insert([again, *(a_receipt() for _ in range(hot.FEW + 1))])
    assert Receipt.objects.count() == 2


def test_a_missing_value_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        hot.insert([a_receipt(command=None)])


def test_a_reaction_finds_its_event():
    event = an_event()
    hot.insert([event], tell="bihuan_events")
    hot.insert([Reaction(bureau_id=event.bureau_id, event_id=event.pk, listener="t.l", next_at=AT)])
    assert Reaction.objects.select_related("event").get().event.facts == event.facts


def test_the_statement_is_prepared_and_preparing_is_off_again():
    if connection.vendor != "postgresql":
        return
    for _ in range(3):
        hot.insert([a_receipt()], unless_there=True)
    assert connection.connection.prepare_threshold is None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO %foundation_receipt%'"
        )
        assert cursor.fetchone()[0] == 1


def test_by_key_not_even_a_small_table_is_read_whole():
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE small (id uuid PRIMARY KEY, name text)")
        for _ in range(30):
            cursor.execute("INSERT INTO small VALUES (%s, 'x')", hot.given([uuid7()]))
        if postgres:
            cursor.execute("ANALYZE small")

    def asked():
        given, values = hot.table("given", ("id uuid",), [[uuid7()] for _ in range(12)])
        joined = f"WITH {given} SELECT s.name FROM given JOIN small AS s ON s.id = given.id"
        plan = yield hot.Question(hot.Columns(), f"EXPLAIN {'' if postgres else 'QUERY PLAN'} {joined}", values)
        return " ".join(str(row) for row in plan)

    [plan] = hot.told(asked(), by_key=True)
    assert ("Index Cond: (id = " if postgres else "SEARCH s USING INDEX") in plan


@pytest.mark.parametrize("answer", [{"n": 10**30, "x": 1.5, "list": []}, {"名": "灭火器「失压」"}, {}])
def test_values_are_read_as_the_orm_reads_them(answer):
    for more in ({"answer": answer}, {"answer": answer, "bureau_id": uuid7(), "sent_at": AT}):
        a_receipt(**more).save()
    rows = Receipt.objects.order_by("pk")
    names = tuple(field.attname for field in Receipt._meta.concrete_fields)
    assert hot.columns_of(Receipt, names, "1 = 1 ORDER BY id", []) == list(rows.values_list(*names))
    last = rows.last()
    assert hot.columns_of(Receipt, ("id",), "id = %s AND sent_at = %s", hot.given([last.pk, AT])) == [(last.pk,)]
    assert [row.__dict__ | {"_state": 0} for row in hot.rows_of(Receipt, "1 = 1 ORDER BY id", [])] == [
        row.__dict__ | {"_state": 0} for row in rows
    ]
    assert {(row._state.adding, row._state.db) for row in hot.rows_of(Receipt, "1 = 1 ORDER BY id", [])} == {
        (False, "default")
    }
    part = hot.rows_of(Receipt, "1 = 1 ORDER BY id", [], "digest", "answer", "id")
    assert [(row.pk, row.answer, row.get_deferred_fields()) for row in part] == [
        (row.pk, row.answer, set(names) - {"digest", "answer", "id"}) for row in rows
    ]


@pytest.mark.parametrize("text", ['{"half": "\\ud800"}', "[1e400, -0]", "null"])
def test_json_that_only_python_reads_is_read_by_it(text):
    assert from_json(text) == json.loads(text)
