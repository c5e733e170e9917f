"""Live four colours: what raises a point's shown colour, what lets it fall, and that the inherent one never moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engines.cases.commands import grade_hazard, report_hazard, withdraw_case
from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry
from bihuan.foundation.packs.sections import sections
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.test_evidence_doors import photo
from bihuan.mechanisms.risks import queries, rules
from bihuan.mechanisms.risks.commands import (
    adopt_points,
    change_point,
    check_point,
    note_rounds,
    recolour,
    recolour_due,
)
from bihuan.mechanisms.risks.models import RiskPoint
from bihuan.mechanisms.risks.scoring import Scoring

LEVELS = {"general": "一般", "serious": "较大", "major": "重大"}
TABLE = (
    rules.Rung("重大", worst="major", at_least="red"),
    rules.Rung("较大", worst="serious", at_least="orange"),
    rules.Rung("{overdue} 条逾期", overdue=1, up=1),
    rules.Rung("{open} 条没有销号", open=3, up=1),
    rules.Rung("漏巡 {missed} 次", missed=3, up=1),
    rules.Rung("没有人管", missed=7, up=2),
)
FOUND = st.builds(rules.Found, st.integers(0, 9), st.sampled_from(["", *LEVELS]), st.integers(0, 9), st.integers(0, 20))
INHERENT = st.sampled_from(rules.COLOURS)


# --- the rule ---------------------------------------------------------------------------------------------------------------


@given(INHERENT, FOUND)
def test_a_shown_colour_is_never_milder_than_the_inherent_one(inherent, found):
    shown = rules.shown(inherent, found, TABLE, LEVELS)
    assert shown.rank <= rules.COLOURS.index(inherent) + 1
    assert shown.colour == inherent or shown.reasons, "whatever raises a colour says why"


@given(INHERENT, FOUND, st.sampled_from(["open", "overdue", "missed"]), st.integers(0, 5))
def test_more_trouble_never_shows_a_milder_colour(inherent, found, name, more):
    worse = replace(found, **{name: getattr(found, name) + more})
    assert rules.shown(inherent, worse, TABLE, LEVELS).rank <= rules.shown(inherent, found, TABLE, LEVELS).rank


@given(INHERENT)
def test_without_trouble_or_without_a_table_nothing_is_raised(inherent):
    assert rules.shown(inherent, rules.Found(), TABLE, LEVELS) == rules.Shown(inherent, ())
    bad = rules.Found(9, "major", 9, 9)
    assert rules.shown(inherent, bad, (), LEVELS) == rules.Shown(inherent, ())


@pytest.mark.parametrize(
    ("inherent", "found", "colour", "reasons"),
    [
        ("blue", rules.Found(1, "general"), "blue", ()),
        ("blue", rules.Found(1, "serious"), "orange", ("较大",)),
        ("blue", rules.Found(1, "major"), "red", ("重大", "较大")),
        ("yellow", rules.Found(3, "general", 1), "orange", ("1 条逾期", "3 条没有销号")),
        ("blue", rules.Found(missed=7), "orange", ("漏巡 7 次", "没有人管")),
        ("red", rules.Found(1, "general", 1), "red", ("1 条逾期",)),
        ("blue", rules.Found(1, "unheard-of"), "blue", ()),
    ],
)
def test_the_strongest_row_wins_and_rows_do_not_add_up(inherent, found, colour, reasons):
    assert rules.shown(inherent, found, TABLE, LEVELS) == rules.Shown(colour, reasons)


def test_missed_rounds_count_within_their_window_and_the_next_change_is_known():
    at, week = datetime(2026, 11, 22, 8, tzinfo=UTC), timedelta(days=7)
    old, new = (rules.Miss(at - timedelta(days=days), at - timedelta(days=30)) for days in (8, 2))
    assert rules.counted([new, old, new], at, week) == [new]
    assert rules.counted([new], at, week, looked_at=new.since) == []
    assert rules.counted([new], at, week, looked_at=new.since - timedelta(seconds=1)) == [new]
    due = at + timedelta(days=9)
    assert rules.next_change([new], [due, at - timedelta(days=1)], at, week) == new.due + week
    assert rules.next_change([], [], at, week) is None


# --- points -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hazards(risks):
    """The hazard chapters of the base pack."""
    for chapter in sections():
        if chapter.name in ("case-levels", "lifecycles", "ladders", "case-rules", "calendar", "papers"):
            items, _ = chapter.read(settings.BIHUAN_PACKS / "base")
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()


@pytest.fixture
def yellow(make):
    """A point that is yellow by nature."""
    return make(scoring=Scoring(matrix="ls-b", likelihood=2, severity=3))


@pytest.fixture
def report(actors, hazards):
    """``report(point, level)``: a hazard found at a point, its reactions carried out."""

    def reported(point, level="general", at=None):
        shot = keep_evidence(actors.wang, clock.now(), raw=photo(1))
        case = report_hazard(
            actors.wang, at or clock.now(), id=uuid7(), org=point.org_id, title="报警器不亮", point=point.pk, level=level, photos=[shot.pk],
        )  # fmt: skip
        carry_out()
        return case

    return reported


def carry_out():
    while react(datetime.now(UTC)):
        continue


def colours_of(point):
    row = RiskPoint.objects.get(pk=point.pk)
    return row.colour, row.shown_colour


def changes(point):
    rows = Event.objects.filter(name="risks.shown_colour_changed", subject_id=point.pk).order_by("recorded_at", "id")
    return [(event.facts["was"], event.facts["now"]) for event in rows]


@pytest.mark.django_db
def test_a_hazard_raises_the_shown_colour_and_its_end_lets_it_fall(actors, yellow, report):
    first = report(yellow)
    assert colours_of(yellow) == ("yellow", "yellow"), "one general hazard in time raises nothing"
    case = report(yellow, "serious")
    assert colours_of(yellow) == ("yellow", "orange")
    row = RiskPoint.objects.get()
    assert (row.open_hazards, row.worst_open, row.shown_rank) == (2, "serious", 2)
    assert row.shown_reasons == ["有没有销号的较大隐患"]
    grade_hazard(actors.zhao, clock.now(), case=case.pk, level="major", basis="命中判定标准", note="复核")
    carry_out()
    assert colours_of(yellow) == ("yellow", "red")
    grade_hazard(actors.zhao, clock.now(), case=case.pk, level="general", basis="复核为一般", note="复核")
    carry_out()
    assert colours_of(yellow) == ("yellow", "yellow")
    assert changes(yellow) == [("yellow", "orange"), ("orange", "red"), ("red", "yellow")]
    told = Event.objects.filter(name="risks.shown_colour_changed").first()
    assert (told.by_name, told.facts["inherent"], told.facts["reasons"]) == ("系统", "yellow", ["有没有销号的较大隐患"])
    assert RiskPoint.objects.get().revision == 0, "nobody's edit fails because a colour was shown"
    withdraw_case(actors.wang, clock.now(), case=first.pk, note="报错了")
    carry_out()
    assert RiskPoint.objects.get().open_hazards == 1


@pytest.mark.django_db
def test_a_hazard_that_becomes_overdue_colours_by_time_alone(yellow, report):
    case = report(yellow)
    row = RiskPoint.objects.get()
    assert row.recolour_at == case.due_at
    assert recolour_due(case.due_at - timedelta(minutes=1)) == 0
    late = case.due_at + timedelta(minutes=1)
    assert (recolour_due(late), recolour_due(late)) == (1, 0)
    assert colours_of(yellow) == ("yellow", "orange")
    assert RiskPoint.objects.get().shown_reasons == ["1 条隐患逾期没有办完"]


@pytest.mark.django_db
def test_missed_rounds_raise_and_a_walk_lets_it_fall(actors, yellow, hazards):
    at = clock.now()
    for day in range(3):
        note_rounds(actors.wang, at + timedelta(days=day), missed=[yellow.pk])
    assert colours_of(yellow) == ("yellow", "orange")
    assert RiskPoint.objects.get().missed_rounds == 3
    note_rounds(actors.wang, at + timedelta(days=2), missed=[yellow.pk])
    assert RiskPoint.objects.get().missed_rounds == 3, "the same missed round told twice counts once"
    note_rounds(actors.wang, at + timedelta(hours=1), walked=[yellow.pk])
    assert RiskPoint.objects.get().missed_rounds == 2, "a walk that arrives late makes good what was missed before it"
    check_point(actors.wang, at + timedelta(days=3), point_id=yellow.pk)
    row = RiskPoint.objects.get()
    assert (row.missed_rounds, row.shown_colour, row.recolour_at) == (0, "yellow", None)
    assert row.checked_at == at + timedelta(days=3)


@pytest.mark.django_db
def test_missed_rounds_fade_with_their_window(actors, yellow, hazards):
    at = clock.now()
    for hour in range(3):
        note_rounds(actors.wang, at + timedelta(hours=hour), missed=[yellow.pk])
    assert recolour_due(at + timedelta(days=7, minutes=1)) == 1
    assert colours_of(yellow) == ("yellow", "yellow")
    recolour_due(at + timedelta(days=8))
    assert RiskPoint.objects.get().missed_at == []


@pytest.mark.django_db
def test_a_long_round_counts_from_when_it_was_due_and_a_look_inside_its_window_makes_it_good(actors, yellow, hazards):
    due = clock.now()
    month = {"since": due - timedelta(days=30), "moment": due}
    note_rounds(actors.wang, due + timedelta(hours=1), missed=[yellow.pk], **month)
    recolour_due(due + timedelta(days=6))
    assert RiskPoint.objects.get().missed_rounds == 1, "a round of a month fades a week after it was due"
    note_rounds(actors.wang, due + timedelta(hours=2), moment=due - timedelta(days=31), walked=[yellow.pk])
    assert RiskPoint.objects.get().missed_rounds == 1
    note_rounds(actors.wang, due + timedelta(hours=2), moment=due - timedelta(days=3), walked=[yellow.pk])
    assert RiskPoint.objects.get().missed_rounds == 0
    note_rounds(actors.wang, due + timedelta(hours=3), missed=[yellow.pk], **month)
    assert RiskPoint.objects.get().missed_rounds == 0, "and the same when the look was handed in first"


@pytest.mark.django_db
def test_what_was_before_is_judged_by_what_is_now(actors, yellow, report):
    """A miss or a look of an earlier hour that arrives later: the hazard that is overdue now is overdue."""
    case = report(yellow)
    late = case.due_at + timedelta(minutes=1)
    assert recolour_due(late) == 1
    earlier = case.due_at - timedelta(hours=5)
    note_rounds(actors.wang, late, moment=earlier, missed=[yellow.pk])
    note_rounds(actors.wang, late, moment=earlier + timedelta(hours=1), walked=[yellow.pk])
    assert RiskPoint.objects.get().overdue_hazards == 1
    assert changes(yellow) == [("yellow", "orange")]
    fact = Event.objects.get(name="risks.shown_colour_changed")
    assert fact.at == late


@pytest.mark.django_db
def test_points_of_others_are_left_alone(actors, yellow, hazards):
    for who in ("wu", "sun", "nobody"):
        assert note_rounds(getattr(actors, who), clock.now(), walked=[yellow.pk], missed=[yellow.pk]) == 0
    row = RiskPoint.objects.get()
    assert (row.checked_at, row.missed_rounds) == (None, 0)


@pytest.mark.django_db
def test_a_new_score_shows_at_once(actors, yellow, report):
    report(yellow, "serious")
    change_point(
        actors.li, clock.now(), point_id=yellow.pk, revision=0, scoring=Scoring(matrix="ls-b", likelihood=5, severity=5)
    )
    assert colours_of(yellow) == ("red", "red")


@pytest.mark.django_db
def test_without_a_rule_in_the_pack_the_inherent_colour_is_shown(actors, yellow, report, risks):
    PackEntry.objects.filter(section="risks").update(data={k: v for k, v in risks.items() if k != "shown"})
    packs.forget()
    report(yellow, "major")
    assert colours_of(yellow) == ("yellow", "yellow")


@pytest.mark.django_db
def test_a_whole_school_is_coloured_in_a_few_statements(net, actors, hazards):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    ids = list(RiskPoint.objects.values_list("pk", flat=True))
    assert len(ids) > 60
    for day in range(2):
        note_rounds(actors.wang, clock.now() + timedelta(days=day), missed=ids)
    with CaptureQueriesContext(connection) as made:
        changed = note_rounds(actors.wang, clock.now() + timedelta(days=2), missed=ids)
    assert len(made) <= 12, [query["sql"][:80] for query in made]
    assert (
        changed
        == RiskPoint.objects.exclude(shown_colour="red").count() + RiskPoint.objects.filter(colour="orange").count()
    )
    with CaptureQueriesContext(connection) as made:
        note_rounds(actors.wang, clock.now() + timedelta(days=3), walked=ids)
    assert len(made) <= 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_colour_one_point_and_neither_is_lost(actors, yellow, hazards):
    """Two facts about one point at the same moment: whoever is second sees what the first one did."""
    case = apps.get_model("cases", "Case")
    made = []
    for level in ("serious", "general", "general"):
        shot = keep_evidence(actors.wang, clock.now(), raw=photo(len(made) + 1))
        args = {"org": yellow.org_id, "title": "报警器不亮", "point": yellow.pk, "level": level, "photos": [shot.pk]}
        made.append(report_hazard(actors.wang, clock.now(), id=uuid7(), **args))
    start, failed = Barrier(3), []

    def work(act):
        start.wait()
        try:
            act()
        except (Refusal, DatabaseError) as error:
            failed.append(error)
        finally:
            connection.close()

    def colour():
        with transaction.atomic():
            recolour(actors.li, clock.now(), [yellow.pk])

    acts = [colour, colour, lambda: note_rounds_in_transaction(actors.wang, yellow)]
    threads = [Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    row = RiskPoint.objects.get()
    assert (row.open_hazards, row.missed_rounds, row.shown_colour) == (
        case.objects.filter(is_open=True).count(),
        1,
        "orange",
    )
    assert changes(yellow) == [("yellow", "orange")], "one change is one fact"


def note_rounds_in_transaction(by, point):
    with transaction.atomic():
        note_rounds(by, clock.now(), missed=[point.pk])


@pytest.mark.django_db
def test_pages_show_both_colours_with_word_and_shape_and_why(door, yellow, report):
    report(yellow, "serious")
    page = door("li").get(f"/points/{yellow.pk}/").content.decode()
    for word in ("现状", "橙 · 较大", "固有", "黄 · 一般", "有没有销号的较大隐患", "黄 → 橙"):
        assert word in page, word
    listed = door("li").get("/points/").content.decode()
    assert "有没有销号的较大隐患" in listed
    stranger = door("").get(f"/p/{yellow.code}").content.decode()
    assert "橙 · 较大" in stranger
    assert "有没有销号的较大隐患" not in stranger, "what was found is for those inside the net"
    carried = queries.points_for_phone(queries_actor(door), [yellow.school_id])[0]
    assert (carried["colour"], carried["shown_colour"], carried["why"]) == (
        "yellow",
        "orange",
        ["有没有销号的较大隐患"],
    )


def queries_actor(door):
    return door("li").get("/points/").wsgi_request.actor
