"""What waited on a phone comes in: in order, each for itself, once, and every refusal with its sentence."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import Ladders, Levels, Lifecycles, Rules
from bihuan.foundation import clock, commands, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Receipt
from bihuan.surfaces.mobile import sync
from bihuan.surfaces.mobile.tests.conftest import envelope, jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def rules(net, settings):
    """The tables of hazards."""
    for chapter in (Lifecycles, Levels, Ladders, Rules):
        reader = chapter()
        items, faults = reader.read(settings.BIHUAN_PACKS / "base")
        assert not faults
        reader.put(packs.PLATFORM, "base", items)
    packs.forget()


@pytest.fixture
def hazard(net, rules):
    def made(org=None, **more):
        unit = str((org or net.school).pk)
        return envelope("cases.report_hazard", id=str(uuid7()), org=unit, title="灭火器压力不足", place="食堂", **more)

    return made


def test_everything_is_carried_out_in_order_and_answered_in_order(phone, hazard):
    sent = [hazard(), hazard(), hazard()]
    results = phone("wang").sync(*sent)
    assert [result["id"] for result in results] == [one["id"] for one in sent]
    assert all(result["ok"] and not result["replayed"] for result in results)
    numbers = list(Case.objects.order_by("number").values_list("id", flat=True))
    assert [str(pk) for pk in numbers] == [one["args"]["id"] for one in sent]


def test_the_same_outbox_again_changes_nothing_and_answers_the_same(phone, hazard):
    mine, sent = phone("wang"), [hazard(), hazard()]
    first, again = mine.sync(*sent), mine.sync(*sent)
    assert [one["answer"] for one in first] == [one["answer"] for one in again]
    assert all(one["replayed"] for one in again)
    assert (Case.objects.count(), Event.objects.filter(name="cases.reported").count()) == (2, 2)


def test_the_same_envelope_twice_in_one_call_is_one_act(phone, hazard):
    one = hazard()
    results = phone("wang").sync(one, one)
    assert [result["replayed"] for result in results] == [False, True]
    assert Case.objects.count() == 1


def test_a_refusal_says_why_and_stops_nobody_else(phone, hazard, net):
    good, foreign, empty, last = hazard(), hazard(org=net.other_school), hazard(), hazard()
    empty["args"]["title"] = "x"
    results = phone("wang").sync(good, foreign, empty, last)
    assert [result["ok"] for result in results] == [True, False, False, True]
    assert results[1]["code"] == "foundation.not_found"
    assert "责任范围" in results[1]["sentence"]
    assert list(results[2]["fields"]) == ["title"]
    assert (results[1]["retry"], results[2]["retry"]) == (False, False)
    assert Case.objects.count() == 2
    assert Receipt.objects.filter(pk=foreign["id"]).count() == 0


@pytest.mark.parametrize(
    "broken",
    [
        None, 7, "x", [], {}, {"id": "nonsense", "command": "cases.report_hazard", "args": {}},
        {"id": str(UUID(int=5)), "command": 3, "args": {}}, {"id": str(UUID(int=5)), "command": "cases.report_hazard", "args": []},
        {"id": str(UUID(int=5)), "command": "cases.report_hazard", "args": {}, "needs": "x"},
        {"id": str(UUID(int=5)), "command": "cases.report_hazard", "args": {}, "needs": ["x"]},
        {"id": {"a": 1}, "command": "cases.report_hazard", "args": {}},
        {"id": str(UUID(int=5)), "command": "cases.report_hazard", "args": {}, "needs": [str(UUID(int=9))] * 51},
    ],
)  # fmt: skip
def test_what_cannot_be_read_breaks_nobody_else(phone, hazard, broken):
    results = phone("wang").sync(hazard(), broken, hazard())
    assert [result["ok"] for result in results] == [True, False, True]
    assert (results[1]["code"], results[1]["retry"]) == ("mobile.bad_envelope", False)
    assert results[1]["sentence"]


def walked(**more):
    look = {"n": 1, "how": "scan", "code": "ABCD", "result": "normal", "at": "2026-11-23T07:12:00+08:00", **more}
    moments = {"started_at": "2026-11-23T07:10:00+08:00", "ended_at": "2026-11-23T07:20:00+08:00"}
    return envelope("patrols.submit_round", id=str(uuid7()), **moments, checks=[look])


def test_rounds_that_go_together_are_answered_under_the_ids_as_they_were_written(phone, net):
    one, two = walked(), walked()
    one["id"] = one["id"].upper()
    results = phone("wang").sync(one, two)
    assert [(result["id"], result["code"]) for result in results] == [
        (one["id"], "patrols.nowhere"),
        (two["id"], "patrols.nowhere"),
    ]


def test_a_malformed_round_harms_nobody_else(phone, net):
    bad, good = phone("wang").sync(walked(lat=91), walked())
    assert (bad["code"], good["code"]) == ("foundation.bad_input", "patrols.nowhere")
    assert "checks.0.lat" in bad["fields"]


def test_an_unknown_command_is_said_by_its_name(phone, hazard):
    results = phone("wang").sync(envelope("patrols.fly_away"), hazard())
    assert results[0]["code"] == "foundation.unknown_command"
    assert "patrols.fly_away" in results[0]["sentence"]
    assert results[1]["ok"]


def test_an_envelope_waits_for_what_it_needs(phone, hazard, net):
    refused, absent = hazard(org=net.other_school), str(uuid7())
    after_refused, after_absent, after_good = hazard(), hazard(), hazard()
    good = hazard()
    after_refused["needs"], after_absent["needs"], after_good["needs"] = [refused["id"]], [absent], [good["id"]]
    results = phone("wang").sync(refused, after_refused, after_absent, good, after_good)
    assert [result.get("code") for result in results] == [
        "foundation.not_found",
        "mobile.waits_for",
        "mobile.waits_for",
        None,
        None,
    ]
    assert (results[1]["retry"], results[2]["retry"]) == (False, True)
    assert Case.objects.count() == 2


def test_what_is_needed_may_have_come_before_as_an_envelope_or_as_a_photo(phone, hazard):
    mine, first, photo = phone("wang"), hazard(), uuid7()
    mine.sync(first)
    mine.put(jpeg(), photo)
    second = hazard(photos=[str(photo)])
    second["needs"] = [first["id"], str(photo)]
    assert mine.sync(second)[0]["ok"]
    other = hazard()
    other["needs"] = [first["id"]]
    assert phone("li").sync(other)[0]["code"] == "mobile.waits_for", "somebody else's envelope is nothing to stand on"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"3", b'{"envelopes": 3}', b'{"envelopes": {}}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_call_that_is_no_json_is_refused_whole(phone, body):
    answer = phone("wang").post(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "mobile.not_json")


def test_too_much_at_once_is_refused_whole(phone, hazard, monkeypatch):
    mine, one = phone("wang"), hazard()
    answer = mine.post({"envelopes": [one] * (sync.MOST_ENVELOPES + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "mobile.too_large")
    monkeypatch.setattr(sync, "LARGEST", 100)
    assert mine.post({"envelopes": [one]}).json()["code"] == "mobile.too_large"
    assert Case.objects.count() == 0


def test_one_that_breaks_takes_nobody_with_it_and_may_be_sent_again(phone, hazard, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("the disk is on fire")

    mine, first, second = phone("wang"), hazard(), hazard()
    true = commands._answer
    calls = []
    monkeypatch.setattr(
        commands, "_answer", lambda result: calls.append(1) or (broken() if len(calls) == 1 else true(result))
    )
    results = mine.sync(first, second)
    assert (results[0]["code"], results[0]["retry"], results[1]["ok"]) == ("mobile.broken", True, True)
    assert Case.objects.count() == 1
    assert mine.sync(first)[0] | {"answer": 0} == {"id": first["id"], "ok": True, "replayed": False, "answer": 0}


@pytest.mark.parametrize("days", [-400, -3, 0, 3, 4000])
def test_a_phone_whose_clock_is_days_off_reports_with_both_times(phone, hazard, days):
    now = clock.now()
    with clock.travel(now):
        told = now + timedelta(days=days)
        one = hazard()
        one["sent_at"] = told.isoformat()
        mine = phone("wang")
        answer = mine.post({"phone_now": told.isoformat(), "envelopes": [one]}).json()
    assert answer["results"][0]["ok"]
    assert answer["drift_seconds"] == -days * 86400
    assert answer["server_now"] == now.isoformat()
    fact = Event.objects.get(name="cases.reported")
    assert fact.at == now
    assert fact.sent_at == told
    assert fact.channel == "phone"


@pytest.mark.parametrize(
    "clocked", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "gestern", 5, None, "2026-11-22T10:00:00"]
)
def test_a_moment_that_no_database_keeps_is_left_out(phone, hazard, clocked):
    one = hazard()
    one["sent_at"] = clocked
    answer = phone("wang").post(json.dumps({"phone_now": clocked, "envelopes": [one]}).encode()).json()
    assert answer["results"][0]["ok"]
    assert answer["drift_seconds"] == 0
    assert Event.objects.get(name="cases.reported").sent_at is None


def test_without_a_token_nothing(client, hazard):
    for address in ("/api/v1/phone/sync", "/api/v1/phone/scope"):
        assert client.post(address, b"{}", content_type="application/json").status_code in (401, 405)


def test_a_token_that_may_only_read_cannot_send(actors, client, hazard):
    from bihuan.accounts.commands import issue_token

    token = issue_token(actors.wang, clock.now(), name="只读", scopes=["read"])["token"]
    answer = client.post(
        "/api/v1/phone/sync",
        json.dumps({"envelopes": [hazard()]}),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )
    assert (answer.status_code, Case.objects.count()) == (403, 0)
