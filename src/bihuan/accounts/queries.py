"""Reading people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from bihuan.accounts.models import ApiToken, User
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal


def active_user(pk: UUID) -> User | None:
    """The person, unless stopped or unknown."""
    return User.objects.filter(pk=pk, is_active=True).first()


def user_named(username: str) -> User:
    """The person with this sign-in name, or ``foundation.not_found``."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refusal("foundation.not_found")
    return user


def token_in_force(digest: str, *, at: datetime) -> ApiToken | None:
    """The token with this SHA-256 and its person, unless expired or taken back."""
    rows = ApiToken.objects.select_related("user").filter(digest=digest, revoked_at__isnull=True, expires_at__gt=at)
    return rows.first()


def phone_token(digest: str) -> ApiToken | None:
    """The phone's token with this SHA-256, in force or not: to say why it does not work any more."""
    return ApiToken.objects.filter(digest=digest, version__isnull=False).first()


def tokens_of(viewer: Actor) -> list[ApiToken]:
    """My own tokens, the newest first; never their text."""
    return list(ApiToken.objects.filter(user_id=viewer.id).order_by("-made_at")[:50])


@dataclass(frozen=True)
class DemoAccount:
    """One line of the one-click sign-in."""

    username: str
    name: str
    role: str
    text: str


def demo_accounts() -> list[DemoAccount]:
    """The demo's people that exist, as its pack describes them; empty anywhere but in the demo."""
    if not settings.DEMO:
        return []
    told = {
        one["username"]: one
        for demo in packs.entries(packs.PLATFORM, "demo").values()
        for one in demo.get("accounts", ())
    }
    names = dict(User.objects.filter(username__in=list(told), is_active=True).values_list("username", "name"))
    return [DemoAccount(code, names[code], one["role"], one["text"]) for code, one in told.items() if code in names]


def demo_person(username: str) -> User:
    """One of the demo's people, or ``foundation.not_found``; outside the demo nobody."""
    if not any(one.username == username for one in demo_accounts()):
        raise Refusal("foundation.not_found")
    return user_named(username)
