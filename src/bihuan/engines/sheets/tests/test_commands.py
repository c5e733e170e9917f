"""Commands of sheets: success, refusal without right, outsider, replay; several hands at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from bihuan.engines.responsibility.queries import org as unit_of
from bihuan.engines.responsibility.queries import place_of
from bihuan.engines.sheets import commands as sheets
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.engines.sheets.hot import insert
from bihuan.engines.sheets.models import Finding, Sheet, SheetVersion, Submission
from bihuan.engines.sheets.queries import opinions, submissions, versions
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

pytestmark = pytest.mark.django_db
GOOD = {"result": "pass"}
BAD = {"result": "fail", "note": "现场没有看到", "place": "门卫室"}


def started(actors, net, version, by="li", asked=None):
    return sheets.start_submission(
        getattr(actors, by), clock.now(), id=uuid7(), version_id=version.id, org_id=net.school.pk, asked=asked
    )


def some(version, count=20):
    return [item.code for item in version.content.items[:count]]


def test_a_submission_is_one_row_and_only_problems_are_findings(version, actors, net):
    codes = some(version)
    answers = {code: AnswerIn(**(BAD if n in (3, 7) else GOOD)) for n, code in enumerate(codes)}
    row = sheets.submit_whole(
        actors.li, clock.now(), id=uuid7(), version_id=version.id, org_id=net.school.pk, answers=answers
    )
    row = Submission.objects.get(pk=row.pk)
    assert (row.passed, row.failed, row.asked_count, row.state) == (18, 2, 20, "submitted")
    assert row.answers[codes[3]]["by_name"] == "李安"
    assert set(Finding.objects.filter(submission=row).values_list("item", "note", "place")) == {
        (codes[3], "现场没有看到", "门卫室"), (codes[7], "现场没有看到", "门卫室"),
    }  # fmt: skip
    assert Event.objects.filter(subject_id=row.pk).values_list("name", flat=True).get() == "sheets.submitted"


def test_the_same_envelope_six_times_is_one_submission(version, actors, net):
    envelope, args = (
        uuid7(),
        {
            "id": str(uuid7()),
            "version_id": str(version.id),
            "org_id": str(net.school.pk),
            "answers": {some(version)[0]: BAD},
        },
    )
    outcomes = [execute(actors.li, clock.now(), id=envelope, name="sheets.submit_whole", args=args) for _ in range(6)]
    assert [one.replayed for one in outcomes] == [False] + [True] * 5
    assert (Submission.objects.count(), Finding.objects.count()) == (1, 1)
    with pytest.raises(Refusal, match="foundation.receipt_conflict"):
        execute(actors.li, clock.now(), id=uuid7(), name="sheets.submit_whole", args=args)


def test_the_pipeline_writes_what_the_orm_writes(version, actors, net):
    answers = {"01-01": {"note": "引号\"'"}}
    more = {"version_id": version.id, "answers": answers, "started_at": clock.now(), "by_id": actors.li.id}
    by_pipeline = Submission(id=uuid7(), **placed(net.school), org=net.school, **more)
    by_orm = Submission(
        **{f.attname: getattr(by_pipeline, f.attname) for f in Submission._meta.concrete_fields} | {"id": uuid7()}
    )
    assert insert([by_pipeline]) == 1
    assert insert([by_pipeline]) == 0
    by_orm.save(force_insert=True)
    one, two = (Submission.objects.values().get(pk=row.pk) for row in (by_pipeline, by_orm))
    assert one | {"id": None} == two | {"id": None}


def test_who_may_not_fill_changes_nothing(version, actors, net):
    for by, code in (
        ("wang", "sheets.may_not_fill"),
        ("wu", "foundation.not_found"),
        ("sun", "foundation.not_found"),
        ("nobody", "foundation.not_found"),
    ):
        with pytest.raises(Refusal, match=code):
            started(actors, net, version, by=by)
    assert not Submission.objects.exists()


def test_answers_are_merged_and_say_whose_word_they_replaced(version, actors, net):
    row, (first, second) = started(actors, net, version), some(version, 2)
    sheets.answer_items(actors.li, clock.now(), submission_id=row.pk, answers={first: AnswerIn(**GOOD)})
    said = sheets.answer_items(
        actors.fang, clock.now(), submission_id=row.pk, answers={first: AnswerIn(**BAD), second: AnswerIn(**GOOD)}
    )
    assert [(one["item"], one["by_name"], one["was"]) for one in said["replaced"]] == [(first, "李安", "pass")]
    kept = Submission.objects.get(pk=row.pk)
    assert kept.answers[first]["by_name"] == "方副校长"
    assert (kept.passed, kept.failed) == (1, 1)
    with pytest.raises(Refusal, match="sheets.bad_answers") as no:
        sheets.answer_items(actors.li, clock.now(), submission_id=row.pk, answers={second: AnswerIn(result="fail")})
    assert second in no.value.fields
    assert Submission.objects.get(pk=row.pk).answers[second]["result"] == "pass"
    with pytest.raises(Refusal, match="foundation.not_found"):
        sheets.answer_items(actors.wu, clock.now(), submission_id=row.pk, answers={first: AnswerIn(**GOOD)})


def test_submitting_needs_every_asked_item_and_ends_it(version, actors, net):
    codes = some(version, 3)
    row = started(actors, net, version, asked=codes)
    with pytest.raises(Refusal, match="sheets.items_left"):
        sheets.submit(actors.li, clock.now(), submission_id=row.pk, answers={codes[0]: AnswerIn(**GOOD)})
    sheets.submit(actors.li, clock.now(), submission_id=row.pk, answers={code: AnswerIn(**BAD) for code in codes})
    assert Finding.objects.filter(submission=row).count() == 3
    with pytest.raises(Refusal, match="sheets.already_submitted"):
        sheets.answer_items(actors.li, clock.now(), submission_id=row.pk, answers={codes[0]: AnswerIn(**GOOD)})
    assert [found.pk for found in submissions(actors.zhou).rows] == [row.pk]
    assert submissions(actors.wu).rows == []


@pytest.mark.django_db(transaction=True)
def test_eight_hands_on_one_submission_lose_nothing(version, actors, net):
    row, codes = started(actors, net, version), some(version, 24)

    def judge(n):
        try:
            by = actors.li if n % 2 else actors.fang
            sheets.answer_items(
                by,
                clock.now(),
                submission_id=row.pk,
                answers={code: AnswerIn(**GOOD) for code in codes[n * 3 : n * 3 + 3]},
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(judge, range(8)))
    kept = Submission.objects.get(pk=row.pk)
    assert set(kept.answers) == set(codes)
    assert (kept.passed, kept.revision) == (24, 8)
    assert Event.objects.filter(subject_id=row.pk, name="sheets.answered").count() == 8


# --- versions --------------------------------------------------------------------------------------------------------


def draft(actors, line, version="1.1", by="zhao"):
    return sheets.draft_version(getattr(actors, by), clock.now(), id=uuid7(), sheet_id=line.sheet.pk, version=version)


@pytest.mark.clause("CB-23")
def test_a_version_in_use_stays_as_it_was(line, version, actors, net):
    row = started(actors, net, version)
    new = draft(actors, line)
    code = some(version)[0]
    new = sheets.edit_draft(actors.zhao, clock.now(), version_id=new.pk, revision=0, change="remove", code=code)
    sheets.publish_version(
        actors.zhao, clock.now(), version_id=new.pk, revision=1, effective_on=timezone.localdate(clock.now())
    )
    sheets.answer_items(actors.li, clock.now(), submission_id=row.pk, answers={code: AnswerIn(**GOOD)})
    assert Submission.objects.get(pk=row.pk).version_id == version.id
    with pytest.raises(Refusal, match="sheets.published_is_frozen"):
        sheets.edit_draft(
            actors.zhao, clock.now(), version_id=new.pk, revision=2, change="remove", code=some(version)[1]
        )
    with pytest.raises(Refusal, match="sheets.published_is_frozen"):
        sheets.edit_draft(actors.zhao, clock.now(), version_id=version.id, revision=0, change="remove", code=code)
    frozen = SheetVersion.objects.get(pk=version.id)
    assert frozen.digest == version.content.digest
    assert {v.version for v in versions(actors.li, line.sheet.pk)[1]} == {"1.0", "1.1"}


def test_drafts_are_edited_by_those_who_look_after_checklists(line, actors):
    for by, code in (("li", "sheets.may_not_edit"), ("wu", "sheets.may_not_edit"), ("sun", "foundation.not_found")):
        with pytest.raises(Refusal, match=code):
            draft(actors, line, by=by)
    assert SheetVersion.objects.count() == 1
    new = draft(actors, line)
    with pytest.raises(Refusal, match="sheets.version_exists"):
        draft(actors, line)
    with pytest.raises(Refusal, match="sheets.may_not_edit"):
        sheets.publish_version(
            actors.li, clock.now(), version_id=new.pk, revision=0, effective_on=timezone.localdate(clock.now())
        )
    with pytest.raises(Refusal, match="foundation.not_found"):
        sheets.publish_version(
            actors.sun, clock.now(), version_id=new.pk, revision=0, effective_on=timezone.localdate(clock.now())
        )
    with pytest.raises(Refusal, match="sheets.date_in_past"):
        sheets.publish_version(
            actors.zhao,
            clock.now(),
            version_id=new.pk,
            revision=0,
            effective_on=timezone.localdate(clock.now()) - timedelta(days=1),
        )
    sheets.edit_draft(
        actors.zhao, clock.now(), version_id=new.pk, revision=0, change="move", code="01-01", before="01-03"
    )
    with pytest.raises(Refusal, match="foundation.changed_meanwhile"):
        sheets.edit_draft(
            actors.admin, clock.now(), version_id=new.pk, revision=0, change="move", code="01-02", before="01-04"
        )
    sheets.edit_draft(
        actors.zhao, clock.now(), version_id=new.pk, revision=1, change="section", code="22", title="附加"
    )
    with pytest.raises(Refusal, match="sheets.no_such_item"):
        sheets.edit_draft(actors.zhao, clock.now(), version_id=new.pk, revision=2, change="remove", code="99-99")


@pytest.mark.clause("CB-23")
def test_opinions_are_collected_and_answered_before_publishing(line, actors):
    new = draft(actors, line)
    given = sheets.give_opinion(
        actors.li,
        clock.now(),
        id=uuid7(),
        version_id=new.pk,
        item="01-01",
        text="小规模幼儿园没有分管副职，组长之外的人怎么写",
    )
    with pytest.raises(Refusal, match="sheets.no_such_item"):
        sheets.give_opinion(actors.li, clock.now(), id=uuid7(), version_id=new.pk, item="99-99", text="没有这一项")
    with pytest.raises(Refusal, match="foundation.not_found"):
        sheets.give_opinion(actors.sun, clock.now(), id=uuid7(), version_id=new.pk, text="外局的人")
    with pytest.raises(Refusal, match="sheets.may_not_edit"):
        sheets.answer_opinion(actors.li, clock.now(), opinion_id=given.pk, reply="自己答自己")
    with pytest.raises(Refusal, match="foundation.not_found"):
        sheets.answer_opinion(actors.sun, clock.now(), opinion_id=given.pk, reply="外局答复")
    sheets.answer_opinion(actors.zhao, clock.now(), opinion_id=given.pk, reply="采纳，改为“分管负责人”")
    with pytest.raises(Refusal, match="foundation.changed_meanwhile"):
        sheets.answer_opinion(actors.admin, clock.now(), opinion_id=given.pk, reply="再答一次")
    (one,) = opinions(actors.wu, new.pk)
    assert (one.by_name, one.replied_by_name, one.reply) == ("李安", "赵科", "采纳，改为“分管负责人”")


def test_an_import_is_all_rows_or_none(actors, line):
    rows = [{"row": 3, "cells": ["消防", "灭火器压力正常"]}, {"row": 4, "cells": ["", "灭火器压力正常"]}]
    args = {
        "id": uuid7(),
        "sheet_id": uuid7(),
        "title": "本局清单",
        "version": "1.0",
        "mapping": {"section": 0, "title": 1},
    }
    given = [sheets.editing.Cells(**row) for row in rows]
    with pytest.raises(Refusal, match="sheets.import_faulty") as no:
        sheets.import_checklist(actors.zhao, clock.now(), rows=given, **args)
    assert "与第 3 行重复" in no.value.sentence
    assert Sheet.objects.count() == 1
    for by in ("li", "wu"):
        with pytest.raises(Refusal, match="sheets.may_not_edit"):
            sheets.import_checklist(getattr(actors, by), clock.now(), rows=given[:1], **args)
    made = sheets.import_checklist(actors.zhao, clock.now(), rows=given[:1], **args)
    assert (made.state, made.item_count, made.sheet.title) == ("draft", 1, "本局清单")
    replayed = execute(
        actors.zhao,
        clock.now(),
        id=(envelope := uuid7()),
        name="sheets.draft_version",
        args={"id": str(uuid7()), "sheet_id": str(line.sheet.pk), "version": "3.0"},
    )
    assert not replayed.replayed
    assert SheetVersion.objects.filter(version="3.0").count() == 1
    assert envelope


def test_the_short_way_to_a_place_is_the_long_way(net, actors):
    for by in (actors.li, actors.chen, actors.zhao, actors.huo, actors.wu, actors.sun, actors.nobody, SYSTEM):
        for unit in vars(net).values():
            try:
                expected = unit_of(by, unit.pk)
            except Refusal:
                with pytest.raises(Refusal, match="foundation.not_found"):
                    place_of(by, unit.pk)
            else:
                assert placed(place_of(by, unit.pk)) == placed(expected)
    with pytest.raises(Refusal, match="foundation.not_found"):
        place_of(SYSTEM, uuid7())
