"""An inspection joins a school, a checklist version (through its submission) and the people who look."""

from __future__ import annotations

from django.db import models

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class Inspection(ScopedModel):
    """``kind``: self_check, sponsor_round, spot_check, unannounced, joint. ``state``: planned, open, closed, cancelled."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=12)
    revision = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=120)
    submission = models.OneToOneField("sheets.Submission", on_delete=models.PROTECT, related_name="+")
    lead = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    lead_name = models.CharField(max_length=60)
    hidden_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    summary = models.TextField(blank=True)
    signed_by_name = models.CharField(max_length=60, blank=True)
    signature_id = models.UUIDField(null=True)
    signature_refused = models.CharField(max_length=200, blank=True)
    hazards = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-opened_at", "-id"], name="inspection_by_bureau"),
            models.Index(fields=["school_id", "-opened_at", "-id"], name="inspection_by_school"),
        ]


class Inspector(models.Model):
    """One of the people who share an inspection."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    organisation = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "inspection", "user"], name="inspector_once")]
