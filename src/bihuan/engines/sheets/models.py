"""Sheet (what it is), SheetVersion (what it says from a date), Submission (what was answered), Finding (what is wrong)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class Sheet(models.Model):
    """A checklist, ledger or survey of a bureau, through all its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "code"], name="sheet_code")]


class SheetVersion(models.Model):
    """A version: ``draft`` may be edited, ``published`` is frozen. ``content`` is checked by ``rules.SheetContent``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="draft")
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    item_count = models.PositiveIntegerField()
    effective_on = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "sheet", "version"], name="sheet_version")]


class Submission(ScopedModel):
    """One filled sheet at one unit. ``answers``: item code → {"result": …, "note": …, "photos": [...], "by": …}."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="draft")
    answers = models.JSONField(default=dict)
    asked = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    not_applicable = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "school_id", "-submitted_at"], name="submission_by_school")]


class Finding(ScopedModel):
    """One item that was not normal: what, where, how bad; ``case_id`` is set by the mechanism that opened a case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    place = models.CharField(max_length=80, blank=True)
    case_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "submission", "item"], condition=Q(case_id__isnull=False), name="finding_once"),
        ]
        indexes = [models.Index(fields=["bureau_id", "submission"], name="finding_by_submission")]
