"""Every row comes exactly once over all pages, in order, whatever the values and whatever is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Notice
from bihuan.foundation.pages.keyset import page
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.conftest import BUREAU

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def walk(order, size):
    rows, cursor = [], ""
    while True:
        found = page(Notice.objects.all(), order=order, cursor=cursor, size=size)
        rows += found.rows
        cursor = found.next
        if not cursor:
            return rows


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minutes=st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=12),
    size=st.integers(1, 5),
    order=st.sampled_from(
        [("read_at", "id"), ("-sent_at", "-id"), ("kind", "read_at", "id"), ("kind", "-sent_at", "id")]
    ),
)
def test_pages_cover_everything_once(minutes, size, order):
    Notice.objects.all().delete()
    for n, minute in enumerate(minutes):
        moment = NOON + timedelta(minutes=minute or 0)
        Notice.objects.create(
            bureau_id=BUREAU, user_id=uuid7(), kind="ab"[n % 2], title="x", event_id=uuid7(), sent_at=moment,
            read_at=None if minute is None else moment,
        )  # fmt: skip
    rows = walk(order, size)
    assert len(rows) == len({row.pk for row in rows}) == len(minutes)
    assert rows == walk(order, 100)


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "%%%", "bnVsbA", "WzFd", "W10", "WyJ0bm90LWEtZGF0ZSIsICJ1MSJd", "eyJhIjogMX0"])
def test_a_bad_cursor_is_refused_in_words(cursor):
    with pytest.raises(Refusal) as refused:
        page(Notice.objects.all(), order=("-sent_at", "-id"), cursor=cursor)
    assert refused.value.status == 422
