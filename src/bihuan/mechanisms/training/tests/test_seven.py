"""The primary school's 七学 and 七有: every form is registered, every item of the check is answered, names come by a new version."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings

from bihuan.engines.duties.commands import answer_task, generate
from bihuan.engines.duties.commands.installing import install_duties
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.engines.sheets.commands.editing import ItemIn
from bihuan.engines.sheets.queries import in_force, version_for_filling
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.sections import data_of, sections
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.training import commands, queries
from bihuan.mechanisms.training.models import Drill
from bihuan.mechanisms.training.tests.conftest import AT
from bihuan.mechanisms.training.tests.test_drills import plan, run, seconds

SEVEN = {"theme-month", "online-learning", "welcome-back", "newcomers", "other-learnings"}


@pytest.fixture
def seven(net, cast, now):
    """The bureau has installed the primary school's sheets, drills and duties; the school has a class."""
    chapters = {one.name: one for one in sections()}
    items, _ = chapters["calendar"].read(settings.BIHUAN_PACKS / "base")
    chapters["calendar"].put(packs.PLATFORM, "base", items)
    area = type(net.room)
    area.objects.create(
        id=uuid7(), parent=net.site, kind="class", tier="area", name="三（1）班", sort=99, path=net.site.path + "0099.",
        bureau_id=net.bureau.pk, school_id=net.school.pk, city_id=net.city.pk, province_id=net.province.pk,
    )  # fmt: skip
    for name in ("sheets", "drills"):
        items, faults = chapters[name].read(settings.BIHUAN_PACKS / "primary-seven")
        assert not faults
        chapters[name].put(net.bureau.pk, "primary-seven", items)
    packs.forget()
    items, _ = chapters["duties"].read(settings.BIHUAN_PACKS / "primary-seven")
    wanted = [data_of(item) for item in items if item.code in SEVEN]
    assert {one["code"] for one in wanted} == SEVEN
    with clock.travel(now - timedelta(days=3)):  # before the first day of term, to which the first lesson belongs
        install_duties(net.bureau.pk, "primary-seven", wanted)
        generate(clock.now(), bureau_id=net.bureau.pk)
    return SimpleNamespace(
        **{code.replace("-", "_"): sheet_of(net, code) for code in ("seven-haves", "other-learnings")}
    )


def sheet_of(net, code):
    return apps.get_model("sheets", "Sheet").objects.get(bureau_id=net.bureau.pk, code=code)


def tasks(net):
    rows = apps.get_model("duties", "Task").objects.select_related("duty")
    return rows.filter(school_id=net.school.pk, on__lte=AT.date(), duty__code__in=SEVEN)


def said(item):
    """Something that may be written there."""
    if item.kind == "choice":
        return AnswerIn(value=next(one for one in item.options if one not in item.abnormal))
    return AnswerIn(value=str(int(item.least or 1)) if item.kind == "number" else "全校观看并讨论")


def haves(seven):
    return {item.code: "有" for item in in_force(SYSTEM, seven.seven_haves.pk, on=AT.date()).content.items}


def renamed(by, sheet, item, title, *, version="2.0", **changes):
    """Publish a version in which one item bears its name."""
    draft = sheets.draft_version(by, AT, id=uuid7(), sheet_id=sheet.pk, version=version, note="拿到原文")
    old = in_force(SYSTEM, sheet.pk, on=AT.date()).content.by_code[item]
    kept = ItemIn(
        code=item, section=old.section, title=title, kind=old.kind, options=list(old.options), abnormal=list(old.abnormal),
        required=old.required, standard=old.standard, proof="seed", **changes,
    )  # fmt: skip
    sheets.edit_draft(by, AT, version_id=draft.pk, revision=draft.revision, change="change", item=kept)
    draft.refresh_from_db()
    return sheets.publish_version(by, AT, version_id=draft.pk, revision=draft.revision, effective_on=AT.date())


@pytest.mark.django_db
@pytest.mark.clause("XX-14")
def test_every_form_of_learning_is_a_task_and_is_registered(seven, net, actors):
    due = {task.duty.code: task for task in tasks(net)}
    assert set(due) == SEVEN
    for task in due.values():
        items = in_force(SYSTEM, task.subject_id, on=AT.date()).content.items
        answers = {item.code: said(item) for item in items if item.kind != "photo"}
        answer_task(actors.fang, AT, task_id=task.pk, id=uuid7(), answers=answers)
    states = dict(tasks(net).values_list("duty__code", "state"))
    assert states == dict.fromkeys(SEVEN, "done") | {"welcome-back": "late"}
    kept = apps.get_model("sheets", "Submission").objects.get(pk=tasks(net).get(duty__code="other-learnings").ref_id)
    assert len(kept.answers) == 4


@pytest.mark.django_db
@pytest.mark.clause("XX-14")
def test_names_that_nobody_has_seen_are_placeholders_until_a_new_version_says_them(seven, net, actors):
    four = in_force(SYSTEM, seven.other_learnings.pk, on=AT.date()).content.items
    assert [item.title[-6:] for item in four] == ["（名称待补）"] * 4
    seven_haves = in_force(SYSTEM, seven.seven_haves.pk, on=AT.date()).content.items
    assert all(item.basis_is_unproven for item in (*four, *seven_haves))
    with pytest.raises(Refusal) as school:
        renamed(actors.li, seven.other_learnings, "learn-4", "学校自己起的名称")
    assert school.value.code == "sheets.may_not_edit"
    renamed(actors.zhao, seven.other_learnings, "learn-4", "从原文抄来的第四学")
    task = tasks(net).get(duty__code="other-learnings")
    answer_task(actors.fang, AT, task_id=task.pk, id=uuid7(), answers={"learn-4": AnswerIn(value="做了一次")})
    row = apps.get_model("sheets", "Submission").objects.get(pk=tasks(net).get(pk=task.pk).ref_id)
    kept = version_for_filling(SYSTEM, row.version_id)
    assert (kept.version, kept.content.by_code["learn-4"].title) == ("2.0", "从原文抄来的第四学")


@pytest.mark.django_db
@pytest.mark.clause("XX-14")
def test_a_record_is_closed_only_when_all_seven_are_answered(seven, net, actors):
    drill = plan(actors.li, net)
    run(actors.li, drill)
    end = {"drill_id": drill.pk, "verdict": "三班同时到达楼梯口"}
    given = haves(seven)
    with pytest.raises(Refusal) as nothing:
        commands.end_drill(actors.li, seconds(300), **end)
    assert nothing.value.code == "training.check_left"
    assert set(nothing.value.fields) == {f"check.{code}" for code in given}
    part = {code: text for code, text in given.items() if code not in ("have-3", "have-7")}
    with pytest.raises(Refusal) as two:
        commands.end_drill(actors.li, seconds(300), **end, check=part | {"have-7": " "})
    assert "还有 2 项没有答：分工（暂列）、影像记录（暂列）" in two.value.sentence
    for wrong in ({"have-3": "大概有"}, {"have-9": "有"}):
        with pytest.raises(Refusal) as faulty:
            commands.end_drill(actors.li, seconds(300), **end, check=given | wrong)
        assert faulty.value.code == "training.check_faulty"
    assert Drill.objects.get().state == "running"
    done = commands.end_drill(actors.li, seconds(300), **end, check=given | {"have-7": "没有"})
    page = queries.drill_page(actors.zhao, done.pk)
    assert [check.item.code for check in page.checks if check.is_wrong] == ["have-7"]
    assert (len(page.checks), page.is_unproven) == (7, True)


@pytest.mark.django_db
@pytest.mark.clause("XX-14")
def test_a_new_version_asks_otherwise_and_an_old_record_keeps_what_it_answered(seven, net, actors):
    old = plan(actors.li, net)
    run(actors.li, old)
    commands.end_drill(actors.li, seconds(300), drill_id=old.pk, verdict="第一次演练", check=haves(seven))
    renamed(actors.zhao, seven.seven_haves, "have-1", "有原文里的第一有")
    fresh = plan(actors.li, net)
    run(actors.li, fresh)
    shown = queries.drill_page(actors.li, fresh.pk)
    assert shown.checks[0].item.title == "有原文里的第一有"
    assert not shown.checks[0].item.basis_is_unproven
    with pytest.raises(Refusal) as left:
        commands.end_drill(actors.li, seconds(300), drill_id=fresh.pk, verdict="第二次演练", check={"have-2": "有"})
    assert "有原文里的第一有" in left.value.sentence
    assert queries.drill_page(actors.li, old.pk).checks[0].item.title == "方案（暂列）"


@pytest.mark.django_db
def test_a_drill_that_nobody_checks_asks_nothing(kinds, net, actors):
    drill = plan(actors.li, net)
    run(actors.li, drill)
    with pytest.raises(Refusal) as unasked:
        commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="还可以", check={"have-1": "有"})
    assert unasked.value.code == "training.check_faulty"
    assert (
        queries.drill_page(
            actors.li, commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="还可以").pk
        ).checks
        == ()
    )


@pytest.mark.django_db
def test_a_drill_before_the_first_version_is_closed_without_it(seven, net, actors):
    apps.get_model("sheets", "SheetVersion").objects.filter(sheet=seven.seven_haves).update(effective_on="2026-10-01")
    drill = plan(actors.li, net)
    run(actors.li, drill)
    assert commands.end_drill(actors.li, seconds(300), drill_id=drill.pk, verdict="还可以").check_version_id is None


@pytest.mark.django_db
def test_the_check_on_pages_and_on_paper_and_sent_twice(seven, net, actors, door):
    drill = plan(actors.li, net)
    run(actors.li, drill)
    lead, address = door("li"), f"/training/{drill.pk}/"
    assert "演练“七有”逐项核对" in lead.get(address).content.decode()
    assert "名称待核实" in lead.get(address).content.decode()
    assert "演练“七有”逐项核对" not in door("wang").get(address).content.decode()
    form = {f"check.{code}": text for code, text in haves(seven).items()}
    short = lead.post(f"{address}end/", {"_id": str(uuid7()), "verdict": "三班同时到达", **form, "check.have-2": ""})
    assert short.status_code == 409
    assert "脚本（暂列）" in short.content.decode()
    assert "这一项还没有答" in short.content.decode()
    ended = lead.post(f"{address}end/", {"_id": str(uuid7()), "verdict": "三班同时到达", **form}, follow=True)
    assert "待核实" in ended.content.decode()
    assert lead.get(f"{address}record.pdf").content.startswith(b"%PDF")
    other = plan(actors.li, net)
    run(actors.li, other)
    envelope, args = uuid7(), {"drill_id": str(other.pk), "verdict": "又做了一次", "check": haves(seven)}
    for replayed in (False, True):
        assert execute(actors.li, seconds(300), id=envelope, name="training.end_drill", args=args).replayed is replayed
