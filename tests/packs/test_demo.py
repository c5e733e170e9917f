"""Demo districts: what a pack says about its own hangs together, and the county has exactly its 433 codes."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from django.apps import apps

from bihuan.accounts.queries import demo_accounts
from bihuan.config.demo.building import District
from bihuan.config.demo.history.term import Term
from bihuan.config.demo.plan import read_plan
from bihuan.engines.responsibility.queries import actor_of, chain, forget_actors
from bihuan.engines.responsibility.rules.tree import school_code_fault
from bihuan.foundation import clock, packs
from bihuan.mechanisms.mandates.queries import directive_page, directives, waiting
from bihuan.mechanisms.periods.queries import days, periods
from bihuan.mechanisms.ratings.queries import rating_page, ratings

PACKS = Path(__file__).resolve().parents[2] / "packs"
DEMOS = sorted(path.parent.parent.name for path in PACKS.glob("*/demo/district.yaml"))


def known(pack: str, file: str) -> set[str]:
    """The codes of a chapter of this pack and of the base pack."""
    codes: set[str] = set()
    for path in (PACKS / "base" / file, PACKS / pack / file):
        if path.suffix == ".csv" and path.is_file():
            codes |= {row["code"] for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())}
        elif path.is_file():
            codes |= {row["code"] for row in yaml.safe_load(path.read_text(encoding="utf-8"))}
    return codes


def test_there_are_two_demos():
    assert DEMOS == ["chanba-12345n", "hanyin-333"]


@pytest.mark.parametrize("pack", DEMOS)
def test_a_demo_names_only_what_there_is(pack):
    plan, schools = read_plan(PACKS / pack / "demo")
    posts, grid = known(pack, "posts.yaml"), {unit.name for unit, _ in plan.grid_units()}
    named = {*plan.staff.bureau, *plan.staff.school, *plan.staff.kindergarten, *plan.staff.at}
    named |= {account.post for account in plan.accounts} | {post for held in plan.staff.grid.values() for post in held}
    named |= {unit.post for unit in plan.departments if unit.post}
    assert named <= posts
    assert set(plan.areas) <= known(pack, "areas.yaml")
    assert plan.empty_area in plan.areas
    assert set(plan.first_points) <= known(pack, "risk-points.csv")
    assert {school.grid for school in schools if school.grid} <= grid
    assert [fault for school in schools if (fault := school_code_fault(school.code, school.kind))] == []
    assert len({school.code for school in schools}) == len({school.name for school in schools}) == len(schools)
    assert plan.shown in {school.name for school in schools}
    assert len({account.username for account in plan.accounts}) == len(plan.accounts)


@pytest.mark.parametrize("pack", DEMOS)
def test_a_demos_history_knows_its_problems_parts_and_routes(pack):
    folder = PACKS / pack / "demo"
    told, problems = (
        yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")) for name in ("history", "hazards")
    )
    items = {
        row["code"]
        for row in csv.DictReader(
            (PACKS / pack / "sheets" / "campus-checklist.csv").read_text(encoding="utf-8").splitlines()
        )
    }
    assert {problem["item"] for problem in problems} <= items
    assert {code for problem in problems for code in problem.get("points", ())} <= known(pack, "risk-points.csv")
    for part in (data for data in told.values() if isinstance(data, dict) and "part" in data):
        assert callable(import_module(f"bihuan.config.demo.history.{part['part']}").plan)
    assert set(told["rollout"]["routes"]) <= known(pack, "routes.yaml")
    tips = told.get("tips", {}).get("told", ())
    assert {tip["point"] for tip in tips} <= known(pack, "risk-points.csv")
    assert {tip["item"] for tip in tips if "answer" not in tip} <= {problem["item"] for problem in problems}
    assert {item for story in told["inspections"]["stories"] for item in story["items"]} <= {
        p["item"] for p in problems
    }


def test_chanbas_history_names_what_its_pack_has():
    told, rated, chapter = (
        yaml.safe_load((PACKS / "chanba-12345n" / name).read_text(encoding="utf-8"))
        for name in ("demo/history.yaml", "ratings.yaml", "periods.yaml")
    )
    schools = {school.name for school in read_plan(PACKS / "chanba-12345n" / "demo")[1]}
    stories = [*told["periods"]["declared"], *told["mandates"]["asked"]]
    assert {story["silent"] for story in stories if "silent" in story} <= schools
    assert all(("starts_on" in story) != ("ago" in story) for story in stories)
    assert {story["kind"] for story in told["periods"]["declared"]} <= {kind["code"] for kind in chapter["kinds"]}
    (scheme,) = (one for one in rated if one["code"] == told["ratings"]["scheme"])
    (item,) = (one for one in scheme["items"] if one["code"] == told["ratings"]["item"])
    assert "measure" not in item
    marks = [mark for mark, _ in told["ratings"]["marks"]]
    marks += [appeal["mark"] for appeal in told["ratings"]["appeals"] if "mark" in appeal]
    assert max(map(float, marks)) <= item["full"]
    assert {appeal["post"] for appeal in told["ratings"]["appeals"]} <= set(scheme["posts"])


@pytest.mark.django_db
def test_a_term_has_important_periods_a_rating_and_mandates():
    """Five schools live September's end to October's: what these three parts tell stands on the pages afterwards."""
    district = District("chanba-12345n")
    named = {"示范区第一小学", "示范区第二小学", "示范区半坡小学", "示范区田家湾九年制学校", "示范区柳岸幼儿园"}
    district.planned = [school for school in district.planned if school.name in named]
    for _, step in district.steps():
        step()
    term, now = Term(district), datetime(2026, 10, 22, 1, 30, tzinfo=UTC)
    term.parts = [part for part in term.parts if part[1] in ("periods", "ratings", "mandates")]
    term.told["begins"] = date(2026, 9, 29)
    term.told["periods"]["late"] = 0.4
    term.told["mandates"]["asked"][0]["starts_on"] = date(2026, 10, 9)
    with clock.travel(datetime(2040, 1, 1, tzinfo=UTC)):  # later than any machine's: what a fact sets in motion is due
        term.live(date(2026, 10, 22))
    with clock.travel(now):
        office = district.holder(district.bureau, "safety-office")
        running, ended = periods(office).rows
        assert (running.state, ended.state) == ("live", "over")
        told = list(days(office, ended.row, first=ended.row.starts_on, last=ended.row.ends_on))
        assert [(day.due, day.answered, day.missed, day.watch_done, day.raised_done) for day in told] == [
            (5, 4, 1, 10, 5)
        ] * 3
        assert sum(day.nil for day in told) > 0 < sum(day.late for day in told)

        fresh, asked = directives(office).rows
        assert (asked.late, asked.accepted, asked.to_judge) == (1, 1, 3)
        assert [row.org_name for row in directive_page(office, asked.directive.pk, state="unanswered").page.rows] == [
            "田家湾学校"
        ]
        assert fresh.owing > 0
        guard = district.holder(district.shown, "guard")
        assert [one["title"] for one in waiting(guard)] == [term.told["mandates"]["asked"][1]["share"]["task"]]

        (rating,) = ratings(district.holder(district.shown, "head")).rows
        found = rating_page(district.holder(district.shown, "head"), rating.pk)
        assert (rating.state, found.unjudged) == ("published", 0)
        assert sorted(score.standing for score in found.scores if score.standing != "none") == ["changed", "kept"]
    packs.forget()
    forget_actors()


@pytest.mark.django_db
def test_the_county_has_exactly_433_codes_and_people_to_be(settings):
    district = District("hanyin-333")
    for _, step in district.steps():
        step()
    points = apps.get_model("risks", "RiskPoint").objects.filter(is_active=True)
    codes = apps.get_model("risks", "PointCode").objects.filter(voided_at__isnull=True, point__is_active=True)
    assert points.count() == 433
    assert len(set(codes.values_list("code", flat=True))) == codes.count() == 433
    assert set(points.values_list("colour", flat=True)) == {"red", "orange", "yellow", "blue"}
    assert {point.school_name for point in points} == {school.name for school in district.planned}

    settings.DEMO = True
    people = {account.username: account for account in demo_accounts()}
    assert set(people) >= {f"demo-{who}" for who in ("chief", "office", "head", "lead", "guard", "teacher", "warden")}
    users = apps.get_model("accounts", "User").objects.filter(username__in=list(people))
    assert all(actor_of(user.pk).holds for user in users)
    assert len({user.pk for user in users}) == len(people)
    assert [link.post for link in chain(district.shown, on=district.plan.since) if not link.people] == []

    before = apps.get_model("foundation", "Event").objects.count()
    for _, step in district.steps():  # a demo that was killed half-way goes on and doubles nothing
        step()
    assert apps.get_model("foundation", "Event").objects.count() == before
    packs.forget()
    forget_actors()
