"""A school's books: written, changed, struck, locked, ended; by whom and by whom not; on pages and as files."""

import io
import re
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import commands, queries
from bihuan.mechanisms.ledgers.models import Entry, Leaf
from bihuan.mechanisms.ledgers.tests.conftest import AT

TODAY = date(2026, 11, 20)
VISITOR = {"name": "送水师傅", "reason": "送桶装水", "host": "钱主任", "confirmed": "已确认", "time-in": "09:10"}
SAMPLE = {"dish": "番茄炒蛋", "meal": "午餐", "grams": "130", "time": "11:20", "heat": "4", "by": "食堂老何"}


def row(answers=VISITOR, **given):
    return {"id": str(uuid7()), "answers": answers} | given


def write(by, net, *rows, ledger="visitors", on=TODAY, at=AT, id=None):
    args = {"ledger": ledger, "org_id": str(net.school.pk), "on": on.isoformat(), "rows": list(rows)}
    return execute(by, at, id=id or uuid7(), name="ledgers.write_rows", args=args)


@pytest.fixture
def kitchen(net):
    """The school has a canteen, so it keeps the canteen's ledgers."""
    type(net.school).objects.filter(pk=net.school.pk).update(facets=["canteen"])


@pytest.mark.django_db
@pytest.mark.clause("CB-22")
def test_the_pack_brings_twenty_five_ledgers_that_a_school_keeps_by_what_it_has(books, net, actors, kitchen):
    five_and_twenty = [one["number"] for one in books.values() if one["group"] != "家校联动"]
    assert sorted(five_and_twenty) == list(range(1, 26))
    shown = [
        line.ledger.code
        for _, lines in queries.shelf(actors.li, net.school.pk, on=TODAY, at=AT).groups
        for line in lines
    ]
    assert "food-samples" in shown
    assert not {"chemicals", "bus-trips", "dorm-night", "care"} & set(
        shown
    )  # no lab, bus, dormitory; care is not 李安's


@pytest.mark.django_db
@pytest.mark.clause("CB-22")
def test_a_visitor_comes_in_and_leaves(books, net, actors):
    one = row()
    assert write(actors.wang, net, one).answer == {"new": 1, "changed": 0, "wrong": 0}
    kept = Entry.objects.get(pk=one["id"])
    assert (kept.by_name, kept.title, kept.is_late, kept.wrong) == ("王保安", "送水师傅 送桶装水", False, [])
    assert clock_words(kept.clock_due_at) == "13:10"
    assert [r.pk for r in queries.running(actors.li).rows] == [kept.pk]
    commands.end_clock(actors.wang, AT + timedelta(minutes=30), entry_id=kept.pk)
    kept.refresh_from_db()
    assert kept.answers["time-out"] == "10:30"
    assert not queries.running(actors.li).rows
    with pytest.raises(Refusal, match="10:30") as again:
        commands.end_clock(actors.wang, AT + timedelta(hours=1), entry_id=kept.pk)
    assert again.value.code == "ledgers.no_clock"
    leaf = Leaf.objects.get(org_id=net.school.pk, ledger="visitors", on=TODAY)
    facts = list(Event.objects.filter(subject_id__in=[leaf.pk, kept.pk]).order_by("at").values_list("name", flat=True))
    assert facts == ["ledgers.rows_written", "ledgers.clock_ended"]


def clock_words(moment):
    return f"{timezone.localtime(moment):%H:%M}"


@pytest.mark.django_db
def test_a_sample_may_not_be_thrown_away_before_two_days(books, net, actors, kitchen):
    one = row(SAMPLE)
    write(actors.zhou, net, one, ledger="food-samples")
    with pytest.raises(Refusal) as early:
        commands.end_clock(actors.zhou, AT + timedelta(hours=40), entry_id=one["id"])
    assert early.value.code == "ledgers.too_early"
    assert "11-22 11:20" in early.value.sentence
    commands.end_clock(actors.zhou, AT + timedelta(hours=50), entry_id=one["id"])
    assert Entry.objects.get(pk=one["id"]).answers["destroyed"] == "11-22 12:00"


@pytest.mark.django_db
def test_what_is_not_normal_is_marked(books, net, actors, kitchen):
    write(actors.zhou, net, row(SAMPLE | {"grams": "80", "heat": "12"}), ledger="food-samples")
    assert Entry.objects.get().wrong == ["grams", "heat"]


@pytest.mark.django_db
def test_sent_twice_is_written_once_and_another_content_under_the_id_is_refused(books, net, actors):
    one, envelope = row(), uuid7()
    assert not write(actors.wang, net, one, id=envelope).replayed
    assert write(actors.wang, net, one, id=envelope).replayed
    assert Entry.objects.count() == 1
    with pytest.raises(Refusal) as other:
        write(actors.wang, net, row(VISITOR | {"name": "别人"}), id=envelope)
    assert other.value.code == "foundation.receipt_conflict"


@pytest.mark.django_db
def test_bad_cells_are_all_told_at_once_and_nothing_is_written(books, net, actors):
    bad = [row(VISITOR | {"time-in": "九点", "confirmed": "大概"}), row({"name": "张三"})]
    with pytest.raises(Refusal) as refused:
        write(actors.wang, net, *bad)
    assert refused.value.code == "ledgers.bad_rows"
    assert {"0.time-in", "0.confirmed", "1.reason", "1.host", "1.confirmed"} == set(refused.value.fields)
    assert not Entry.objects.exists()
    assert not Leaf.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["chen", "huo", "zhao"])
def test_who_may_look_may_not_always_write(books, net, actors, who):
    with pytest.raises(Refusal) as refused:
        write(getattr(actors, who), net, row())
    assert refused.value.code in ("ledgers.not_my_post", "foundation.not_found")
    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(books, net, actors, door, who):
    one = row()
    write(actors.wang, net, one)
    stranger = getattr(actors, who)
    for attempt in (
        lambda: write(stranger, net, row()),
        lambda: commands.report_nil(stranger, AT, ledger="vehicles", org_id=net.school.pk, on=TODAY),
        lambda: commands.end_clock(stranger, AT, entry_id=one["id"]),
        lambda: commands.strike_row(stranger, AT, entry_id=one["id"], reason="写错了"),
        lambda: queries.ledger_page(stranger, net.school.pk, "visitors", on=TODAY, at=AT),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    assert not queries.running(stranger).rows
    for address in (
        f"/ledgers/{net.school.pk}/visitors/",
        f"/ledgers/?school={net.school.pk}",
        f"/ledgers/{net.school.pk}/visitors/book.xlsx",
    ):
        assert door(who).get(address).status_code == 404
    assert Entry.objects.get().struck_at is None


@pytest.mark.django_db
def test_the_restricted_ledger_is_only_for_its_post(books, net, actors):
    with pytest.raises(Refusal) as refused:
        queries.ledger_page(actors.li, net.school.pk, "care", on=TODAY, at=AT)
    assert refused.value.code == "ledgers.no_such_ledger"


@pytest.mark.django_db
def test_nil_is_said_once_and_rows_take_its_place(books, net, actors):
    commands.report_nil(actors.wang, AT, ledger="visitors", org_id=net.school.pk, on=TODAY)
    assert Leaf.objects.get().state == "nil"
    write(actors.wang, net, row())
    assert Leaf.objects.get().state == "filled"
    with pytest.raises(Refusal) as refused:
        commands.report_nil(actors.wang, AT, ledger="visitors", org_id=net.school.pk, on=TODAY)
    assert refused.value.code == "ledgers.not_nil"
    with pytest.raises(Refusal) as none:
        commands.report_nil(actors.zhou, AT, ledger="gate-watch", org_id=net.school.pk, on=TODAY)
    assert none.value.code in ("ledgers.no_nil", "ledgers.not_my_post")


@pytest.mark.django_db
def test_later_is_marked_and_after_the_lock_nothing_is_written(books, net, actors):
    write(actors.wang, net, row(), on=TODAY - timedelta(days=2))
    assert Entry.objects.get().is_late
    for day, code in ((TODAY - timedelta(days=4), "ledgers.locked"), (TODAY + timedelta(days=1), "ledgers.in_future")):
        with pytest.raises(Refusal) as refused:
            write(actors.wang, net, row(), on=day)
        assert refused.value.code == code
    with pytest.raises(Refusal) as locked:
        commands.strike_row(actors.wang, AT + timedelta(days=5), entry_id=Entry.objects.get().pk, reason="写错了")
    assert locked.value.code == "ledgers.locked"


@pytest.mark.django_db
def test_a_row_is_changed_by_compare_and_swap_and_struck_but_never_lost(books, net, actors):
    one = row()
    write(actors.wang, net, one)
    write(actors.wang, net, one | {"revision": 0, "answers": VISITOR | {"host": "周校长"}})
    with pytest.raises(Refusal) as stale:
        write(actors.li, net, one | {"revision": 0, "answers": VISITOR | {"host": "别人"}})
    assert stale.value.code == "foundation.changed_meanwhile"
    changed = Event.objects.filter(name="ledgers.rows_written").order_by("-at", "-id").first()
    assert changed.facts["changed"] == {one["id"]: {"host": ["钱主任", "周校长"]}}
    commands.strike_row(actors.wang, AT, entry_id=one["id"], reason="登记了两遍")
    kept = Entry.objects.get(pk=one["id"])
    assert (kept.struck_for, kept.answers["host"]) == ("登记了两遍", "周校长")
    for attempt in (
        lambda: commands.strike_row(actors.wang, AT, entry_id=one["id"], reason="再划一次"),
        lambda: write(actors.wang, net, one | {"revision": 2, "answers": VISITOR}),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "ledgers.struck"


@pytest.mark.django_db(transaction=True)
def test_two_people_end_the_same_clock_and_one_wins(books, net, actors):
    one = row()
    write(actors.wang, net, one)
    gate, outcomes = Barrier(2), []

    def end(by):
        gate.wait()
        try:
            commands.end_clock(by, AT + timedelta(minutes=5), entry_id=one["id"])
            outcomes.append("ended")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=end, args=(by,)) for by in (actors.wang, actors.li)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert outcomes.count("ended") == 1
    assert set(outcomes) <= {"ended", "ledgers.no_clock", "foundation.changed_meanwhile"}
    assert Event.objects.filter(name="ledgers.clock_ended").count() == 1


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_guard_fills_a_page_and_what_was_typed_is_kept(books, net, actors, door, now):
    guard, address = door("wang"), f"/ledgers/{net.school.pk}/visitors/"
    shown = guard.get(address).content.decode()
    ids = re.findall(r'name="row" value="([^"]+)"', shown)
    assert len(ids) == 3
    typed = {f"c.{ids[0]}.{name}": text for name, text in VISITOR.items()}
    bad = guard.post(
        address, {"_id": str(uuid7()), "row": ids, **typed, f"c.{ids[0]}.host": "", f"c.{ids[0]}.plate": "陕A·00001"}
    )
    assert bad.status_code == 422
    assert "必须填写" in bad.content.decode()
    assert "陕A·00001" in bad.content.decode()
    good = guard.post(address, {"_id": str(uuid7()), "row": ids, **typed}, follow=True)
    assert "新登记 1 行" in good.content.decode()
    assert Entry.objects.get().answers["name"] == "送水师傅"


@pytest.mark.django_db
def test_a_nil_report_goes_back_to_a_page_of_ledgers_only(books, net, actors, door, now):
    address, shelf = f"/ledgers/{net.school.pk}/visitors/", f"/ledgers/?school={net.school.pk}"
    guard = door("wang")
    assert guard.post(f"{address}nil/", {"_id": str(uuid7()), "back": shelf}).url == shelf
    elsewhere = guard.post(f"{address}nil/", {"_id": str(uuid7()), "back": "//example.org/"}).url
    assert elsewhere == f"{address}?on={TODAY}"


@pytest.mark.django_db
def test_ready_rows_count_only_when_confirmed(books, net, actors, door, now):
    lead, address = door("fang"), f"/ledgers/{net.school.pk}/gate-watch/"
    shown = lead.get(address).content.decode()
    ids = re.findall(r'name="row" value="([^"]+)"', shown)
    assert len(ids) == 2  # 上学、放学
    form = {"row": ids, **{f"ready.{pk}": "1" for pk in ids}}
    for pk, span in zip(ids, ("上学", "放学"), strict=True):
        form |= {
            f"c.{pk}.span": span,
            f"c.{pk}.police": "1",
            f"c.{pk}.guards": "2",
            f"c.{pk}.teachers": "2",
            f"c.{pk}.parents": "0",
            f"c.{pk}.order": "正常",
        }
    nothing = lead.post(address, {"_id": str(uuid7()), **form})
    assert nothing.status_code == 422
    assert not Entry.objects.exists()
    lead.post(address, {"_id": str(uuid7()), **form, "take": ids[0]})
    assert [one.answers["span"] for one in Entry.objects.all()] == ["上学"]
    lead.post(address, {"_id": str(uuid7()), **form, "row": ids[1], "all_normal": "1"})
    assert sorted(one.answers["span"] for one in Entry.objects.all()) == ["上学", "放学"]


@pytest.mark.django_db
def test_the_bureau_sees_who_has_not_written(books, net, actors, door, now):
    write(actors.wang, net, row())
    _, daily, lines = queries.day_across(actors.zhao, on=TODAY)
    at = [one.code for one in daily].index("visitors")
    assert {line.org.pk: line.states[at] for line in lines} == {net.school.pk: "filled", net.other_school.pk: ""}
    assert "已登记" in door("zhao").get("/ledgers/").content.decode()


@pytest.mark.django_db
def test_the_month_as_excel_and_pdf(books, net, actors, door, now):
    write(actors.wang, net, row(), row(VISITOR | {"name": "=cmd|' /C calc'!A0"}))
    commands.report_nil(actors.wang, AT, ledger="visitors", org_id=net.school.pk, on=TODAY - timedelta(days=1))
    sheet = door("li").get(f"/ledgers/{net.school.pk}/visitors/book.xlsx")
    table = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content)).get_sheet_by_index(0).to_python()
    assert table[0][0] == "灞东区第一小学　来访登记"
    assert "11-19" in table[1][0]
    assert table[2][:3] == ["日期", "来访人", "来访事由"]
    assert [line[1] for line in table[3:]] == ["送水师傅", "=cmd|' /C calc'!A0"]
    paper = door("li").get(f"/ledgers/{net.school.pk}/visitors/book.pdf")
    assert paper.content.startswith(b"%PDF")
    assert door("li").get(f"/ledgers/{net.school.pk}/visitors/book.exe").status_code == 404
