"""Meeting (with its agenda and resolutions in one row) and Seat (who is invited, and when they came)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class Meeting(ScopedModel):
    """A meeting of a school or a bureau. ``state``: planned, closed, cancelled. ``resolutions``: [{words, person, name, until, case_id, number}]."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    title = models.CharField(max_length=120)
    held_at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True)
    agenda = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="planned")
    minutes = models.TextField(blank=True)
    resolutions = models.JSONField(default=list)
    fulfilled = models.JSONField(default=list)
    closed_at = models.DateTimeField(null=True)
    cancelled_for = models.CharField(max_length=120, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-held_at", "-id"], name="meeting_by_bureau"),
            models.Index(fields=["school_id", "-held_at", "-id"], name="meeting_by_school"),
        ]


class SeatQuerySet(ScopedQuerySet):
    """Whoever is invited sees their own seat wherever the meeting is."""

    def own_rows(self, viewer):
        return Q(user_id=viewer.id) if viewer.id else None


class Seat(ScopedModel):
    """A person invited to a meeting; ``came_at`` once they signed in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=60)
    came_at = models.DateTimeField(null=True)
    excused_for = models.CharField(max_length=120, blank=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "meeting", "user"], name="seat_once")]
        indexes = [models.Index(fields=["user", "came_at"], name="seat_by_person")]
