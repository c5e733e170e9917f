"""Rounds as they fall due: most walked in time, some with a find, a few late, missed, doubled or odd enough for a signal."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, HERE, at
from bihuan.config.demo.history.following import follow
from bihuan.config.demo.history.rollout import begun, in_turn
from bihuan.config.demo.history.snaps import title_of
from bihuan.engines.duties.queries import open_tasks
from bihuan.mechanisms.patrols.carried import routes_for_phone
from bihuan.mechanisms.risks.queries import points_for_phone
from bihuan.mechanisms.risks.standing import school_points

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Act, Term

ODD: dict[str, dict[str, Any]] = {
    "typed": {"how": "typed"},
    "far": {"away": 0.003},
    "quick": {"pace": (1, 3)},
    "wrong_place": {"strange": True},
}
"""What is odd about a round: codes typed in, the phone far off, all points within seconds, a label of another school."""
Seed = tuple[object, ...]


def plan(term: Term, day: date, today: date, data: dict[str, Any], chance: Random) -> None:
    """At schools whose codes hang, whoever holds a walking post looks before dawn at what opens today."""
    there, fresh = (begun(term, day - n * DAY, term.told["rollout"]) for n in (1, 2))
    for n, school in enumerate(in_turn(term)[:there]):
        term.later(at(day, time(4, 30)), look_ahead(term, school, day, data, all_open=n >= fresh))


def look_ahead(term: Term, school: Any, day: date, data: dict[str, Any], *, all_open: bool) -> Act:
    """Decide for every round that opens today (on a school's first day: that is open) how it will go."""

    def act(moment: datetime) -> None:
        for post in data["posts"]:
            by = term.perhaps(school, post, day.toordinal())
            for task in open_tasks(by, moment, acts=("patrol",), days=1) if by else ():
                opens = task["opens_at"].astimezone(HERE).date()
                if task["school_id"] != school.pk or opens > day or (opens < day and not all_open):
                    continue
                seed = ("round", school.code, task["title"], task["on"], task["slot"])
                shares = data["shown"] if school is term.shown else data["others"]
                how = dice(*seed).choices(list(shares), list(shares.values()))[0]
                if how != "missed":
                    begin(term, school, task, post, how, seed, max(moment, task["opens_at"]))

    return act


def begin(term: Term, school: Any, task: dict[str, Any], post: str, how: str, seed: Seed, opens: datetime) -> None:
    """Put the walk where it belongs in the day; a double one is walked again by a second person."""
    chance = dice(*seed, "when")
    due, closes = task["due_at"], task["closes_at"]
    if how == "late" and closes - due > timedelta(minutes=20):
        start = due + (closes - due) * chance.uniform(0.1, 0.5)
    else:
        start = opens + (due - opens) * chance.uniform(0.05, 0.6)
        if due - opens > timedelta(days=1):  # a week's round is walked in daylight
            start = start.astimezone(HERE).replace(hour=9 + chance.randrange(8))
    n = start.astimezone(HERE).date().toordinal()
    term.later(start, walk(term, school, task, post, n, how, seed))
    if how == "double":
        term.later(start + timedelta(minutes=15), walk(term, school, task, post, n + 1, "normal", (*seed, "again")))


def walk(term: Term, school: Any, task: dict[str, Any], post: str, n: int, how: str, seed: Seed) -> Act:
    """One round: what was found is reported first, then the round; odd ones are mostly explained afterwards."""

    def act(moment: datetime) -> None:
        chance, by = dice(*seed, "walk"), term.perhaps(school, post, n)
        labels, routes = carried(term, school)
        route = routes[task["subject_id"]]
        stops = [labels[stop] for stop in route["stops"] if stop in labels]
        odd = ODD.get(how, {})
        found = find(term, school, stops, chance) if how == "found" else None
        low, high = odd.get("pace", (35, 110))
        checks, clock = [], moment
        for serial, point in enumerate(stops, start=1):
            clock += timedelta(seconds=chance.randint(low, high))
            check = {
                "n": serial, "point_id": point["id"], "code": point["code"], "how": "scan", "result": "normal",
                "at": clock.isoformat(), "seconds": min(chance.randint(9, 26), high), **near(point, odd.get("away", 0), chance),
            }  # fmt: skip
            if "how" in odd and serial <= 2:
                check["how"] = odd["how"]
            if odd.get("strange") and serial == 1:
                check |= {"code": elsewhere(term, school), "point_id": None}
            if found and point is found[0]:
                check |= {"result": "found", "hazard_id": report(term, by, school, *found, clock, seed)}
            checks.append(check)
        ended = clock + timedelta(seconds=20)
        id = term.district.make(*seed, at=moment)
        answer = term.district.do(
            by, "patrols.submit_round", *seed, at=ended + timedelta(seconds=8), id=id, route_id=str(route["id"]),
            task_id=str(task["id"]), started_at=moment.isoformat(), ended_at=ended.isoformat(),
            spent=sum(check["seconds"] for check in checks), checks=checks,
        )  # fmt: skip
        for signal in answer.get("signals", ()):
            words = term.told["words"].get(signal["code"])
            if words and chance.random() < 0.75:
                term.later(ended + timedelta(hours=2), explain(term, by, id, signal["code"], chance.choice(words)))

    return act


def carried(term: Term, school: Any) -> tuple[dict[UUID, Any], dict[UUID, Any]]:
    """The labels and the routes of a school, as its phones carry them; they hang and stay."""
    if school.pk not in term.carried:
        lead = term.at_school(school, "safety-lead")
        labels = {UUID(point["id"]): point for point in points_for_phone(lead, [school.pk])}
        term.carried[school.pk] = labels, {one["id"]: one for one in routes_for_phone(lead, [school.pk])}
    return term.carried[school.pk]


def near(point: dict[str, Any], away: float, chance: Random) -> dict[str, Any]:
    """Where the phone believes to be before a label."""
    if point["lat"] is None:
        return {}
    lat, lon = point["lat"] + chance.uniform(-3e-5, 3e-5) + away, point["lon"] + chance.uniform(-3e-5, 3e-5)
    return {"lat": round(lat, 6), "lon": round(lon, 6), "accuracy": chance.randint(6, 24)}


def elsewhere(term: Term, school: Any) -> str:
    """The code of a label that hangs at another school."""
    labels, _ = carried(term, next(one for one in term.schools if one is not school))
    return str(next(iter(labels.values()))["code"])


def find(
    term: Term, school: Any, stops: list[dict[str, Any]], chance: Random
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A stop and something wrong that one sees there; nothing when the district's problems know none."""
    known = {str(point.id): point.catalogue for point in school_points(school.pk)}
    able = [
        (stop, problem) for stop in stops for problem in term.problems if known[stop["id"]] in problem.get("points", ())
    ]
    return chance.choice(able) if able else None


def report(
    term: Term, by: Any, school: Any, point: dict[str, Any], problem: dict[str, Any], moment: datetime, seed: Seed
) -> str:
    """The hazard that goes before the round, with its photo."""
    item = term.items[problem["item"]]
    id = term.district.make(*seed, "hazard", at=moment)
    photo = term.photo(by, moment, {**problem, "place": point["place"]}, school, (*seed, "hazard"), after=False)
    term.district.do(
        by, "cases.report_hazard", *seed, at=moment, id=id, org=str(school.pk), title=title_of(problem),
        description=problem["words"], place=point["place"], point=point["id"], item=problem["item"], item_title=item["title"],
        basis=item["basis"], category=term.sections[item["section"]], photos=[photo], source="point",
    )  # fmt: skip
    follow(term, UUID(id), {**problem, "place": point["place"]}, (*seed, "case"), moment + timedelta(hours=1))
    return id


def explain(term: Term, by: Any, round_id: str, code: str, words: str) -> Act:
    """The walker says what was behind a signal."""

    def act(moment: datetime) -> None:
        term.district.do(
            by, "patrols.answer_signal", round_id, code, at=moment, round_id=round_id, signal=code, words=words
        )

    return act
