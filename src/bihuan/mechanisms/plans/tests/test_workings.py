"""A school's rule for hazards: written, published, known; and beside each part what carries it out today, which changes with it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.cases import commands as cases
from bihuan.engines.duties.commands import generate
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs.sections import data_of, sections
from bihuan.mechanisms.plans import commands, queries
from bihuan.mechanisms.plans.commands import PartIn, RoleIn
from bihuan.mechanisms.plans.models import PlanVersion
from bihuan.mechanisms.plans.tests.test_plans import TEXT
from bihuan.mechanisms.plans.workings import span_words

MONDAY, ZONE = datetime(2026, 9, 7, 2, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai")
DUTIES = ("hazard-round-week", "monthly-meeting")


def read(chapter, pack):
    found = next(one for one in sections() if one.name == chapter)
    items, faults = found.read(settings.BIHUAN_PACKS / pack)
    assert not faults
    return found, items


@pytest.fixture
def rule(net, cast, actors):
    """Monday of the second week: the school's rule is published, and the primary pack's duties run."""
    with clock.travel(MONDAY):
        for chapter in ("calendar", "lifecycles", "case-levels", "ladders", "case-rules"):
            found, items = read(chapter, "base")
            found.put(packs.PLATFORM, "base", items)
        for chapter in ("sheets", "plans"):
            found, items = read(chapter, "primary-seven")
            found.put(net.bureau.pk, "primary-seven", items)
        packs.forget()
        install(net, DUTIES)
        plan = commands.draft_plan(actors.li, MONDAY, id=uuid7(), org_id=net.school.pk, kind="hazard-rule")
        version = PlanVersion.objects.get()
        commands.edit_version(
            actors.li, MONDAY, version_id=version.pk, revision=0,
            sections=[PartIn(title=part["title"], text=TEXT) for part in version.content["sections"]],
            roles=[RoleIn(role=one["role"], person=cast.qian.pk, duty="按制度办") for one in version.content["roles"]],
        )  # fmt: skip
        commands.publish_version(actors.li, MONDAY, version_id=version.pk, revision=1)
        yield plan


def install(net, codes, **changes):
    _, items = read("duties", "primary-seven")
    install_duties(net.bureau.pk, "primary-seven", [data_of(one) | changes for one in items if one.code in codes])
    generate(clock.now(), bureau_id=net.bureau.pk)


def said(viewer, plan):
    """What stands beside each part."""
    return {part["title"]: [one.words for one in runs] for part, _, runs in queries.plan_page(viewer, plan.pk).parts}


def handed_out(net, cast, actors, level="general"):
    """A hazard of this level that was assigned now."""
    found = cases.report_hazard(actors.li, MONDAY, id=uuid7(), org=net.school.pk, title="扶手松动", level=level)
    return cases.assign_case(actors.li, MONDAY, case=found.pk, rectifier=cast.qian.pk)


def rounds(net):
    rows = apps.get_model("duties", "Task").objects.filter(duty__code="hazard-round-week", org_id=net.school.pk)
    return rows.filter(on__range=(MONDAY.date(), MONDAY.date() + timedelta(days=4)), state="open").count()


@pytest.mark.django_db
@pytest.mark.clause("XX-07")
def test_each_part_shows_what_carries_it_out(rule, net, cast, actors):
    beside = said(actors.li, rule)
    assert list(beside) == ["排查时限", "排查内容", "排查标准", "登记形式", "讲评责任", "整改时限"]
    assert beside["排查时限"][0].startswith("每周安全隐患排查：每周")
    assert "由安全负责人（保卫主任）做" in beside["排查时限"][0]
    assert beside["排查时限"][1] == "一般隐患：上报后 1 个工作日内交办；整改人不能复查自己的整改"
    assert beside["排查内容"] == ["《校园安全隐患每周排查》1.0 版，9 项"]
    assert beside["讲评责任"][0].startswith("每月安全会商：每月")
    general, serious, major, late = beside["整改时限"]
    assert (general[:18], serious[:18]) == ("一般隐患：限 7 个工作日整改，复查", "较大隐患：限 3 个工作日整改，复查")
    assert "限 30 天整改，复查 2 人" in major
    assert late == "不按期：当天逾期提醒，1 天后通报，3 天后函告，7 天后约谈"
    due = clock_words(handed_out(net, cast, actors).due_at)
    assert general.endswith(f"此刻交办，{due} 到期")


def clock_words(moment):
    return f"{moment.astimezone(ZONE):%m-%d %H:%M}"


@pytest.mark.django_db
@pytest.mark.clause("XX-07")
def test_changing_the_rule_changes_what_happens_and_what_is_shown(rule, net, cast, actors):
    before, first = handed_out(net, cast, actors), said(actors.li, rule)
    assert rounds(net) == 1
    level = packs.entry(net.bureau.pk, "case-levels", "general") | {"within": "P2D"}
    PackEntry.objects.create(bureau_id=net.bureau.pk, section="case-levels", code="general", data=level, pack="own")
    packs.forget()
    install(net, DUTIES[:1], cadence={"every": "school-day"})
    beside, after = said(actors.li, rule), handed_out(net, cast, actors)
    assert after.due_at < before.due_at
    assert rounds(net) == 5
    assert "限 2 个工作日整改" in beside["整改时限"][0]
    assert beside["整改时限"][0].endswith(f"{clock_words(after.due_at)} 到期")
    assert beside["排查时限"][0] != first["排查时限"][0]
    assert beside["排查时限"][0].startswith("每周安全隐患排查：每个上课日")
    assert PlanVersion.objects.get().n == 1  # the text is what was signed; what runs is what is installed


@pytest.mark.django_db
@pytest.mark.clause("XX-07")
def test_it_is_a_document_of_its_own_and_known_by_name(rule, net, cast, actors, door):
    lines = {line.kind: line for line in queries.shelf(actors.li, net.school.pk).lines}
    assert (lines["hazard-rule"].group, lines["hazard-rule"].version.n) == ("制度", 1)
    assert "制度" in door("li").get(f"/plans/?school={net.school.pk}").content.decode()
    address = f"/plans/{rule.pk}/"
    shown = door("qian").get(address).content.decode()
    assert "系统现在这样执行" in shown
    assert "限 7 个工作日整改" in shown
    form = {"_id": str(uuid7()), "version_id": str(PlanVersion.objects.get().pk)}
    door("qian").post(f"{address}know/", form)
    assert queries.plan_page(actors.li, rule.pk).left == ()
    for who in ("wu", "sun", "nobody"):
        assert door(who).get(address).status_code == 404
    with CaptureQueriesContext(connection) as taken:
        door("zhao").get(address)
    assert len(taken) <= 12 + 4, [one["sql"][:90] for one in taken]


@pytest.mark.django_db
def test_what_is_not_installed_is_said_and_breaks_nothing(rule, net, actors):
    apps.get_model("duties", "Task").objects.all().delete()
    apps.get_model("duties", "Duty").objects.all().delete()
    PackEntry.objects.filter(section="ladders").delete()
    apps.get_model("sheets", "SheetVersion").objects.update(effective_on=date(2027, 1, 1))
    packs.forget()
    beside = said(actors.li, rule)
    assert beside["讲评责任"] == ["这项职责没有启用"]
    assert beside["排查内容"] == ["这张表还没有施行的一版"]
    assert beside["整改时限"][-1] == "还没有安装"


@given(st.integers(1, 60))
def test_a_span_in_words(days):
    assert span_words(f"P{days}D", "working") == f"{days} 个工作日"
    assert span_words(f"P{days}D", "hours") == (f"{days} 天" if days > 3 else f"{days * 24} 小时")


def test_the_pack_says_when_nothing_carries_a_part_out():
    found, items = read("plans", "primary-seven")
    faults = list(found.check(items[0], {("duties", "monthly-meeting"): None}))
    assert {fault.code for fault in faults} == {"plans.no_such_run"}
