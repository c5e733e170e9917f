"""Whatever the quick reader of a round takes, pydantic takes too and reads the same; the rest goes to pydantic."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bihuan.foundation import commands
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols import rules
from bihuan.mechanisms.patrols.commands.rounds import reading, sent_of
from bihuan.mechanisms.patrols.tests.test_rules import NONE, NOW

COMMAND = commands.commands()["patrols.submit_round"]
ID = "0193f0c2-7b1a-7e11-8a55-0123456789ab"

ids = some.one_of(
    some.uuids().map(str), some.sampled_from([ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}", "", "x", None])
)
times = some.one_of(
    some.datetimes(timezones=some.timezones()).map(lambda one: one.isoformat()),
    some.sampled_from(
        [
            "2026-11-23T07:20:00Z", "2026-11-23 07:20:00+08:00", "2026-11-23T07:20:00", "2026-11-23", "1763882400",
            "2026-11-23T07:20Z", "", None, 1763882400,
            "2026-11-23t07:20:00z", "2026-11-23T24:00:00Z", "2026-11-23T07:20:60Z", "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "1970-01-01T08:00:00+08:00",
        ]
    ),
)  # fmt: skip
numbers = some.one_of(
    some.integers(-2, 600), some.floats(-200, 200), some.sampled_from(["7", True, None, 1e9, 10**30, "x"])
)
texts = some.one_of(
    some.text(max_size=8),
    some.sampled_from(["", " 门口", "门口\u3000", "a\x00b", "\\u0000", "x" * 301, None, 7, "\x1fb"]),
)
LOOK = {"n": 1, "point_id": ID, "code": "ABC", "how": "scan", "result": "normal", "at": "2026-11-23T07:12:00Z", "lat": 34, "lon": 109.5,
        "accuracy": None, "seconds": 9, "evidence": [ID], "hazard_id": None, "note": None}  # fmt: skip
GOOD: dict[str, Any] = {
    "id": ID, "route_id": ID, "task_id": None, "started_at": "2026-11-23T07:10:00+08:00", "ended_at": "2026-11-23T07:20:00.5Z",
    "spent": 61, "handed_over": False, "note": "一路正常",
    "checks": [LOOK, {"n": 2, "how": "chosen", "result": "skipped", "at": "2026-11-23T07:13:00Z", "note": "锁着"}],
}  # fmt: skip


def but(good: dict[str, Any], odd: dict[str, Any]) -> Any:
    """What is good with a few fields of another kind, or without them."""
    changes = some.one_of(
        *(some.tuples(some.just(name), some.one_of(some.just(...), kind)) for name, kind in odd.items())
    )
    made = some.lists(changes, max_size=3).map(lambda pairs: {**good, **dict(pairs)})
    return made.map(lambda one: {name: value for name, value in one.items() if value is not ...})


looks = but(
    LOOK,
    {
        "n": numbers, "how": some.sampled_from(["nfc", "typed", "chosen", "x"]), "result": some.sampled_from(["found", "skipped", None]),
        "at": times, "point_id": ids, "code": texts, "lat": numbers, "lon": numbers, "accuracy": numbers, "seconds": numbers,
        "evidence": some.one_of(some.lists(ids, max_size=10), some.none()), "hazard_id": ids, "note": texts, "more": numbers,
    },
)  # fmt: skip
rounds = but(
    GOOD,
    {
        "id": ids, "started_at": times, "ended_at": times, "checks": some.lists(looks, max_size=3), "route_id": ids, "task_id": ids,
        "spent": numbers, "handed_over": some.sampled_from([True, None, 1, "true"]), "note": texts, "more": numbers,
    },
)  # fmt: skip


def same(args: dict[str, Any]) -> bool:
    """Whether the quick reader takes it; then pydantic reads the same of it, down to the digest."""
    read = reading(args)
    try:
        text = msgspec.json.encode(args)
    except ValueError:  # half of a character: no phone can send it so
        text = b""
    assert not text or reading(msgspec.Raw(text)) == read
    if read is None:
        return False
    try:
        parsed = COMMAND.parse(args)
    except Refusal:  # a text that cannot be kept: ``read`` sees it in the encoded whole, and asks ``parse``
        assert "\\u0000" in msgspec.json.encode(args).decode()
        return False
    assert COMMAND.read(args)[1] == commands._digest(COMMAND.name, parsed)
    quick, usual = (sent_of(NOW, NONE, **one) for one in (read, parsed))
    assert quick == usual
    assert [look.at.utcoffset() for look in quick.looks] == [look.at.utcoffset() for look in usual.looks]
    return True


@given(rounds)
def test_whatever_is_sent_is_read_alike(args):
    same(args)


FAR = ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]


@pytest.mark.parametrize("drift", [timedelta(seconds=10), timedelta(seconds=-10), timedelta(days=-27000)])
@pytest.mark.parametrize("far", FAR)
def test_a_moment_that_nobody_can_reckon_with_is_moved_and_the_walk_is_taken(far, drift):
    """It broke the whole batch that it came in."""
    args = {**GOOD, "started_at": far, "ended_at": far, "checks": [{**LOOK, "at": far}]}
    assert same(args)
    sent = sent_of(NOW, drift, **COMMAND.read(args)[0])
    walk = rules.weighed(sent.looks, rules.Context(None), times=sent.times, drift=drift)
    assert NOW - rules.OLDEST <= sent.times.started_at <= sent.times.ended_at <= NOW
    assert not sent.times.credible
    told = walk.looks[0].kept()
    for zone in (timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))):
        assert all(one.astimezone(zone) for one in (told.at, told.phone_at or told.at, sent.started_at))


def test_a_clock_that_was_never_set_keeps_its_own_words():
    """How long lay between two looks is true on it too."""
    args = {**GOOD, "checks": [{**LOOK, "at": f"1970-01-01T08:0{n}:00+08:00"} for n in range(3)]}
    assert same(args)
    looks = sent_of(NOW, NONE, **COMMAND.read(args)[0]).looks
    assert [look.at.isoformat() for look in looks] == [check["at"] for check in args["checks"]]


@pytest.mark.parametrize("half", ["lat", "lon"])
def test_half_a_position_is_none(half):
    args = {**GOOD, "checks": [{**LOOK, half: None}, LOOK]}
    assert same(args)
    assert [(look.lat, look.lon) for look in sent_of(NOW, NONE, **COMMAND.read(args)[0]).looks] == [
        (None, None),
        (34, 109.5),
    ]


def test_a_moment_told_finer_than_anybody_reckons_is_rounded():
    args = {**GOOD, "ended_at": "2026-11-23T07:20:00.1234567Z"}
    assert reading(args) == reading(msgspec.Raw(msgspec.json.encode(args)))
    assert COMMAND.read(args)[0]["ended_at"].microsecond == 123457


@pytest.mark.parametrize("text", [b"{", b"[]", b"7", b'{"id": "\xff"}', b"[" * 100_000])
def test_what_is_no_round_at_all_is_left_to_pydantic(text):
    assert reading(msgspec.Raw(text)) is None


def test_an_ordinary_round_is_read_quickly():
    assert same(GOOD)
    assert isinstance(COMMAND.read(GOOD)[0]["checks"][0], rules.Check)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("note", " 前后有空格 "),
        ("spent", "61"),
        ("started_at", "2026-11-23T07:10:00"),
        ("more", 1),
        ("id", "x"),
        ("spent", -1),
    ],
)
def test_what_is_not_ordinary_is_left_to_pydantic(where, value):
    assert reading({**GOOD, where: value}) is None


@pytest.mark.parametrize("words", ["a\x00b", "a\ud800b"])
def test_a_text_that_no_database_keeps_is_refused_either_way(words):
    with pytest.raises(Refusal) as refused:
        COMMAND.read({**GOOD, "note": words})
    assert refused.value.code == "foundation.bad_input"
