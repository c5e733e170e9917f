"""Writing about people's ways in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from pydantic import Field

from bihuan.accounts.models import ApiToken, User
from bihuan.foundation import bulk, hot, refusals
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.refusals import Refusal

PHONE_DAYS = 90
"""A term and a bit: whoever uses the phone signs in on it again about twice a year."""

when_revoked: list[Callable[[], None]] = []
"""What remembers tokens above this floor and must forget them now."""

refusals.declare({"accounts.no_such_token": (404, "没有找到这个令牌，或它不是你的。")})


@command("accounts.issue_token", secret=("token",))
def issue_token(
    by: Actor,
    at: datetime,
    *,
    name: Annotated[str, Field(min_length=1, max_length=60)],
    scopes: Annotated[list[Literal["read", "write"]], Field(min_length=1)],
    days: Annotated[int, Field(ge=1, le=366)] = 30,
) -> dict[str, Any]:
    """Make a token for myself; its text is answered once and only its SHA-256 is kept.

    A token cannot make tokens: refusal ``foundation.not_yours`` on the API channel.
    """
    return _issued(by, at, name=name, scopes=sorted(set(scopes)), days=days)


@command("accounts.enrol_phone", secret=("token",))
def enrol_phone(
    by: Actor, at: datetime, *, name: Annotated[str, Field(min_length=1, max_length=60)] = "手机"
) -> dict[str, Any]:
    """Give the phone in my hand a token of its own, to read my scope and send my outbox; see ``PHONE_DAYS``.

    Only somebody who is signed in on that phone can: refusal ``foundation.not_yours`` on the API channel.
    """
    version = User.objects.values_list("version", flat=True).filter(pk=by.id).first()
    return _issued(by, at, name=name, scopes=["read", "write"], days=PHONE_DAYS, version=version)


def _issued(
    by: Actor, at: datetime, *, name: str, scopes: list[str], days: int, version: int | None = None
) -> dict[str, Any]:
    if by.id is None or by.channel in ("api", "phone"):
        raise Refusal("foundation.not_yours", act="用令牌再申请令牌", who="你自己在「我的账号」页面")
    text = f"bh_{secrets.token_urlsafe(32)}"
    row = ApiToken.objects.create(
        user_id=by.id, name=name, scopes=scopes, digest=digest_of(text), made_at=at, expires_at=at + timedelta(days=days),
        version=version,
    )  # fmt: skip
    return {"id": str(row.pk), "token": text, "expires_at": row.expires_at.isoformat()}


@command("accounts.revoke_token")
def revoke_token(by: Actor, at: datetime, *, token: UUID) -> dict[str, str]:
    """Take one of my tokens back; it stops working at once in this process, within half a minute in others."""
    if not ApiToken.objects.filter(pk=token, user_id=by.id, revoked_at__isnull=True).update(revoked_at=at):
        raise Refusal("accounts.no_such_token")
    transaction.on_commit(lambda: [forget() for forget in when_revoked])
    return {"id": str(token)}


def digest_of(text: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class NewPerson:
    """A person of the net who does not sign in yet."""

    id: UUID
    name: str
    phone: str = ""
    staff_no: str = ""


def enlist(people: Sequence[NewPerson]) -> None:
    """Add people, inside a command of a room above, which checks the right and records the fact."""
    names = ("id", "name", "phone", "staff_no", "password")
    bulk.insert(User, names, ((p.id, p.name, p.phone, p.staff_no, "!") for p in people))


def strike_off(people: Iterable[UUID]) -> str:
    """Take back people enlisted by mistake; answers the name of the first whom something already names, else ``""``.

    Nobody is deleted when anybody cannot be; whoever can sign in counts as named.
    """
    everybody = hot.listed(list(people))
    table = connection.ops.quote_name(User._meta.db_table)
    named = " OR ".join([f"{table}.username IS NOT NULL", *(f"EXISTS ({asked})" for asked in _asked_of_tables(table))])
    chosen = hot.among(f"{table}.id")
    found = hot.fetch(f"SELECT name FROM {table} WHERE {chosen} AND ({named}) LIMIT 1", [everybody])  # noqa: S608 - our own names
    if found:
        return str(found[0][0])
    hot.execute(f"DELETE FROM {table} WHERE {chosen}", [everybody])  # noqa: S608 - our own names
    return ""


def _asked_of_tables(table: str) -> Iterator[str]:
    """For each foreign key in the schema that points at a person: a query for the rows that name the one at hand."""
    quote = connection.ops.quote_name
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is User:
                other = quote(model._meta.db_table)
                yield f"SELECT 1 FROM {other} WHERE {other}.{quote(str(field.column))} = {table}.id"  # noqa: S608 - our own names


def open_account(*, user_id: UUID, username: str) -> None:
    """Give a person of the net a sign-in name, inside a command of a room above (or the demo); doing it again changes nothing."""
    User.objects.filter(pk=user_id).update(username=username)
