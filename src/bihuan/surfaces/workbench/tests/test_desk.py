"""The desk: my todo, notices, saved views, the menu, and what a page costs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import inbox
from bihuan.foundation.models import Notice
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.workbench.commands import MOST, forget_view, save_view
from bihuan.surfaces.workbench.models import SavedView
from bihuan.surfaces.workbench.navigation import navigation
from bihuan.surfaces.workbench.queries import is_simple, saved_views, sorted_by_pain

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def told(person, bureau, *, times=1, link="/hazards/"):
    rows = [
        Notice(bureau_id=bureau.pk, user_id=person.pk, kind=f"kind-{n}", title=f"第 {n} 条", link=link,
               sent_at=NOON - timedelta(minutes=n))
        for n in range(times)
    ]  # fmt: skip
    return Notice.objects.bulk_create(rows)


# --- my todo ----------------------------------------------------------------------------------------------------------


def test_what_hurts_most_comes_first():
    def line(name, days, state="rectifying"):
        due = None if days is None else NOON + timedelta(days=days)
        return {"id": name, "due_at": due, "state": state}

    lines = [line("later", 3), line("verify", 2, "verifying"), line("open-ended", None), line("late", -1), line("today", 0.1),
             line("late-verify", -2, "verifying")]  # fmt: skip
    found = sorted_by_pain(lines, NOON)
    assert [(section.code, [row["id"] for row in section.lines]) for section in found] == [
        ("late", ["late", "late-verify"]), ("today", ["today"]), ("verify", ["verify"]), ("later", ["later", "open-ended"]),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_guard_gets_big_buttons_and_a_lead_gets_a_desk(actors, door):
    assert is_simple(actors.wang)
    assert not any(is_simple(getattr(actors, key)) for key in ("li", "zhou", "chen", "zhao", "chief"))
    guard, lead = (door(key).get("/").content.decode() for key in ("wang", "li"))
    assert "扫码巡查" in guard
    assert "big-buttons" not in lead
    assert "今天都办完了" in lead


@pytest.mark.django_db
def test_the_home_of_somebody_without_a_post_shows_nothing_of_anybody(door):
    page = door("nobody").get("/")
    assert page.status_code == 200
    assert "第一小学" not in page.content.decode()


@pytest.mark.django_db
def test_the_desk_is_only_for_people_who_signed_in():
    for address in ("/", "/notices/", "/search/?q=门", "/account/"):
        assert Client().get(address)["Location"].startswith("/sign-in/?next=")


# --- the menu ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_menu_leaves_out_what_would_only_be_refused(actors):
    guard, office = navigation(actors.wang, "/"), navigation(actors.zhao, "/hazards/x/")
    assert {group.word: [way.word for way in group.ways] for group in office.groups} == {
        "要办的": ["我的待办", "通知", "隐患", "检查", "扫码反映", "上级任务"],
        "日常": ["常规职责", "巡查", "台账", "重要时期", "演练", "会议"],
        "资料与考评": ["风险点", "预案", "责任书", "考评", "迎检档案"],
        "组织与设置": ["责任网", "清单", "模型包"],
    }
    assert [way.word for way in office.all if way.here] == ["隐患"]
    assert "责任网" not in {way.word for way in guard.all}
    assert [way.word for way in guard.dock] == ["我的待办", "隐患", "随手报", "风险点"]
    assert [group.word for group in guard.groups] == ["要办的", "日常", "资料与考评"]  # an empty group has no heading


@pytest.mark.django_db
def test_a_phones_sheet_has_the_rest_of_the_menu_in_the_same_order(actors):
    for menu in (navigation(actors.wang, "/"), navigation(actors.zhao, "/account/")):
        rest = [way.href for group in menu.more for way in group.ways]
        docked = {way.href for way in menu.dock}
        assert rest == [*(way.href for way in menu.all if way.href not in docked), "/search/", "/account/"]
    assert [way.word for group in menu.more for way in group.ways if way.here] == ["我的账号"]


@pytest.mark.django_db
def test_every_list_of_the_menu_is_named_by_its_heading(door):
    page = door("zhao").get("/ledgers/").content.decode()
    rail = page[page.index('<nav class="rail"') : page.index("</nav>")]
    named = dict(re.findall(r'<p id="([^"]+)">([^<]+)</p>', page))
    assert [named[id] for id in re.findall(r'<ul aria-labelledby="([^"]+)">', rail)] == [
        "要办的",
        "日常",
        "资料与考评",
        "组织与设置",
    ]
    assert re.findall(r'<a href="([^"]+)" aria-current="page">', rail) == ["/ledgers/"]
    assert len(re.findall(r"<ul aria-labelledby=", page)) == 4 + 5
    assert len(set(re.findall(r'\bid="([^"]+)"', page))) == len(re.findall(r'\bid="([^"]+)"', page))


@pytest.mark.django_db
def test_no_way_of_the_menu_is_refused_to_somebody_without_a_post(actors, door):
    client = door("nobody")
    told = {way.word: client.get(way.href).status_code for way in navigation(actors.nobody, "/").all}
    assert {word: status for word, status in told.items() if status in (403, 404)} == {}
    assert (told["台账"], told["责任书"], told["演练"], told["会议"], told["预案"]) == (200, 200, 200, 200, 200)


# --- notices ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_notices_page_through_to_the_last_one(cast, net, actors):
    told(cast.li, net.bureau, times=60)
    seen, cursor = [], ""
    while True:
        page = inbox(actors.li, cursor=cursor)
        seen += [row.title for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert seen == [f"第 {n} 条" for n in range(60)]


@pytest.mark.django_db
def test_opening_a_notice_reads_it_and_goes_there(cast, net, door):
    first, second = told(cast.li, net.bureau, times=2)
    client = door("li")
    assert "<b>2</b>" in client.get("/notices/bell/").content.decode()
    assert client.get(f"/notices/{first.pk}/").status_code == 405
    assert client.post(f"/notices/{first.pk}/")["Location"] == "/hazards/"
    client.post(f"/notices/{first.pk}/")
    assert Notice.objects.get(pk=first.pk).read_at is not None
    assert Notice.objects.get(pk=second.pk).read_at is None
    assert "第 0 条" not in client.get("/notices/?only=unread").content.decode()


@pytest.mark.django_db
def test_a_notice_never_leads_off_the_site(cast, net, door):
    (row,) = told(cast.li, net.bureau, link="//example.org/x")
    assert door("li").post(f"/notices/{row.pk}/")["Location"] == "/notices/"


@pytest.mark.django_db
def test_somebody_elses_notice_does_not_exist(cast, net, door):
    (row,) = told(cast.li, net.bureau)
    answer = door("wu").post(f"/notices/{row.pk}/")
    assert answer.status_code == 404
    assert Notice.objects.get(pk=row.pk).read_at is None
    door("wu").post("/notices/read/")
    assert Notice.objects.get(pk=row.pk).read_at is None


@pytest.mark.django_db
def test_all_notices_are_read_at_once(cast, net, door):
    told(cast.li, net.bureau, times=30)
    client = door("li")
    assert client.post("/notices/read/").status_code == 302
    page = client.get("/notices/").content.decode()
    assert "通知已全部标为已读" in page
    assert "通知已全部标为已读" not in client.get("/notices/").content.decode()
    assert not Notice.objects.filter(read_at__isnull=True).exists()


# --- saved views ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_view_is_kept_and_is_a_tab(actors):
    save_view(
        actors.li, NOON, id=uuid7(), page="/hazards/", name="消防逾期", query="category=fire&time=overdue&cursor=abc"
    )
    found = saved_views(actors.li, "/hazards/", "time=overdue&category=fire")
    assert [(view.name, view.query, view.here) for view in found.rows] == [
        ("消防逾期", "category=fire&time=overdue", True)
    ]
    assert not found.can_keep
    assert saved_views(actors.li, "/hazards/", "time=today").can_keep
    assert saved_views(actors.li, "/hazards/", "").bare
    assert saved_views(actors.li, "/points/", "").rows == []


@pytest.mark.django_db
def test_views_are_mine_alone(actors):
    view = save_view(actors.li, NOON, id=uuid7(), page="/hazards/", name="我的", query="whose=turn")
    assert saved_views(actors.wu, "/hazards/", "").rows == []
    with pytest.raises(Refusal) as no:
        forget_view(actors.wu, NOON, view=view.pk)
    assert no.value.code == "workbench.no_such_view"
    assert SavedView.objects.filter(pk=view.pk).exists()
    forget_view(actors.li, NOON, view=view.pk)
    assert not SavedView.objects.exists()


@pytest.mark.django_db
def test_views_have_names_of_their_own_and_an_end(actors):
    for n in range(MOST):
        save_view(actors.li, NOON, id=uuid7(), page="/hazards/", name=f"第{n}个", query="")
    for name, code in (("第0个", "workbench.view_exists"), ("再一个", "workbench.too_many_views")):
        with pytest.raises(Refusal) as no:
            save_view(actors.li, NOON, id=uuid7(), page="/hazards/", name=name, query="")
        assert no.value.code == code
    assert SavedView.objects.count() == MOST


@pytest.mark.django_db
def test_a_view_sent_twice_is_one(actors):
    envelope, view = uuid7(), str(uuid7())
    args = {"id": view, "page": "/hazards/", "name": "我的", "query": ""}
    for _ in range(2):
        execute(actors.li, clock.now(), id=envelope, name="workbench.save_view", args=args)
    assert SavedView.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["https://example.org/", "//example.org", "hazards", "/Hazards?x"])
def test_a_view_belongs_to_a_page_of_this_site(actors, page):
    with pytest.raises(Refusal) as no:
        execute(actors.li, clock.now(), id=uuid7(), name="workbench.save_view",
                args={"id": str(uuid7()), "page": page, "name": "我的", "query": ""})  # fmt: skip
    assert no.value.code == "foundation.bad_input"


@pytest.mark.django_db
def test_the_dialog_keeps_a_view_and_comes_back_to_it(door):
    client = door("li")
    form = {"_id": str(uuid7()), "page": "/notices/", "query": "only=unread", "name": "没看的"}
    assert client.post("/views/", form)["Location"] == "/notices/?only=unread"
    assert SavedView.objects.get().name == "没看的"
    again = client.post("/views/", {**form, "_id": str(uuid7())})
    assert again.status_code == 302
    assert "已经有叫「没看的」的筛选" in client.get(again["Location"]).content.decode()


# --- what a page costs ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/notices/", "/account/", "/search/?q=疏散门"])
@pytest.mark.parametrize("who", ["wang", "li", "chen", "zhao"])
def test_no_page_of_the_desk_needs_more_than_twelve_queries(
    address, who, cast, net, door, django_assert_max_num_queries
):
    told(getattr(cast, who), net.bureau, times=40)
    client = door(who)
    with django_assert_max_num_queries(12):
        assert client.get(address).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ab12-cd34", "AB12 CD34", "https://example.org/p/AB12CD34"])
def test_a_typed_wall_code_opens_its_point(door, typed):
    answer = door("wang").get("/scan/", {"code": typed})
    assert answer.status_code == 302
    assert answer["Location"].rstrip("/").upper().replace("-", "") == "/P/AB12CD34"
    assert door("wang").get("/scan/").status_code == 200
