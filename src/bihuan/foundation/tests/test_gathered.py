"""Many selections in one statement say what each says alone."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from bihuan.foundation import archives, hot
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event

AT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
"""Half past two in the night of the 22nd, in China."""


@pytest.fixture
def told(db):
    """Three facts of two kinds."""
    names = ("a.done", "a.done", "b.done")
    return Event.objects.bulk_create(
        Event(bureau_id=uuid7(), name=name, subject_kind="x.y", subject_id=uuid7(), by_name="张", channel="page", at=AT, recorded_at=AT, digest="0")
        for name in names
    )  # fmt: skip


def test_rows_ids_and_moments_come_as_they_are(told):
    rows = Event.objects.filter(pk__in=[one.pk for one in told]).order_by("id")
    counted = rows.order_by("name").values_list("name").annotate(n=Count("pk"))
    asked = {
        "rows": rows.values_list("id", "name", "at", "by_id"), "counted": counted, "none": rows.none().values_list("id"),
        "nobody": rows.filter(name="c.done").values_list("id"),
    }  # fmt: skip
    with CaptureQueriesContext(connection) as said:
        found = hot.gathered(asked, most=10)
    assert len(said) == 1
    assert [UUID(row[0]) for row in found["rows"]] == [one.pk for one in sorted(told, key=lambda one: one.pk)]
    assert archives.plain_moment(found["rows"][0][2]) == AT
    assert f"{archives.local_day(found['rows'][0][2])}" == "2026-11-22"
    assert found["rows"][0][3] is None
    assert found["counted"] == [["a.done", 2], ["b.done", 1]]
    assert found["none"] == found["nobody"] == []
    assert len(hot.gathered(asked, most=2)["rows"]) == 2
    assert hot.gathered({"none": asked["none"]}, most=2) == {"none": []}
