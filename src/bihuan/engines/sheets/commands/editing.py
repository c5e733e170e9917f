"""Versions: drafted, edited, imported, discussed, published. A published version is never edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.responsibility import queries as net
from bihuan.engines.sheets import refusals  # noqa: F401 - their sentences must be declared
from bihuan.engines.sheets.models import Opinion, Sheet, SheetVersion
from bihuan.engines.sheets.rules import Condition, Content, Item, Section, compare, content_faults
from bihuan.engines.sheets.rules.importing import items_of
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

Number = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){0,2}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")]
Words = Annotated[str, Field(min_length=2, max_length=400)]


class ConditionIn(BaseModel):
    """Asked only when another item was answered so."""

    model_config = ConfigDict(extra="forbid")
    item: Code
    among: list[str]


class ItemIn(BaseModel):
    """An item as the editor sends it; see ``rules.Item``."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    code: Code
    section: Code
    title: Annotated[str, Field(min_length=2, max_length=120)]
    kind: str = "pass-fail"
    standard: Annotated[str, Field(max_length=300)] = ""
    ways: list[str] = []
    basis: Annotated[str, Field(max_length=300)] = ""
    severity: str = "general"
    stages: list[str] = []
    facets: list[str] = []
    place: Annotated[str, Field(max_length=40)] = ""
    proof: Literal["read", "official", "third-party", "seed", "own", "unverified"] = "own"
    options: list[str] = []
    abnormal: list[str] = []
    unit: Annotated[str, Field(max_length=20)] = ""
    least: float | None = None
    most: float | None = None
    normal_from: float | None = None
    normal_to: float | None = None
    required: bool = True
    when: ConditionIn | None = None

    def as_item(self) -> Item:
        """The frozen item of the rules."""
        said: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in self if name != "when"}
        return Item(**said, when=Condition(self.when.item, tuple(self.when.among)) if self.when else None)


class Cells(BaseModel):
    """A row of an imported table: its number in the file and its cells."""

    row: int
    cells: Annotated[list[str], Field(max_length=40)]


@command("sheets.draft_version")
def draft_version(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    sheet_id: UUID,
    version: Number,
    note: Annotated[str, Field(max_length=200)] = "",
) -> SheetVersion:
    """Start a draft as a copy of the latest published version.

    Refusals: ``sheets.may_not_edit``, ``sheets.version_exists``.
    """
    sheet = _editable(by, sheet_id)
    latest = (
        SheetVersion.objects.filter(sheet=sheet, state="published").order_by("-effective_on", "-published_at").first()
    )
    content = Content.from_json(latest.content) if latest else Content(sheet.title)
    draft = _new_draft(by, at, id=id, sheet=sheet, version=version, content=content, note=note)
    record(sheet, "sheets.drafted", by=by, at=at, version=version, copy_of=latest.version if latest else "")
    return draft


@command("sheets.edit_draft")
def edit_draft(
    by: Actor,
    at: datetime,
    *,
    version_id: UUID,
    revision: int,
    change: Literal["add", "change", "remove", "move", "section"],
    item: ItemIn | None = None,
    code: Code | None = None,
    before: Code | None = None,
    title: Annotated[str, Field(min_length=2, max_length=40)] | None = None,
) -> SheetVersion:
    """Change one thing in a draft.

    ``add`` or ``change`` an ``item``; ``remove`` or ``move`` the item ``code`` (``before`` another, or to the end of its
    category); or name the category ``code`` by ``title``.

    Refusals: ``sheets.published_is_frozen``, ``sheets.no_such_item``, ``sheets.item_code_taken``,
    ``foundation.changed_meanwhile``.
    """
    draft = _draft(by, version_id)
    content = Content.from_json(draft.content)
    words: str | None = code
    if change in ("add", "change"):
        if item is None:
            raise Refusal("sheets.no_such_item", item="")
        content = _with_item(content, item.as_item(), new=change == "add")
        words = item.code
    elif change == "section":
        content = _with_section(content, code or "", title or "")
    else:
        if code is None or code not in content.by_code:
            raise Refusal("sheets.no_such_item", item=code or "")
        content = _without(content, code) if change == "remove" else _moved(content, code, before)
    _keep(draft, content, revision)
    record(draft.sheet, "sheets.draft_edited", by=by, at=at, version=draft.version, change=change, item=words)
    return draft


@command("sheets.import_checklist")
def import_checklist(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    sheet_id: UUID,
    version: Number,
    rows: Annotated[list[Cells], Field(max_length=3000)],
    mapping: dict[str, int],
    title: Annotated[str, Field(max_length=120)] = "",
    file_name: Annotated[str, Field(max_length=160)] = "",
) -> SheetVersion:
    """A draft from a bureau's own table, all rows or none; an unknown ``sheet_id`` with a ``title`` is a new sheet.

    ``mapping`` says which column is what (``rules.importing.COLUMNS``). Refusals: ``sheets.import_faulty``,
    ``sheets.version_exists``, ``sheets.may_not_edit``.
    """
    sheet = Sheet.objects.visible_to(by).filter(pk=sheet_id).first()
    if sheet is None:
        sheet = _new_sheet(by, sheet_id, title)
    elif not by.may("manage-sheets", sheet):
        raise Refusal("sheets.may_not_edit")
    imported = items_of(sheet.title, [(row.row, row.cells) for row in rows], mapping)
    if imported.faulty or not imported.content.items:
        first = imported.faulty[0] if imported.faulty else None
        raise Refusal(
            "sheets.import_faulty",
            count=max(1, len(imported.faulty)),
            row=first.row if first else 1,
            first="；".join(first.faults) if first else "没有读到检查项",
        )
    draft = _new_draft(
        by, at, id=id, sheet=sheet, version=version, content=imported.content, note=f"从「{file_name}」导入"
    )
    record(sheet, "sheets.imported", by=by, at=at, version=version, file=file_name, items=len(imported.content.items))
    return draft


@command("sheets.give_opinion")
def give_opinion(by: Actor, at: datetime, *, id: UUID, version_id: UUID, text: Words, item: str = "") -> Opinion:
    """Say what should be different in a draft (or in one of its items); everybody in the bureau may."""
    draft = _version(by, version_id)
    if draft.state != "draft":
        raise Refusal("sheets.published_is_frozen", version=draft.version)
    if item and item not in Content.from_json(draft.content).by_code:
        raise Refusal("sheets.no_such_item", item=item)
    unit = by.holds[0].org_name if by.holds else ""
    opinion = Opinion(
        id=id,
        bureau_id=draft.bureau_id,
        version=draft,
        item=item,
        text=text,
        by_id=by.id,
        by_name=by.name,
        by_unit=unit,
        at=at,
    )
    opinion.save(force_insert=True)
    record(draft.sheet, "sheets.opinion_given", by=by, at=at, version=draft.version, item=item, text=text)
    return opinion


@command("sheets.answer_opinion")
def answer_opinion(by: Actor, at: datetime, *, opinion_id: UUID, reply: Words) -> Opinion:
    """Answer an opinion: taken up how, or why not. Refusals: ``sheets.may_not_edit``, ``foundation.changed_meanwhile``."""
    opinion = Opinion.objects.select_related("version__sheet").filter(pk=opinion_id).first()
    if opinion is None:
        raise Refusal("foundation.not_found")
    sheet = _editable(by, opinion.version.sheet_id)
    won = Opinion.objects.filter(pk=opinion_id, replied_at__isnull=True)
    if not won.update(reply=reply, replied_by_name=by.name, replied_at=at):
        raise Refusal("foundation.changed_meanwhile", who=opinion.replied_by_name or "别人")
    record(sheet, "sheets.opinion_answered", by=by, at=at, version=opinion.version.version, reply=reply)
    return opinion


@command("sheets.publish_version")
def publish_version(by: Actor, at: datetime, *, version_id: UUID, revision: int, effective_on: date) -> SheetVersion:
    """Freeze a draft and let it be in force from a day on; work already begun keeps its version.

    Refusals: ``sheets.not_ready``, ``sheets.date_in_past``, ``sheets.published_is_frozen``, ``foundation.changed_meanwhile``.
    """
    draft = _draft(by, version_id)
    today = timezone.localdate(at)
    if effective_on < today:
        raise Refusal("sheets.date_in_past", today=today.isoformat(), fields={"effective_on": "请选今天或以后的日期"})
    content = Content.from_json(draft.content)
    if faults := content_faults(content):
        raise Refusal("sheets.not_ready", count=len(faults), first=" ".join(faults[0]).strip())
    before = SheetVersion.objects.filter(sheet=draft.sheet_id, state="published").order_by("-effective_on").first()
    won = SheetVersion.objects.filter(pk=draft.pk, revision=revision, state="draft").update(
        state="published",
        effective_on=effective_on,
        published_at=at,
        published_by_name=by.name,
        revision=F("revision") + 1,
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="别人")
    record(
        draft.sheet, "sheets.published", by=by, at=at, version=draft.version, effective_on=effective_on, digest=content.digest,
        items=len(content.items), changes=compare(Content.from_json(before.content), content).words if before else "第一版",
    )  # fmt: skip
    draft.state, draft.effective_on = "published", effective_on
    return draft


def _editable(by: Actor, sheet_id: UUID) -> Sheet:
    sheet = Sheet.objects.all().seen(by, sheet_id)
    if not by.may("manage-sheets", sheet):
        raise Refusal("sheets.may_not_edit")
    return sheet


def _version(by: Actor, version_id: UUID) -> SheetVersion:
    version = SheetVersion.objects.select_related("sheet").filter(pk=version_id).first()
    if version is None:
        raise Refusal("foundation.not_found")
    Sheet.objects.all().seen(by, version.sheet_id)
    return version


def _draft(by: Actor, version_id: UUID) -> SheetVersion:
    draft = _version(by, version_id)
    if not by.may("manage-sheets", draft.sheet):
        raise Refusal("sheets.may_not_edit")
    if draft.state != "draft":
        raise Refusal("sheets.published_is_frozen", version=draft.version)
    return draft


def _new_sheet(by: Actor, sheet_id: UUID, title: str) -> Sheet:
    if by.bureau_id is None or not title:
        raise Refusal("foundation.not_found")
    sheet = Sheet(id=sheet_id, **placed(net.org(SYSTEM, by.bureau_id)), code=f"own-{sheet_id.hex[-10:]}", title=title)
    if not by.may("manage-sheets", sheet):
        raise Refusal("sheets.may_not_edit")
    sheet.save(force_insert=True)
    return sheet


def _new_draft(
    by: Actor, at: datetime, *, id: UUID, sheet: Sheet, version: str, content: Content, note: str
) -> SheetVersion:
    draft = SheetVersion(
        id=id, bureau_id=sheet.bureau_id, sheet=sheet, version=version, content=content.as_json(), digest=content.digest,
        item_count=len(content.items), note=note[:200], made_by_name=by.name, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError:
        raise Refusal("sheets.version_exists", version=version, fields={"version": "请换一个版本号"}) from None
    return draft


def _keep(draft: SheetVersion, content: Content, revision: int) -> None:
    changed: dict[str, Any] = {"content": content.as_json(), "digest": content.digest, "item_count": len(content.items)}
    won = SheetVersion.objects.filter(pk=draft.pk, revision=revision, state="draft").update(
        **changed, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="别人")


def _with_item(content: Content, item: Item, *, new: bool) -> Content:
    if new == (item.code in content.by_code):
        raise Refusal("sheets.item_code_taken" if new else "sheets.no_such_item", item=item.code)
    if not new:
        return replace(content, items=tuple(item if kept.code == item.code else kept for kept in content.items))
    last = max(
        (n for n, kept in enumerate(content.items) if kept.section == item.section), default=len(content.items) - 1
    )
    return replace(content, items=(*content.items[: last + 1], item, *content.items[last + 1 :]))


def _with_section(content: Content, code: str, title: str) -> Content:
    if not code or not title:
        raise Refusal("sheets.no_such_item", item=code)
    named = tuple(Section(code, title) if kept.code == code else kept for kept in content.sections)
    return replace(content, sections=named if code in content.section_titles else (*named, Section(code, title)))


def _without(content: Content, code: str) -> Content:
    return replace(content, items=tuple(kept for kept in content.items if kept.code != code))


def _moved(content: Content, code: str, before: str | None) -> Content:
    if before is not None and (before == code or before not in content.by_code):
        raise Refusal("sheets.no_such_item", item=before)
    item, rest = content.by_code[code], _without(content, code)
    if before is None:
        return _with_item(rest, item, new=True)
    place = next(n for n, kept in enumerate(rest.items) if kept.code == before)
    item = replace(item, section=rest.by_code[before].section)
    return replace(rest, items=(*rest.items[:place], item, *rest.items[place:]))
