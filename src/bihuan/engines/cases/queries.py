"""Reading cases: lists that stay flat at any size, one case with its story, my todo, papers, exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from bihuan.engines.cases import hot
from bihuan.engines.cases.commands.engine import FIVE_WORDS, NEED_WORDS, moved, person_of, refusal_of, who_words
from bihuan.engines.cases.lifecycle import Lifecycle, Step, missing_of_five
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, lifecycle_of, rules_of
from bihuan.engines.cases.timing import deadline
from bihuan.engines.responsibility.queries import areas, departments, schools, who_could
from bihuan.engines.sheets.queries import sheet_lines, version_for_filling
from bihuan.foundation import clock, packs, papers
from bihuan.foundation.actors import LEVELS, Actor
from bihuan.foundation.events import Event, declared, timeline
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.evidence.queries import seen as evidence_seen
from bihuan.foundation.pages.keyset import Page
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import under

SIZE = 25
CAP = 1000
STAGES = {
    "open": "未销号", "reported": "待交办", "working": "整改中", "verifying": "待复查", "approving": "待审批",
    "closed": "已销号", "dropped": "已撤并", "all": "全部",
}  # fmt: skip
"""What people filter by: families of states, the same for every table."""
_STATES = {
    "reported": ("reported",),
    "working": ("planning", "rectifying"),
    "verifying": ("verifying",),
    "approving": ("approving", "listing", "reviewing", "resuming"),
    "closed": ("closed",),
    "dropped": ("merged", "withdrawn"),
}
ENDED = ("closed", "dropped")


@dataclass(frozen=True)
class Filters:
    """The filter sentence as data; every part is one parameter of the address."""

    stage: str = "open"
    school: UUID | None = None
    level: str = ""
    category: str = ""
    source: str = ""
    time: str = ""
    whose: str = ""
    q: str = ""
    since: date | None = None
    until: date | None = None
    listed: bool = False
    recurring: bool = False
    state: str = ""

    @property
    def is_history(self) -> bool:
        """Whether ended cases are asked for: then the newest come first; otherwise what is due first."""
        return self.stage in {*ENDED, "all"}

    def address(self) -> dict[str, str]:
        """The parameters that differ from the usual list."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {
            name: "1" if value is True else value.isoformat() if isinstance(value, date) else str(value)
            for name, value in plain.items()
        }


TIMES = {"overdue": "已逾期", "today": "今天到期", "week": "七天内到期"}
WHOSE = {"turn": "等我办", "rectify": "我整改的", "verify": "我复查的", "report": "我上报的"}


def filters_from(given: Mapping[str, str]) -> Filters:
    """Filters from an address; unknown values are refused by name (``cases.bad_filter``), unknown parameters ignored."""
    values: dict[str, Any] = {}
    closed = {"stage": STAGES, "time": TIMES, "whose": WHOSE}
    for name in (f.name for f in fields(Filters)):
        text = str(given.get(name, "") or "").strip()
        if not text:
            continue
        try:
            values[name] = _read(name, text, closed)
        except ValueError:
            raise Refusal("cases.bad_filter", name=name, value=text[:40]) from None
    return Filters(**values)


def _read(name: str, text: str, closed: Mapping[str, Mapping[str, str]]) -> Any:
    if name in closed and text not in closed[name]:
        raise ValueError(text)
    if name == "school":
        return UUID(text)
    if name in {"since", "until"}:
        return date.fromisoformat(text)
    if name in {"listed", "recurring"}:
        return text in {"1", "true", "True"}
    return text.replace("\x00", "")[:80]


def sees(viewer: Actor, case_id: UUID) -> bool:
    """Whether this person may see a case (and so its evidence)."""
    return Case.objects.visible_to(viewer).filter(pk=case_id).exists()


def _scoped(viewer: Actor, filters: Filters) -> Any:
    """The narrowest equality that the viewer's net and the filters give, so that one index serves filter and order."""
    rows = Case.objects.all()
    if filters.whose:
        column = {"turn": "waits_for_id", "rectify": "rectifier_id", "verify": "verifier_id", "report": "reporter_id"}[
            filters.whose
        ]
        if viewer.id is None:
            return rows.none()
        return rows.visible_to(viewer).filter(**{column: viewer.id})
    if viewer.is_system:
        return rows.filter(school_id=filters.school) if filters.school else rows
    if filters.school:
        inside = [hold for hold in viewer.holds if hold.level in LEVELS]
        if any(hold.level == "school" and hold.org_id == filters.school for hold in inside):
            return rows.filter(school_id=filters.school)
        return rows.visible_to(viewer).filter(school_id=filters.school)
    widest = min((LEVELS.index(h.level) for h in viewer.holds if h.level in LEVELS), default=None)
    if widest is None:
        return rows.visible_to(viewer)
    level = LEVELS[widest]
    ids = sorted({hold.org_id for hold in viewer.holds if hold.level == level})
    apart = [hold for hold in viewer.holds if hold.level != level]
    if level == "school" and any(hold.level in {"path", "party"} for hold in apart):
        return rows.visible_to(viewer)
    if any(hold.level in LEVELS for hold in apart) and not _inside(viewer, level, apart):
        return rows.visible_to(viewer)
    return rows.filter(**{f"{level}_id": ids[0]} if len(ids) == 1 else {f"{level}_id__in": ids})


def _inside(viewer: Actor, level: str, apart: list[Any]) -> bool:
    """Whether the narrower holds lie under the wide one, so that they add nothing to a list."""
    wide = [hold.path for hold in viewer.holds if hold.level == level]
    return all(any(hold.path.startswith(path) for path in wide) for hold in apart if hold.level in LEVELS)


def selection(viewer: Actor, filters: Filters, *, now: datetime | None = None) -> Any:
    """The cases that a filter sentence names, inside the viewer's net, without an order."""
    now = now or clock.now()
    rows = _scoped(viewer, filters)
    if not filters.is_history:
        rows = rows.filter(is_open=True)
    if states := _STATES.get(filters.stage):
        rows = rows.filter(state=states[0]) if len(states) == 1 else rows.filter(state__in=states)
    equal = {name: value for name in ("level", "category", "source", "state") if (value := getattr(filters, name))}
    if equal:
        rows = rows.filter(**equal)
    rows = _timed(rows, filters, now)
    if filters.listed:
        rows = rows.filter(listed_at__isnull=False)
    if filters.recurring:
        rows = rows.filter(recurrence_of__isnull=False)
    if filters.q:
        words = (
            Q(title__contains=filters.q)
            | Q(number=filters.q)
            | Q(place__contains=filters.q)
            | Q(org_name__contains=filters.q)
        )
        rows = rows.filter(words | Q(item=filters.q) | Q(notice_number=filters.q))
    return rows


def _timed(rows: Any, filters: Filters, now: datetime) -> Any:
    today = timezone.localdate(now)
    if filters.time == "overdue":
        rows = rows.filter(is_open=True, due_at__lt=now)
    elif filters.time == "today":
        rows = rows.filter(is_open=True, due_at__gte=now, due_at__lt=_start(today + timedelta(days=1)))
    elif filters.time == "week":
        rows = rows.filter(is_open=True, due_at__gte=now, due_at__lt=_start(today + timedelta(days=8)))
    if filters.since:
        rows = rows.filter(reported_at__gte=_start(filters.since))
    if filters.until:
        rows = rows.filter(reported_at__lt=_start(filters.until + timedelta(days=1)))
    return rows


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


LINE = (
    "id", "number", "level", "title", "org_name", "place", "category", "item", "state", "lifecycle", "is_open", "rectifier_name",
    "party_name", "waits_for_id", "waits_for_name", "reporter_name", "reported_at", "due_at", "rung", "returns", "recurrence_of_id",
    "listed_at", "extension", "supervised", "closed_at", "bureau_id", "school_id", "org_id", "revision", "source",
)  # fmt: skip


def hazards(viewer: Actor, filters: Filters, *, cursor: str = "", size: int = SIZE) -> Page:
    """One page of cases as plain mappings, with one statement: open ones by deadline, history newest first."""
    history = filters.is_history
    rows = hot.keyset(
        selection(viewer, filters), "reported_at" if history else "due_at", newest_first=history, cursor=cursor
    )
    found = list(rows.values(*LINE)[: size + 1])
    more = len(found) > size
    found = found[:size]
    column = "reported_at" if history else "due_at"
    return Page(
        [_line(row, viewer) for row in found], hot.cursor_after(found[-1][column], found[-1]["id"]) if more else ""
    )


def _line(row: dict[str, Any], viewer: Actor) -> dict[str, Any]:
    table = lifecycle_of(row["bureau_id"], row["lifecycle"])
    row["state_name"] = table.states[row["state"]].name
    row["level_name"] = levels_of(row["bureau_id"]).get(row["level"], {}).get("name", row["level"])
    row["mine"] = viewer.id is not None and row["waits_for_id"] == viewer.id
    row["may_pick"] = viewer.may_anywhere("assign")
    row["who"] = row["waits_for_name"] or row["rectifier_name"] or row["party_name"]
    return row


def count(viewer: Actor, filters: Filters, *, cap: int = CAP) -> int:
    """How many cases, counted no further than one past *cap*."""
    return len(selection(viewer, filters).order_by().values_list("pk", flat=True)[: cap + 1])


def tab_counts(viewer: Actor, filters: Filters) -> dict[str, int]:
    """The capped counts of the usual tabs in one statement: mine, overdue, to assign, to verify, listed."""

    now = clock.now()
    base = replace(filters, stage="open", time="", whose="", q="", listed=False, state="")
    parts = {
        "turn": replace(base, whose="turn"), "overdue": replace(base, time="overdue"), "reported": replace(base, stage="reported"),
        "verifying": replace(base, stage="verifying"), "listed": replace(base, listed=True),
    }  # fmt: skip
    return hot.counts({name: selection(viewer, part, now=now) for name, part in parts.items()}, cap=CAP)


@dataclass(frozen=True)
class Tab:
    """One of the usual selections, with its capped count."""

    word: str
    address: str
    count: int
    here: bool


TABS = {"turn": "等我办", "overdue": "已逾期", "reported": "待交办", "verifying": "待复查", "listed": "挂牌督办"}


@dataclass(frozen=True)
class Listing:
    """The list page: the filters in force, their sentence, the tabs, one page of rows."""

    filters: Filters
    sentence: Sentence
    tabs: list[Tab]
    page: Page
    address: str
    may_assign: bool
    may_export: bool
    may_report: bool


def listing(viewer: Actor, given: Mapping[str, str]) -> Listing:
    """Everything of the list page: three statements besides the packs."""
    filters = filters_from(given)
    usual = {
        "turn": Filters(whose="turn"), "overdue": Filters(time="overdue"), "reported": Filters(stage="reported"),
        "verifying": Filters(stage="verifying"), "listed": Filters(listed=True),
    }  # fmt: skip
    counts = tab_counts(viewer, filters)
    tabs = [Tab(TABS[name], "?" + urlencode(part.address()), counts[name], filters == part) for name, part in usual.items()]
    return Listing(
        filters=filters,
        sentence=sentence(viewer),
        tabs=tabs,
        page=hazards(viewer, filters, cursor=given.get("cursor", "")),
        address=urlencode(filters.address()),
        may_assign=viewer.may_anywhere("assign"),
        may_export=viewer.may_anywhere("export"),
        may_report=viewer.may_anywhere("snap") or viewer.may_anywhere("inspect"),
    )


@dataclass(frozen=True)
class Sentence:
    """What the filter sentence offers: the words in force and the choices of each part."""

    stages: list[tuple[str, str]]
    schools: list[tuple[str, str]]
    levels: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    times: list[tuple[str, str]]
    whose: list[tuple[str, str]]
    where: str


def sentence(viewer: Actor) -> Sentence:
    """The choices of every part of the filter sentence for this person."""
    found = schools(viewer)
    bureau = viewer.bureau_id
    place = next((hold.org_name for hold in viewer.holds), "")
    return Sentence(
        stages=list(STAGES.items()),
        schools=[(str(school.pk), school.short_name or school.name) for school in found] if len(found) > 1 else [],
        levels=[(code, level["name"]) for code, level in levels_of(bureau).items()] if bureau else [],
        categories=[(name, name) for name in categories(viewer)],
        sources=list(rules_of(bureau)["sources"].items()) if bureau else [],
        times=list(TIMES.items()),
        whose=list(WHOSE.items()),
        where="全区"
        if any(hold.level == "bureau" for hold in viewer.holds)
        else place
        if len(found) < 2
        else f"{len(found)} 所学校",
    )


_categories: dict[UUID, tuple[float, list[str]]] = {}


def categories(viewer: Actor) -> list[str]:
    """The categories that hazards are filed under: the sections of the bureau's checklists in force; a minute old at most."""
    if viewer.bureau_id is None:
        return []
    kept = _categories.get(viewer.bureau_id)
    if kept and monotonic() - kept[0] < 60:
        return kept[1]
    found: dict[str, None] = {}
    for sheet in sheet_lines(viewer, on=timezone.localdate(clock.now())):
        if sheet.current is not None:
            found |= dict.fromkeys(section.title for section in version_for_filling(viewer, sheet.current.pk).content.sections)
    _categories[viewer.bureau_id] = (monotonic(), list(found))
    return list(found)


# --- one case ---------------------------------------------------------------------------------------------------------


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
    papers: list[dict[str, str]]
    buttons: list[Button]
    waits_words: str
    five: list[tuple[str, str, str]]
    earlier: Case | None
    mine: bool = False
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
               e.facts.get("paper"), e.name in _SMALL)
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
        papers=[moment.paper for moment in story if moment.paper],
        buttons=buttons(viewer, case, table),
        waits_words=_waits_words(case),
        five=five_of(case) if packs.entry(case.bureau_id, "lifecycles", case.lifecycle).get("five") else [],
        earlier=case.recurrence_of,
        mine=viewer.id is not None and case.waits_for_id == viewer.id,
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


def rectifiers(viewer: Actor, case: Case) -> list[tuple[str, str]]:
    """The people who could put it right: (id, ``李安 · 安全负责人``), nearest first."""
    posts = packs.entries(case.bureau_id, "posts")
    rows = who_could("rectify", case.org, on=timezone.localdate(clock.now()))
    return [(str(row.user_id), f"{row.user.name} · {posts[row.post]['name']}") for row in rows]


def parties(viewer: Actor) -> list[tuple[str, str]]:
    """The partner departments that a case can be handed to."""
    return [(str(row.pk), row.short_name or row.name) for row in departments(viewer)]


def duplicates(viewer: Actor, case: Case) -> list[tuple[str, str]]:
    """Open cases of the same school that this one could be merged into."""
    rows = (
        Case.objects.visible_to(viewer)
        .filter(bureau_id=case.bureau_id, school_id=case.school_id, is_open=True)
        .exclude(pk=case.pk)
    )
    return [(str(row.pk), f"{row.number} {row.title}") for row in rows.order_by("-reported_at", "-id")[:50]]


@dataclass(frozen=True)
class StepForm:
    """One step as a form: what it asks, what can be chosen, and what the level's own deadline would be."""

    case: Case
    step: Step
    choices: dict[str, list[tuple[str, str]]]
    usual_due: datetime | None
    five: list[tuple[str, str, str]]
    reason: str
    due_help: str
    asked_until: str = ""

    conclusions = (("partly", "部分改"), ("not-done", "没有改"), ("relapsed", "改过又反弹"))
    grants = (("true", "同意"), ("false", "不同意"))

    @property
    def due_required(self) -> bool:
        return "due" in self.step.needs

    @property
    def note_required(self) -> bool:
        return "note" in self.step.needs


def step_form(viewer: Actor, pk: UUID, action: str) -> StepForm:
    """The form of one step; refused like the step itself would be (``cases.not_now`` …) when it cannot be taken now."""
    case = seen(viewer, pk)
    table = lifecycle_of(case.bureau_id, case.lifecycle)
    step = table.find(case.state, action, case.level)
    if step is None:
        raise moved(viewer, case, table, action)
    button = next((b for b in buttons(viewer, case, table) if b.action == action), None)
    choices: dict[str, list[tuple[str, str]]] = {}
    if "rectifier" in step.needs:
        choices = {"rectifier": rectifiers(viewer, case), "party": parties(viewer)}
    if "target" in step.needs:
        choices["into"] = duplicates(viewer, case)
    if action == "grade":
        choices["level"] = [(code, level["name"]) for code, level in levels_of(case.bureau_id).items() if code != case.level]
    level = levels_of(case.bureau_id).get(case.level)
    due = deadline(case.bureau_id, clock.now(), level["within"], level["clock"]) if level and step.within == "level" else None
    asked = timezone.localtime(datetime.fromisoformat(case.extension["until"])).strftime("%Y-%m-%d %H:%M") if case.extension else ""
    choices = {name: [("", "请选择"), *options] if name != "level" else options for name, options in choices.items()}
    return StepForm(case, step, choices, due, five_of(case), button.reason if button else "", _due_help(case, action), asked)


def _due_help(case: Case, action: str) -> str:
    if action == "assign":
        clocks = {"working": "按工作日算，节假日顺延", "hours": "按钟点算，夜间和节假日不停"}
        level = levels_of(case.bureau_id)[case.level]
        return f"不改就用“{level['name']}”隐患的期限，{clocks[level['clock']]}。"
    if action == "request-extension":
        limit = rules_of(case.bureau_id)["extension"]
        return f"现在的期限是 {timezone.localtime(case.due_at):%Y-%m-%d %H:%M}；最多延 {limit['most']} 次，已延 {case.extensions} 次。说明里写清原因和临时防护措施。"
    return "不填就按规定的期限。"


@dataclass(frozen=True)
class ReportForm:
    """What a person may choose when reporting: where, how grave, under which category."""

    places: list[tuple[str, str]]
    levels: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    categories: list[tuple[str, str]]

    @property
    def categories_or_none(self) -> list[tuple[str, str]]:
        return [("", "不确定"), *self.categories]


def report_form(viewer: Actor, org: UUID | None = None) -> ReportForm:
    """The choices of the report form for this person: the schools of their net, and the areas of the one that is chosen."""
    found = schools(viewer)
    chosen = next((school for school in found if school.pk == org), found[0] if len(found) == 1 else None)
    places = [(str(school.pk), school.short_name or school.name) for school in found]
    if chosen is not None:
        places += [(str(area.pk), f"{chosen.short_name or chosen.name} · {area.name}") for area in areas(chosen)]
    bureau = viewer.bureau_id
    return ReportForm(
        places=places,
        levels=[(code, f"{level['name']}：{level['help']}" if level.get("help") else level["name"]) for code, level in levels_of(bureau).items()],
        sources=list(rules_of(bureau)["sources"].items()) if bureau else [],
        categories=[(name, name) for name in categories(viewer)],
    )


def line(viewer: Actor, pk: UUID) -> dict[str, Any]:
    """One row of the list, or ``foundation.not_found``."""
    row = Case.objects.visible_to(viewer).filter(pk=pk).values(*LINE).first()
    if row is None:
        raise Refusal("foundation.not_found")
    return _line(row, viewer)


def my_photos(viewer: Actor, ids: Iterable[str]) -> list[Any]:
    """Photos that this person uploaded with a form that was then refused, so that they need not be taken again."""
    found = []
    for text in list(ids)[:20]:
        try:
            photo = evidence_seen(viewer, UUID(text))
        except (ValueError, Refusal):
            continue
        if photo.made_by_id == viewer.id and photo.subject_id is None:
            found.append(photo)
    return found


def bulk_form(viewer: Actor, pks: list[UUID]) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The chosen cases and the people who could rectify the first of them."""
    rows = [_line(row, viewer) for row in Case.objects.visible_to(viewer).filter(pk__in=pks).order_by("due_at", "id").values(*LINE)[:100]]
    if not rows:
        raise Refusal("foundation.not_found")
    return rows, rectifiers(viewer, seen(viewer, rows[0]["id"]))


def paper(viewer: Actor, pk: UUID) -> Any:
    """A paper about a case that this person may see, or ``foundation.not_found``."""
    found = papers.find(pk)
    if found is None or found.subject_kind != "cases.case" or not _shown(viewer, found):
        raise Refusal("foundation.not_found")
    return found


def _shown(viewer: Actor, found: Any) -> bool:
    return Case.objects.visible_to(viewer).filter(pk__in=[UUID(pk) for pk in found.content["cases"]]).exists()


# --- my todo ----------------------------------------------------------------------------------------------------------


def todo(viewer: Actor, *, most: int = 30) -> list[dict[str, Any]]:
    """What waits for me, what hurts first: overdue, due today, then by deadline; one statement."""
    if viewer.id is None:
        return []
    rows = Case.objects.filter(waits_for_id=viewer.id, is_open=True).order_by("due_at", "id").values(*LINE)[:most]
    return [_line(row, viewer) | {"next": _next_of(row)} for row in rows]


def _next_of(row: dict[str, Any]) -> str:
    """The words of the one next step of a case for the person it waits for."""
    table = lifecycle_of(row["bureau_id"], row["lifecycle"])
    return next((step.name for step in table.steps if step.state == row["state"]), "")


def todo_counts(viewer: Actor) -> dict[str, int]:
    """How many of my cases are overdue, due today and waiting for my verification."""
    now = clock.now()
    mine = Filters(whose="turn")

    parts = {
        "overdue": replace(mine, time="overdue"),
        "today": replace(mine, time="today"),
        "verifying": replace(mine, stage="verifying"),
        "all": mine,
    }
    return hot.counts({name: selection(viewer, part, now=now) for name, part in parts.items()}, cap=CAP)


def by_point(viewer: Actor, bureau_id: UUID, point_id: UUID, *, most: int = 20) -> list[dict[str, Any]]:
    """The latest cases at a risk point, for its page."""
    rows = (
        Case.objects.visible_to(viewer).filter(bureau_id=bureau_id, point_id=point_id).order_by("-reported_at", "-id")
    )
    return [_line(row, viewer) for row in rows.values(*LINE)[:most]]


def by_source(viewer: Actor, bureau_id: UUID, source_id: UUID, *, most: int = 400) -> list[dict[str, Any]]:
    """The cases that came out of one inspection."""
    rows = Case.objects.visible_to(viewer).filter(bureau_id=bureau_id, source_id=source_id).order_by("number")
    return [_line(row, viewer) for row in rows.values(*LINE)[:most]]


def under_area(viewer: Actor, path: str, *, most: int = 20) -> list[dict[str, Any]]:
    """Open cases at or below a unit, for its page."""
    rows = Case.objects.visible_to(viewer).filter(under(path), is_open=True).order_by("due_at", "id")
    return [_line(row, viewer) for row in rows.values(*LINE)[:most]]
