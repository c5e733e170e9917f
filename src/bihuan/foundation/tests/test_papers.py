"""Paper numbers have no gaps and no doubles, also when clerks race and some of them are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction

from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry, Paper
from bihuan.foundation.papers import issue_paper
from bihuan.foundation.tests.conftest import BUREAU

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
"""Half past midnight of 1 January 2027 in Shanghai."""


@pytest.fixture(autouse=True)
def layout(db):
    data = {"title": "督办单", "series": "浐教安督", "number_format": "{series}〔{year}〕{n}号"}
    PackEntry.objects.create(
        bureau_id=packs.PLATFORM, section="papers", code="supervision-notice", data=data, pack="base"
    )


def issue(by, at=AT, code="supervision-notice"):
    subject = Event(id=uuid7(), bureau_id=BUREAU)
    return issue_paper(by, at, code=code, subject=subject, content={})


@pytest.mark.django_db
def test_numbers_begin_at_one_and_begin_again_with_the_year_of_this_place(player):
    assert [issue(player).number for _ in range(3)] == [f"浐教安督〔2026〕{n}号" for n in (1, 2, 3)]
    assert issue(player, NEW_YEAR).number == "浐教安督〔2027〕1号"


@pytest.mark.django_db(transaction=True)
def test_eight_clerks_at_once_some_refused(player, in_threads):
    def one(n):
        with transaction.atomic():
            paper = issue(player)
            if n % 4 == 3:
                raise RuntimeError("this command was refused after the number was given")
        return paper.serial

    results = in_threads(one, 8)
    serials = sorted(r for r in results if isinstance(r, int))
    assert serials == [1, 2, 3, 4, 5, 6], results
    assert sorted(Paper.objects.values_list("serial", flat=True)) == serials


@pytest.mark.django_db
def test_a_series_that_no_pack_brought_is_named(player):
    with pytest.raises(KeyError, match="no installed pack has papers: nothing"):
        issue(player, code="nothing")
