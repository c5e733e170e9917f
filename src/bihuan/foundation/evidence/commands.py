"""Writing evidence: keep what a person uploads, and tie it to what it proves.

Bytes are not JSON, so these two are plain functions and no envelope commands; both are idempotent by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, CharField, Count, Field, Q, UUIDField, Value, When
from django.utils import timezone

from bihuan.foundation import hot
from bihuan.foundation.actors import Actor, Placed
from bihuan.foundation.events import Subject
from bihuan.foundation.evidence import store
from bihuan.foundation.evidence.documents import clean_document
from bihuan.foundation.evidence.images import clean_image
from bihuan.foundation.evidence.signatures import clean_drawing, clean_signature
from bihuan.foundation.evidence.voices import clean_voice
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Evidence
from bihuan.foundation.refusals import Refusal, declare
from bihuan.foundation.scoping import placed

Kind = Literal["image", "document", "signature", "audio"]
MOST_PER_SUBJECT = 60

declare(
    {
        "evidence.no_post": (403, "你现在没有任职，不能上传照片或文件。请联系学校安全负责人核对你的岗位。"),
        "evidence.too_many": (422, "一件事最多放{most}张照片和文件，这次没有保存。请先选出最能说明问题的几张。"),
        "evidence.id_taken": (409, "这个编号的照片或文件已经有人上传过，请重新选择后再传。"),
    }
)


def keep_evidence(
    by: Actor,
    at: datetime,
    *,
    raw: bytes,
    name: str = "",
    kind: Kind = "image",
    id: UUID | None = None,
    org: Placed | None = None,
    taken_at: datetime | None = None,
) -> Evidence:
    """Keep an uploaded photo, document, drawn signature or voice note; until it is attached only its maker sees it.

    The same client-made ``id`` is the same row; without one, so is the same picture from the same person, not yet
    attached. ``org`` places the row at once (the demo, imports); otherwise it stands in the maker's bureau until it is
    attached. ``taken_at`` is the phone's word for a picture whose camera wrote none into it.
    Refusals: ``evidence.no_post``, ``evidence.id_taken``, and those of cleaning (too large, disguised, broken).
    """
    bureau_id = org.bureau_id if org else by.bureau_id
    if bureau_id is None:
        raise Refusal("evidence.no_post")
    original = sha256(raw).hexdigest()
    if id and (known := _by_id(by, id, original)):
        return known
    fields = _cleaned(kind, raw, name)
    fields["taken_at"] = fields.get("taken_at") or taken_at
    place = placed(org) if org else {"bureau_id": bureau_id}
    mine = Evidence.objects.filter(
        bureau_id=bureau_id, sha256=fields["sha256"], made_by_id=by.id, subject_id__isnull=True
    )
    if not id and (known := mine.filter(kind=kind).first()):
        return known
    row = Evidence(
        id=id or uuid7(), **place, **fields, kind=kind, original_sha256=original,
        made_by_id=by.id, made_by_name=by.name, made_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the same upload arrived twice at once
        rival = _by_id(by, row.pk, original)
        if rival is None:
            raise
        return rival
    return row


def _by_id(by: Actor, id: UUID, original: str) -> Evidence | None:
    row = Evidence.objects.filter(pk=id).first()
    if row and (row.made_by_id != by.id or row.original_sha256 != original):
        raise Refusal("evidence.id_taken")
    return row


def attach_evidence(subject: Subject, ids: Iterable[UUID], by: Actor) -> list[Evidence]:
    """Tie my unattached evidence to a subject, inside the caller's command; the rows in the order of *ids*.

    See ``attach_many``.
    """
    return attach_many([Attached(subject, tuple(ids), by.id)])[0]


@dataclass(frozen=True)
class Attached:
    """Evidence that its maker ties to a subject; ``fresh``: the subject was made by this very command.

    ``voices``: a voice note may be among it. Elsewhere what is shown must be seen: a recording proves no rectification.
    ``taken_from``: the subject that it leaves for this one (what a stranger sent becomes proof in a case).
    """

    subject: Subject
    ids: tuple[UUID, ...]
    maker_id: UUID | None
    fresh: bool = False
    voices: bool = False
    taken_from: UUID | None = None


def attach_many(wanted: Sequence[Attached]) -> list[list[Evidence]]:
    """Tie the unattached evidence of its makers to several subjects of one place, in one statement (one more to count).

    The rows take their subject's scope columns, so whoever sees the subject's place sees them. Attaching twice is
    attaching once. Refusals: ``foundation.not_found`` (somebody else's, unknown, or used elsewhere),
    ``evidence.no_voice_here``, ``evidence.too_many``.
    """
    subject_of = {pk: one.subject for one in wanted for pk in one.ids}
    if not subject_of:
        return [[] for _ in wanted]
    if any(len(set(one.ids)) > MOST_PER_SUBJECT for one in wanted):
        raise Refusal("evidence.too_many", most=MOST_PER_SUBJECT)
    mine = reduce(
        or_,
        (
            Q(pk__in=one.ids)
            & (
                Q(subject_id__isnull=True, made_by_id=one.maker_id)
                | Q(subject_id__in=[one.subject.pk, *([one.taken_from] if one.taken_from else [])])
            )
            for one in wanted
            if one.ids
        ),
    )
    kinds = {pk: subject._meta.label_lower for pk, subject in subject_of.items()}  # type: ignore[attr-defined]
    rows = hot.changed(
        Evidence.objects.filter(mine),
        **placed(next(iter(subject_of.values()))),
        subject_id=_of_each({pk: subject.pk for pk, subject in subject_of.items()}, UUIDField()),
        subject_kind=_of_each(kinds, CharField()),
    )
    found = {row.pk: row for row in rows}
    if found.keys() != subject_of.keys():
        raise Refusal("foundation.not_found")
    if any(found[pk].kind == "audio" for one in wanted if not one.voices for pk in one.ids):
        raise Refusal("evidence.no_voice_here", fields={"photos": "请拍一张照片。"})
    _refuse_too_many([one for one in wanted if one.ids and not one.fresh])
    return [[found[pk] for pk in dict.fromkeys(one.ids)] for one in wanted]


def _of_each(values: Mapping[UUID, Any], field: Field[Any, Any]) -> Any:
    """One value for all rows, or each row's own."""
    first = next(iter(values.values()))
    if all(value == first for value in values.values()):
        return first
    return Case(
        *(When(pk=pk, then=Value(value, output_field=field)) for pk, value in values.items()), output_field=field
    )


def _refuse_too_many(wanted: Sequence[Attached]) -> None:
    if not wanted:
        return
    rows = Evidence.objects.filter(
        bureau_id=wanted[0].subject.bureau_id, subject_id__in=[one.subject.pk for one in wanted]
    )
    counts = rows.order_by().values("subject_id").annotate(n=Count("pk")).values_list("n", flat=True)
    if any(n > MOST_PER_SUBJECT for n in counts):
        raise Refusal("evidence.too_many", most=MOST_PER_SUBJECT)


def fingerprints(rows: Iterable[Evidence]) -> list[dict[str, str]]:
    """What a fact says about its evidence: with the content's hash in the sealed history, a photo cannot be swapped."""
    return [{"id": str(row.pk), "sha256": row.sha256} for row in rows]


def _cleaned(kind: Kind, raw: bytes, name: str) -> dict[str, Any]:
    """The columns that cleaning gives, with the clean bytes put into the store."""
    fields: dict[str, Any] = {"name": _plain_name(name)}
    if kind == "image":
        picture = clean_image(raw)
        fields |= {
            "media_type": "image/webp", "width": picture.width, "height": picture.height, "size": len(picture.webp),
            "perceptual_hash": picture.perceptual_hash, "taken_at": _aware(picture.taken_at),
            "sha256": store.keep(picture.webp, thumb=picture.thumb),
        }  # fmt: skip
    elif kind == "signature":
        drawn = clean_signature(raw.decode("ascii", "replace")) if raw.startswith(b"data:") else clean_drawing(raw)
        fields |= {"media_type": "image/webp", "size": len(drawn), "sha256": store.keep(drawn)}
    elif kind == "audio":
        voice = clean_voice(raw)
        fields |= {
            "media_type": voice.media_type, "size": len(voice.audio), "seconds": voice.seconds,
            "sha256": store.keep(voice.audio),
        }  # fmt: skip
    else:
        document = clean_document(raw)
        fields |= {"media_type": "application/pdf", "size": len(document.pdf), "sha256": store.keep(document.pdf)}
    return fields


def _plain_name(name: str) -> str:
    """The file's own name without its folder and without control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120]


def _aware(taken_at: datetime | None) -> datetime | None:
    return timezone.make_aware(taken_at) if taken_at else None
