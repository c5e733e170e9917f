"""An inspection joins a school, a checklist version (through its submission) and the people who look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet
from bihuan.mechanisms.inspections import rules

if TYPE_CHECKING:
    from bihuan.foundation.actors import Actor


class InspectionQuerySet(ScopedQuerySet):
    """Inspections are also seen by those who carry them out, wherever they come from (experts, partner departments)."""

    def own_rows(self, viewer: Actor) -> Q | None:
        """Those I lead or share."""
        if viewer.id is None:
            return None
        mine = Inspector.objects.filter(user_id=viewer.id).values("inspection_id")
        return Q(lead_id=viewer.id) | Q(pk__in=mine)


class Inspection(ScopedModel):
    """``kind``: see ``rules.KINDS``. ``state``: planned, open, closed, cancelled.

    An unannounced one stands at the bureau (no ``school_id``, the bureau's path) until it begins, so that scope itself
    keeps it from the school: no list, page, API, file or fact has to remember to hide it.
    """

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
    focus = models.CharField(max_length=200, blank=True)
    scope_words = models.CharField(max_length=200, blank=True)
    draw = models.JSONField(null=True)
    hidden_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    summary = models.TextField(blank=True)
    lessons = models.JSONField(default=dict)
    signed_by_id = models.UUIDField(null=True)
    signed_by_name = models.CharField(max_length=60, blank=True)
    signature_id = models.UUIDField(null=True)
    signature_refused = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True)
    hazards = models.PositiveIntegerField(default=0)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-opened_at", "-id"], name="inspection_by_bureau"),
            models.Index(fields=["school_id", "-opened_at", "-id"], name="inspection_by_school"),
            models.Index(fields=["bureau_id", "state", "-opened_at"], name="inspection_by_state"),
        ]

    @property
    def kind_word(self) -> str:
        """学校自查, 包校巡查 …"""
        return rules.KINDS[self.kind]

    @property
    def state_word(self) -> str:
        """检查中, 已结束 …"""
        return rules.STATES[self.state]

    @property
    def done(self) -> int:
        """How many items are judged."""
        return self.submission.passed + self.submission.failed + self.submission.not_applicable


class Inspector(models.Model):
    """One of the people who share an inspection."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    organisation = models.CharField(max_length=80, blank=True)
    joined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "inspection", "user"], name="inspector_once")]
        indexes = [models.Index(fields=["user", "inspection"], name="inspector_by_user")]
