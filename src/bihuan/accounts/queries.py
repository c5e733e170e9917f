"""Reading people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bihuan.accounts.models import ApiToken, User
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
