"""What was told at a wall code, and how often somebody tried."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel

OPEN = Q(state__in=("new", "taken"))


class Tip(ScopedModel):
    """Words of somebody who is not known, about a risk point. ``state``: new, taken, answered or case (became a hazard).

    ``slip_hash`` is all that is kept of the teller's slip. ``late_at``: since when the bureau sees it, unanswered.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80, blank=True)
    point = models.ForeignKey("risks.RiskPoint", on_delete=models.PROTECT, related_name="+")
    point_name = models.CharField(max_length=80)
    words = models.TextField()
    place = models.CharField(max_length=80, blank=True)
    photo = models.UUIDField(null=True)
    slip_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default="new")
    answer = models.TextField(blank=True)
    case_id = models.UUIDField(null=True)
    handled_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    handled_by_name = models.CharField(max_length=60, blank=True)
    handled_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField()
    due_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "slip_hash"], name="tip_slip_once")]
        indexes = [
            models.Index(fields=["slip_hash"], name="tip_by_slip"),
            models.Index(fields=["school_id", "-told_at", "-id"], name="tip_by_school"),
            models.Index(fields=["bureau_id", "-told_at", "-id"], name="tip_late", condition=Q(late_at__isnull=False)),
            models.Index(fields=["due_at"], name="tip_due", condition=OPEN & Q(late_at__isnull=True)),
        ]


class Tally(models.Model):
    """How often something was tried within a window, under a salted name that says nothing; gone when the window is over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    key = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "key"], name="tally_key")]
        indexes = [models.Index(fields=["until"], name="tally_until")]
