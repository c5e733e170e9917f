"""The term: a clock that moves, a queue of what happens next, and the people, things and words that its parts share."""

from __future__ import annotations

import csv
import heapq
import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from importlib import import_module
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import yaml
from django.conf import settings

from bihuan.config.demo.building import District
from bihuan.config.demo.chance import dice
from bihuan.config.demo.history.days import DAY, HERE, Days, at
from bihuan.config.demo.pictures import photo, signature
from bihuan.config.timetable import LINES
from bihuan.engines.responsibility.queries import actor_of, own_post, schools, who
from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.messages import inbox
from bihuan.foundation.packs.notes import note, noted
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal

HOURS = (time(8, 35), time(12, 30), time(17, 40), time(23, 50))
"""When the worker's sweeps run."""
SWEEPS = [line for line in LINES if line.name.split(".")[0] in ("cases", "duties", "mandates", "risks", "tips")]
log = logging.getLogger(__name__)
Act = Callable[[datetime], None]


class Term:
    """The people, the checklist and the queue of what happens next."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.queue: list[tuple[datetime, int, Act]] = []
        self.turn = count()
        self.fresh = True
        self.carried: dict[UUID, tuple[dict[UUID, Any], dict[UUID, Any]]] = {}
        self.schools = schools(district.admin)
        self.shown = next(school for school in self.schools if school.name == district.plan.shown)
        self.days = Days(packs.entries(district.id, "calendar")["default"])
        self.told: dict[str, Any] = self.read("history.yaml")
        self.problems: list[dict[str, Any]] = self.read("hazards.yaml")
        parts = {name: data for name, data in self.told.items() if isinstance(data, dict) and "part" in data}
        self.parts = [
            (import_module(f"bihuan.config.demo.history.{data['part']}"), name, data) for name, data in parts.items()
        ]

    def read(self, name: str) -> Any:
        """A file of the pack's demo data."""
        return yaml.safe_load((self.district.folder / name).read_text(encoding="utf-8"))

    # --- days ---------------------------------------------------------------------------------------------------------

    def live(self, today: date) -> None:
        """Every day from the first to *today*, sweeping the ladder several times a day, reacting as it goes."""
        first: date = self.told["begins"]
        note("demo", self.district.pack, days=0, of=(today - first).days + 1)
        self.district.make_keepers()
        now = clock.now()
        done = noted("demo", self.district.pack).get("until", "")
        for n in range((today - first).days + 1):
            day = first + timedelta(days=n)
            fresh = self.fresh = str(day) > done
            self.plan_day(day, today)
            for hour in HOURS:
                until = min(at(day, hour), now)
                self.play(until)
                for line in SWEEPS if fresh else ():
                    if not line.name.startswith("duties") or (today - day).days <= self.told.get("duties_ago", 999):
                        line.run(until)
            while react(clock.now(), most=500):  # on lived days too: a part that is new to them has its facts there
                pass
            if fresh:
                self.read_notices(min(at(day, HOURS[-1]), now))
                note("demo", self.district.pack, until=str(day), days=n + 1)

    def read_notices(self, moment: datetime) -> None:
        """Whoever a visitor may be has opened what came before yesterday."""
        for person in self.district.visitors():
            waiting = inbox(person, unread=True, size=200).rows
            if old := [str(one.pk) for one in waiting if one.sent_at < moment - 2 * DAY]:
                self.district.do(person, "messages.mark_read", "read", person.id, moment, at=moment, notices=old)

    def plan_day(self, day: date, today: date) -> None:
        """Let every part of life say what happens today; ``daily`` parts also live on days without school."""
        for part, name, data in self.parts:
            if self.days.works(day) or data.get("daily"):
                part.plan(self, day, today, data, dice(self.district.plan.name, name, day))

    def play(self, until: datetime) -> None:
        """Everything in the queue up to a moment, in order."""
        while self.queue and self.queue[0][0] <= until:
            moment, _, act = heapq.heappop(self.queue)
            self.attempt(moment, act)

    def attempt(self, moment: datetime, act: Act) -> None:
        """Let somebody act; a refusal means that the world has moved on (a visitor was here), and is no trouble."""
        try:
            act(moment)
        except Refusal as no:
            log.info("%s %s", moment, no)

    def later(self, moment: datetime, act: Act) -> None:
        """Put an act into the queue."""
        heapq.heappush(self.queue, (moment, next(self.turn), act))

    def first_day(self, told: dict[str, Any], today: date) -> date | None:
        """The date of something told with ``starts_on``, or with ``ago`` days before *today* (then only on a day that is new)."""
        if "starts_on" in told:
            return told["starts_on"]  # type: ignore[no-any-return]
        return today - told["ago"] * DAY if self.fresh else None

    # --- people -------------------------------------------------------------------------------------------------------

    @cached_property
    def by_id(self) -> dict[UUID, Any]:
        """The schools by id."""
        return {school.pk: school for school in self.schools}

    def some(self, chance: Random, many: int) -> list[Any]:
        """The shown school and some others."""
        others = [school for school in self.schools if school is not self.shown]
        return [self.shown, *chance.sample(others, min(many, len(others)))]

    def actor(self, user_id: UUID) -> Any:
        """Somebody as they act today."""
        return actor_of(user_id)

    def at_bureau(self, post: str) -> Any:
        """The holder of a post at the bureau."""
        return self.district.holder(self.district.bureau, post)

    def at_school(self, school: Any, post: str, n: int = 0) -> Any:
        """The n-th holder of a common post at a school, whatever the school calls it."""
        return self.district.holder(school, own_post(school, post), n)

    def perhaps(self, school: Any, post: str, n: int = 0) -> Any:
        """The same, or nobody where the school has no such post."""
        held = who(school, own_post(school, post), on=self.district.plan.since)
        return actor_of(held[n % len(held)].user_id) if held else None

    # --- problems and pictures ----------------------------------------------------------------------------------------

    @cached_property
    def items(self) -> dict[str, dict[str, str]]:
        """The checklist's items by code."""
        path = settings.BIHUAN_PACKS / self.district.pack / "sheets" / "campus-checklist.csv"
        with path.open(encoding="utf-8", newline="") as rows:
            return {row["code"]: row for row in csv.DictReader(rows)}

    @cached_property
    def sections(self) -> dict[str, str]:
        """The checklist's categories by code."""
        path = settings.BIHUAN_PACKS / self.district.pack / "sheets" / "campus-checklist.yaml"
        return {one["code"]: one["title"] for one in yaml.safe_load(path.read_text(encoding="utf-8"))["sections"]}

    def pick(self, school: Any, chance: Random, most: int) -> list[dict[str, Any]]:
        """Problems of the checklist that can occur at this school, each item at most once."""
        fitting = [p for p in self.problems if "item" in p and fits(self.items[p["item"]], school)]
        chosen = {p["item"]: p for p in chance.choices(fitting, [p["often"] for p in fitting], k=most)}
        return [chosen[item] for item in sorted(chosen)]

    def place(self, problem: dict[str, Any]) -> str:
        """Where a problem is."""
        return str(problem.get("place") or self.items[problem["item"]]["place"])

    def photo(
        self,
        by: Any,
        moment: datetime,
        problem: dict[str, Any],
        school: Any,
        seed: tuple[object, ...],
        *,
        after: bool | None,
    ) -> str:
        """A drawn photo, kept as evidence of its maker."""
        id = UUID(self.district.make("photo", *seed, after, at=moment))
        words = f"{school.short_name} {self.place(problem).split('、')[0]} · {moment.astimezone(HERE):%m-%d %H:%M}"
        scene = problem.get("scene") or problem["item"]
        raw = photo(words, scene, after=after, seed=(school.code, scene, *(() if after is not None else seed)))
        keep_evidence(by, moment, raw=raw, name="现场.jpg", id=id)
        return str(id)

    def signature(self, by: Any, moment: datetime, seed: tuple[object, ...]) -> str:
        """A drawn signature, kept as evidence."""
        id = UUID(self.district.make(*seed, at=moment))
        keep_evidence(by, moment, raw=signature(seed), name="签名.png", kind="signature", id=id)
        return str(id)


def fits(item: dict[str, str], school: Any) -> bool:
    """Whether a checklist item is asked at this school."""
    stages = set(item["stages"].split(";"))
    facets = {facet for facet in item["facets"].split(";") if facet}
    return bool(stages & {"all", *school.stages}) and facets <= set(school.facets)
