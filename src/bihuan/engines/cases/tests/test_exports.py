"""The list as a file: the lines that the database writes equal those made in Python, and nothing in them is a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bihuan.engines.cases import exports, hot
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.queries import Filters
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db
NASTY = [
    '=HYPERLINK("http://x")',
    'a<b> & "c" \\d\\n',
    "第一行\n第二行\t制表",
    "+1",
    "@x",
    "-2",
    "普通",
    "控\x02制",
    "\x02=1+1",
    "逗,号;'单'",
]


@pytest.fixture
def nasty(loop):
    made = [loop.report(title=title, place=title[:40], at=T0 + timedelta(hours=n)) for n, title in enumerate(NASTY)]
    return [*made, loop.verify(loop.rectify(loop.assign(loop.report(title="已销号的", at=T0 + timedelta(hours=50)))))]


def expected(viewer):
    """The twin: every cell made in Python from the rows."""
    words = exports.words_of(viewer)
    rows = []
    for case in Case.objects.order_by("-reported_at", "-id"):
        texts = {name: getattr(case, name) for _, name, _ in hot.TEXTS}
        texts |= {
            "level": words.levels[case.level],
            "source": words.sources[case.source],
            "state": words.states[case.lifecycle, case.state],
        }
        moments = [getattr(case, name) for _, name, _ in hot.MOMENTS]
        rows.append(
            (
                list(texts.values()),
                [getattr(case, name) for _, name, _ in hot.NUMBERS],
                [m and timezone.localtime(m) for m in moments],
            )
        )
    return rows


def clean(text):
    return "".join(c for c in text if c >= " " or c in "\n\r\t")


def test_the_csv(nasty, actors):
    raw = b"".join(exports.stream(actors.zhao, Filters(stage="all"), "csv"))
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    assert head == list(hot.TITLES)
    for row, (texts, numbers, moments) in zip(rows, expected(actors.zhao), strict=True):
        guarded = [f"'{t}" if t[:1] in "=+-@\t\r" and t else t for t in map(clean, texts)]
        assert row == guarded + [str(n) for n in numbers] + [f"{m:%Y-%m-%d %H:%M}" if m else "" for m in moments]


def test_the_sheet(nasty, actors):
    raw = b"".join(exports.stream(actors.zhao, Filters(stage="all"), "xlsx"))
    title, head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()
    assert title[0].startswith("隐患清单")
    assert head == list(hot.TITLES)
    for row, (texts, numbers, moments) in zip(rows, expected(actors.zhao), strict=True):
        assert row[: len(texts)] == [clean(t).replace("\t", " ") for t in texts]
        assert row[len(texts) : len(texts) + 3] == numbers
        for cell, moment in zip(row[-3:], moments, strict=True):
            assert (
                (isinstance(cell, datetime) and abs(cell - moment.replace(tzinfo=None)) < timedelta(seconds=1))
                if moment
                else cell == ""
            )


def test_the_export_follows_filter_and_scope(nasty, actors, loop, net):
    loop.report(by=actors.zhao, org=net.other_school.pk, title="别的学校")
    rows = b"".join(exports.stream(actors.chen, Filters(stage="closed"), "csv")).decode().splitlines()
    assert len(rows) == 2
    assert "已销号的" in rows[1]
    assert "别的学校" not in b"".join(exports.stream(actors.zhou, Filters(stage="all"), "csv")).decode()
    with pytest.raises(Refusal) as no:
        exports.stream(actors.wang, Filters(), "csv")
    assert no.value.code == "foundation.not_yours"


def test_an_empty_selection_is_a_file_with_a_head(rules, actors):
    for form in ("csv", "xlsx"):
        assert b"".join(exports.stream(actors.zhou, Filters(q="没有这样的"), form))


def test_the_door(nasty, door):
    answer = door("zhao").get("/hazards/export.csv?stage=all")
    assert b"".join(answer.streaming_content).count(b"\r\n") + 1 >= 2
    assert door("wang").get("/hazards/export.xlsx").status_code == 403
    assert door("wu").get("/hazards/export.csv?stage=all").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_under_asgi_the_file_comes_piece_by_piece(nasty, door):
    """Django would gather a plain iterator whole before the first byte leaves."""
    cookies = door("zhao").cookies

    async def asked():
        client = AsyncClient()
        client.cookies = cookies
        answer = await client.get("/hazards/export.csv?stage=all")
        return answer.is_async, b"".join([piece async for piece in answer.streaming_content])

    is_async, raw = async_to_sync(asked)()
    assert is_async
    assert "已销号的" in raw.decode()
