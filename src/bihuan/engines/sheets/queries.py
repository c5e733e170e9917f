"""Reading sheets: what is in force, what it says, what was answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from bihuan.engines.sheets.models import Finding, Opinion, Sheet, SheetVersion, Submission
from bihuan.engines.sheets.rules import Content, Difference, Item, Section, compare
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal

_frozen: dict[UUID, VersionInForce] = {}
_MOST_FROZEN = 200
USES: Mapping[str, str] = {"checklist": "检查清单", "ledger": "台账", "report": "日报和登记"}


@dataclass(frozen=True, slots=True)
class VersionInForce:
    """A published version with its content read; it can never change, so a process keeps it."""

    id: UUID
    sheet_id: UUID
    bureau_id: UUID
    title: str
    version: str
    effective_on: date
    content: Content


def version_for_filling(viewer: Actor, version_id: UUID) -> VersionInForce:
    """A published version of the viewer's bureau, or ``foundation.not_found`` (drafts cannot be filled)."""
    kept = _frozen.get(version_id)
    if kept is None:
        row = SheetVersion.objects.select_related("sheet").filter(pk=version_id, state="published").first()
        if row is None:
            raise Refusal("foundation.not_found")
        kept = _read(row)
    if not viewer.is_system and kept.bureau_id not in {
        packs.PLATFORM,
        viewer.bureau_id,
        *(hold.org_id for hold in viewer.holds),
    }:
        raise Refusal("foundation.not_found")
    return kept


def _read(row: SheetVersion) -> VersionInForce:
    found = VersionInForce(
        row.pk,
        row.sheet_id,
        row.bureau_id,
        row.sheet.title,
        row.version,
        row.effective_on,
        Content.from_json(row.content),
    )
    if len(_frozen) >= _MOST_FROZEN:
        _frozen.clear()
    _frozen[row.pk] = found
    return found


def in_force(viewer: Actor, sheet_id: UUID, *, on: date) -> VersionInForce:
    """The version of a sheet that is in force on a day. Refusals: ``foundation.not_found``, ``sheets.nothing_in_force``."""
    return _in_force(viewer, _with_newest(on).seen(viewer, sheet_id), on)


def _with_newest(on: date) -> Any:
    """Sheets with the id of the version that is in force on a day."""
    rows = SheetVersion.objects.filter(sheet=OuterRef("pk"), state="published", effective_on__lte=on)
    newest = rows.order_by("-effective_on", "-published_at", "-id").values("pk")[:1]
    return Sheet.objects.annotate(newest=Subquery(newest))


def _in_force(viewer: Actor, sheet: Any, on: date) -> VersionInForce:
    if sheet.newest is None:
        raise Refusal("sheets.nothing_in_force", title=sheet.title, day=on.isoformat())
    return version_for_filling(viewer, sheet.newest)


def in_force_by_code(viewer: Actor, code: str, *, on: date) -> VersionInForce:
    """The version in force of the sheet that a pack calls *code*, the bureau's own before the platform's.

    Refusals: ``foundation.not_found``, ``sheets.nothing_in_force``.
    """
    found = {sheet.bureau_id: sheet for sheet in _with_newest(on).visible_to(viewer).filter(code=code)}
    if not found:
        raise Refusal("foundation.not_found")
    own = next((sheet for owner, sheet in found.items() if owner != packs.PLATFORM), None)
    return _in_force(viewer, own or found[packs.PLATFORM], on)


def sheet_coded(bureau_id: UUID, code: str) -> UUID:
    """The id of the sheet that a pack calls *code*, the bureau's own before the platform's, or ``foundation.not_found``.

    For a pack's installation, which has no viewer.
    """
    rows = Sheet.objects.filter(code=code, bureau_id__in={packs.PLATFORM, bureau_id}).values_list("bureau_id", "pk")
    found = dict(rows)
    if not found:
        raise Refusal("foundation.not_found")
    return found.get(bureau_id) or found[packs.PLATFORM]


def contents_in_force(viewer: Actor, sheet_ids: Collection[UUID], *, on: date) -> dict[UUID, dict[str, Any]]:
    """Sheet → its version in force on a day as ``{id, title, version, content}``, for filling without a network."""
    sheets = Sheet.objects.visible_to(viewer).filter(pk__in=list(sheet_ids))
    rows = SheetVersion.objects.filter(sheet__in=sheets, state="published", effective_on__lte=on)
    rows = rows.order_by("effective_on", "published_at", "id").values_list(
        "sheet_id", "id", "sheet__title", "version", "content"
    )
    return {
        sheet: {"id": pk, "sheet_id": sheet, "title": title, "version": version, "content": content}
        for sheet, pk, title, version, content in rows
    }  # the newest comes last


def contents_coded(
    viewer: Actor, *, ids: Collection[UUID], codes: Collection[str], on: date
) -> dict[str, tuple[UUID, Content]]:
    """Code → (id, content in force on a day) of these sheets, a bureau's own before the platform's; one statement."""
    sheets = Sheet.objects.visible_to(viewer).filter(Q(pk__in=list(ids)) | Q(code__in=list(codes)))
    rows = SheetVersion.objects.filter(sheet__in=sheets, state="published", effective_on__lte=on)
    rows = rows.order_by("effective_on", "published_at", "id")
    newest: dict[tuple[str, bool], tuple[UUID, Any]] = {}
    for code, owner, sheet_id, content in rows.values_list("sheet__code", "bureau_id", "sheet_id", "content"):
        newest[code, owner != packs.PLATFORM] = (sheet_id, content)  # the newest comes last
    return {code: (pk, Content.from_json(content)) for (code, _), (pk, content) in sorted(newest.items())}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A sheet in the list: the version in force, and what is being prepared."""

    sheet: Sheet
    current: SheetVersion | None
    coming: tuple[SheetVersion, ...]
    drafts: tuple[SheetVersion, ...]

    @property
    def use_words(self) -> str:
        """What the sheet is for."""
        return USES[self.sheet.use]


def sheet_lines(viewer: Actor, *, on: date) -> list[SheetLine]:
    """Every sheet of the viewer's bureau (two queries)."""
    sheets = list(Sheet.objects.visible_to(viewer).order_by("use", "title", "id"))
    rows = (
        SheetVersion.objects.filter(sheet__in=sheets).defer("content").order_by("-effective_on", "-published_at", "-id")
    )
    of: dict[UUID, list[SheetVersion]] = {sheet.pk: [] for sheet in sheets}
    for row in rows:
        of[row.sheet_id].append(row)
    return [_line(sheet, of[sheet.pk], on) for sheet in sheets]


def _line(sheet: Sheet, rows: Sequence[SheetVersion], on: date) -> SheetLine:
    published = [row for row in rows if row.state == "published"]
    return SheetLine(
        sheet,
        next((row for row in published if row.effective_on <= on), None),
        tuple(row for row in published if row.effective_on > on),
        tuple(row for row in rows if row.state == "draft"),
    )


def items_in_force(viewer: Actor, *, on: date) -> int:
    """How many items the checklists in force ask: what ``sheet_lines`` shows, added up in one statement."""
    sheets = Sheet.objects.visible_to(viewer).filter(use="checklist").order_by().values("pk")
    rows = SheetVersion.objects.filter(sheet__in=sheets, state="published", effective_on__lte=on)
    newest: dict[UUID, int] = {}
    for sheet_id, count in rows.order_by("effective_on", "published_at", "id").values_list("sheet_id", "item_count"):
        newest[sheet_id] = count
    return sum(newest.values())


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What of a checklist is shown: words of the filter as they stand in the address."""

    section: str = ""
    stage: str = ""
    facet: str = ""
    way: str = ""
    severity: str = ""
    text: str = ""

    def takes(self, item: Item) -> bool:
        """Whether an item passes."""
        return (
            (not self.section or item.section == self.section)
            and (not self.stage or not item.stages or self.stage in item.stages)
            and (not self.facet or self.facet in item.facets)
            and (not self.way or self.way in item.ways)
            and (not self.severity or item.severity == self.severity)
            and (not self.text or self.text in f"{item.code}{item.title}{item.standard}{item.basis}{item.place}")
        )


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version as a page shows it."""

    sheet: Sheet
    version: SheetVersion
    content: Content
    shown: tuple[tuple[Section, tuple[Item, ...]], ...]
    count: int

    @property
    def is_draft(self) -> bool:
        """Whether it may still be edited."""
        return self.version.state == "draft"


def version_view(
    viewer: Actor, *, sheet_id: UUID, version_id: UUID | None = None, on: date, only: ItemFilter | None = None
) -> VersionView:
    """One version of a sheet (without an id: the one in force, else the newest), filtered and by category."""
    sheet = Sheet.objects.all().seen(viewer, sheet_id)
    rows = SheetVersion.objects.filter(sheet=sheet)
    if version_id:
        row = rows.filter(pk=version_id).first()
    else:
        published = rows.filter(state="published").order_by("-effective_on", "-published_at", "-id")
        row = published.filter(effective_on__lte=on).first() or published.first() or rows.order_by("-made_at").first()
    if row is None:
        raise Refusal("foundation.not_found")
    return _shown(sheet, row, only or ItemFilter())


def version_by_id(viewer: Actor, version_id: UUID) -> VersionView:
    """One version, draft or published, whole."""
    row = SheetVersion.objects.select_related("sheet").filter(pk=version_id).first()
    if row is None:
        raise Refusal("foundation.not_found")
    Sheet.objects.all().seen(viewer, row.sheet_id)
    return _shown(row.sheet, row, ItemFilter())


def _shown(sheet: Sheet, row: SheetVersion, only: ItemFilter) -> VersionView:
    content = Content.from_json(row.content)
    shown = [
        (section, tuple(i for i in content.in_section(section.code) if only.takes(i))) for section in content.sections
    ]
    kept = tuple((section, items) for section, items in shown if items)
    return VersionView(sheet, row, content, kept, sum(len(items) for _, items in kept))


def published_before(view: VersionView) -> SheetVersion | None:
    """The latest published version of the same sheet, to compare a draft with."""
    rows = SheetVersion.objects.filter(sheet=view.sheet, state="published").exclude(pk=view.version.pk)
    return rows.defer("content").order_by("-effective_on", "-published_at", "-id").first()


def versions(viewer: Actor, sheet_id: UUID) -> tuple[Sheet, list[SheetVersion]]:
    """A sheet with all its versions, newest first (drafts on top)."""
    sheet = Sheet.objects.all().seen(viewer, sheet_id)
    rows = SheetVersion.objects.filter(sheet=sheet).defer("content")
    return sheet, sorted(
        rows,
        key=lambda r: (
            r.state != "draft",
            -(r.effective_on or date.max).toordinal(),
            -(r.made_at.timestamp() if r.made_at else 0),
        ),
    )


def opinions(viewer: Actor, version_id: UUID) -> list[Opinion]:
    """What people said of a draft, newest first."""
    row = SheetVersion.objects.filter(pk=version_id).only("sheet_id").first()
    if row is None:
        raise Refusal("foundation.not_found")
    Sheet.objects.all().seen(viewer, row.sheet_id)
    return list(Opinion.objects.filter(version_id=version_id).order_by("-at", "-id")[:500])


def difference(viewer: Actor, *, old_id: UUID, new_id: UUID) -> tuple[SheetVersion, SheetVersion, Difference]:
    """Two versions of one sheet and what differs between them."""
    found = {row.pk: row for row in SheetVersion.objects.select_related("sheet").filter(pk__in=[old_id, new_id])}
    old, new = found.get(old_id), found.get(new_id)
    if old is None or new is None or old.sheet_id != new.sheet_id:
        raise Refusal("foundation.not_found")
    Sheet.objects.all().seen(viewer, old.sheet_id)
    return old, new, compare(Content.from_json(old.content), Content.from_json(new.content))


def sheet_of(viewer: Actor, sheet_id: UUID) -> Sheet:
    """One sheet of the viewer's bureau, or ``foundation.not_found``."""
    return Sheet.objects.all().seen(viewer, sheet_id)


def submission(viewer: Actor, pk: UUID) -> Submission:
    """One submission inside the viewer's net, or ``foundation.not_found``."""
    return Submission.objects.all().seen(viewer, pk)


def submission_held_by(holder: str, pk: UUID) -> Submission:
    """The submission of a mechanism that has itself decided who may see it."""
    return Submission.objects.get(pk=pk, holder=holder)


def submissions_held_by(holder: str, pks: Collection[UUID]) -> dict[UUID, Submission]:
    """``submission_held_by`` for many at once, in one statement (none for none)."""
    return Submission.objects.filter(holder=holder).in_bulk(list(pks)) if pks else {}


def submissions(viewer: Actor, *, cursor: str = "", size: int = 25) -> Page:
    """What was filled in inside the viewer's net (not by a mechanism), newest first."""
    rows = (
        Submission.objects.visible_to(viewer)
        .filter(holder="")
        .select_related("org", "version__sheet")
        .defer("answers", "asked", "version__content")
    )
    return page(rows, order=("-started_at", "-id"), cursor=cursor, size=size)


def findings_of(submission_id: UUID) -> list[Finding]:
    """The findings of a submission that the caller was allowed to see, in the order of its items."""
    return list(Finding.objects.filter(submission_id=submission_id).order_by("item"))


def taken_up(items: Sequence[str] | None, *, of: str) -> Exists:
    """For a selection of the rows that hold submissions (*of*: their column): whether one of these items has its case.

    Without *items*: whether any has.
    """
    rows = Finding.objects.filter(submission_id=OuterRef(of), case_id__isnull=False)
    return Exists(rows if items is None else rows.filter(item__in=list(items)))


def finding_counts(submission_ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, int]]:
    """Submission → (findings, those with a case)."""
    rows = (
        Finding.objects.filter(submission_id__in=submission_ids)
        .values("submission_id")
        .annotate(all=Count("pk"), taken=Count("pk", filter=Q(case_id__isnull=False)))
    )
    return {row["submission_id"]: (row["all"], row["taken"]) for row in rows}


def answers_in_words(
    content: Content, answers: Mapping[str, Mapping[str, Any]]
) -> list[tuple[Item, Mapping[str, Any]]]:
    """Item and its answer, in the sheet's order."""
    return [(item, answers[item.code]) for item in content.items if item.code in answers]
