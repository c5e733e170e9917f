"""Thousands of rows at once: what comes back is what Django would have written, and a broken constraint breaks all."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from bihuan.foundation import bulk
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Notice

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NAMES = ("id", "bureau_id", "user_id", "kind", "title", "event_id", "sent_at")


def test_rows_read_back_as_if_the_orm_had_written_them():
    one, other, bureau = uuid7(), uuid7(), uuid7()
    bulk.insert(Notice, NAMES, [(one, bureau, bureau, "x", "标题\t带制表符\n和换行\\", None, AT)])
    Notice.objects.create(
        id=other, bureau_id=bureau, user_id=bureau, kind="x", title="标题\t带制表符\n和换行\\", sent_at=AT
    )
    hot, twin = (Notice.objects.filter(pk=pk).values().get() for pk in (one, other))
    assert hot | {"id": other} == twin


def test_one_bad_row_inserts_nothing():
    bureau, event = uuid7(), uuid7()
    rows = [(uuid7(), bureau, bureau, "x", f"第{n}条", event, AT) for n in range(2)]
    with pytest.raises(IntegrityError):
        bulk.insert(Notice, NAMES, rows)
    assert not Notice.objects.filter(bureau_id=bureau).exists()


def test_the_collector_rests_and_runs_again():
    with bulk.without_collecting():
        assert not gc.isenabled()
        with bulk.without_collecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
