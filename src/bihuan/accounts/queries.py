"""Reading people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from bihuan.accounts.models import ApiToken, User
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
    """The token with this SHA-256, unless expired or taken back."""
    return ApiToken.objects.filter(digest=digest, revoked_at__isnull=True, expires_at__gt=at).first()


def phone_token(digest: str) -> ApiToken | None:
    """The phone's token with this SHA-256, in force or not: to say why it does not work any more."""
    return ApiToken.objects.filter(digest=digest, version__isnull=False).first()


def tokens_of(viewer: Actor) -> list[ApiToken]:
    """My own tokens, the newest first; never their text."""
    return list(ApiToken.objects.filter(user_id=viewer.id).order_by("-made_at")[:50])


DEMO_ACCOUNTS: dict[str, tuple[str, str]] = {
    "demo-chief": ("局长", "月度例会前五分钟：看全区有多少没销号、哪些学校逾期，给重大隐患挂牌。"),
    "demo-office": ("安全科", "把新隐患交办给学校，批量下督办单，看哪些该通报。"),
    "demo-sponsor": ("包校干部", "用手机到学校开一次检查，异常的当场变成隐患，请学校签字。"),
    "demo-head": ("校长", "看本校谁在负责什么，确认督办单，签收检查结果。"),
    "demo-lead": ("安全负责人", "接办隐患、安排整改、传整改照片，试试复查自己的整改会怎样。"),
    "demo-guard": ("保安", "两个大按钮：扫码巡查、随手报。看别的岗位能看到的，他一样也看不到。"),
}
"""The six people of the demo: the role, and what to try as this person."""


@dataclass(frozen=True)
class DemoAccount:
    """One line of the one-click sign-in."""

    username: str
    name: str
    role: str
    text: str


def demo_accounts() -> list[DemoAccount]:
    """The demo's people that exist; empty anywhere but in the demo."""
    if not settings.DEMO:
        return []
    names = dict(User.objects.filter(username__in=list(DEMO_ACCOUNTS), is_active=True).values_list("username", "name"))
    return [DemoAccount(code, names[code], role, text) for code, (role, text) in DEMO_ACCOUNTS.items() if code in names]


def demo_person(username: str) -> User:
    """One of the six, or ``foundation.not_found``; outside the demo nobody."""
    if not settings.DEMO or username not in DEMO_ACCOUNTS:
        raise Refusal("foundation.not_found")
    return user_named(username)
