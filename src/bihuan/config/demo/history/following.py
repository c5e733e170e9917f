"""A hazard and its people: whoever must act next acts, some in time, some late, until it is closed or left to a visitor."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bihuan.config.demo.chance import dice
from bihuan.engines.cases.queries import seen
from bihuan.engines.responsibility.queries import who
from bihuan.foundation.actors import SYSTEM

if TYPE_CHECKING:
    from bihuan.config.demo.history.term import Term

FIVE = {
    "duty": "校长负总责，分管副校长牵头，总务主任具体实施。",
    "measures": "立即停用并设围挡，清除危险物，按标准更换或修复，验收合格后再用。",
    "funds": "从学校安全专项经费列支，预算已报局计财科。",
    "deadline": "二十日内完成，每周五报进度。",
    "plan": "整改期间专人看守，发生险情立即疏散并报告，值班电话二十四小时有人接。",
}
Seed = tuple[object, ...]


def follow(
    term: Term, case_id: UUID, problem: dict[str, Any], seed: Seed, moment: datetime, *, stop: str = "", nth: int = 1
) -> None:
    """Let a case's people come to it at *moment* (or when they next work); it stays in the state *stop* for a visitor."""
    term.later(term.days.working(moment), lambda now: step(term, case_id, problem, seed, now, stop, nth))


def step(term: Term, case_id: UUID, problem: dict[str, Any], seed: Seed, now: datetime, stop: str, nth: int) -> None:
    """The next act of a case, by whoever must act; then the one after that, some time later."""
    case = seen(SYSTEM, case_id)
    if not case.is_open or case.state == stop:
        return
    chance = dice(*seed, nth)
    command, by, args = next_act(term, case, problem, (*seed, nth), now)
    if command is None:
        return
    term.district.do(by, command, *seed, nth, at=now, case=str(case_id), **args)
    wait = timedelta(hours=chance.choice((3, 6, 20, 28, 46)))
    if command in ("cases.assign_case", "cases.list_supervision", "cases.return_case"):
        wait = diligence(seen(SYSTEM, case_id), now, chance)
    follow(term, case_id, problem, seed, now + wait, stop=stop, nth=nth + 1)


def diligence(case: Any, now: datetime, chance: Random) -> timedelta:
    """How long this school takes: most in time, some late, a few so late that the ladder reaches them."""
    allowed = (case.due_at - now) if case.due_at else timedelta(days=3)
    share = chance.choices((0.3, 0.6, 0.9, 1.3, 2.6), (28, 40, 20, 9, 3))[0]
    return max(timedelta(hours=2), allowed * share)


def next_act(
    term: Term, case: Any, problem: dict[str, Any], seed: Seed, now: datetime
) -> tuple[str | None, Any, dict[str, Any]]:
    """Which command, by whom, with what, for a case in its present state."""
    school = term.by_id[case.school_id]
    rectifier = term.actor(case.rectifier_id) if case.rectifier_id else None
    if case.state == "reported":
        lead = term.at_school(school, "safety-lead")
        to = lead if case.reporter_id != lead.id else term.at_school(school, "logistics-lead")
        note = "请按检查项的合格标准整改，改完拍照说明。"
        return "cases.assign_case", term.at_school(school, "line-leader"), {"rectifier": str(to.id), "note": note}
    if case.state == "planning":
        if not case.five:
            return "cases.fill_five", rectifier, dict(FIVE)
        return "cases.submit_plan", rectifier, {"note": "方案已由校长审定。"}
    if case.state == "approving":
        return "cases.approve_plan", term.at_bureau("office-head"), {"note": "同意，按方案实施，期间停用该部位。"}
    if case.state == "listing":
        return "cases.list_supervision", term.at_bureau("bureau-head"), {"note": "挂牌督办，每周报一次进度。"}
    if case.state == "rectifying":
        photo = term.photo(rectifier, now, problem, school, seed, after=True)
        return "cases.rectify_case", rectifier, {"note": problem["done"], "photos": [photo]}
    if case.state == "verifying":
        by = verifier(term, case, school)
        if case.returns == 0 and dice(*seed[:-1], "back").random() < 0.16:
            return (
                "cases.return_case",
                by,
                {"note": problem["back"], "conclusion": "partly", **beside(term, case, school, by)},
            )
        photo = term.photo(by, now, problem, school, seed, after=True)
        words = {"note": "现场看过，已按要求改好。", "photos": [photo]}
        return "cases.verify_case", by, words | beside(term, case, school, by)
    if case.state == "reviewing":
        note = "证据齐全，复查人说明清楚，同意销号。"
        return "cases.close_review", term.at_bureau("bureau-line-leader"), {"note": note}
    if case.state == "resuming":
        return "cases.resume_use", term.district.holder(school, "sponsor-leader"), {"note": "到场看过，可以恢复使用。"}
    return None, None, {}


def beside(term: Term, case: Any, school: Any, by: Any) -> dict[str, list[str]]:
    """Somebody of the office who goes along, where one person alone may not verify."""
    if not case.supervised and case.level != "major":
        return {}
    since = term.district.plan.since
    office = [row for post in ("safety-office", "inspector") for row in who(term.district.bureau, post, on=since)]
    able = [str(row.user_id) for row in (*office, *who(school, "sponsor-cadre", on=since))]
    return {"second": [one for one in able if one not in (str(by.id), str(case.rectifier_id))][:1]}


def verifier(term: Term, case: Any, school: Any) -> Any:
    """Whoever the case waits for; for the school's own reports its sponsor cadre."""
    if case.waits_for_id and case.waits_for_id != case.rectifier_id:
        return term.actor(case.waits_for_id)
    return term.district.holder(school, "sponsor-cadre")
