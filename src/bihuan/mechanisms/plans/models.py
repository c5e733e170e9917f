"""Plan (what it is for), PlanVersion (what it says; frozen once published), Knowing (who has read it)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class Plan(ScopedModel):
    """A plan of a school. ``kind`` is a code of the pack or ``activity``; an activity has a day, a place and people."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    activity_on = models.DateField(null=True)
    place = models.CharField(max_length=120, blank=True)
    people = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, default="draft")
    retired_for = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "activity_on", "id"], name="e_plan_by_activity"),
            models.Index(fields=["school_id", "state", "id"], name="e_plan_by_school"),
        ]


class PlanVersion(ScopedModel):
    """A version: draft, then published and frozen. ``content``: {"sections": [{title, text}], "roles": [{role, person, name, duty}]}."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    n = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=60)
    published_at = models.DateTimeField(null=True)
    filing = models.CharField(max_length=10, blank=True)
    filed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_name = models.CharField(max_length=60, blank=True)
    answer = models.CharField(max_length=400, blank=True)
    receipt = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "plan", "n"], name="emergency_plan_version"),
            models.UniqueConstraint(
                fields=["bureau_id", "plan"], condition=Q(published_at__isnull=True), name="emergency_plan_draft"
            ),
        ]
        indexes = [models.Index(fields=["bureau_id", "filing", "filed_at", "id"], name="e_plan_by_filing")]


class Knowing(ScopedModel):
    """A person said that they know a version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=60)
    known_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "version", "user"], name="plan_known_once")]
