"""Notices: a message to one person inside the system. Outside carriers listen to the same facts from ``gateways``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal


def tell(
    users: Iterable[UUID],
    *,
    about: Event,
    kind: str,
    title: str,
    body: str = "",
    link: str = "",
    gathered: bool = False,
) -> None:
    """Send one notice to each of these people about a fact; telling twice is telling once.

    ``gathered``: whoever has not read their last notice of this kind with the same link is not told again; what that one
    opens shows what came since.
    """
    if gathered:
        waiting = Notice.objects.filter(
            user_id__in=set(users := list(users)), kind=kind, link=link, read_at__isnull=True
        )
        users = set(users) - set(waiting.values_list("user_id", flat=True))
    Notice.objects.bulk_create(
        [
            Notice(
                bureau_id=about.bureau_id, user_id=user, kind=kind, title=title[:120], body=body[:400],
                link=link, event_id=about.pk, sent_at=about.at,
            )
            for user in sorted(set(users))
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def seen(event: Event) -> None:
    """Whoever acts on a thing need not open what they were told about it before: those notices count as read.

    For facts about the one thing that a notice was about; never for those about a whole school.
    """
    if event.by_id is None:  # a sweep
        return
    about = Event.objects.filter(bureau_id=event.bureau_id, subject_id=event.subject_id)
    waiting = Notice.objects.filter(user_id=event.by_id, read_at__isnull=True, sent_at__lte=event.at)
    waiting.filter(event_id__in=about.values("pk")).update(read_at=event.at)


@command("messages.mark_read")
def mark_read(by: Actor, at: datetime, *, notices: list[UUID] | None = None) -> dict[str, int]:
    """Mark these notices of mine as read (without a list: all of them)."""
    mine = Notice.objects.filter(user_id=by.id, read_at__isnull=True)
    if notices is not None:
        mine = mine.filter(pk__in=notices)
    return {"count": mine.update(read_at=at)}


def unread_count(viewer: Actor, *, cap: int = 100) -> int:
    """How many notices wait for this person, counted no further than *cap*."""
    return int(hot.fetch(_UNREAD, _unread(viewer, cap))[0][0])


_UNREAD = (
    "SELECT count(*) FROM (SELECT 1 FROM foundation_notice WHERE user_id = %s AND read_at IS NULL LIMIT %s) AS unread"
)


def _unread(viewer: Actor, cap: int) -> list[Any]:
    return [Notice._meta.get_field("user_id").get_db_prep_value(viewer.id, connection), cap]


def unread(viewer: Actor, *, most: int, cap: int = 100) -> tuple[list[Notice], int]:
    """The newest notices that wait for this person, and ``unread_count``, in one statement."""
    rows = hot.fetch(
        f"SELECT {_NOTICE.sql}, ({_UNREAD}) FROM foundation_notice WHERE user_id = %s AND read_at IS NULL "  # noqa: S608 - our own names
        "ORDER BY sent_at DESC, id DESC LIMIT %s",
        [*_unread(viewer, cap), *_unread(viewer, most)],
    )
    return _NOTICE.read(rows), rows[0][-1] if rows else 0


_NOTICE = hot.Instances(Notice)


def inbox(viewer: Actor, *, unread: bool = False, cursor: str = "", size: int = 25) -> Page:
    """This person's notices, the newest first; with *unread* only those that wait."""
    rows = Notice.objects.filter(user_id=viewer.id)
    if unread:
        rows = rows.filter(read_at__isnull=True)
    return page(rows, order=("-sent_at", "-id"), cursor=cursor, size=size)


def notice(viewer: Actor, pk: UUID) -> Notice:
    """One notice of this person, or ``foundation.not_found``."""
    row = Notice.objects.filter(pk=pk, user_id=viewer.id).first()
    if row is None:
        raise Refusal("foundation.not_found")
    return row
