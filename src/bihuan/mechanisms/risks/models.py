"""Risk points and their wall codes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class RiskPoint(ScopedModel):
    """A part, installation or activity that carries a risk. ``colour`` is the inherent level: red orange yellow blue.

    ``factors`` is the frozen score (see ``rules.Score``): another matrix later changes nothing here. ``measures`` maps
    the five kinds of ``rules.MEASURES`` to their words. ``catalogue`` is the ready-made point it was adopted from.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80, blank=True)
    number = models.CharField(max_length=40)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    place = models.CharField(max_length=80, blank=True)
    colour = models.CharField(max_length=10)
    colour_rank = models.PositiveSmallIntegerField(default=4)
    method = models.CharField(max_length=10, blank=True)
    factors = models.JSONField(default=dict)
    hazard_source = models.CharField(max_length=200, blank=True)
    accident = models.CharField(max_length=120, blank=True)
    measures = models.JSONField(default=dict)
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    owner_post = models.CharField(max_length=60, blank=True)
    cadence = models.CharField(max_length=20, blank=True)
    catalogue = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    scored_on = models.DateField(null=True)
    review_on = models.DateField(null=True)
    checked_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    changed_by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "number"], name="point_number"),
            models.UniqueConstraint(fields=["bureau_id", "code"], name="point_code"),
            models.UniqueConstraint(
                fields=["bureau_id", "school_id", "catalogue"],
                condition=Q(is_active=True) & ~Q(catalogue=""),
                name="point_adopted_once",
            ),
        ]
        indexes = [
            *(
                models.Index(
                    fields=[f"{level}_id", "colour_rank", "number", "id"],
                    name=f"point_by_{level}",
                    condition=Q(is_active=True),
                )
                for level in ("province", "city", "bureau", "school")
            ),
        ]


class PointCode(ScopedModel):
    """A wall code that was ever printed for a point. A voided one is remembered, so that an old label says so."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    point = models.ForeignKey(RiskPoint, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=16)
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "code"], name="code_once"),
            models.UniqueConstraint(
                fields=["bureau_id", "point"], condition=Q(voided_at__isnull=True), name="code_in_force_once"
            ),
        ]
        indexes = [models.Index(fields=["code"], name="code_on_the_wall")]
