"""A round as the phone sends it, and the answer to what was pointed out about it.

``submit_round`` reads (``_place``, ``_history``), lets the pure rules judge (``rules.weighed``, ``indicators.signals``) and
writes one row, one fact, and what follows below: the task done, the points looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db.models import Case, F, Q, When
from django.utils import timezone
from msgspec import Meta
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bihuan.engines.duties import commands as duties
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import hot
from bihuan.foundation.actors import Actor, Placed
from bihuan.foundation.commands import Arguments, command, phone_drift
from bihuan.foundation.events import record, record_all
from bihuan.foundation.evidence.commands import attach_evidence
from bihuan.foundation.evidence.likeness import alike, alike_among, mine
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.patrols import events, indicators, refusals, rules  # noqa: F401 - facts and sentences are declared
from bihuan.mechanisms.patrols.models import Round, Route, Stop
from bihuan.mechanisms.patrols.pack import thresholds
from bihuan.mechanisms.risks import commands as risks
from bihuan.mechanisms.risks.rules import LabelStanding, PointStanding
from bihuan.mechanisms.risks.standing import standing

Seconds = Annotated[int, Field(ge=0, le=864_000)]
Words = Annotated[str, Field(max_length=300)]


class CheckIn(BaseModel):
    """One look at one point: ``code`` is what was scanned or typed, ``at`` the phone's clock, ``seconds`` in the foreground."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    n: Annotated[int, Field(ge=1, le=500)]
    point_id: UUID | None = None
    code: Annotated[str, Field(max_length=300)] = ""
    how: rules.How
    result: rules.Look
    at: AwareDatetime
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    accuracy: Annotated[float, Field(ge=0, le=1e7)] | None = None
    seconds: Seconds = 0
    evidence: Annotated[list[UUID], Field(max_length=9)] = []
    hazard_id: UUID | None = None
    note: Words | None = ""

    def plain(self) -> rules.Check:
        """As the rules know it."""
        return rules.Check(**{**dict(self), "evidence": tuple(self.evidence)})


class _Round(msgspec.Struct, forbid_unknown_fields=True):
    """The arguments of ``submit_round`` as nearly every phone sends them."""

    id: UUID
    started_at: Annotated[datetime, Meta(tz=True)]
    ended_at: Annotated[datetime, Meta(tz=True)]
    checks: Annotated[tuple[rules.Check, ...], Meta(min_length=1, max_length=200)]
    route_id: UUID | None = None
    task_id: UUID | None = None
    spent: Annotated[int, Meta(ge=0, le=864_000)] = 0
    handed_over: bool = False
    note: Annotated[str, Meta(max_length=300)] = ""


_from_json = msgspec.json.Decoder(_Round).decode


def reading(args: Arguments) -> dict[str, Any] | None:
    """A round read at a fifth of pydantic's price, or ``None``: whatever this does not take, pydantic reads or refuses.

    A test holds that what it takes pydantic takes too, and that both read the same (but for a moment told finer than in
    microseconds: it is rounded here and cut off there).
    """
    try:
        sent = _from_json(args) if isinstance(args, msgspec.Raw) else msgspec.convert(args, _Round)
    except ValueError:
        return None
    if sent.note != sent.note.strip():
        return None
    for look in sent.checks:
        if look.code != look.code.strip() or (look.note and look.note != look.note.strip()):
            return None
    return msgspec.structs.asdict(sent)


@command("patrols.submit_round", reading=reading)
def submit_round(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    route_id: UUID | None = None,
    task_id: UUID | None = None,
    started_at: AwareDatetime,
    ended_at: AwareDatetime,
    spent: Seconds = 0,
    checks: Annotated[
        list[CheckIn], Field(min_length=1, max_length=200)
    ],  # or, read quickly, rules.Check (see sent_of)
    handed_over: bool = False,
    note: Words = "",
) -> dict[str, Any]:
    """Hand in a round that was walked: each look with what was scanned; without a route, what was scanned in passing.

    A walked round is never refused for how it was walked: what is odd becomes a signal beside it (``indicators``), a
    round that somebody else did first is kept as ``double``, one that does not cover its route leaves the task open, one
    that cannot count for its task (see ``meant``) is kept without it.
    Times are the phone's; the door says how far its clock is off (``phone_drift``) and both are kept. Somebody whose
    appointment ended meanwhile hands in what they walked while in office. Answers ``result``, ``whole``, ``left`` (stops not
    accounted for), ``first`` (who was first, of a double one) and ``signals``.

    Refusals: ``foundation.not_found``, ``patrols.may_not_walk``, ``patrols.id_taken``, ``patrols.nowhere``,
    ``patrols.photo_missing``.
    """
    sent = sent_of(
        at, phone_drift.get(), id=id, route_id=route_id, task_id=task_id, started_at=started_at, ended_at=ended_at,
        spent=spent, checks=checks, handed_over=handed_over, note=note,
    )  # fmt: skip
    looks, ended = sent.looks, sent.times.ended_at
    ground = _ground(by, route_id, looks)
    walker = in_office(by, ground.place, ended)
    doing = duties.AtOnce()
    sent, task = meant(doing, walker, sent, ground.place)
    history = _history(by, id, sent.task_id, ended)
    if history.known is not None:
        return said(history.known)
    walk = weighed(sent, ground, history)
    done = fulfilled(doing, walker, at, sent, task, walk)
    photos = _photos(by, looks)
    row = row_of(
        by, at, sent, ground, walk, walker=walker, task=done.state if done else "",
        photos=_resembling(by, ground.place, photos, looks, at),
    )  # fmt: skip
    if not hot.insert([row], unless_there=True):
        return said(_same(by, id))
    attached = attach_evidence(row, [pk for pk, photo in photos.items() if photo.subject_id is None], by)
    if walk.spots:
        risks.note_rounds(walker, at, moment=walk.times.ended_at, walked=walk.walked)
    photographed = [{"id": photo.pk, "sha256": photo.sha256} for photo in attached]
    record_all(((row, name, facts) for name, facts in told_of(row, walk, photographed)), by=walker, at=at)
    return said(row, done=done, left=walk.left)


class Sent(msgspec.Struct, frozen=True):
    """A round as the phone sent it, with what its clock lacked. What follows up to ``said`` reads and writes nothing: the
    batch twin (``hot``) decides with the very same functions."""

    id: UUID
    route_id: UUID | None
    task_id: UUID | None
    started_at: datetime
    ended_at: datetime
    spent: int
    looks: tuple[rules.Check, ...]
    handed_over: bool
    note: str
    drift: timedelta
    times: rules.Times
    """when it was walked, as far as that can be believed"""


def sent_of(
    at: datetime, drift: timedelta, *, id: UUID, route_id: UUID | None, task_id: UUID | None, started_at: datetime,
    ended_at: datetime, spent: int, checks: Sequence[CheckIn] | tuple[rules.Check, ...], handed_over: bool, note: str,
) -> Sent:  # fmt: skip
    """The arguments of ``submit_round`` that were received *at* this moment, whichever way they were read."""
    read = checks if isinstance(checks, tuple) else [check.plain() for check in checks]
    looks = tuple(map(rules.sound, read))
    started_at, ended_at = rules.reckonable(started_at), rules.reckonable(ended_at)
    times = rules.times(started_at, ended_at, drift=drift, received=at)
    return Sent(id, route_id, task_id, started_at, ended_at, spent, looks, handed_over, note, drift, times)


def weighed(sent: Sent, ground: Ground, history: History) -> rules.Walk:
    """The round as the rules weigh it where it was walked."""
    limits = ground.limits
    return rules.weighed(
        sent.looks, ground.context.after(history.before, history.looked, history.clean_streak), times=sent.times, drift=sent.drift,
        least_percent=limits.least_percent if limits else 100,
    )  # fmt: skip


def row_of(
    by: Actor, at: datetime, sent: Sent, ground: Ground, walk: rules.Walk, *, walker: Actor, task: str,
    photos: Mapping[UUID, indicators.Photo],
) -> Round:  # fmt: skip
    """The round as it is kept. *task* is what became of its task."""
    limits, context = ground.limits, walk.context
    noticed = (
        indicators.signals(walk, context, limits, phone_started=sent.started_at, drift=sent.drift, photos=photos)
        if limits
        else []
    )
    has_route = sent.route_id is not None
    return hot.fresh(
        Round, id=sent.id, **placed(ground.place), org_id=ground.org_id, school_name=ground.school_name, route_id=sent.route_id,
        task_id=sent.task_id, by_id=by.id, by_name=by.name, by_post=walker.post_at(ground.place),
        started_at=walk.times.started_at, ended_at=walk.times.ended_at, received_at=at,
        drift_seconds=round(sent.drift.total_seconds()),
        result=rules.result_of(walk.standings, found=bool(walk.found), has_route=has_route, covered=walk.whole, task=task),  # type: ignore[arg-type]
        checks=[look.kept() for look in walk.looks], covered=list(context.terrain.texts(walk.seen)),
        stops_count=len(context.stops), found_count=walk.found, typed_count=walk.typed, seconds=walk.seconds,
        spent_seconds=sent.spent, signals=[one.as_json() for one in noticed], handed_over=sent.handed_over, note=sent.note,
        clean_streak=0 if walk.found else context.clean_streak + 1, whole=walk.whole or not has_route,
    )  # fmt: skip


def told_of(row: Round, walk: rules.Walk, photos: Sequence[Mapping[str, Any]] = ()) -> list[tuple[str, dict[str, Any]]]:
    """The facts that a round states: that it was handed in, and of a part that its task goes on."""
    points = [spot.text for spot in walk.spots]
    told: list[tuple[str, dict[str, Any]]] = [
        (
            "patrols.round_submitted",
            {
                "route": row.route_id, "task": row.task_id, "result": row.result, "found": walk.found, "points": points,
                "whole": row.whole, "signals": [one["code"] for one in row.signals], "photos": photos,
            },
        )
    ]  # fmt: skip
    if row.task_id and not row.whole:
        told.append(
            ("patrols.part_walked", {"route": row.route_id, "task": row.task_id, "handed_over": row.handed_over})
        )
    return told


class Ground(msgspec.Struct, frozen=True):
    """Where a round was walked: the scope it belongs to, the limits there, and what the rules need of route, points and labels."""

    place: Placed
    org_id: UUID
    school_name: str
    context: rules.Context
    limits: indicators.Thresholds | None


def _ground(by: Actor, route_id: UUID | None, looks: Iterable[rules.Check]) -> Ground:
    """Two statements: the route with its stops, the points and labels. An outsider's route does not exist."""
    route, stops = _route(route_id) if route_id else (None, ())
    codes = {look.code for look in looks if look.code}
    points, known = standing({*stops, *(look.point_id for look in looks if look.point_id)}, codes)
    return ground_of(by, looks, route, stops, points, known)


def ground_of(
    by: Actor, looks: Iterable[rules.Check], route: Route | None, stops: tuple[UUID, ...],
    points: Mapping[UUID, PointStanding], labels: Mapping[str, LabelStanding],
) -> Ground:  # fmt: skip
    """Where these looks were, from what was read of the route, the points and the labels."""
    if route is not None:
        context = rules.Context(route.school_id, stops, route.least_seconds, points, labels)
        return Ground(route, route.org_id, route.school_name, context, thresholds(route.bureau_id))
    stood = [
        labels[look.code].spot if look.code in labels else points.get(look.point_id)  # type: ignore[arg-type]
        for look in looks
        if not look.code or look.code in labels
    ]
    here = _home(by, filter(None, stood))
    context = rules.Context(here.school_id, (), None, points, labels)
    return Ground(here, here.org_id, here.school_name, context, thresholds(here.bureau_id))


def _route(route_id: UUID) -> tuple[Route, tuple[UUID, ...]]:
    stops = list(Stop.objects.filter(route_id=route_id).select_related("route").order_by("n"))
    if not stops:
        raise Refusal("foundation.not_found")
    return stops[0].route, tuple(stop.point_id for stop in stops)


def _home(by: Actor, stood: Iterable[PointStanding]) -> PointStanding:
    """The point whose place a round without a route belongs to; at nothing but foreign points, the person's own school."""
    found = list(stood)
    if own := next((point for point in found if by.is_system or any(hold.covers(point) for hold in by.holds)), None):
        return own
    if not found:
        raise Refusal("patrols.nowhere")
    if not by.holds:
        raise Refusal("foundation.not_found")
    unit = net.org(by, by.holds[0].org_id)
    return PointStanding(unit.pk, unit.pk, **placed(unit), school_name=str(unit), name="", is_active=True)


def in_office(by: Actor, place: Placed, walked_at: datetime) -> Actor:
    """The person with the holds by which they walked: today's, or those of the day of the walk."""
    if by.may("snap", place):
        return by
    if any(hold.covers(place) for hold in by.holds):
        raise Refusal("patrols.may_not_walk")
    then = net.holds_of(by.id, on=timezone.localdate(walked_at)) if by.id else []
    holds = tuple(hold for hold, _ in then)
    walker = Actor(id=by.id, name=by.name, channel=by.channel, bureau_id=by.bureau_id, holds=holds, scopes=by.scopes)
    if not walker.may("snap", place):
        raise Refusal("foundation.not_found")
    return walker


class History(msgspec.Struct, frozen=True):
    """What was handed in before: this very round, the other parts of its task (what they account for, and what of it was
    really looked at), and how long nothing was found."""

    known: Round | None
    before: frozenset[UUID]
    looked: frozenset[UUID]
    clean_streak: int


def _history(by: Actor, id: UUID, task_id: UUID | None, ended_at: datetime) -> History:
    last = Round.objects.filter(by_id=by.id, ended_at__lte=ended_at).order_by("-ended_at", "-id").values("pk")[:1]
    wanted = Q(pk=id) | Q(pk__in=last)
    if task_id:
        wanted |= Q(task_id=task_id)
    found = Round.objects.filter(wanted).order_by("-ended_at", "-id").defer("checks", "signals")
    rows = list(found.annotate(looks=Case(When(task_id=task_id, then=F("checks")))) if task_id else found)
    known = next((row for row in rows if row.pk == id), None)
    if known is not None and known.by_id != by.id:
        raise Refusal("patrols.id_taken")
    parts = [row for row in rows if task_id and row.task_id == task_id]
    before = frozenset(UUID(stop) for row in parts for stop in row.covered)
    looked = frozenset(UUID(point) for row in parts for point in rules.looked_at(row.looks))
    streak = next((row.clean_streak for row in rows if row.by_id == by.id and row.ended_at <= ended_at), 0)
    return History(known, before, looked, streak)


def meant(doing: duties.AtOnce | duties.Doing, walker: Actor, sent: Sent, place: Placed) -> tuple[Sent, Any]:
    """The task that this walk counts for, whole or in part, and the round as it is kept: without a task it cannot count for.

    A task that is gone or never was, of elsewhere, of another route, somebody else's to do, excused, or not in its time: each is
    answered alike, and its walk is kept as one without a task. So the rounds that name a task are those that count for it.
    """
    if sent.task_id is None:
        return sent, None
    try:
        task = doing.mine(walker, sent.task_id)
    except Refusal:
        task = None
    if task is not None and rules.counts_for(task, place, sent.route_id, sent.times.ended_at):
        return sent, task
    return msgspec.structs.replace(sent, task_id=None), None


def fulfilled(
    doing: duties.AtOnce | duties.Doing, walker: Actor, at: datetime, sent: Sent, task: Any, walk: rules.Walk
) -> duties.Fulfilled | None:
    """The task (see ``meant``) marked as done by a walk that covers its route; ``None`` too when it was deleted or excused
    since it was looked at."""
    if task is None or not walk.whole:
        return None
    try:
        done = doing.do(walker, at, task=task, ref_id=sent.id, done_at=walk.times.ended_at)
    except Refusal:
        return None
    return None if done.task.state == "excused" else done


def _same(by: Actor, id: UUID) -> Round:
    """The round that a rival message of the same phone has just handed in."""
    row = Round.objects.get(pk=id)
    if row.by_id != by.id:
        raise Refusal("patrols.id_taken")
    return row


def _photos(by: Actor, looks: Iterable[rules.Check]) -> dict[UUID, Any]:
    wanted = list(dict.fromkeys(photo for look in looks for photo in look.evidence))
    found = mine(by, wanted) if wanted else {}
    if lost := len(wanted) - len(found):
        raise Refusal("patrols.photo_missing", count=lost)
    return {pk: found[pk] for pk in wanted}


def _resembling(
    by: Actor, place: Placed, photos: Mapping[UUID, Any], looks: Iterable[rules.Check], at: datetime
) -> dict[UUID, indicators.Photo]:
    """What each photo resembles: of the own school how many days ago, of another school only that there is one, and of
    this round which. A photo of the hazard that the person reported there may show the same as the look."""
    hazards = [look.hazard_id for look in looks if look.hazard_id]
    hashes = {pk: one.perceptual_hash for pk, one in photos.items() if one.perceptual_hash is not None}
    limits = thresholds(place.bureau_id)
    bits = limits.same_photo_bits if limits else 0
    found = alike(by, place.bureau_id, hashes, near=bits, kind="cases.case", apart_from=hazards)
    among = alike_among(hashes, near=bits)
    shown = {}
    for pk, photo in photos.items():
        near = found.get(pk, [])
        own = next((one for one in near if one.school_id == place.school_id), None)
        days = max((at - own.made_at) // timedelta(days=1), 0) if own else None
        shown[pk] = indicators.Photo(pk, photo.taken_at, days, bool(near) and own is None, among.get(pk, ()))
    return shown


def said(row: Round, *, done: duties.Fulfilled | None = None, left: int | None = None) -> dict[str, Any]:
    """What the phone shows after a round; told again, without who was first."""
    task = done.state if done else ""
    first = done.task.done_by_name if done and done.state == "double" else ""
    if left is None:
        left = 0 if row.whole else row.stops_count - len(row.covered)
    told = [{"code": one["code"], "n": one["n"], "words": one["words"]} for one in row.signals]
    return {
        "id": msgspec.to_builtins(row.id), "result": row.result, "whole": row.whole, "left": left, "task": task, "first": first,
        "signals": told,
    }  # fmt: skip


@command("patrols.answer_signal")
def answer_signal(
    by: Actor,
    at: datetime,
    *,
    round_id: UUID,
    signal: Annotated[str, Field(max_length=40)],
    words: Annotated[str, Field(min_length=2, max_length=200)],
) -> Round:
    """Say in one's own words what was behind a signal about one's own round; once, beside it for whoever reads it.

    Refusals: ``foundation.not_found``, ``patrols.not_yours_to_answer``, ``patrols.no_such_signal``,
    ``patrols.already_answered``, ``foundation.changed_meanwhile``.
    """
    row = Round.objects.seen(by, round_id)
    if row.by_id != by.id:
        raise Refusal("patrols.not_yours_to_answer", name=row.by_name)
    if all(one["code"] != signal for one in row.signals):
        raise Refusal("patrols.no_such_signal")
    if signal in row.answered:
        raise Refusal("patrols.already_answered")
    answered = {**row.answered, signal: {"words": words, "at": at.isoformat()}}
    won = Round.objects.filter(pk=row.pk, revision=row.revision).update(answered=answered, revision=F("revision") + 1)
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=by.name)
    row.answered, row.revision = answered, row.revision + 1
    record(row, "patrols.signal_answered", by=by, at=at, signal=signal, words=words)
    return row
