"""What is written quickly is what the slow ways write."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from bihuan.foundation import events
from bihuan.foundation.hot.kept import as_hex, utc_text
from bihuan.foundation.ids import uuid7

moments = some.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=some.timezones())


@given(moments, some.booleans())
def test_a_moment_is_written_as_the_standard_library_writes_it(moment, whole):
    moment = moment.replace(microsecond=0) if whole else moment
    assert utc_text(moment) == moment.astimezone(UTC).isoformat(" ")[:-6]
    assert events._moment(moment) == moment.astimezone(UTC).isoformat(timespec="microseconds")


@given(some.uuids())
def test_an_id_is_its_hex(one):
    assert as_hex(one) == one.hex


def test_ids_are_of_version_7_and_rise():
    made = [uuid7() for _ in range(1000)]
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert sorted(made, key=str) == made
