"""Reading people."""

from __future__ import annotations

from uuid import UUID

from bihuan.accounts.models import User


def active_user(pk: UUID) -> User | None:
    """The person, unless stopped or unknown."""
    return User.objects.filter(pk=pk, is_active=True).first()
