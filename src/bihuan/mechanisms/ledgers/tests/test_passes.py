"""A visitor's pass: given, shown, printed, scanned at the gate, lost, over time; and who reads the name on it."""

import re
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import zxingcpp
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.printing.pdf import render_pngs
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import commands, printouts, queries, rules
from bihuan.mechanisms.ledgers.models import Entry, Pass
from bihuan.mechanisms.ledgers.tests.conftest import AT
from bihuan.mechanisms.ledgers.tests.test_ledgers import SAMPLE, TODAY, VISITOR, row, write

LATER = timedelta(minutes=30)


@pytest.fixture
def inside(books, net, actors):
    """A visitor of 钱主任 is inside, written down at ten past nine and given a pass at ten."""
    one = row(VISITOR | {"name": "王小明", "id-tail": "1234"})
    write(actors.wang, net, one)
    return commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=one["id"])


def leave(by, net, code, at=AT + LATER):
    return commands.leave_by_pass(by, at, org_id=net.school.pk, code=code)


def carried_out():
    """How many reactions were waiting."""
    return react(clock.now() + timedelta(seconds=1))


@pytest.mark.django_db
@pytest.mark.clause("XX-03")
def test_a_visitor_gets_a_pass_and_leaves_by_it_once(inside, net, actors, cast):
    assert (rules.pass_number(inside.on, inside.n), inside.host_id) == ("1120-001", cast.qian.pk)
    assert re.fullmatch(f"[{rules.CODE_LETTERS}]{{10}}", inside.code)
    gone = leave(actors.wang, net, inside.code)
    assert (gone["number"], gone["again"], gone["left_at"]) == ("1120-001", False, AT + LATER)
    again = leave(actors.wang, net, "1120-001", AT + 2 * LATER)
    assert (again["again"], again["left_at"]) == (True, AT + LATER)
    kept = Entry.objects.get()
    assert kept.answers["time-out"] == "10:30"
    assert Pass.objects.get().left_at == AT + LATER
    assert Event.objects.filter(name="ledgers.clock_ended").count() == 1
    assert not queries.passes_inside(actors.wang, at=AT)[1]


@pytest.mark.django_db
def test_numbers_follow_each_other_by_day_and_a_row_has_one_pass(inside, net, actors):
    other = row()
    write(actors.wang, net, other)
    assert commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=other["id"]).n == 2
    with pytest.raises(Refusal) as twice:
        commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=inside.entry_id)
    assert (twice.value.code, "1120-001" in twice.value.sentence) == ("ledgers.has_pass", True)
    tomorrow = row()
    write(actors.wang, net, tomorrow, on=TODAY + timedelta(days=1), at=AT + timedelta(days=1))
    assert commands.issue_pass(actors.wang, AT + timedelta(days=1), id=uuid7(), entry_id=tomorrow["id"]).n == 1
    assert Pass.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.clause("XX-03")
def test_a_lost_pass_is_recognised_and_another_is_given(inside, net, actors):
    commands.void_pass(actors.wang, AT, pass_id=inside.pk, reason="访客说丢了")
    for code in (inside.code, "1120-001", "1"):
        with pytest.raises(Refusal) as stopped:
            leave(actors.wang, net, code)
        assert (stopped.value.code, "访客说丢了" in stopped.value.sentence) == ("ledgers.pass_void", True)
    assert Entry.objects.get().clock_ended_at is None
    with pytest.raises(Refusal) as twice:
        commands.void_pass(actors.wang, AT, pass_id=inside.pk, reason="再作废一次")
    assert twice.value.code == "ledgers.pass_void"
    fresh = commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=inside.entry_id)
    assert (fresh.n, fresh.code == inside.code) == (2, False)
    leave(actors.wang, net, fresh.code)
    with pytest.raises(Refusal) as used:
        commands.void_pass(actors.wang, AT, pass_id=fresh.pk, reason="已经走了")
    assert used.value.code == "ledgers.pass_used"


@pytest.mark.django_db
@pytest.mark.clause("XX-03")
def test_over_time_is_told_once_to_the_gate_and_to_the_person_visited(inside, net, actors, cast):
    assert commands.notice_over_time(AT + timedelta(hours=3)) == 0
    late = AT + timedelta(hours=4)
    assert commands.notice_over_time(late) == 1
    assert commands.notice_over_time(late + LATER) == 0
    assert carried_out() == 1
    assert carried_out() == 0
    told = Notice.objects.filter(kind="ledgers.visitor_over_time")
    assert set(told.values_list("user_id", flat=True)) == {cast.wang.pk, cast.qian.pk}
    assert told.count() == 2
    assert "王小明" not in "".join(one.title + one.body for one in told)
    assert "13:10" in told.first().body
    assert queries.passes_inside(actors.wang, at=late)[1][0].words == "超时未离校"
    assert (
        queries.pass_view(actors.qian, inside.pk, at=late).who == "王小明"
    )  # the person visited knows whom they expect


@pytest.mark.django_db
def test_who_left_or_whose_pass_is_void_is_not_told_of(inside, net, actors):
    leave(actors.wang, net, "1")
    other = row()
    write(actors.wang, net, other)
    lost = commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=other["id"])
    commands.void_pass(actors.wang, AT, pass_id=lost.pk, reason="发错了人")
    assert commands.notice_over_time(AT + timedelta(hours=9)) == 0


@pytest.mark.django_db
def test_who_leaves_between_the_sweep_and_the_word_is_not_told_of(inside, net, actors):
    late = AT + timedelta(hours=5)
    commands.notice_over_time(late)
    leave(actors.wang, net, "1", late)
    assert carried_out() == 1
    assert not Notice.objects.filter(kind="ledgers.visitor_over_time").exists()


@pytest.mark.django_db
def test_a_changed_hour_and_a_struck_row_reach_the_pass(inside, net, actors):
    said = Entry.objects.get().answers
    write(actors.wang, net, {"id": str(inside.entry_id), "revision": 0, "answers": said | {"time-in": "09:50"}})
    assert Pass.objects.get().due_at == inside.due_at + timedelta(minutes=40)
    commands.strike_row(actors.wang, AT, entry_id=inside.entry_id, reason="登记了两遍")
    assert Pass.objects.get().void_for == "登记的这一行已划去"


@pytest.mark.django_db
def test_names_are_whole_only_for_those_who_keep_the_book(inside, net, actors, door, now):
    for who, name in (("wang", "王小明"), ("li", "王小明"), ("zhou", "王小明"), ("zhao", "王＊＊"), ("chen", "王＊＊")):
        viewer = getattr(actors, who)
        assert queries.pass_view(viewer, inside.pk, at=AT).who == name
        line = queries.ledger_page(viewer, net.school.pk, "visitors", on=TODAY, at=AT).lines[0].entry
        assert (line.answers["name"], line.answers["id-tail"]) == (name, "1234" if name == "王小明" else "1＊＊＊")
        assert queries.running(viewer).rows[0].title == f"{name} 送桶装水"
        for page in (
            f"/ledgers/{net.school.pk}/visitors/", "/ledgers/passes/", f"/ledgers/passes/{inside.pk}/", "/ledgers/running/",
        ):  # fmt: skip
            assert ("王小明" in door(who).get(page).content.decode()) == (name == "王小明"), (who, page)
    facts = "".join(str(event.facts) for event in Event.objects.all())
    assert "王小明" not in facts


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(inside, net, actors, door, who):
    stranger = getattr(actors, who)
    for attempt in (
        lambda: commands.issue_pass(stranger, AT, id=uuid7(), entry_id=inside.entry_id),
        lambda: leave(stranger, net, inside.code),
        lambda: commands.void_pass(stranger, AT, pass_id=inside.pk, reason="不该成功"),
        lambda: queries.pass_view(stranger, inside.pk, at=AT),
        lambda: queries.pass_form(stranger, inside.entry_id, at=AT),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    for part in ("", "pass.pdf"):
        assert door(who).get(f"/ledgers/passes/{inside.pk}/{part}").status_code == 404
    assert not queries.passes_inside(stranger, at=AT)[1]
    assert Pass.objects.get().left_at is None


@pytest.mark.django_db
def test_who_may_look_may_not_give_void_or_close(inside, net, actors):
    for attempt in (
        lambda: commands.issue_pass(actors.zhao, AT, id=uuid7(), entry_id=inside.entry_id),
        lambda: leave(actors.zhao, net, inside.code),
        lambda: commands.void_pass(actors.chen, AT, pass_id=inside.pk, reason="不归他管"),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "ledgers.not_my_post"
    taken = Pass.objects.get()
    assert (taken.left_at, taken.void_at) == (None, None)


@pytest.mark.django_db
def test_what_gets_no_pass(inside, net, actors, cast):
    type(net.school).objects.filter(pk=net.school.pk).update(facets=["canteen"])
    sample = row(SAMPLE)
    write(actors.zhou, net, sample, ledger="food-samples")
    with pytest.raises(Refusal) as book:
        commands.issue_pass(actors.zhou, AT, id=uuid7(), entry_id=sample["id"])
    assert book.value.code == "ledgers.no_passes"
    other = row()
    write(actors.wang, net, other)
    with pytest.raises(Refusal) as host:
        commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=other["id"], host_id=cast.wu.pk)
    assert host.value.code == "ledgers.no_such_host"
    commands.end_clock(actors.wang, AT, entry_id=other["id"])
    with pytest.raises(Refusal) as gone:
        commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=other["id"])
    assert gone.value.code == "ledgers.no_clock"
    for code in ("2", "1119-001", "1332", "23456789AB", "王小明", "99999999"):
        with pytest.raises(Refusal) as unknown:
            leave(actors.wang, net, code)
        assert unknown.value.code == "ledgers.no_such_pass", code
    assert Pass.objects.count() == 1


@pytest.mark.django_db
def test_sent_twice_is_one_pass(inside, net, actors):
    other, envelope = row(), uuid7()
    write(actors.wang, net, other)
    args = {"id": str(uuid7()), "entry_id": other["id"]}
    for replayed in (False, True):
        assert execute(actors.wang, AT, id=envelope, name="ledgers.issue_pass", args=args).replayed is replayed
    assert Pass.objects.filter(entry_id=other["id"]).count() == 1
    envelope, args = uuid7(), {"pass_id": args["id"], "reason": "发错了人"}
    for replayed in (False, True):
        assert execute(actors.wang, AT, id=envelope, name="ledgers.void_pass", args=args).replayed is replayed


@pytest.mark.django_db(transaction=True)
def test_two_gates_at_once_give_different_numbers_and_close_one_visit_once(books, net, actors):
    rows = [row(), row()]
    write(actors.wang, net, *rows)
    gate, said = Barrier(2), []

    def together(*acts):
        def carry(act):
            gate.wait()
            try:
                said.append(act())
            except Refusal as refusal:
                said.append(refusal.code)
            finally:
                connection.close()

        said.clear()
        threads = [Thread(target=carry, args=(act,)) for act in acts]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    together(*[lambda one=one: commands.issue_pass(actors.wang, AT, id=uuid7(), entry_id=one["id"]) for one in rows])
    assert sorted(one.n for one in said) == [1, 2]
    code = said[0].code
    together(*[lambda: leave(actors.wang, net, code)] * 2)
    assert Event.objects.filter(name="ledgers.clock_ended").count() == 1
    late = AT + timedelta(hours=9)
    together(*[lambda: commands.notice_over_time(late)] * 2)
    assert sorted(said) == [0, 1]


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(1, 999), st.integers(0, 300))
def test_a_number_reads_as_its_own_day(on, n, later):
    today = on + timedelta(days=later)
    assert rules.typed_pass(rules.pass_number(on, n), today) == ("", on, n) or (on.month, on.day) == (2, 29)
    assert rules.typed_pass(f" {n} ", today) == ("", today, n)


@given(st.text(max_size=40))
def test_whatever_is_typed_at_the_gate_is_read_as_something(text):
    code, on, n = rules.typed_pass(text, TODAY)
    assert (on is None) == bool(code) or (code, on, n) == ("", None, 0)


@pytest.mark.django_db
def test_the_slip_says_what_it_must_and_its_code_is_only_random(inside, net, actors, tmp_path):
    view = queries.pass_view(actors.wang, inside.pk, at=AT)
    [page] = render_pngs(printouts.SLIP, printouts.pass_data(view), ppi=300)
    (tmp_path / "pass.png").write_bytes(page)
    with Image.open(tmp_path / "pass.png") as picture:
        assert round(picture.width / 300 * 25.4) == 80
        assert [one.text for one in zxingcpp.read_barcodes(picture.convert("L"))] == [inside.code]
    assert printouts.pass_pdf(view).startswith(b"%PDF")


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.clause("XX-03")
def test_a_guards_shift_on_pages(books, net, actors, cast, door, now):
    one = row()
    write(actors.wang, net, one)
    guard = door("wang")
    assert "发访客证" in guard.get(f"/ledgers/{net.school.pk}/visitors/").content.decode()
    address = f"/ledgers/rows/{one['id']}/pass/"
    asked = guard.get(address).content.decode()
    assert re.search(rf'value="{cast.qian.pk}" selected', asked)
    wrong = guard.post(address, {"_id": str(uuid7()), "id": str(uuid7()), "host_id": str(cast.wu.pk)})
    assert (wrong.status_code, "请从名单里选" in wrong.content.decode()) == (422, True)
    form = {"_id": str(uuid7()), "id": str(uuid7()), "host_id": str(cast.qian.pk)}
    shown = guard.post(address, form, follow=True)
    assert "访客证 1120-001" in shown.content.decode()
    assert "data:image/svg+xml" in shown.content.decode()
    assert guard.get(address).status_code == 302
    assert guard.get(f"/ledgers/passes/{form['id']}/pass.pdf").content.startswith(b"%PDF")
    unknown = guard.post("/ledgers/passes/", {"_id": str(uuid7()), "code": "88"})
    assert (unknown.status_code, "没有这张访客证" in unknown.content.decode()) == (404, True)
    voided = guard.post(f"/ledgers/passes/{form['id']}/void/", {"_id": str(uuid7()), "reason": "丢了"}, follow=True)
    assert "再发一张" in voided.content.decode()
    short = guard.post(f"/ledgers/passes/{form['id']}/void/", {"_id": str(uuid7()), "reason": ""})
    assert short.status_code == 422
    guard.post(address, {"_id": str(uuid7()), "id": str(uuid7()), "host_id": ""})
    out = {"_id": str(uuid7()), "code": "2"}
    assert "已登记离校" in guard.post("/ledgers/passes/", out, follow=True).content.decode()
    assert "此前已经登记" in guard.post("/ledgers/passes/", out | {"_id": str(uuid7())}, follow=True).content.decode()
    assert "现在没有拿着访客证的来访" in door("zhao").get("/ledgers/passes/").content.decode()
