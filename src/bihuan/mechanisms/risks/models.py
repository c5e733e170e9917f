"""Risk points and their wall codes."""

from __future__ import annotations

from django.db import models

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class RiskPoint(ScopedModel):
    """A part, installation or activity that carries a risk. ``colour`` is the inherent level: red orange yellow blue."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    place = models.CharField(max_length=80, blank=True)
    colour = models.CharField(max_length=10)
    method = models.CharField(max_length=10, blank=True)
    factors = models.JSONField(default=dict)
    hazard_source = models.CharField(max_length=200, blank=True)
    accident = models.CharField(max_length=120, blank=True)
    measures = models.JSONField(default=dict)
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    owner_post = models.CharField(max_length=60, blank=True)
    cadence = models.CharField(max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "number"], name="point_number"),
            models.UniqueConstraint(fields=["bureau_id", "code"], name="point_code"),
        ]
        indexes = [
            models.Index(fields=["code"], name="point_by_code"),
            models.Index(fields=["bureau_id", "colour", "number"], name="point_by_bureau"),
            models.Index(fields=["school_id", "colour", "number"], name="point_by_school"),
        ]
