"""迎检档案: a term of a school by the policy's clauses, what is missing, and the whole as a zip that is sent while it is made."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from datetime import timedelta
from html import unescape

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from bihuan.foundation import archives, clock, packs
from bihuan.foundation.archives import Piece
from bihuan.foundation.commands import execute
from bihuan.foundation.events import Event
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.archive import packing, queries
from tests.journeys.papers import pages_with_ink

MOST_STATEMENTS = 12
MOST_STREAMED = 72
"""Statements of a whole download of the lived school, its page included: some for each room, none for each piece."""


def client(world, key):
    found = Client()
    found.cookies["sessionid"] = world.cookie(key)
    return found


def page_of(world, key="zhou", school="school", **given):
    return client(world, key).get(f"/archive/{world.orgs.get(school, school)}/", given)


def taken(world, key="zhou", school="school", **given):
    return client(world, key).post(f"/archive/{world.orgs.get(school, school)}/take/", given)


def zip_of(answer):
    assert answer.status_code == 200
    assert answer.streaming
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def opened(world, key="zhou"):
    return queries.opened(world.actor(key), world.orgs["school"], term="", pack="", at=clock.now())


def leaves_of(content):
    """The leaves of an Excel file as a spreadsheet program reads them: name → rows below the title and the heads."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python()[2:] for name in book.sheet_names}


def gaps_on(answer):
    body = answer.content.decode().partition("<main")[2]
    lists = re.findall(r'<ul class="gaps">(.*?)</ul>', body, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)">([^<]+)</a>', "".join(lists))
    return {unescape(words): unescape(href) for href, words in found}


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("XX-16")
def test_a_principal_reads_clause_by_clause_what_is_there_and_what_is_missing(lived):
    packs.forget()
    with CaptureQueriesContext(connection) as said:
        answer = page_of(lived)
    assert len(said) <= MOST_STATEMENTS, [one["sql"][:90] for one in said]
    body = answer.content.decode()
    codes = re.findall(r"<h3>\d\d (CB-\d\d) ", body)
    assert codes == list(packs.entries(lived.actor("zhou").bureau_id, "clauses"))
    gaps = gaps_on(answer)
    words = "\n".join(gaps)
    for said in (
        "还没有销号",
        "学校还没有签收",
        "份责任书还没有签",
        "缺《防震",
        "来访登记》",
        "无人负责",
        "系统里还没有这一条",
    ):
        assert said.replace("缺《防震", "缺《") in words
    assert all(client(lived, "zhou").get(href, follow=True).status_code == 200 for href in set(gaps.values()))


@pytest.mark.clause("XX-16")
def test_what_is_put_right_is_no_longer_missing(lived):
    at = clock.now() - timedelta(days=1)
    meeting = apps.get_model("meetings", "Meeting").objects.filter(pk=lived.kept["meeting"])
    meeting.update(held_at=at)
    plan = apps.get_model("plans", "Knowing").objects
    plan.all().delete()
    missing = gaps_on(page_of(lived))
    without = f"{timezone.localtime(at):%m-%d} 的「安全会商」没有纪要"
    assert missing[without] == f"/meetings/{lived.kept['meeting']}/"
    unknown = next(one for one in missing if "没有签知悉：王保安" in one)
    assert missing[unknown] == f"/plans/{lived.kept['emergency-plan']}/"
    lived.do("wang", "plans.know_version", version_id=lived.kept["plan-version"])
    meeting.update(state="closed", minutes="逐项过了上月问题。")
    assert {without, unknown}.isdisjoint(gaps_on(page_of(lived)))


def test_another_term_and_another_policy_can_be_chosen(lived):
    found = opened(lived)
    assert found.term.since <= timezone.localdate() <= found.term.until or found.terms[0] == found.term
    assert page_of(lived, term="1999-1").status_code == 422
    for term in found.terms:
        assert page_of(lived, term=term.code).status_code == 200
    assert page_of(lived, pack="no-such-pack").status_code == 200


# --- the zip ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("XX-16")
@pytest.mark.clause("CB-17")
def test_the_whole_term_is_one_zip_in_the_order_of_the_clauses(lived):
    with CaptureQueriesContext(connection) as said:
        book = zip_of(taken(lived))
    assert len(said) <= MOST_STREAMED
    assert book.testzip() is None
    names = book.namelist()
    page = queries.archive_page(opened(lived))
    assert len(names) == page.pieces + 2  # what the page promised, and the index twice
    assert {"00 目录.pdf", "00 目录.xlsx"} <= set(names)
    folders = {name.partition("/")[0] for name in names if "/" in name}
    order = opened(lived).order
    known = {order.folder(n) for n in range(len(order.clauses) + 1)}
    assert folders <= known
    for wanted in (
        "11 CB-11 督办单/隐患清单.xlsx",
        "11 CB-11 督办单/隐患照片/",
        "12 CB-12 复查单/",
        "17 CB-17 上下联动：区局校三级机制/上级任务/",
        "22 CB-22 一图二十五表/02 来访登记/",
        "99 条款没有点名的材料/重要时期/",
        "99 条款没有点名的材料/安全考评/20",
        "99 条款没有点名的材料/五项指标.pdf",
    ):
        assert any(name.startswith(wanted) for name in names), wanted
    for name in names:
        content = book.read(name)
        if name.endswith(".pdf"):
            assert pages_with_ink(content) >= 1, name
        elif name.endswith(".xlsx"):
            assert all(leaves_of(content).values()), name
        else:
            assert content[:4] == b"RIFF", name
    index = leaves_of(book.read("00 目录.xlsx"))
    assert sorted(row[5] for row in index["目录"]) == sorted(set(names) - {"00 目录.pdf", "00 目录.xlsx"})
    assert [row[2] for row in index["缺什么"]] == [gap.words for line in page.lines for gap in line.gaps]


def test_names_are_safe_on_windows_and_come_again_in_the_same_order(lived):
    lived.report(title='西门<外>|"?*:\\ 灭火器' + "很长" * 40, place="西门")
    first, second = zip_of(taken(lived)), zip_of(taken(lived))
    infos = first.infolist()
    assert [(one.filename, one.date_time) for one in infos] == [
        (one.filename, one.date_time) for one in second.infolist()
    ]
    for one in infos:
        assert one.flag_bits & 0x800, one.filename
        assert not re.search(r'[<>:"\\|?*\x00-\x1f]', one.filename)
        assert len(one.filename) <= 170
        assert all(part == part.strip(" .") and part for part in one.filename.split("/"))
    assert len({one.filename.casefold() for one in infos}) == len(infos)


def test_thousands_of_pieces_pass_through_with_flat_memory(lived, monkeypatch):
    page = queries.archive_page(opened(lived))
    alive, most = 0, 0

    def opening(n):
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        yield n.to_bytes(4, "big") * 25_000
        yield b"end"
        alive -= 1

    def many(_):
        for n in range(3000):
            yield Piece(("page:/hazards/",), "照片", f"第 {n} 张.webp", page.opened.visit.since, lambda n=n: opening(n))

    monkeypatch.setattr(archives, "pieces", many)
    monkeypatch.setattr(packing, "index_pdf", lambda page, done: b"%PDF")
    sent, peak, at_first = 0, 0, 0
    tracemalloc.start()
    for n, part in enumerate(packing.packed(page)):
        sent += len(part)
        if n == 500:
            at_first = tracemalloc.get_traced_memory()[0]
        if n == 5500:
            peak = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert most == 1  # nothing is opened before the piece before it is away
    assert at_first
    assert peak - at_first < 8_000_000  # 300 MB went through; what stays is a line of the index for each


def test_a_picture_whose_file_is_gone_does_not_break_the_archive(lived):
    row = apps.get_model("foundation", "Evidence").objects.filter(kind="image", subject_kind="cases.case")[0]
    name = f"{row.sha256[:2]}/{row.sha256}"
    with default_storage.open(name) as file:
        kept = file.read()
    default_storage.delete(name)
    try:
        book = zip_of(taken(lived))
    finally:
        default_storage.save(name, io.BytesIO(kept))
    assert book.testzip() is None
    lines = leaves_of(book.read("00 目录.xlsx"))["目录"]
    lost = [row for row in lines if row[5] not in book.namelist()]
    assert len(lost) == 1
    assert "照片" in lost[0][5]


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["zhou", "li", "fang", "chen", "zhao", "chief"])
def test_leaders_of_the_school_its_cadre_and_the_bureau_open_it(lived, key):
    assert page_of(lived, key).status_code == 200


@pytest.mark.parametrize("key", ["wu", "sun", "far", "wang", "qian", "huo"])
def test_to_others_it_does_not_exist(lived, key):
    nowhere = str(uuid7())
    for ask in (page_of, taken):
        there, gone = ask(lived, key), ask(lived, key, school=nowhere)
        assert there.status_code == gone.status_code == 404
        assert b"foundation.not_found" in there.content
    assert not Event.objects.filter(name="archive.taken").exists()


def test_a_place_inside_a_school_has_no_archive_of_its_own(lived):
    assert page_of(lived, "zhou", school="building").status_code == 404


def test_who_took_which_archive_when_is_one_fact(lived):
    taken(lived, "zhao").close()
    fact = Event.objects.get(name="archive.taken")
    assert (fact.by_name, fact.school_id, fact.facts["term"]) == (
        "赵科员",
        lived.orgs["school"],
        opened(lived).term.code,
    )
    envelope, args = uuid7(), {"school_id": str(lived.orgs["school"])}
    for _ in range(3):
        execute(lived.actor("zhou"), clock.now(), id=envelope, name="archive.take_archive", args=args)
    assert Event.objects.filter(name="archive.taken").count() == 2
    for key, code in (("wu", "foundation.not_found"), ("wang", "foundation.not_found")):
        with pytest.raises(Refusal) as refused:
            execute(lived.actor(key), clock.now(), id=uuid7(), name="archive.take_archive", args=args)
        assert refused.value.code == code
    with pytest.raises(Refusal) as unknown:
        execute(
            lived.actor("zhou"), clock.now(), id=uuid7(), name="archive.take_archive", args={**args, "term": "1999-1"}
        )
    assert unknown.value.code == "archive.no_such_term"
    assert Event.objects.filter(name="archive.taken").count() == 2


def test_the_restricted_ledger_is_there_only_for_whoever_may_read_it(lived):
    school = str(lived.orgs["school"])
    start = str(timezone.localdate() - timedelta(days=30))

    def counsel(key):
        person = {"org_id": school, "user_id": str(lived.people[key]), "post": "counselor", "starts_on": start}
        lived.do("admin", "responsibility.appoint", id=str(uuid7()), **person)

    counsel("qian")
    on = str(timezone.localdate())
    lived.do("qian", "ledgers.report_nil", ledger="care", org_id=school, on=on)
    before = zip_of(taken(lived, "zhou"))
    said = page_of(lived, "zhou").content.decode()
    assert "关爱" not in "".join(before.namelist())
    assert "重点学生关爱" not in said
    counsel("zhou")
    after = zip_of(taken(lived, "zhou"))
    assert sum("重点学生关爱" in name for name in after.namelist()) == 2


# --- in the browser ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("XX-16")
def test_a_principal_reads_what_is_missing_and_takes_the_folder_away(lived, sits):
    page = sits(lived, "zhou")
    page.goto("/archive/")
    page.get_by_role("heading", name="迎检档案").wait_for()
    link = page.get_by_role("link", name="份责任书还没有签")
    link.click()
    page.wait_for_url("**/pledges/school/**")
    page.go_back()
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name="下载整份档案").click()
    download = waiting.value
    assert download.suggested_filename.endswith("迎检档案.zip")
    with zipfile.ZipFile(download.path()) as book:
        assert book.testzip() is None
        assert "00 目录.pdf" in book.namelist()
        assert pages_with_ink(book.read("00 目录.pdf")) >= 1
    assert Event.objects.filter(name="archive.taken").count() == 1
