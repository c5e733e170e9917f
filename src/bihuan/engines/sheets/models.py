"""Sheet (what it is), SheetVersion (what it says from a date), Submission (what was answered), Finding (what is wrong)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet

if TYPE_CHECKING:
    from bihuan.foundation.actors import Actor


class SheetQuerySet(ScopedQuerySet):
    """A bureau's checklists are the rules of the house: everybody with a hold in the bureau may read them."""

    def visible_to(self, viewer: Actor) -> Self:
        """The sheets of the viewer's bureau and of the platform; without a hold, none."""
        if viewer.is_system:
            return self.all()
        if not viewer.holds:
            return self.none()
        return self.filter(bureau_id__in={packs.PLATFORM, viewer.bureau_id})


class Sheet(ScopedModel):
    """A checklist, ledger or report form of a bureau (``use``), through all its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60)
    use = models.CharField(max_length=12, default="checklist")
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=400, blank=True)
    pack = models.CharField(max_length=60, blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "code"], name="sheet_code")]


class SheetVersion(models.Model):
    """A version: ``draft`` may be edited, ``published`` is frozen. ``content`` is ``rules.Content.as_json()``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="draft")
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    item_count = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    made_by_name = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField(null=True)
    effective_on = models.DateField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "sheet", "version"], name="sheet_version")]


class Opinion(models.Model):
    """What somebody thinks of a draft (or of one of its items), and what the bureau answered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=400)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    by_unit = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    reply = models.CharField(max_length=400, blank=True)
    replied_by_name = models.CharField(max_length=60, blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "version", "-at"], name="opinion_by_version")]


class Submission(ScopedModel):
    """One filled sheet at one unit. ``answers``: item code → {"result"/"value", "note", "place", "photos", "by", …}.

    ``asked`` lists the items of this submission (null: all). ``holder`` names the mechanism that alone may write it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="+")
    holder = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, default="draft")
    answers = models.JSONField(default=dict)
    asked = models.JSONField(null=True)
    revision = models.PositiveIntegerField(default=0)
    asked_count = models.PositiveIntegerField(default=0)
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    not_applicable = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-started_at", "-id"], name="submission_by_bureau"),
            models.Index(fields=["school_id", "-started_at", "-id"], name="submission_by_school"),
        ]


class Finding(ScopedModel):
    """One item that was not normal: what, where, how bad; ``case_id`` is set by the mechanism that opened a case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="+")
    item = models.CharField(max_length=20)
    severity = models.CharField(max_length=12)
    note = models.TextField(blank=True)
    place = models.CharField(max_length=80, blank=True)
    photos = models.JSONField(default=list)
    case_id = models.UUIDField(null=True)
    case_number = models.CharField(max_length=40, blank=True)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "submission", "item"], name="finding_once")]
