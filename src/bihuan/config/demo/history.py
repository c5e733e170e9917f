"""A term of history, lived day by day: the real commands, sent by the people whose duty it is, with a moving clock.

Which school is visited, what is wrong there and how soon it is put right follow from the seed. A case is moved by looking
at where it stands, as its people would; a case that a visitor of the demo has moved is left to the visitor.
"""

from __future__ import annotations

import csv
import heapq
import logging
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django
import yaml
from django.conf import settings

HERE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 9, 1)
log = logging.getLogger(__name__)


def main(pack: str) -> None:
    """Write history from the first day of term up to this moment, or go on where it stopped."""
    django.setup()
    from bihuan.config.demo.building import District
    from bihuan.foundation.packs.notes import noted

    today = datetime.now(UTC).astimezone(HERE).date()
    if noted("demo", pack).get("until") != str(today):
        Term(District(pack)).live(today)


class Term:
    """The people, the checklist and the queue of what happens next."""

    def __init__(self, district: Any) -> None:
        from bihuan.engines.responsibility.queries import schools

        self.district = district
        self.queue: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.turn = count()
        self.schools = schools(district.admin)
        self.problems = yaml.safe_load((district.folder / "hazards.yaml").read_text(encoding="utf-8"))
        self.rounds: dict[Any, int] = defaultdict(int)
        self.stops: dict[Any, str] = {}

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

    # --- days ---------------------------------------------------------------------------------------------------------

    def live(self, today: date) -> None:
        """Every day from the first to *today*, sweeping the ladder mornings and evenings, reacting as it goes."""
        from bihuan.engines.cases.jobs import escalate_due
        from bihuan.foundation import clock
        from bihuan.foundation.packs.notes import note, noted
        from bihuan.foundation.reactions import react

        note("demo", self.district.pack, days=0, of=(today - FIRST).days + 1)
        self.district.make_keepers()
        now = clock.now()
        done = noted("demo", self.district.pack).get("until", "")
        for n in range((today - FIRST).days + 1):
            day = FIRST + timedelta(days=n)
            self.plan_day(day, today)
            for hour in (time(8, 35), time(12, 30), time(17, 40), time(23, 50)):
                until = min(at(day, hour), now)
                self.play(until)
                if str(day) > done:
                    escalate_due(until)
            while str(day) > done and react(clock.now(), most=500):
                pass
            if str(day) > done:
                note("demo", self.district.pack, until=str(day), days=n + 1)

    def play(self, until: datetime) -> None:
        """Everything in the queue up to a moment, in order."""
        while self.queue and self.queue[0][0] <= until:
            moment, _, act = heapq.heappop(self.queue)
            self.attempt(moment, act)

    def attempt(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Let somebody act; a refusal means that the world has moved on (a visitor was here), and is no trouble."""
        from bihuan.foundation.refusals import Refusal

        try:
            act(moment)
        except Refusal as no:
            log.info("%s %s", moment, no)

    def later(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Put an act into the queue."""
        heapq.heappush(self.queue, (moment, next(self.turn), act))

    def plan_day(self, day: date, today: date) -> None:
        """Who goes where today."""
        from bihuan.config.demo.building import SHOWN
        from bihuan.config.demo.chance import dice

        if not works(day):
            return
        chance = dice("day", day)
        shown = next(s for s in self.schools if s.name == SHOWN)
        others = [s for s in self.schools if s is not shown]
        ago = sum(works(day + timedelta(days=n)) for n in range(1, (today - day).days + 1))
        if told := STORIES.get(ago):
            school = shown if told["shown"] else others[ago % len(others)]
            self.later(
                at(day, time(10, 12)),
                self.visit(school, "sponsor_round", ("story", day), items=told["items"], stops=told["stops"]),
            )
        for n, school in enumerate(chance.sample(self.schools, 2)):
            self.later(
                at(day, time(9 + 2 * n, chance.randrange(5, 55))),
                self.visit(school, "sponsor_round", ("visit", day, n)),
            )
        if day.weekday() == 2:
            school = chance.choice(self.schools)
            self.later(at(day, time(14, 20)), self.visit(school, "self_check", ("self", day)))
        for n in range(chance.randrange(1, 4)):
            school = shown if chance.random() < 0.2 else chance.choice(self.schools)
            self.later(
                at(day, time(7 + chance.randrange(11), chance.randrange(60))), self.snap(school, ("snap", day, n))
            )
        for n, school in enumerate([shown, *chance.sample(self.schools, 2)]):
            self.later(at(day, time(7, 20 + 9 * n)), self.patrol(school, ("patrol", day, n)))

    # --- acts ---------------------------------------------------------------------------------------------------------

    def visit(
        self, school: Any, kind: str, seed: tuple[object, ...], items: tuple[str, ...] = (), stops: tuple[str, ...] = ()
    ) -> Callable[[datetime], None]:
        """An inspection: open, note what is wrong, pass the rest of each category, close with the school's signature.

        ``items`` are the problems of a story, ``stops`` the states in which its cases stay, for a visitor to go on.
        """

        def act(moment: datetime) -> None:
            from bihuan.config.demo.chance import dice

            chance = dice(*seed)
            by = self.district.holder(school, "sponsor-cadre") if kind == "sponsor_round" else self.lead(school)
            problems = [p for p in self.problems if p["item"] in items]
            problems = problems or self.pick(
                school, chance, 1 if kind == "self_check" else chance.choice((1, 2, 2, 3, 3, 4))
            )
            sections = sorted({p["item"][:2] for p in problems} | {f"{chance.randrange(1, 22):02d}"})
            id = self.district.make(*seed, at=moment)
            self.district.do(
                by,
                "inspections.open_inspection",
                *seed,
                at=moment,
                id=id,
                school=str(school.pk),
                kind=kind,
                categories=sections,
            )
            wrong, hazards = {}, {}
            for n, problem in enumerate(problems):
                photo = self.photo(by, moment + timedelta(minutes=6 * n), problem, school, (*seed, n), after=False)
                place = problem.get("place") or self.items[problem["item"]]["place"]
                wrong[problem["item"]] = {"result": "fail", "note": problem["words"], "place": place, "photos": [photo]}
                if kind == "self_check":
                    hazards[problem["item"]] = {"five": FIVE}
            told = moment + timedelta(minutes=35)
            self.district.do(by, "inspections.answer", *seed, at=told, inspection_id=id, answers=wrong, hazards=hazards)
            for n, section in enumerate(sections):
                seen = [code for code in self.items if code[:2] == section]
                self.district.do(
                    by,
                    "inspections.pass_rest",
                    *seed,
                    section,
                    at=told + timedelta(minutes=8 * n),
                    inspection_id=id,
                    section=section,
                    seen=seen,
                )
            ended = told + timedelta(minutes=50)
            head = self.head(school)
            self.district.do(
                by, "inspections.close_inspection", *seed, at=ended, inspection_id=id, summary=self.summary(problems, chance),
                signature=self.signature(by, ended, (*seed, "sign")), signed_by_name=head.name,
                **({"lessons": LESSONS} if kind == "self_check" else {}),
            )  # fmt: skip
            for n, case in enumerate(self.cases_of(by, id)):
                problem = next(p for p in problems if p["item"] == case["item"])
                if problem["item"] in items:
                    self.stops[UUID(str(case["id"]))] = stops[items.index(problem["item"])]
                self.follow(UUID(str(case["id"])), problem, (*seed, case["item"]), ended + timedelta(hours=2 + n))

        return act

    def snap(self, school: Any, seed: tuple[object, ...]) -> Callable[[datetime], None]:
        """A member of staff reports what they see."""

        def act(moment: datetime) -> None:
            from bihuan.config.demo.chance import dice

            chance = dice(*seed)
            (problem,) = self.pick(school, chance, 1)
            posts = (
                ("kindergarten-teacher", "kindergarten-guard")
                if school.kind == "kindergarten"
                else ("class-teacher", "guard")
            )
            by = self.district.holder(school, chance.choice(posts), chance.randrange(40))
            item = self.items[problem["item"]]
            id = self.district.make(*seed, at=moment)
            photo = self.photo(by, moment, problem, school, seed, after=False)
            self.district.do(
                by, "cases.report_hazard", *seed, at=moment, id=id, org=str(school.pk), title=problem["words"].split("，")[0].rstrip("。")[:40],
                description=problem["words"], place=problem.get("place") or item["place"], item=problem["item"],
                item_title=item["title"], basis=item["basis"], category=self.sections[item["section"]], photos=[photo], source="snap",
            )  # fmt: skip
            self.follow(UUID(id), problem, seed, moment + timedelta(minutes=chance.randrange(20, 400)))

        return act

    def patrol(self, school: Any, seed: tuple[object, ...]) -> Callable[[datetime], None]:
        """A guard looks at a few points and says that all is well."""

        def act(moment: datetime) -> None:
            from bihuan.config.demo.chance import dice
            from bihuan.mechanisms.risks.queries import points

            chance = dice(*seed)
            post = "kindergarten-safety-lead" if school.kind == "kindergarten" else "safety-lead"
            by = self.district.holder(school, post)
            rows = points(by, school_id=school.pk).rows
            for n, point in enumerate(chance.sample(rows, min(3, len(rows)))):
                self.district.do(
                    by, "risks.check_point", *seed, n, at=moment + timedelta(minutes=3 * n), point_id=str(point["id"])
                )

        return act

    # --- a case and its people ----------------------------------------------------------------------------------------

    def follow(self, case_id: UUID, problem: dict[str, Any], seed: tuple[object, ...], moment: datetime) -> None:
        """Let a case's people come to it at *moment* (or when they next work)."""
        self.later(working(moment), lambda now: self.step(case_id, problem, seed, now))

    def step(self, case_id: UUID, problem: dict[str, Any], seed: tuple[object, ...], now: datetime) -> None:
        """The next act of a case, by whoever must act; then the one after that, some time later."""
        from bihuan.config.demo.chance import dice
        from bihuan.engines.cases.queries import seen
        from bihuan.foundation.actors import SYSTEM

        case = seen(SYSTEM, case_id)
        if not case.is_open or case.state == self.stops.get(case_id):
            return
        self.rounds[case_id] += 1
        nth = self.rounds[case_id]
        chance = dice(*seed, nth)
        command, by, args = self.next_act(case, problem, seed, nth, chance, now)
        if command is None:
            return
        self.district.do(by, command, *seed, nth, at=now, case=str(case_id), **args)
        wait = timedelta(hours=chance.choice((3, 6, 20, 28, 46)))
        if command in ("cases.assign_case", "cases.list_supervision", "cases.return_case"):
            wait = self.diligence(seed, seen(SYSTEM, case_id), now, chance)
        self.follow(case_id, problem, seed, now + wait)

    def diligence(self, seed: tuple[object, ...], case: Any, now: datetime, chance: Random) -> timedelta:
        """How long this school takes: most in time, some late, a few so late that the ladder reaches them."""
        allowed = (case.due_at - now) if case.due_at else timedelta(days=3)
        share = chance.choices((0.3, 0.6, 0.9, 1.3, 2.6), (28, 40, 20, 9, 3))[0]
        return max(timedelta(hours=2), allowed * share)

    def next_act(
        self, case: Any, problem: dict[str, Any], seed: tuple[object, ...], nth: int, chance: Random, now: datetime
    ) -> tuple[str | None, Any, dict[str, Any]]:
        """Which command, by whom, with what, for a case in its present state."""
        school = self.by_id[case.school_id]
        rectifier = self.actor(case.rectifier_id) if case.rectifier_id else None
        if case.state == "reported":
            to = (
                self.lead(school)
                if case.reporter_id != self.lead(school).id
                else self.district.holder(school, self.logistics(school))
            )
            by = self.district.holder(school, "care-director" if school.kind == "kindergarten" else "line-leader")
            return (
                "cases.assign_case",
                by,
                {"rectifier": str(to.id), "note": "请按检查项的合格标准整改，改完拍照说明。"},
            )
        if case.state == "planning":
            if not case.five:
                return "cases.fill_five", rectifier, dict(FIVE)
            return "cases.submit_plan", rectifier, {"note": "方案已由校长审定。"}
        if case.state == "approving":
            return "cases.approve_plan", self.bureau("office-head"), {"note": "同意，按方案实施，期间停用该部位。"}
        if case.state == "listing":
            return "cases.list_supervision", self.bureau("bureau-head"), {"note": "挂牌督办，每周报一次进度。"}
        if case.state == "rectifying":
            photo = self.photo(rectifier, now, problem, school, (*seed, nth), after=True)
            return "cases.rectify_case", rectifier, {"note": problem["done"], "photos": [photo]}
        if case.state == "verifying":
            by = self.verifier(case, school)
            if case.returns == 0 and dice_of(seed, "back").random() < 0.16:
                return "cases.return_case", by, {"note": problem["back"], "conclusion": "partly"}
            photo = self.photo(by, now, problem, school, (*seed, nth), after=True)
            return "cases.verify_case", by, {"note": "现场看过，已按要求改好。", "photos": [photo]}
        if case.state == "reviewing":
            return (
                "cases.close_review",
                self.bureau("bureau-line-leader"),
                {"note": "证据齐全，复查人说明清楚，同意销号。"},
            )
        if case.state == "resuming":
            return (
                "cases.resume_use",
                self.district.holder(school, "sponsor-leader"),
                {"note": "到场看过，可以恢复使用。"},
            )
        return None, None, {}

    def verifier(self, case: Any, school: Any) -> Any:
        """Whoever the case waits for; for the school's own reports its line leader."""
        if case.waits_for_id and case.waits_for_id != case.rectifier_id:
            return self.actor(case.waits_for_id)
        return self.district.holder(school, "sponsor-cadre")

    # --- people and things --------------------------------------------------------------------------------------------

    @cached_property
    def by_id(self) -> dict[UUID, Any]:
        """The schools by id."""
        return {school.pk: school for school in self.schools}

    def actor(self, user_id: UUID) -> Any:
        """Somebody as they act today."""
        from bihuan.engines.responsibility.queries import actor_of

        return actor_of(user_id)

    def bureau(self, post: str) -> Any:
        """The holder of a post at the bureau."""
        from bihuan.engines.responsibility.queries import org
        from bihuan.foundation.actors import SYSTEM

        return self.district.holder(org(SYSTEM, self.district.id), post)

    def lead(self, school: Any) -> Any:
        """The school's safety lead."""
        return self.district.holder(
            school, "kindergarten-safety-lead" if school.kind == "kindergarten" else "safety-lead"
        )

    def head(self, school: Any) -> Any:
        """The school's head."""
        return self.district.holder(school, "kindergarten-head" if school.kind == "kindergarten" else "head")

    def logistics(self, school: Any) -> str:
        """The post that repairs things."""
        return "kindergarten-logistics" if school.kind == "kindergarten" else "logistics-lead"

    def pick(self, school: Any, chance: Random, most: int) -> list[dict[str, Any]]:
        """Problems that can occur at this school, each item at most once."""
        fitting = [p for p in self.problems if fits(self.items[p["item"]], school)]
        chosen: dict[str, dict[str, Any]] = {}
        for problem in chance.choices(fitting, [p["often"] for p in fitting], k=most):
            chosen[problem["item"]] = problem
        return [chosen[item] for item in sorted(chosen)]

    def photo(
        self, by: Any, moment: datetime, problem: dict[str, Any], school: Any, seed: tuple[object, ...], *, after: bool
    ) -> str:
        """A drawn photo, kept as evidence of its maker."""
        from bihuan.config.demo.pictures import photo
        from bihuan.foundation.evidence.commands import keep_evidence

        id = UUID(self.district.make("photo", *seed, after, at=moment))
        place = (problem.get("place") or self.items[problem["item"]]["place"]).split("、")[0]
        words = f"{school.short_name} {place} · {moment.astimezone(HERE):%m-%d %H:%M}"
        raw = photo(words, problem["item"], after=after, seed=(school.code, problem["item"]))
        keep_evidence(by, moment, raw=raw, name="现场.jpg", id=id)
        return str(id)

    def signature(self, by: Any, moment: datetime, seed: tuple[object, ...]) -> str:
        """A drawn signature, kept as evidence."""
        from bihuan.config.demo.pictures import signature
        from bihuan.foundation.evidence.commands import keep_evidence

        id = UUID(self.district.make(*seed, at=moment))
        keep_evidence(by, moment, raw=signature(seed), name="签名.png", kind="signature", id=id)
        return str(id)

    def summary(self, problems: list[dict[str, Any]], chance: Random) -> str:
        """What the inspector says at the end."""
        praise = chance.choice(
            (
                "台账较为规范，值守人员熟悉流程。",
                "校领导重视，整改配合。",
                "门卫和食堂管理较上次有进步。",
                "演练资料齐全。",
            )
        )
        return f"{praise}发现问题{len(problems)}处，已当场反馈，请按期限整改并上传照片。"

    def cases_of(self, by: Any, inspection_id: str) -> list[dict[str, Any]]:
        """The hazards that an inspection found."""
        from bihuan.engines.cases.queries import by_source

        return by_source(by, self.district.id, UUID(inspection_id))


STORIES: dict[int, dict[str, Any]] = {
    11: {"shown": True, "items": ("10-07", "08-16", "05-08"), "stops": ("rectifying", "", "")},
    6: {"shown": True, "items": ("08-06", "09-12", "10-04"), "stops": ("verifying", "verifying", "")},
    5: {"shown": False, "items": ("08-09",), "stops": ("listing",)},
    4: {"shown": False, "items": ("08-23",), "stops": ("reviewing",)},
    3: {"shown": True, "items": ("11-23", "07-13", "02-14"), "stops": ("verifying", "rectifying", "rectifying")},
    2: {"shown": True, "items": ("08-23",), "stops": ("planning",)},
}
"""What the visitor finds waiting: working days ago, where, the problems, and the state in which each waits."""
FIVE = {
    "duty": "校长负总责，分管副校长牵头，总务主任具体实施。",
    "measures": "立即停用并设围挡，清除危险物，按标准更换或修复，验收合格后再用。",
    "funds": "从学校安全专项经费列支，预算已报局计财科。",
    "deadline": "二十日内完成，每周五报进度。",
    "plan": "整改期间专人看守，发生险情立即疏散并报告，值班电话二十四小时有人接。",
}
LESSONS = {
    "cause": "日常检查走过场，发现后没有及时登记。",
    "person": "对责任人谈话提醒，纳入当月考核。",
    "measure": "当场整改，举一反三查了同类部位。",
    "taught": "在周一例会上通报，相关岗位重新学习了标准。",
}


def dice_of(seed: tuple[object, ...], more: object) -> Random:
    """A generator for one question about a case."""
    from bihuan.config.demo.chance import dice

    return dice(*seed, more)


def fits(item: dict[str, str], school: Any) -> bool:
    """Whether a checklist item is asked at this school."""
    stages = set(item["stages"].split(";"))
    facets = {facet for facet in item["facets"].split(";") if facet}
    return bool(stages & {"all", *school.stages}) and facets <= set(school.facets)


def at(day: date, hour: time) -> datetime:
    """A local hour of a day, as an aware moment in UTC."""
    return datetime.combine(day, hour, HERE).astimezone(UTC)


def works(day: date) -> bool:
    """Whether the demo's schools are open: weekdays without the autumn holidays, and the make-up days."""
    if day in (date(2026, 9, 20), date(2026, 10, 10)):
        return True
    off = date(2026, 9, 25) <= day <= date(2026, 9, 27) or date(2026, 10, 1) <= day <= date(2026, 10, 7)
    return day.weekday() < 5 and not off


def working(moment: datetime) -> datetime:
    """The moment itself, or the next morning on which people work."""
    local = moment.astimezone(HERE)
    if local.hour >= 18:
        local = (local + timedelta(days=1)).replace(hour=8, minute=local.minute)
    elif local.hour < 8:
        local = local.replace(hour=8)
    while not works(local.date()):
        local += timedelta(days=1)
    return local.astimezone(UTC)


if __name__ == "__main__":
    main(sys.argv[1])
