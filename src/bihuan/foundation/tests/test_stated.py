"""What a fact says and its hash come out alike, whether its values went through JSON or were seen to be plain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from bihuan.foundation import events
from bihuan.foundation.actors import SYSTEM

AT = datetime(2026, 11, 23, 7, 20, tzinfo=UTC)
plain = some.one_of(
    some.text(), some.integers(), some.booleans(), some.none(), some.uuids(), some.dates(), some.lists(some.text(), max_size=3),
    some.datetimes(timezones=some.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])),
    some.tuples(some.text(), some.text()), some.integers(-(2**70), 2**70),
)  # fmt: skip
odd = some.one_of(
    some.floats(allow_nan=False, allow_infinity=False), some.sets(some.text(), max_size=3), some.lists(some.integers(), max_size=2),
    some.dictionaries(some.text(), some.one_of(some.text(), some.floats(allow_nan=False)), max_size=2),
)  # fmt: skip


@given(some.dictionaries(some.text(), plain, max_size=6))
def test_plain_facts_are_what_json_gives_back(facts):
    settled = events._settled(facts)
    if settled is not None:
        assert settled == msgspec.json.decode(events._text_of(facts))
        assert events._quickly(["甲", settled]) == events._canonical(["甲", settled])


@given(some.dictionaries(some.text(), odd, min_size=1, max_size=3))
def test_other_facts_go_through_json(facts):
    settled = events._settled(facts)
    assert settled is None or all(value in ([], ()) for value in facts.values())


@given(some.dictionaries(some.text(max_size=5), some.one_of(plain, odd), max_size=5), some.text(max_size=9))
def test_the_hash_is_what_sealing_will_work_out(facts, path):
    subject = SimpleNamespace(
        pk=UUID(int=1), bureau_id=UUID(int=2), province_id=None, city_id=None, school_id=None, path=path,
        _meta=SimpleNamespace(label_lower="t.thing"),
    )  # fmt: skip
    event = events.stated(subject, "packs.installed", facts, by=SYSTEM, at=AT, recorded_at=AT)
    assert event.digest == events.digest_of(event)


def test_days_and_moments_are_kept_as_text():
    told = events._settled(
        {"on": date(2026, 11, 23), "at": AT.astimezone(timezone(timedelta(hours=8))), "by": UUID(int=7)}
    )
    assert told == {"on": "2026-11-23", "at": "2026-11-23T07:20:00.000000+00:00", "by": str(UUID(int=7))}
