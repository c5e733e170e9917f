"""Appointments: begun, ended, stood in for, handed over. Never edited, only ended and succeeded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import reduce
from operator import or_
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.accounts import commands as accounts
from bihuan.engines.responsibility.commands.units import Day, last_hand
from bihuan.engines.responsibility.models import Appointment, Org
from bihuan.engines.responsibility.queries.acting import forget_actors
from bihuan.engines.responsibility.queries.places import net_of
from bihuan.engines.responsibility.queries.serving import manages_from_above
from bihuan.engines.responsibility.rules.initials import initials
from bihuan.engines.responsibility.rules.posts import filled_from_above, fits, sponsor_posts
from bihuan.engines.responsibility.rules.roster import phone_of
from bihuan.engines.responsibility.rules.spans import DAY
from bihuan.engines.responsibility.rules.tree import plain, squeezed
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed


class NewPerson(BaseModel):
    """A person as typed: recognised among the unit's people by name and telephone, otherwise enlisted anew."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Annotated[str, Field(min_length=2, max_length=60)]
    phone: Annotated[str, Field(max_length=30)] = ""
    staff_no: Annotated[str, Field(max_length=40)] = ""


@command("responsibility.appoint")
def appoint(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    org_id: UUID,
    post: str,
    starts_on: Day,
    ends_on: Day | None = None,
    user_id: UUID | None = None,
    person: NewPerson | None = None,
    rank: Annotated[int, Field(ge=1, le=9)] = 1,
) -> Appointment:
    """Let a person hold a post at a unit from a day on (``rank`` 1 first, 2 second responsible person …).

    Refusals: ``foundation.not_found`` · ``not_yours``, ``responsibility.no_such_post`` · ``post_elsewhere`` ·
    ``post_from_above`` · ``not_oneself`` · ``no_person`` · ``unknown_person`` · ``already_serving`` · ``bad_span`` · ``closed``.
    """
    place = _place(by, org_id, starts_on)
    data = _post_here(by, place, post)
    who, name = _person(by, place, user_id, person)
    row = _begin(by, place, data, who, name, id=id, starts_on=starts_on, ends_on=ends_on, rank=rank)
    record(row, "responsibility.appointed", by=by, at=at, **_words(row, data, name))
    return row


@command("responsibility.end_appointment")
def end_appointment(
    by: Actor, at: datetime, *, appointment_id: UUID, ends_on: Day, reason: Annotated[str, Field(max_length=120)] = ""
) -> Appointment:
    """End an appointment; ``ends_on`` is its last day. Stand-ins for it end with it.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``responsibility.already_ended`` ·
    ``bad_span`` · ``post_from_above``.
    """
    row = _mine(by, appointment_id)
    data = _post_here(by, row.org, row.post)
    _end(row, data, ends_on)
    record(
        row,
        "responsibility.appointment_ended",
        by=by,
        at=at,
        on=ends_on,
        reason=plain(reason),
        **_words(row, data, row.user.name),
    )
    return row


@command("responsibility.stand_in")
def stand_in(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    stands_for_id: UUID,
    starts_on: Day,
    ends_on: Day,
    user_id: UUID | None = None,
    person: NewPerson | None = None,
) -> Appointment:
    """代班: let somebody stand in for a holder from a day to a day, with the holder's duties and rights.

    Refusals: those of ``appoint``, and ``responsibility.same_person`` · ``stand_in_taken`` · ``bad_span`` (outside the
    holder's own time).
    """
    held = _mine(by, stands_for_id)
    data = _post_here(by, held.org, held.post)
    if held.kind != "holder":
        raise Refusal("responsibility.bad_span", sentence="代班的人不能再由别人代班，请对原任职安排")
    if starts_on < held.starts_on or (held.ends_on and ends_on > held.ends_on):
        raise Refusal("responsibility.bad_span", sentence=f"代班日期超出了{held.user.name}的任职时间")
    who, name = _person(by, held.org, user_id, person)
    if who == held.user_id:
        raise Refusal("responsibility.same_person", name=name)
    _lock(held.org_id)
    others = Appointment.objects.filter(stands_for=held, starts_on__lte=ends_on, ends_on__gte=starts_on)
    if other := others.select_related("user").first():
        raise Refusal(
            "responsibility.stand_in_taken",
            name=held.user.name,
            since=other.starts_on,
            until=other.ends_on,
            other=other.user.name,
        )
    row = _begin(
        by, held.org, data, who, name, id=id, starts_on=starts_on, ends_on=ends_on, kind="stand_in", stands_for=held
    )
    record(
        row,
        "responsibility.stand_in_arranged",
        by=by,
        at=at,
        stands_for=held.pk,
        holder=held.user.name,
        **_words(row, data, name),
    )
    return row


@command("responsibility.hand_over")
def hand_over(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    appointment_id: UUID,
    on: Day,
    user_id: UUID | None = None,
    person: NewPerson | None = None,
    note: Annotated[str, Field(max_length=200)] = "",
) -> Appointment:
    """交接: end one person's appointment and begin another's at the same post; ``on`` is the new holder's first day.

    States ``responsibility.handed_over``, because of which rooms above move open work; history stays with whom it was.
    Refusals: those of ``appoint`` and ``end_appointment``, ``responsibility.hand_over_ahead`` · ``same_person``.
    """
    held = _mine(by, appointment_id)
    if on > timezone.localdate(at):
        raise Refusal("responsibility.hand_over_ahead", on=on)
    data = _post_here(by, held.org, held.post)
    who, name = _person(by, held.org, user_id, person)
    if who == held.user_id:
        raise Refusal("responsibility.same_person", name=name)
    row = _succeed(by, held, data, who, name, id=id, on=on)
    _say_handed_over(by, at, held, row, data, name, plain(note))
    return row


@command("responsibility.assign_sponsor")
def assign_sponsor(
    by: Actor,
    at: datetime,
    *,
    schools: Annotated[list[UUID], Field(min_length=1, max_length=500)],
    post: str,
    on: Day,
    user_id: UUID | None = None,
    person: NewPerson | None = None,
) -> list[Appointment]:
    """包抓: make one person the sponsor (leader, office or cadre) of many schools at once, all or none.

    Whoever was it hands over (``responsibility.handed_over`` for each school); a school that has this person already
    stays as it is. Refusals: those of ``hand_over``, ``responsibility.not_a_sponsor_post``.
    """
    found = Org.objects.visible_to(by).filter(pk__in=set(schools), tier="school")
    places = list(found.select_for_update().order_by("path"))
    if len(places) != len(set(schools)):
        raise Refusal("foundation.not_found")
    if on > timezone.localdate(at):
        raise Refusal("responsibility.hand_over_ahead", on=on)
    if post not in sponsor_posts(net_of(places[0].bureau_id)):
        raise Refusal("responsibility.not_a_sponsor_post", post=post)
    who: UUID | None = None
    name = ""
    serving: dict[UUID, list[Appointment]] = defaultdict(list)
    rows = Appointment.objects.filter(org__in=places, post=post, kind="holder").on(on).select_related("user", "org")
    for held in rows.order_by("rank", "starts_on"):
        serving[held.org_id].append(held)
    leaving: list[Appointment] = []
    taking: list[tuple[Org, Appointment | None]] = []
    for place in places:
        data = _post_here(by, place, post)
        _refuse_closed(place, on)
        if who is None:
            who, name = _person(by, place, user_id, person)
        held = serving[place.pk]
        if not any(row.user_id == who for row in held):
            leaving += held
            taking.append((place, held[0] if held else None))
    if not taking or who is None:
        return []
    _end_all(leaving, data, on - DAY)
    seats = [Seat(place, uuid7(), first.rank if first else 1) for place, first in taking]
    made = _begin_all(seats, data, who, name, starts_on=on, ends_on=None, locked=True)
    told: list[tuple[Any, str, dict[str, Any]]] = []
    for row, (_, first) in zip(made, taking, strict=True):
        if first:
            told.append((row, "responsibility.handed_over", _handed_over(first, row, data, name, "")))
        else:
            told.append((row, "responsibility.appointed", _words(row, data, name)))
    record_all(told, by=by, at=at)
    return made


# --- what they share --------------------------------------------------------------------------------------------------


def _place(by: Actor, org_id: UUID, starts_on: date) -> Org:
    place = Org.objects.visible_to(by).seen(by, org_id)
    _refuse_closed(place, starts_on)
    return place


def _refuse_closed(place: Org, on: date) -> None:
    if place.active_to and on > place.active_to:
        raise Refusal("responsibility.closed", name=place.name, on=place.active_to)


def _mine(by: Actor, appointment_id: UUID) -> Appointment:
    return Appointment.objects.visible_to(by).select_related("user", "org").seen(by, appointment_id)


def _post_here(by: Actor, place: Org, code: str) -> dict[str, Any]:
    """The post's data, after checking that it exists, belongs here, and that this person may fill it."""
    if not by.may("manage-net", place):
        raise Refusal("foundation.not_yours", act="调整这里的人员", who="本单位的安全负责人或局系统管理员")
    entries, net = packs.entries(place.bureau_id, "posts"), net_of(place.bureau_id)
    if code not in entries:
        near = get_close_matches(code, [post["name"] for post in entries.values()], n=3, cutoff=0.4)
        raise Refusal("responsibility.no_such_post", post=code, hint=f"，最接近的是：{'、'.join(near)}" if near else "")
    data = entries[code]
    if not fits(data, place.tier, net):
        raise Refusal("responsibility.post_elsewhere", post=data["name"], place=place.name)
    if filled_from_above(data, net) and not manages_from_above(by, place):
        raise Refusal("responsibility.post_from_above", post=data["name"], who="局系统管理员")
    return data


def _person(by: Actor, place: Org, user_id: UUID | None, person: NewPerson | None) -> tuple[UUID, str]:
    """Id and name of who is meant; a new person is enlisted. Nobody appoints themselves."""
    if user_id is None and person is None:
        raise Refusal("responsibility.no_person")
    known = Appointment.objects.filter(bureau_id=place.bureau_id).select_related("user")
    if user_id is not None:
        row = known.filter(user_id=user_id, user__is_active=True).first()
        if row is None:
            raise Refusal("responsibility.unknown_person")
        found, name = user_id, row.user.name
    else:
        assert person
        found, name = _recognised(known, place, person)
    if found == by.id:
        raise Refusal("responsibility.not_oneself")
    return found, name


def _recognised(known: Any, place: Org, person: NewPerson) -> tuple[UUID, str]:
    name, phone, staff_no = squeezed(person.name), phone_of(person.phone), squeezed(person.staff_no)
    rows = known.filter(user__name=name, user__is_active=True)
    if phone or staff_no:
        sure = Q(user__phone=phone) if phone else Q()
        sure |= Q(user__staff_no=staff_no) if staff_no else Q()
        candidates = set(rows.filter(sure).values_list("user_id", flat=True))
    else:  # a namesake at another school is another person
        near = (
            Q(school_id=place.school_id)
            | Q(school_id__isnull=True)
            | Q(post__in=sponsor_posts(net_of(place.bureau_id)))
        )
        candidates = set(rows.filter(near).values_list("user_id", flat=True))
    if len(candidates) > 1:
        raise Refusal("responsibility.which_person", name=name, count=len(candidates))
    if candidates:
        return candidates.pop(), name
    fresh = uuid7()
    accounts.enlist([accounts.NewPerson(fresh, name, phone[:20], staff_no)])
    return fresh, name


def _lock(*places: UUID) -> None:
    """Let two writers at one unit go one after the other (SQLite has a single writer anyway)."""
    list(Org.objects.select_for_update().filter(pk__in=places).order_by("path").values_list("pk"))


@dataclass(frozen=True)
class Seat:
    """Where somebody begins to serve."""

    place: Org
    id: UUID
    rank: int = 1


def _begin(
    by: Actor, place: Org, data: dict[str, Any], who: UUID, name: str, *,
    id: UUID, starts_on: date, ends_on: date | None, rank: int = 1, kind: str = "holder", stands_for: Appointment | None = None,
) -> Appointment:  # fmt: skip
    return _begin_all(
        [Seat(place, id, rank)], data, who, name, starts_on=starts_on, ends_on=ends_on, kind=kind, stands_for=stands_for
    )[0]


def _begin_all(
    seats: Sequence[Seat], data: dict[str, Any], who: UUID, name: str, *,
    starts_on: date, ends_on: date | None, kind: str = "holder", stands_for: Appointment | None = None, locked: bool = False,
) -> list[Appointment]:  # fmt: skip
    """One person begins to serve in one post at many units: the same number of statements for one as for all."""
    if ends_on and ends_on < starts_on:
        raise Refusal(
            "responsibility.bad_span", sentence="结束日期早于开始日期", fields={"ends_on": "不能早于开始日期"}
        )
    places = [seat.place.pk for seat in seats]
    if not locked:
        _lock(*places)
    same = Appointment.objects.filter(user_id=who, org__in=places, post=data["code"]).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on)
    )
    if ends_on:
        same = same.filter(starts_on__lte=ends_on)
    if there := same.first():
        raise Refusal("responsibility.already_serving", name=name, since=there.starts_on, post=data["name"])
    rows = [
        Appointment(
            id=seat.id, user_id=who, org=seat.place, post=data["code"], kind=kind, stands_for=stands_for, rank=seat.rank,
            starts_on=starts_on, ends_on=ends_on, initials=initials(name), **placed(seat.place),
        )
        for seat in seats
    ]  # fmt: skip
    try:
        with transaction.atomic():
            Appointment.objects.bulk_create(rows)
    except IntegrityError:
        raise Refusal("foundation.changed_meanwhile", who=last_hand(rows[0])) from None
    transaction.on_commit(forget_actors)
    return rows


def _end(row: Appointment, data: dict[str, Any], ends_on: date) -> None:
    _end_all([row], data, ends_on)


def _end_all(rows: Sequence[Appointment], data: dict[str, Any], ends_on: date) -> None:
    """The one compare-and-swap of ``ends_on``; of two who end the same appointment, one wins."""
    for row in rows:
        if ends_on < row.starts_on:
            raise Refusal(
                "responsibility.bad_span", sentence=f"{row.user.name}从{row.starts_on}才开始任职，不能在那之前结束"
            )
        if row.ends_on is not None and row.ends_on <= ends_on:
            raise Refusal(
                "responsibility.already_ended",
                name=row.user.name,
                post=data["name"],
                on=row.ends_on,
                who=last_hand(row),
            )
    if not rows:
        return
    unchanged = reduce(or_, (Q(pk=row.pk, ends_on=row.ends_on) for row in rows))
    if Appointment.objects.filter(unchanged).update(ends_on=ends_on) < len(rows):
        raise Refusal("foundation.changed_meanwhile", who=last_hand(rows[0]))
    for row in rows:
        row.ends_on = ends_on
    standing_in = Appointment.objects.filter(stands_for__in=[row.pk for row in rows])
    standing_in.filter(starts_on__lte=ends_on, ends_on__gt=ends_on).update(ends_on=ends_on)
    transaction.on_commit(forget_actors)


def _succeed(
    by: Actor, held: Appointment, data: dict[str, Any], who: UUID, name: str, *, id: UUID, on: date
) -> Appointment:
    _refuse_closed(held.org, on)
    _end(held, data, on - DAY)
    return _begin(by, held.org, data, who, name, id=id, starts_on=on, ends_on=None, rank=held.rank)


def _words(row: Appointment, data: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "person": row.user_id, "person_name": name, "place": row.org_id, "place_name": row.org.name,
        "post": row.post, "post_name": data["name"], "starts_on": row.starts_on, "ends_on": row.ends_on,
    }  # fmt: skip


def _handed_over(held: Appointment, row: Appointment, data: dict[str, Any], name: str, note: str) -> dict[str, Any]:
    return {
        "person_from": held.user_id, "person_from_name": held.user.name, "person_to": row.user_id, "person_to_name": name,
        "place": row.org_id, "place_name": row.org.name, "place_path": row.org.path, "school": row.school_id,
        "post": row.post, "post_name": data["name"], "on": row.starts_on, "left": held.pk, "taken": row.pk, "note": note,
    }  # fmt: skip


def _say_handed_over(
    by: Actor, at: datetime, held: Appointment, row: Appointment, data: dict[str, Any], name: str, note: str
) -> None:
    record(row, "responsibility.handed_over", by=by, at=at, **_handed_over(held, row, data, name, note))
