"""Users and API tokens: reference tables, nothing in them points at a tenant's rows."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from bihuan.foundation.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Looks users up by their natural key, the sign-in name."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person. ``username`` is empty for people who never sign in; ``version`` revokes every session at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=60, unique=True, null=True, blank=True)
    name = models.CharField(max_length=60)
    phone = models.CharField(max_length=20, blank=True)
    staff_no = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        indexes = [
            models.Index(fields=["phone"], name="user_by_phone"),
            models.Index(fields=["name"], name="user_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A machine's way in: the token's SHA-256, what it may do, and until when.

    ``version`` is set for a phone: the person's version when the phone was enrolled, so that "sign out everywhere" and a
    new password end the phones too. A program's token has none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_phone(self) -> bool:
        """Whether it was given to a phone and not to a program."""
        return self.version is not None


class FailedSignIn(models.Model):
    """Wrong passwords counted under the digest of a name, an address, or both, since the first of the window."""

    key = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
