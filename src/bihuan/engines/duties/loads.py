"""What its duties ask of a post in a usual week: times, fields and minutes; and which question is asked twice.

Pure. A time of doing is counted as a person does it: by exception (all that stands ready is one tap), so only what has to
be typed or chosen is a field. Seconds per kind of field are parameters of the pack, never of the code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from bihuan.engines.duties.calendar import Calendar, Holiday, Term, days_of, monday_of
from bihuan.engines.duties.rules import Cadence, cadence_of, dues, scope_of
from bihuan.engines.sheets.rules import STAGES, Content

Chapters = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Chapter → code → entry, as packs write them; a sheet has its ``title`` and its ``content``."""
Seconds = Mapping[str, int]
WHOLE: Mapping[str, str] = {
    "open": "打开并找到", "tap": "点一下", "act": "办完一件事", "patrol": "走一趟巡查", "drill": "登记一次演练",
    "ledger": "登记一页台账", "visit": "到校登记一次",
}  # fmt: skip
"""What takes time besides the fields of a sheet: opening, a tap, and acts that are counted as a whole."""

_TERMS = (
    Term("1", "第一学期", date(2026, 8, 31), date(2027, 1, 17)),
    Term("2", "第二学期", date(2027, 3, 1), date(2027, 7, 4)),
)
_HOLIDAYS = (
    Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7)), Holiday("元旦", date(2027, 1, 1), date(2027, 1, 3)),
    Holiday("清明节", date(2027, 4, 3), date(2027, 4, 5)), Holiday("劳动节", date(2027, 5, 1), date(2027, 5, 5)),
)  # fmt: skip
USUAL_YEAR = Calendar(days_of(_TERMS, _HOLIDAYS, _TERMS[0].starts_on, _TERMS[-1].ends_on))
"""Two terms of twenty and eighteen weeks with four holidays: the year in which a usual week is counted."""
WEEKS = len({monday_of(day) for term in _TERMS for day in USUAL_YEAR.school_days(term.starts_on, term.ends_on)})


@lru_cache(maxsize=1000)
def times_a_week(cadence: Cadence, windows: int = 1) -> float:
    """How often a duty falls due in a usual week of school, on average where some are asked; a single date never does."""
    if cadence.every == "once":
        return 0.0
    usual = replace(cadence, since=USUAL_YEAR.first) if cadence.since else cadence
    found = dues(usual, USUAL_YEAR, USUAL_YEAR.first, USUAL_YEAR.last)
    in_term = sum(any(term.starts_on <= due.opens_on <= term.ends_on for term in _TERMS) for due in found)
    return in_term * max(1, windows) / WEEKS * cadence.sample / 100


@dataclass(frozen=True, slots=True)
class Ask:
    """One field that has to be typed or chosen."""

    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Form:
    """What one time of doing asks for: ``asks`` in each of ``rows`` rows and ``taps`` in all; ``visits`` is how often the
    page is opened for it. ``whole`` is an act of ``WHOLE`` that has no fields. ``questions`` are all that the ``sheet``
    puts before a person, also by exception."""

    asks: tuple[Ask, ...] = ()
    rows: int = 1
    taps: int = 1
    visits: int = 1
    whole: str = ""
    sheet: str = ""
    sheet_title: str = ""
    questions: tuple[str, ...] = ()

    @property
    def fields(self) -> int:
        """Fields to be typed or chosen in one time of doing."""
        return self.rows * len(self.asks)

    def seconds(self, of: Seconds) -> int:
        """Expected seconds of one time of doing."""
        typed = self.rows * sum(of.get(ask.kind, 0) for ask in self.asks)
        return self.visits * of.get("open", 0) + typed + self.taps * of.get("tap", 0) + of.get(self.whole, 0)


@dataclass(frozen=True, slots=True)
class Work:
    """One duty in a usual week of a post."""

    code: str
    title: str
    post: str
    times: float
    form: Form
    satisfies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """What a post has to do in a usual week: times, fields and seconds in all, the dearest duty first."""

    post: str
    works: tuple[Work, ...]
    of: Seconds

    @property
    def tasks(self) -> float:
        """How many times something has to be done."""
        return sum(work.times for work in self.works)

    @property
    def fields(self) -> float:
        """How many fields have to be typed or chosen."""
        return sum(work.times * work.form.fields for work in self.works)

    @cached_property
    def dearest(self) -> tuple[tuple[Work, float], ...]:
        """Each duty with its minutes a week, the dearest first."""
        costs = ((work, work.times * work.form.seconds(self.of) / 60) for work in self.works)
        return tuple(sorted(costs, key=lambda one: (-one[1], one[0].code)))

    @property
    def minutes(self) -> float:
        """Expected minutes in all."""
        return sum(minutes for _, minutes in self.dearest)


FormOf = Callable[[Mapping[str, Any], Chapters], Form | None]
_forms: dict[str, FormOf] = {}


def form_of(act: str) -> Callable[[FormOf], FormOf]:
    """Register ``function(duty, chapters) -> Form`` for an act whose room stands above this one."""

    def decorate(function: FormOf) -> FormOf:
        if act in _forms:
            raise ValueError(f"the form of {act} is registered twice")
        _forms[act] = function
        return function

    return decorate


def content_in(chapters: Chapters, sheet: str) -> Content | None:
    """The content of a sheet, when a pack has it."""
    found = chapters.get("sheets", {}).get(sheet)
    return Content.from_json(found["content"]) if found else None


@form_of("sheet")
def _sheet_form(duty: Mapping[str, Any], chapters: Chapters) -> Form | None:
    """A sheet: what is usual is one tap when nothing may be reported; what is judged is passed with one tap."""
    content = content_in(chapters, duty.get("sheet", ""))
    if content is None:
        return None
    typed = tuple(Ask(i.title, i.kind) for i in content.items if i.required and not i.when and i.kind != "pass-fail")
    questions = tuple(item.title for item in content.items if item.required and not item.when)
    asks = () if duty.get("nil") else typed
    return Form(asks, sheet=duty["sheet"], sheet_title=content.title, questions=questions)


def works_of(
    chapters: Chapters, *, stages: Collection[str] = (), facets: Collection[str] | None = None,
    tags: Collection[str] | None = None, colours: Collection[str] | None = None,
) -> list[Work]:  # fmt: skip
    """The duties of these chapters as work of a usual week, at a school of these stages (none: of any), facets, tags and
    colours (none: all). What is asked of parts of a school is counted whatever tags they bear.

    What another duty's act does too is not done again: its times are those that remain.
    """
    duties = [duty for duty in chapters.get("duties", {}).values() if _is_for(duty, stages, facets, tags, colours)]
    times = {duty["code"]: times_a_week(cadence_of(duty["cadence"]), len(duty.get("windows") or ())) for duty in duties}
    spared: dict[str, float] = {}
    for duty in duties:
        for other in duty.get("satisfies") or ():
            spared[other] = spared.get(other, 0.0) + times[duty["code"]]
    found = []
    for duty in duties:
        form = _forms[duty["act"]](duty, chapters) if duty["act"] in _forms else None
        form = form or Form(taps=0, whole=duty["act"])
        left = max(0.0, times[duty["code"]] - spared.get(duty["code"], 0.0))
        found.append(Work(duty["code"], duty["title"], duty["post"], left, form, tuple(duty.get("satisfies") or ())))
    return found


def _is_for(
    duty: Mapping[str, Any], stages: Collection[str], facets: Collection[str] | None, tags: Collection[str] | None,
    colours: Collection[str] | None,
) -> bool:  # fmt: skip
    scope = scope_of(duty.get("scope") or {})
    return (
        (not scope.stages or not stages or bool(set(scope.stages) & set(stages)))
        and (facets is None or set(scope.facets) <= set(facets))
        and (tags is None or scope.tiers != ("school",) or set(scope.tags) <= set(tags))
        and (colours is None or not scope.colours or bool(set(scope.colours) & set(colours)))
    )


def loads(works: Iterable[Work], of: Seconds) -> dict[str, Load]:
    """Post → what it has to do in a usual week."""
    by_post: dict[str, list[Work]] = {}
    for work in works:
        by_post.setdefault(work.post, []).append(work)
    return {post: Load(post, tuple(found), of) for post, found in by_post.items()}


def dearest_loads(chapters: Chapters, of: Seconds) -> dict[str, Load]:
    """Post → its load in the stage of school where it is dearest, in a school that has everything."""
    found: dict[str, Load] = {}
    for stage in STAGES:
        for post, load in loads(works_of(chapters, stages=[stage]), of).items():
            if post not in found or load.minutes > found[post].minutes:
                found[post] = load
    return found


@dataclass(frozen=True, slots=True)
class Twice:
    """A question that several sheets put to the same post: sheet → its title."""

    post: str
    question: str
    sheets: Mapping[str, str]


def asked_twice(works: Collection[Work]) -> list[Twice]:
    """Questions that one post finds in more than one of its sheets; compared without regard to width and punctuation.

    A duty that another one's act does too is not asked again on that day.
    """
    asking: dict[tuple[str, str], list[tuple[str, Work]]] = {}
    for work in works:
        for question in work.form.questions:
            asking.setdefault((work.post, normal(question)), []).append((question, work))
    found = []
    for (post, _), asked in asking.items():
        spared = {code for _, work in asked for code in work.satisfies}
        sheets = {work.form.sheet: work.form.sheet_title for _, work in asked if work.code not in spared}
        if len(sheets) > 1:
            found.append(Twice(post, asked[0][0], sheets))
    return found


def normal(question: str) -> str:
    """A question as it is compared: full width as half width, lower case, letters and digits only."""
    wide = unicodedata.normalize("NFKC", question).casefold()
    return "".join(sign for sign in wide if unicodedata.category(sign)[0] in "LN")


def over_budget(name: str, load: Load, budget: int) -> str:
    """The warning's sentence: the post, its minutes, its budget and the three dearest duties."""
    three = "、".join(f"{work.title} {minutes:.0f} 分钟" for work, minutes in load.dearest[:3])
    return f"「{name}」每周预计 {load.minutes:.0f} 分钟，超过预算 {budget} 分钟；最费时的是：{three}。请减格、合并或放慢频次"


def twice_in_words(name: str, twice: Twice) -> str:
    """The warning's sentence: who is asked what, and where."""
    where = "、".join(f"《{title}》" for title in twice.sheets.values())
    return f"「{name}」在{where}里都要答「{twice.question}」，请合并，或者让其中一处自己带出来"
