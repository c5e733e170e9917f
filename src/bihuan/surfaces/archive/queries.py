"""Reading the archive: the school, its terms, its policy; and the page that says what is there and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import archives, packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.archives import Gap, Visit
from bihuan.foundation.packs.queries import policies
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.archive.rules import OTHERS, Order

ACT = "export"
"""Who may take a school's lists away may take its archive."""


def school_of(viewer: Actor, school_id: UUID) -> Any:
    """A school whose archive this person may open, or ``foundation.not_found``."""
    school = net.org(viewer, school_id)
    if school.tier != "school" or not viewer.may(ACT, school):
        raise Refusal("foundation.not_found")
    return school


def schools(viewer: Actor) -> list[tuple[str, str]]:
    """The schools whose archive this person may open, for a list; ``foundation.not_found`` for people with none."""
    if not viewer.may_anywhere(ACT):
        raise Refusal("foundation.not_found")
    return net.school_choices(viewer)


@dataclass(frozen=True, slots=True)
class TermSpan:
    """A term from its first to its last day."""

    code: str
    name: str
    since: date
    until: date


def terms_of(bureau_id: UUID | None, today: date) -> list[TermSpan]:
    """The terms of the bureau's calendar that have begun, the latest first; without a calendar the half-year of today."""
    data = packs.calendar(bureau_id)
    found = [
        TermSpan(term["code"], f"{year['name']}{term['name']}", _date(term["starts_on"]), _date(term["ends_on"]))
        for year in data.get("school_years", ())
        for term in year["terms"]
    ]
    begun = sorted((term for term in found if term.since <= today), key=lambda term: term.since, reverse=True)
    return begun or [_half_year(today)]


def _half_year(today: date) -> TermSpan:
    """From the first of February or of August to the day before the next of them."""
    year, month = (today.year, today.month) if today.month > 1 else (today.year - 1, 12)
    first, following = (date(year, 8, 1), date(year + 1, 2, 1)) if month >= 8 else (date(year, 2, 1), date(year, 8, 1))
    return TermSpan("", "本学期", first, following - timedelta(days=1))


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def term_of(bureau_id: UUID | None, code: str, at: datetime) -> TermSpan:
    """The term of this code, or the present (or last) one. Refusal: ``archive.no_such_term``."""
    terms = terms_of(bureau_id, timezone.localdate(at))
    found = next((term for term in terms if term.code == code), None) if code else terms[0]
    if found is None:
        raise Refusal("archive.no_such_term")
    return found


@dataclass(frozen=True)
class Opened:
    """An archive that somebody opened: what is looked at, and the clauses in their order."""

    visit: Visit
    term: TermSpan
    terms: Sequence[TermSpan]
    order: Order
    pack: str
    packs: Mapping[str, str]

    @property
    def title(self) -> str:
        """灞东一小 2026—2027学年第一学期 迎检档案."""
        school = self.visit.school
        return f"{school.short_name or school.name} {self.term.name} 迎检档案"

    @property
    def several(self) -> bool:
        """Whether this person looks after more than this one school."""
        holds = self.visit.viewer.holds
        return any(hold.level != "school" for hold in holds) or len({hold.org_id for hold in holds}) > 1

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self.packs.get(self.pack, "")


def opened(viewer: Actor, school_id: UUID, *, term: str, pack: str, at: datetime) -> Opened:
    """A school's archive of a term (two statements). Refusals: ``foundation.not_found``, ``archive.no_such_term``."""
    school = school_of(viewer, school_id)
    chosen = term_of(school.bureau_id, term, at)
    found = policies(school.bureau_id)
    code = pack if pack in found else next(iter(found), "")
    return Opened(
        Visit(viewer, school, chosen.since, chosen.until, at), chosen, terms_of(school.bureau_id, timezone.localdate(at)),
        Order(found[code].clauses if code else ()), code, {one: policy.name for one, policy in found.items()},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One clause: how many pieces belong to it, how many of them lie in its own folder, where the others lie, what is missing."""

    number: str
    code: str
    group: str
    title: str
    count: int
    own: int
    see: tuple[str, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class ArchivePage:
    """Everything of the page; ``pieces`` is how many files the zip holds besides its index."""

    opened: Opened
    lines: Sequence[Line]
    pieces: int

    @property
    def missing(self) -> int:
        """How many lines say that something is missing."""
        return sum(len(line.gaps) for line in self.lines)

    @property
    def empty(self) -> int:
        """How many clauses have no piece at all."""
        return sum(line.count == 0 for line in self.lines)


def archive_page(found: Opened) -> ArchivePage:
    """What is held and what is missing, clause by clause; the parts of every room are read in one statement."""
    at: dict[int, dict[int, int]] = {}
    gaps: dict[int, list[Gap]] = {}
    pieces = 0
    for one in archives.told(found.visit):
        places = found.order.places(one.refs)
        if isinstance(one, Gap):
            gaps.setdefault(places[0], []).append(one)
            continue
        pieces += one.count
        for place in places if one.count else ():
            homes = at.setdefault(place, {})
            homes[places[0]] = homes.get(places[0], 0) + one.count
    last = len(found.order.clauses)
    lines = [_line(found, n, at.get(n, {}), gaps.get(n, [])) for n in range(last)]
    if at.get(last) or gaps.get(last):
        n = at.get(last, {}).get(last, 0)
        lines.append(Line("99", "", "", OTHERS, n, n, (), tuple(gaps.get(last, ()))))
    return ArchivePage(found, lines, pieces)


def _line(found: Opened, n: int, homes: Mapping[int, int], gaps: Sequence[Gap]) -> Line:
    clause = found.order.clauses[n]
    said = list(gaps)
    if not homes:
        page = next((ref.removeprefix("page:") for ref in clause.get("runs", ()) if ref.startswith("page:")), "")
        words = "这个学期一件材料也没有" if page else "系统里还没有这一条的材料，请另附"
        said.insert(0, Gap((), words, page or f"/packs/{found.pack}/"))
    see = tuple(found.order.clauses[home]["code"] for home in sorted(homes) if home != n)
    return Line(
        f"{n + 1:02}", clause["code"], clause["group"], clause["title"], sum(homes.values()), homes.get(n, 0), see, tuple(said)
    )  # fmt: skip
