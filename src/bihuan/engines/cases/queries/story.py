"""One case: its story, its evidence, its papers, and what the viewer may do now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases.commands.engine import FIVE_WORDS, NEED_WORDS, person_of, refusal_of, who_words
from bihuan.engines.cases.commands.issuing import may_receive, may_sign, seen_with_cases
from bihuan.engines.cases.lifecycle import Lifecycle, Step, missing_of_five
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of
from bihuan.engines.cases.printouts import blanks
from bihuan.engines.cases.queries.places import Spot, spot_of
from bihuan.foundation import packs, papers
from bihuan.foundation.actors import Actor
from bihuan.foundation.events import Event, declared, timeline
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.refusals import Refusal


@dataclass(frozen=True)
class Button:
    """An action as this person sees it: to press, or greyed with the reason."""

    action: str
    name: str
    reason: str = ""
    lacking: str = ""
    primary: bool = False

    @property
    def enabled(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class PaperLine:
    """A paper with where it stands, and what this person may do with it."""

    paper: Any
    may: str
    """``sign``, ``receive``, or nothing."""

    @property
    def words(self) -> str:
        """拟稿，等签发 …"""
        row = self.paper
        match row.state:
            case "draft":
                return "拟稿，等教育局签发"
            case "sent":
                return f"{row.signed_by_name}签发，等学校签收"
            case "received":
                when = timezone.localtime(row.received_at).strftime("%m-%d %H:%M")
                return f"{row.received_by_name}于 {when} 签收"
        return ""


@dataclass(frozen=True)
class Moment:
    """One line of the story."""

    event: Event
    words: str
    photos: list[Any]
    paper: dict[str, str] | None
    small: bool


@dataclass
class Detail:
    """A case with everything its page shows."""

    case: Case
    state_name: str
    level: dict[str, Any]
    source_name: str
    story: list[Moment]
    before: list[Any]
    after: list[Any]
    pairs: list[tuple[Any, Any]]
    papers: list[PaperLine]
    buttons: list[Button]
    waits_words: str
    five: list[tuple[str, str, str]]
    earlier: Case | None
    spot: Spot | None
    mine: bool = False
    may_notice: bool = False
    """Whether this person may issue the 督办单 that this hazard does not have yet."""
    merged: list[Case] = field(default_factory=list)

    @property
    def open_buttons(self) -> list[Button]:
        return [button for button in self.buttons if button.enabled]

    @property
    def closed_buttons(self) -> list[Button]:
        return [button for button in self.buttons if not button.enabled]


_WAITS = {"planning": ("rectifier",), "rectifying": ("rectifier",), "verifying": ("verify",), "reported": ("assign",)}
_SMALL = {"cases.escalated", "cases.paper_drafted"}


def seen(viewer: Actor, pk: UUID) -> Case:
    """One case, or ``foundation.not_found``."""
    return Case.objects.select_related("org", "recurrence_of").seen(viewer, pk)


def detail(viewer: Actor, pk: UUID) -> Detail:
    """A case with its story, evidence, papers and what this person may do now: four statements besides the packs."""
    case = seen(viewer, pk)
    table = lifecycle_of(case.bureau_id, case.lifecycle)
    events = timeline(viewer, bureau_id=case.bureau_id, subject_id=case.pk)
    evidence = {str(row.pk): row for row in of_subject(case.bureau_id, case.pk)}
    words = declared()
    story = [
        Moment(e, words.get(e.name, e.name), [evidence[p["id"]] for p in e.facts.get("photos", ()) if p["id"] in evidence],
               e.facts.get("paper") or e.facts.get("signed"), e.name in _SMALL)
        for e in events
    ]  # fmt: skip
    before = [evidence[pk] for pk in case.before if pk in evidence]
    after = [evidence[pk] for pk in case.after if pk in evidence]
    return Detail(
        case=case,
        state_name=table.states[case.state].name,
        level=levels_of(case.bureau_id).get(case.level, {"name": case.level}),
        source_name=rules_of(case.bureau_id)["sources"].get(case.source, case.source),
        story=story,
        before=before,
        after=after,
        pairs=list(zip(before, after, strict=False)),
        papers=paper_lines(viewer, case, [moment.paper["id"] for moment in story if moment.paper]),
        buttons=buttons(viewer, case, table),
        waits_words=_waits_words(case),
        five=five_of(case) if packs.entry(case.bureau_id, "lifecycles", case.lifecycle).get("five") else [],
        earlier=case.recurrence_of,
        spot=spot_of(viewer, case.point_id),
        mine=viewer.id is not None and case.waits_for_id == viewer.id,
        may_notice=case.is_open
        and not case.notice_number
        and case.state != table.initial
        and viewer.may("issue-paper", case),
        merged=list(Case.objects.filter(bureau_id=case.bureau_id, merged_into_id=case.pk).order_by("number")[:20]),
    )


def five_of(case: Case) -> list[tuple[str, str, str]]:
    """The 五落实 as (name, word, what was written)."""
    return [(name, word, str(case.five.get(name, ""))) for name, word in FIVE_WORDS.items()]


def _waits_words(case: Case) -> str:
    if not case.is_open:
        return ""
    if case.waits_for_name:
        return case.waits_for_name
    return who_words(case.bureau_id, _WAITS.get(case.state, ("assign",)), case) + "（还没有落实到人）"


def buttons(viewer: Actor, case: Case, table: Lifecycle) -> list[Button]:
    """What this person may do now, and what they may not with the reason; things nobody here does are not shown."""
    person = person_of(viewer, case)
    found = []
    for choice in table.allowed(case.state, person=person, level=case.level):
        step = choice.step
        if _pointless(case, step):
            continue
        reason = (
            refusal_of(viewer, case, table, step.action, choice.refusal).sentence
            if choice.refusal
            else _slip(viewer, case, step)
        )
        lacking = "、".join(NEED_WORDS[n] for n in step.needs if n == "five" and missing_of_five(case.five))
        found.append(
            Button(step.action, step.name, reason, lacking, primary=not reason and not any(b.primary for b in found))
        )
    return found


def _pointless(case: Case, step: Step) -> bool:
    """Steps that make no sense just now: deciding what nobody asked for, asking twice."""
    if step.action == "decide-extension":
        return not case.extension
    return step.action == "request-extension" and bool(case.extension)


def _slip(viewer: Actor, case: Case, step: Step) -> str:
    if step.action in {"verify", "return"} and case.supervised and not viewer.may("issue-paper", case):
        return Refusal("cases.needs_slip", who=who_words(case.bureau_id, ("issue-paper",))).sentence
    return ""


def paper_lines(viewer: Actor, case: Case, ids: Iterable[str]) -> list[PaperLine]:
    """A case's papers, oldest first, with where each stands."""
    rows = papers.by_ids(case.bureau_id, dict.fromkeys(ids))
    return [
        PaperLine(row, _may(viewer, case, row))
        for row in sorted(rows.values(), key=lambda row: (row.issued_at, row.pk))
    ]


def _may(viewer: Actor, case: Case, row: Any) -> str:
    if row.state == "draft" and may_sign(viewer, case):
        return "sign"
    return "receive" if row.state == "sent" and may_receive(viewer, case) else ""


@dataclass(frozen=True)
class PaperPage:
    """One paper: its cases, where it stands, and what whoever signs it may still fill."""

    line: PaperLine
    cases: list[Case]
    blanks: list[tuple[str, str]]


def paper_page(viewer: Actor, pk: UUID) -> PaperPage:
    """A paper about cases that this person sees, or ``foundation.not_found``."""
    row, cases = seen_with_cases(viewer, pk)
    line = PaperLine(row, _may(viewer, cases[0], row))
    return PaperPage(line, cases, blanks(row.content) if line.may == "sign" else [])


def papers_waiting(viewer: Actor, *, most: int = 10) -> list[PaperLine]:
    """The papers that wait for this person: drafts to sign for the bureau, deliveries to acknowledge for a school."""
    bureaus = {hold.org_id for hold in viewer.holds if hold.level == "bureau" and "issue-paper" in hold.acts}
    schools = {hold.org_id for hold in viewer.holds if hold.level == "school" and "sign-for-school" in hold.acts}
    if not bureaus and not schools:
        return []
    rows = papers.waiting(bureaus=bureaus, schools=schools, subject_kind="cases.case", most=most)
    return [PaperLine(row, "sign" if row.state == "draft" else "receive") for row in rows]


def paper(viewer: Actor, pk: UUID) -> Any:
    """A paper about a case that this person may see, or ``foundation.not_found``."""
    return seen_with_cases(viewer, pk)[0]
