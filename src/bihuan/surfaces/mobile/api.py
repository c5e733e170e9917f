"""The phone's calls: my scope, my outbox, my photos. All with the token of ``/m/enrol/``."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Header, Router, Schema

from bihuan.foundation import clock
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.evidence.queries import uploaded
from bihuan.foundation.evidence.voices import refuse_voice_by_size
from bihuan.foundation.evidence.web import LARGEST
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.mobile import queries, sync
from bihuan.surfaces.mobile.parts import Part

router = Router()


class Arrived(Schema):
    """What has arrived of a photo: so many bytes, or all of it as this piece of evidence."""

    have: int | None = None
    evidence: UUID | None = None


@router.get(
    "/phone/scope",
    response=dict[str, Any],
    summary="Everything of mine that the phone keeps for going without a network",
)
def get_scope(request: HttpRequest) -> Any:
    """Only what lies inside my net. ``ETag`` and ``If-None-Match``: 304 while nothing in it has changed."""
    viewer, at = request.actor, clock.now()  # type: ignore[attr-defined]
    tag = queries.tag(viewer, at)
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(queries.encoded(queries.scope(viewer, at, tag)), content_type="application/json")
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    return answer


@router.post("/phone/sync", response=dict[str, Any], summary="Carry out what waited on the phone, in order")
def post_sync(request: HttpRequest) -> Any:
    """``{phone_now, envelopes: [{id, command, args, sent_at, needs}]}``; see ``bihuan.surfaces.mobile.sync``."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > sync.LARGEST:
        raise Refusal("mobile.too_large")
    answered = sync.carry_out(request.actor, clock.now(), request.body)  # type: ignore[attr-defined]
    return HttpResponse(queries.encoded(answered), content_type="application/json")


@router.get("/phone/photos/{sha256}", response=Arrived, exclude_none=True, summary="How much of a photo has arrived")
def get_photo(request: HttpRequest, sha256: str, x_evidence_id: UUID = Header(...)) -> Any:  # noqa: B008 - how ninja is told
    """``{have: n}``, or ``{evidence: id}`` when it is whole."""
    part = _part(request, sha256, x_evidence_id)
    return _kept(request, sha256, x_evidence_id) or {"have": part.have()}


@router.put("/phone/photos/{sha256}", response=Arrived, exclude_none=True, summary="A piece of a photo, or all of it")
def put_photo(
    request: HttpRequest, sha256: str, offset: int, total: int, kind: Literal["image", "document", "signature", "audio"] = "image",
    taken_at: str = "", x_evidence_id: UUID = Header(...),  # noqa: B008 - how ninja is told
) -> Any:  # fmt: skip
    """Raw bytes from *offset* on. ``have`` says where to go on; the last piece answers ``evidence``.

    ``taken_at`` is the phone's word for when it was taken; what the camera wrote into the picture goes before it.
    """
    part = _part(request, sha256, x_evidence_id)
    if kept := _kept(request, sha256, x_evidence_id):
        part.forget()
        return kept
    if kind == "audio":
        refuse_voice_by_size(total)
    have = part.put(_piece(request), offset=offset, total=total)
    if have < total:
        return {"have": have}
    raw = part.whole()
    if raw is None:
        return _kept(request, sha256, x_evidence_id) or {"have": 0}
    try:
        row = keep_evidence(
            request.actor,
            clock.now(),
            raw=raw,
            kind=kind,
            id=x_evidence_id,
            taken_at=sync.moment(taken_at),  # type: ignore[attr-defined]
        )
    finally:
        part.forget()  # refused or kept: the pieces are of no more use
    return {"evidence": row.pk}


def _piece(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        raise Refusal("mobile.bad_photo_call", why="一段太长")
    return request.body


def _part(request: HttpRequest, sha256: str, evidence_id: UUID) -> Part:
    person = request.actor.id  # type: ignore[attr-defined]
    if person is None:
        raise Refusal("foundation.sign_in")
    return Part(person, sha256, evidence_id)


def _kept(request: HttpRequest, sha256: str, evidence_id: UUID) -> dict[str, Any] | None:
    """The answer for a photo that is here already; another content under the same id is refused."""
    original = uploaded(request.actor, [evidence_id]).get(evidence_id)  # type: ignore[attr-defined]
    if original is not None and original != sha256:
        raise Refusal("evidence.id_taken")
    return {"evidence": evidence_id} if original else None
