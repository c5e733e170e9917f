"""Reading: filters, keyset pages, tabs, the story, papers, the API; and who sees what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.engines.cases import commands as cases
from bihuan.engines.cases import hot, queries
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.queries import Filters
from bihuan.engines.cases.queries.lists import USUAL, counted, page_rows
from bihuan.engines.cases.queries.machines import COLUMNS, READ
from bihuan.engines.cases.tests.conftest import T0
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Notice, Paper
from bihuan.foundation.refusals import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def several(loop, actors, net):
    made = [loop.report(title=f"第{n}处", at=T0 + timedelta(minutes=n)) for n in range(9)]
    made.append(loop.report(by=actors.zhao, org=net.other_school.pk, title="外校"))
    loop.assign(made[0])
    loop.verify(loop.rectify(loop.assign(made[1])))
    return made


def titles(viewer, **filters):
    with clock.travel(T0 + timedelta(days=2)):
        return [row["title"] for row in queries.hazards(viewer, Filters(**filters), size=100).rows]


def test_filters(several, actors, net, loop):
    assert len(titles(actors.zhao)) == 9
    assert len(titles(actors.zhao, stage="all")) == 10
    assert titles(actors.zhao, stage="closed") == ["第1处"]
    assert titles(actors.zhao, stage="working") == ["第0处"]
    assert titles(actors.zhao, school=net.other_school.pk) == ["外校"]
    assert titles(actors.zhou, stage="all", school=net.other_school.pk) == []
    assert titles(actors.li, whose="turn")[0] in {"第0处", "第2处"}
    assert titles(actors.wang, whose="report", stage="closed") == ["第1处"]
    assert titles(actors.zhao, q="外校") == ["外校"]
    assert len(titles(actors.zhao, time="overdue")) == 8
    assert titles(actors.zhao, level="major") == []
    assert titles(actors.sun, stage="all") == []
    assert titles(actors.wu, stage="all") == ["外校"]
    assert titles(actors.nobody, stage="all") == []


def test_an_unknown_filter_is_named():
    for given in (
        {"stage": "never"},
        {"school": "x"},
        {"since": "2026-13-01"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"q": "a\x00"},
    ):
        with pytest.raises(Refusal) as no:
            queries.filters_from(given)
        assert no.value.code == "cases.bad_filter"


@pytest.mark.parametrize("stage", ["open", "all"])
def test_keyset_pages_show_every_row_once(several, actors, stage):
    seen, cursor = [], ""
    while True:
        page = queries.hazards(actors.zhao, Filters(stage=stage), cursor=cursor, size=2)
        seen += [row["id"] for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    order = ("-reported_at", "-id") if stage == "all" else ("due_at", "id")
    rows = Case.objects.all() if stage == "all" else Case.objects.filter(is_open=True)
    assert seen == list(rows.order_by(*order).values_list("pk", flat=True))
    with pytest.raises(Refusal):
        queries.hazards(actors.zhao, Filters(), cursor="@@")


@pytest.mark.parametrize(
    "given",
    [{}, {"stage": "all"}, {"stage": "closed"}, {"time": "overdue"}, {"time": "week", "stage": "all"}, {"time": "today"}, {"level": "general", "category": ""},
     {"since": date(2026, 11, 16), "until": date(2026, 11, 16)}, {"listed": True}, {"recurring": True}, {"state": "reported"}, {"stage": "working"},
     {"whose": "turn"}, {"whose": "report", "stage": "all"}, {"whose": "rectify", "stage": "closed"}, {"q": "第"}, "other school"],
)  # fmt: skip
def test_the_hot_list_and_its_twin_are_equal(several, actors, net, given):
    """The statement is compared with the ORM, page after page and value for value."""
    filters = Filters(school=net.other_school.pk, stage="all") if given == "other school" else Filters(**given)
    column = "reported_at" if filters.is_history else "due_at"
    for viewer in (actors.zhao, actors.zhou, actors.chen, actors.wu, actors.huo, actors.nobody):
        with clock.travel(T0 + timedelta(days=2)):
            twin = list(
                queries.selection(viewer, filters)
                .order_by(*((f"-{column}", "-id") if filters.is_history else (column, "id")))
                .values_list(*READ)
            )
            found, cursor = [], ""
            for _ in range(9):
                rows = page_rows(viewer, filters, READ, column, cursor, 3)
                found += rows[:2]
                if len(rows) < 3:
                    break
                cursor = hot.cursor_after(rows[1][COLUMNS.index(column)], rows[1][0])
            assert queries.count(viewer, filters) == len(twin)
        assert found == twin


def test_the_hot_counts_and_their_twin_are_equal(several, actors):
    for viewer in (actors.zhao, actors.zhou, actors.chen, actors.wu, actors.huo, actors.li, actors.nobody):
        with clock.travel(T0 + timedelta(days=2)):
            for cap in (3, 1000):
                twin = hot.counts({name: queries.selection(viewer, part) for name, part in USUAL.items()}, cap=cap)
                assert counted(viewer, USUAL, cap=cap) == twin


def test_a_list_page_is_one_statement(several, actors):
    queries.hazards(actors.zhao, Filters())
    with CaptureQueriesContext(connection) as counted:
        queries.hazards(actors.zhao, Filters(time="overdue", level="general"))
    assert len(counted) == 1


def test_tabs_and_todo(several, actors):
    with clock.travel(T0 + timedelta(days=2)):
        assert queries.tab_counts(actors.zhao) == {
            "turn": 0,
            "overdue": 8,
            "reported": 8,
            "verifying": 0,
            "listed": 0,
        }
        assert queries.tab_counts(actors.nobody)["overdue"] == 0
        todo = queries.todo(actors.li)
        assert todo == sorted(todo, key=lambda row: (row["due_at"], row["id"]))
        assert {row["title"] for row in todo} == {f"第{n}处" for n in (0, 2, 3, 4, 5, 6, 7, 8)}
        assert next(row["next"] for row in todo if row["title"] == "第0处") == "提交整改"
        assert queries.todo_counts(actors.li)["all"] == 8


def test_a_reporter_follows_what_was_reported_elsewhere(loop, actors):
    case = loop.report(by=actors.wang)
    assert queries.sees(actors.wang, case.pk)
    assert not queries.sees(actors.sun, case.pk)


def test_a_partner_department_sees_only_what_names_it(loop, actors, net):
    case = loop.assign(loop.report())
    assert not queries.sees(actors.huo, case.pk)
    cases.transfer_case(actors.chen, T0 + timedelta(hours=2), case=case.pk, party=net.fire.pk, note="归大队")
    assert [row["id"] for row in queries.hazards(actors.huo, Filters()).rows] == [case.pk]


def test_papers_are_frozen_and_follow_the_case(loop, actors, door):
    case = loop.verify(loop.rectify(loop.assign(loop.report())))
    for paper in Paper.objects.filter(subject_id=case.pk):
        assert queries.paper(actors.li, paper.pk).number == paper.number
        with pytest.raises(Refusal):
            queries.paper(actors.wu, paper.pk)
        answer = door("li").get(f"/hazards/papers/{paper.pk}.pdf")
        assert answer.content.startswith(b"%PDF")
        assert door("li").get(f"/hazards/papers/{paper.pk}.docx").content.startswith(b"PK")
        assert door("wu").get(f"/hazards/papers/{paper.pk}.pdf").status_code == 404
    before = Paper.objects.get(code="supervision-notice").content
    Case.objects.filter(pk=case.pk).update(title="改了名字")
    assert Paper.objects.get(code="supervision-notice").content == before
    assert door("li").get(f"/hazards/papers/{uuid7()}.pdf").status_code == 404


def test_the_right_people_are_told(loop, actors):
    from datetime import UTC, datetime

    from bihuan.foundation.reactions import react

    case = loop.rectify(loop.assign(loop.report()))
    case = cases.return_case(actors.chen, T0 + timedelta(days=2), case=case.pk, note="没改好")
    loop.verify(loop.rectify(case, at=T0 + timedelta(days=3)), at=T0 + timedelta(days=4))
    while react(datetime.now(UTC) + timedelta(seconds=5)):
        continue
    told = {(n.kind, n.user_id) for n in Notice.objects.all()}
    assert {("cases.assigned", actors.li.id), ("cases.rectified", actors.chen.id), ("cases.returned", actors.li.id),
            ("cases.closed", actors.wang.id)} <= told  # fmt: skip
    assert all(link == f"/hazards/{case.pk}/" for link in Notice.objects.values_list("link", flat=True))
    waiting = {(n.kind, n.user_id) for n in Notice.objects.filter(read_at__isnull=True)}
    assert waiting == {
        ("cases.closed", actors.wang.id),
        ("cases.closed", actors.li.id),
    }  # who has acted since has seen theirs


def test_the_api(several, door, actors, cast):
    from django.test import Client

    from bihuan.accounts.commands import issue_token

    case = several[1]
    token = issue_token(actors.li, clock.now(), name="试", scopes=["read"])["token"]
    li = Client(headers={"authorization": f"Bearer {token}"})
    page = li.get("/api/v1/hazards?stage=all&limit=3").json()
    assert len(page["items"]) == 3
    assert page["next"]
    more = li.get(f"/api/v1/hazards?stage=all&limit=200&cursor={page['next']}").json()
    assert len(more["items"]) == 6
    one = li.get(f"/api/v1/hazards/{case.pk}").json()
    assert one["state"] == "closed"
    assert len(one["papers"]) == 2
    story = li.get(f"/api/v1/hazards/{case.pk}/timeline").json()
    assert [fact["words"] for fact in story["items"]] == ["上报隐患", "交办", "提交整改", "复查合格并销号"]
    assert li.get(f"/api/v1/papers/{one['papers'][0]['id']}").json()["number"] == "灞教安督〔2026〕2号"
    for address in (
        f"/api/v1/hazards/{several[-1].pk}",
        f"/api/v1/hazards/{several[-1].pk}/timeline",
        f"/api/v1/hazards/{uuid7()}",
    ):
        assert li.get(address).status_code == 404
    assert li.get("/api/v1/hazards?stage=never").status_code in {400, 422}
