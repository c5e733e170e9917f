"""Pledge (one person's letter for one post and year) and RecordCheck (a look into the registers about a person)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class OwnQuerySet(ScopedQuerySet):
    """Rows about a person: that person sees them too."""

    def own_rows(self, viewer):
        return Q(user_id=viewer.id) if viewer.id else None


class Pledge(ScopedModel):
    """A letter of responsibility. ``content`` is frozen when it is made; ``state``: waiting, signed, void."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=60)
    post = models.CharField(max_length=60)
    post_name = models.CharField(max_length=60)
    year = models.CharField(max_length=20)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default="waiting")
    made_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    signature_id = models.UUIDField(null=True)
    reminded_at = models.DateTimeField(null=True)
    void_for = models.CharField(max_length=120, blank=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bureau_id", "org", "user", "post", "year"], condition=~Q(state="void"), name="pledge_once"
            )
        ]
        indexes = [
            models.Index(fields=["bureau_id", "year", "state", "org"], name="pledge_by_year"),
            models.Index(fields=["school_id", "year", "state", "id"], name="pledge_by_school"),
            models.Index(fields=["user", "state"], name="pledge_by_person"),
        ]


class RecordCheck(ScopedModel):
    """One look into the registers before and during employment. ``result``: ``clear`` or ``found``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=60)
    checked_on = models.DateField()
    next_on = models.DateField()
    result = models.CharField(max_length=8)
    reference = models.CharField(max_length=80, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "org", "user", "-checked_on"], name="check_by_person")]
