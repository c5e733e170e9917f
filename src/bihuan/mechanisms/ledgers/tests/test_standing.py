"""What nobody has to type: columns that fill themselves, rows that stand ready from the last page, what a page costs."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from bihuan.engines.duties.loads import works_of
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import data_of
from bihuan.mechanisms.ledgers import queries
from bihuan.mechanisms.ledgers.models import Entry
from bihuan.mechanisms.ledgers.rules import filled, from_entry
from bihuan.mechanisms.ledgers.tests.conftest import AT
from bihuan.mechanisms.ledgers.tests.test_ledgers import TODAY, row, write

NOW = datetime(2026, 11, 20, 9, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
BOOK = from_entry(
    {
        "code": "b", "number": 1, "title": "簿", "group": "组", "sheet": "s", "posts": ["guard"], "every": "day",
        "lock_days": 3, "given": {"by": "me", "time": "now"},
    }
)  # fmt: skip


def test_what_was_left_empty_fills_itself_and_what_was_written_stays():
    assert filled(BOOK, {"name": "甲"}, me="王保安", now=NOW, on=NOW.date()) == {
        "name": "甲",
        "by": "王保安",
        "time": "09:05",
    }
    assert filled(BOOK, {"by": "乙", "time": "08:00"}, me="王", now=NOW, on=NOW.date()) == {"by": "乙", "time": "08:00"}


def test_yesterdays_time_is_never_made_up():
    assert filled(BOOK, {}, me="王", now=NOW, on=NOW.date() - timedelta(days=1)) == {"by": "王"}


@pytest.mark.django_db
def test_a_visitor_needs_three_words_and_the_time_is_the_servers(books, net, actors):
    write(actors.wang, net, row({"name": "李家长", "reason": "接孩子", "host": "张老师", "confirmed": "已确认"}))
    assert Entry.objects.get().answers["time-in"] == "10:00"


@pytest.mark.django_db
def test_a_page_for_yesterday_still_asks_for_the_time(books, net, actors):
    from bihuan.foundation.refusals import Refusal

    late = row({"name": "李家长", "reason": "接孩子", "host": "张老师", "confirmed": "已确认"})
    with pytest.raises(Refusal) as refused:
        write(actors.wang, net, late, on=TODAY - timedelta(days=1))
    assert set(refused.value.fields) == {"0.time-in"}


@pytest.fixture
def canteen(net):
    """A canteen whose manager 王 is for this test: the guard's posts write fire rounds."""
    type(net.school).objects.filter(pk=net.school.pk).update(facets=["canteen"])


SPOTS = ("食堂后厨", "配电间")


def fire(spot):
    said = {
        "time": "09:00",
        "spot": spot,
        "way": "畅通",
        "exit": "畅通",
        "gear": "完好",
        "sign": "正常",
        "power": "正常",
    }
    return row(said)


@pytest.mark.django_db
def test_rows_stand_ready_from_ones_own_last_page_and_one_tap_takes_them(books, net, actors, door, now):
    write(actors.li, net, *(fire(spot) for spot in SPOTS), ledger="fire-round", on=TODAY - timedelta(days=1))
    page = queries.ledger_page(actors.li, net.school.pk, "fire-round", on=TODAY, at=AT)
    assert [ready["spot"] for ready in page.ready] == list(SPOTS)
    assert "time" not in page.ready[0]
    assert page.is_complete
    assert queries.ledger_page(actors.wang, net.school.pk, "fire-round", on=TODAY, at=AT).ready == ()
    address = f"/ledgers/{net.school.pk}/fire-round/"
    shown = door("li").get(address).content.decode()
    assert "都正常，一起登记" in shown
    form = {name: value for name, value in _inputs(shown) if name not in ("take", "row")}
    ids = re.findall(r'name="row" value="([^"]+)"', shown)
    assert (
        "新登记 2 行"
        in door("li")
        .post(address, {**form, "row": ids, "_id": str(uuid7()), "all_normal": "1"}, follow=True)
        .content.decode()
    )
    kept = Entry.objects.filter(on=TODAY).order_by("id")
    assert [(one.answers["spot"], one.answers["time"], one.answers["way"]) for one in kept] == [
        (spot, "10:00", "畅通") for spot in SPOTS
    ]
    assert queries.ledger_page(actors.li, net.school.pk, "fire-round", on=TODAY, at=AT).ready == ()


def _inputs(page):
    grid = page[page.index('<form class="grid-form"') :]
    fields = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', grid)
    chosen = re.findall(r'<select[^>]* name="([^"]+)".*?<option value="([^"]*)" selected', grid)
    return [*fields, *chosen]


@pytest.mark.django_db
def test_what_is_usual_in_a_blank_row_does_not_make_a_row(books, net, actors, door, now):
    address = f"/ledgers/{net.school.pk}/visitors/"
    shown = door("wang").get(address).content.decode()
    ids = re.findall(r'name="row" value="([^"]+)"', shown)
    form = {**dict(_inputs(shown)), "row": ids}
    assert form[f"c.{ids[0]}.confirmed"] == form[f"usual.{ids[0]}.confirmed"] == "已确认"
    assert door("wang").post(address, {**form, "_id": str(uuid7())}).status_code == 422
    assert not Entry.objects.exists()
    typed = {
        f"c.{ids[0]}.{code}": word for code, word in [("name", "李家长"), ("reason", "接孩子"), ("host", "张老师")]
    }
    door("wang").post(address, {**form, **typed, "_id": str(uuid7())})
    (entry,) = Entry.objects.all()
    assert (entry.answers["confirmed"], entry.wrong) == ("已确认", [])


def test_a_usual_page_is_counted_without_what_stands_ready():
    chapters = {
        name: {item.code: data_of(item) for item in found}
        for name, found in read_pack(settings.BIHUAN_PACKS / "chanba-12345n").chapters().items()
    }
    forms = {work.code: work.form for work in works_of(chapters)}
    visitors = forms["ledger-visitors"]
    assert ([ask.title for ask in visitors.asks], visitors.rows, visitors.visits, visitors.taps) == (
        ["来访人", "来访事由", "受访人"], 6, 6, 12,
    )  # fmt: skip
    assert (forms["ledger-fire-round"].fields, forms["ledger-fire-round"].taps) == (0, 1)
    samples = forms["ledger-food-samples"]
    assert ([ask.kind for ask in samples.asks], samples.visits) == (["text", "number", "number"], 1)
