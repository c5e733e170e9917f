"""What two policies ask for by day, week and month, installed as their packs and lived for a few days of term."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps

from bihuan.engines.duties.commands import generate, miss_over
from bihuan.engines.duties.queries import TaskFilter, tasks_page
from bihuan.engines.responsibility.commands import appoint, create_org
from bihuan.engines.responsibility.queries import actor_of, chain, forget_actors, unit_page
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets.queries import in_force_by_code
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import find, install, read_pack
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers.queries import ledger_page

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 9, 1)


def moment(day, clock_time="06:00"):
    return datetime.fromisoformat(f"{day.isoformat()}T{clock_time}").replace(tzinfo=ZONE)


class Lived:
    """A school of the cast under one policy, with a class, its teacher, a counsellor of morals and a cleaner."""

    def __init__(self, net, cast, pack):
        self.net, self.cast = net, cast
        early = moment(FIRST - timedelta(days=7))
        with clock.travel(early):
            install(SYSTEM, early, pack="base")
            install(SYSTEM, early, pack=pack, bureau_id=net.bureau.pk)
            packs.forget()
            forget_actors()
            admin = actor_of(cast.admin.pk)
            self.room = create_org(admin, early, id=uuid7(), parent_id=net.school.pk, kind="class", name="三（2）班")
            for post, place in (
                ("class-teacher", self.room),
                ("moral-education-director", net.school),
                ("cleaner", net.school),
            ):
                args = {
                    "id": str(uuid7()),
                    "org_id": str(place.pk),
                    "post": post,
                    "starts_on": FIRST.isoformat(),
                    "person": {"name": f"{post}-1"},
                }
                execute(admin, early, id=uuid7(), name="responsibility.appoint", args=args)
                who = apps.get_model("responsibility", "Appointment").objects.get(pk=args["id"])
                setattr(self, post.replace("-", "_"), who.user_id)
        forget_actors()

    def by(self, key):
        forget_actors()
        return actor_of(getattr(self.cast, key).pk if hasattr(self.cast, key) else getattr(self, key))

    def task(self, code, day=None, org=None):
        """The task of a duty on a day; without one, the first there is (named by its week, month or term)."""
        rows = apps.get_model("duties", "Task").objects.filter(
            duty__code=code, org_id=(org or self.net.school).pk, slot=0
        )
        return rows.get(on=day) if day else rows.earliest("due_at")

    def live(self, day, clock_time):
        now = moment(day, clock_time)
        with clock.travel(now):
            react(datetime.now(UTC) + timedelta(hours=1), most=1000)
            generate(now, bureau_id=self.net.bureau.pk)
            miss_over(now)
        return now

    def answer(self, who, task, at, **values):
        answers = {code: {"value": value} for code, value in values.items()}
        with clock.travel(at):
            return execute(
                self.by(who),
                at,
                id=uuid7(),
                name="duties.answer_task",
                args={"task_id": str(task.pk), "id": str(uuid7()), "answers": answers},
            )


@pytest.fixture
def primary(net, cast):
    """A school under the primary school's eight mechanisms."""
    return Lived(net, cast, "primary-seven")


@pytest.fixture
def chanba(net, cast):
    """A school under 一图二十五表 and 1530."""
    return Lived(net, cast, "chanba-12345n")


# --- 小学：原文的八个标题 ------------------------------------------------------------------------------------------------


def test_the_pack_keeps_the_eight_headings_and_invents_no_missing_words():
    pack = read_pack(find("primary-seven"))
    clauses = [item.spec for item in pack.items["clauses"]]
    assert [clause.code for clause in clauses] == [f"XX-{n:02d}" for n in range(1, 20)]
    assert list(dict.fromkeys(clause.group for clause in clauses))[:8] == [
        "组织领导", "安全预案", "排查维稳", "教育演练", "安全会议", "档案报备", "战备", "考评反馈",
    ]  # fmt: skip
    haves = next(item.spec for item in pack.items["sheets"] if item.code == "seven-haves")
    assert {item["proof"] for item in haves.content["items"]} == {"unverified"}
    assert all("暂列" in item["title"] for item in haves.content["items"])


@pytest.mark.django_db
@pytest.mark.clause("XX-01")
def test_everybody_stands_in_the_net_with_duties(primary):
    with clock.travel(moment(FIRST)):
        assert chain(primary.net.school, on=FIRST)
        page = unit_page(primary.by("li"), primary.net.school.pk, on=FIRST)
    assert {charter.post["code"] for charter in page.charters} >= {
        "head",
        "safety-lead",
        "cleaner",
        "moral-education-director",
    }
    assert all(charter.post["duties"] for charter in page.charters)


@pytest.mark.django_db
@pytest.mark.clause("XX-08")
def test_busy_moments_are_watched_and_who_did_not_come_is_seen(primary):
    early = primary.live(FIRST, "06:00")
    with clock.travel(early):
        rows = tasks_page(primary.by("fang"), early, TaskFilter(act="sheet")).rows
    assert len([row for row in rows if row["title"].endswith("守护")]) >= 4
    at = moment(FIRST, "07:30")
    primary.answer("fang", primary.task("watch-arrival", FIRST), at, came="方副校长、值周教师两人", order="正常")
    primary.live(FIRST, "23:00")
    assert primary.task("watch-arrival", FIRST).state == "done"
    assert {primary.task(code, FIRST).state for code in ("watch-break", "watch-noon", "watch-leaving")} == {"missed"}


@pytest.mark.django_db
@pytest.mark.clause("XX-11")
@pytest.mark.clause("XX-12")
@pytest.mark.clause("XX-13")
def test_themes_platform_and_newcomers(primary):
    at = primary.live(FIRST, "10:00")
    primary.answer(
        "moral_education_director",
        primary.task("theme-month"),
        at,
        theme="秋季开学第一课",
        did="全校班会",
        people="1200",
        kept="教案和照片",
    )
    primary.answer(
        "class_teacher",
        primary.task("welcome-back", org=primary.room),
        at,
        node="新学期开学",
        topics="路上、校内、防骗",
        minutes="30",
        came="45",
    )
    primary.answer(
        "class_teacher",
        primary.task("online-learning", org=primary.room),
        at,
        **{"class": "三（2）班"},
        taught="已授课",
        pupils="45",
        done="41",
    )
    primary.answer(
        "moral_education_director",
        primary.task("newcomers"),
        at,
        whom="新教师",
        people="3",
        taught="岗位职责、应急处置",
        passed="全部合格",
    )
    done = apps.get_model("duties", "Task").objects.filter(state="done").values_list("duty__code", flat=True)
    assert set(done) == {"theme-month", "welcome-back", "online-learning", "newcomers"}


@pytest.mark.django_db
@pytest.mark.clause("XX-10")
def test_a_cleaner_reports_a_small_thing(primary):
    at = moment(FIRST, "16:00")
    with clock.travel(at):
        args = {"id": str(uuid7()), "org": str(primary.net.school.pk), "title": "三楼拐角灯罩松动", "source": "snap"}
        answer = execute(primary.by("cleaner"), at, id=uuid7(), name="cases.report_hazard", args=args).answer
        case = apps.get_model("cases", "Case").objects.get(pk=answer["id"])
    assert (case.title, case.reporter_name, case.state) == ("三楼拐角灯罩松动", "cleaner-1", "reported")


@pytest.mark.django_db
@pytest.mark.clause("XX-03")
def test_a_visitor_who_does_not_leave_is_listed(primary):
    at = moment(FIRST, "09:00")
    visitor = {"name": "家长", "reason": "送作业", "host": "班主任", "confirmed": "已确认", "time-in": "09:00"}
    with clock.travel(at):
        args = {
            "ledger": "visitors",
            "org_id": str(primary.net.school.pk),
            "on": FIRST.isoformat(),
            "rows": [{"id": str(uuid7()), "answers": visitor}],
        }
        execute(primary.by("wang"), at, id=uuid7(), name="ledgers.write_rows", args=args)
    late = moment(FIRST, "14:00")
    with clock.travel(late):
        line = ledger_page(primary.by("li"), primary.net.school.pk, "visitors", on=FIRST, at=late).lines[0]
    assert line.is_running
    assert line.is_overdue


# --- 浐灞：1530、宣传、台账改版 -------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.clause("CB-19")
def test_1530_by_class_and_a_week_s_lesson_is_the_day_s_reminder_too(chanba):
    friday = date(2026, 9, 4)
    at = chanba.live(friday, "15:30")
    daily, weekly = chanba.task("remind-daily", friday, chanba.room), chanba.task("remind-weekly", org=chanba.room)
    chanba.answer("class_teacher", weekly, at, topic="周末两天不去河边", minutes="6", came="45", family="已发")
    for task in (daily, weekly):
        task.refresh_from_db()
    assert (weekly.state, daily.state, daily.via_id) == ("done", "done", weekly.pk)
    eve = date(2026, 9, 30)  # the last school day before the national holiday
    chanba.live(eve, "14:00")
    assert chanba.task("remind-holiday", eve, chanba.room).state == "open"


@pytest.mark.django_db
@pytest.mark.clause("CB-05")
def test_publicity_of_a_month_is_asked_for_and_answered(chanba):
    at = chanba.live(FIRST, "10:00")
    with clock.travel(at):
        appoint(
            chanba.by("admin"),
            at,
            id=uuid7(),
            org_id=chanba.net.school.pk,
            post="office-director",
            user_id=chanba.cast.qian.pk,
            starts_on=FIRST,
        )
    chanba.answer(
        "qian",
        chanba.task("publicity-node"),
        at,
        node="开学安全",
        whom="家长",
        reached="1100",
        material="已收到并使用",
    )
    assert chanba.task("publicity-node").state == "done"


@pytest.mark.django_db
@pytest.mark.clause("CB-22")
def test_a_ledger_s_row_does_the_day_s_task(chanba):
    at = chanba.live(FIRST, "17:00")
    assert chanba.task("ledger-vehicles", FIRST).state == "open"
    with clock.travel(at):
        args = {"ledger": "vehicles", "org_id": str(chanba.net.school.pk), "on": FIRST.isoformat()}
        execute(chanba.by("wang"), at, id=uuid7(), name="ledgers.report_nil", args=args)
    task = chanba.task("ledger-vehicles", FIRST)
    assert (task.state, task.nil, task.done_by_name) == ("done", True, "王保安")


@pytest.mark.django_db
@pytest.mark.clause("CB-23")
def test_a_ledger_is_changed_by_a_new_version_and_old_rows_keep_theirs(chanba):
    at, school = moment(FIRST, "09:00"), chanba.net.school
    row = {
        "plate": "陕A·00001",
        "firm": "粮油店",
        "goods": "大米",
        "guide": "王保安",
        "time-in": "08:50",
        "apart": "是",
    }
    write = {"ledger": "vehicles", "org_id": str(school.pk), "rows": [{"id": str(uuid7()), "answers": row}]}
    with clock.travel(at):
        execute(chanba.by("wang"), at, id=uuid7(), name="ledgers.write_rows", args=write | {"on": FIRST.isoformat()})
        office = chanba.by("zhao")
        old = in_force_by_code(office, "ledger-vehicles", on=FIRST)
        draft = sheets.draft_version(office, at, id=uuid7(), sheet_id=old.sheet_id, version="2.0")
        item = {"code": "phone", "section": "01", "title": "司机电话", "kind": "text"}
        args = {"version_id": str(draft.pk), "revision": draft.revision, "change": "add", "item": item}
        execute(office, at, id=uuid7(), name="sheets.edit_draft", args=args)
        sheets.publish_version(
            office, at, version_id=draft.pk, revision=draft.revision + 1, effective_on=FIRST + timedelta(days=1)
        )
    later = moment(FIRST + timedelta(days=1), "09:00")
    with clock.travel(later):
        with pytest.raises(Refusal, match="司机电话"):
            execute(
                chanba.by("wang"),
                later,
                id=uuid7(),
                name="ledgers.write_rows",
                args=write | {"on": later.date().isoformat(), "rows": [{"id": str(uuid7()), "answers": row}]},
            )
        before = ledger_page(chanba.by("wang"), school.pk, "vehicles", on=FIRST, at=later)
        now = ledger_page(chanba.by("wang"), school.pk, "vehicles", on=later.date(), at=later)
    assert "司机电话" not in [item.title for item, _, _ in before.lines[0].cells]
    assert "司机电话" in [item.title for item in now.columns]
