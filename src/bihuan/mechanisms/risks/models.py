"""Risk points, their labels on the wall, and the plans on which they are drawn."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class RiskPoint(ScopedModel):
    """A part, installation or activity that carries a risk. ``colour`` is the inherent level: red orange yellow blue.

    ``shown_colour`` is what the map shows today: the inherent colour, raised by open hazards and missed rounds by the
    pack's rule (``rules.shown``); ``shown_reasons`` says why. The columns between are what the rule was last given
    (``missed_at`` are windows, see ``rules.Miss``), and ``recolour_at`` is when it may answer differently by the passing of time alone. ``x`` and ``y`` (0 to 1) are the
    place on ``plan``, or on the school's drawn sketch when there is none.
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
    open_hazards = models.PositiveIntegerField(default=0)
    overdue_hazards = models.PositiveIntegerField(default=0)
    worst_open = models.CharField(max_length=20, blank=True)
    missed_at = models.JSONField(default=list)
    missed_rounds = models.PositiveIntegerField(default=0)
    shown_colour = models.CharField(max_length=10, default="blue")
    shown_rank = models.PositiveSmallIntegerField(default=4)
    shown_reasons = models.JSONField(default=list)
    recolour_at = models.DateTimeField(null=True)
    plan = models.ForeignKey("risks.Plan", on_delete=models.PROTECT, null=True, related_name="+")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)

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
            *(  # strips and the county list count from this index alone
                models.Index(
                    fields=[f"{level}_id", "shown_rank", "school_id"],
                    name=f"point_shown_{level}",
                    condition=Q(is_active=True),
                )
                for level in ("province", "city", "bureau")
            ),
            models.Index(fields=["recolour_at"], name="point_recolour", condition=Q(recolour_at__isnull=False)),
        ]


class PointCode(ScopedModel):
    """A wall code that was ever given to a point, and the life of its label. A voided one is remembered and says so.

    ``n`` counts the prints of the point's labels over all its codes and stands in the address that the label carries;
    a label whose serial is below ``least_n`` was replaced by a later print. ``lat`` and ``lon`` (WGS 84) are where the
    label was when somebody posted it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    point = models.ForeignKey(RiskPoint, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=16)
    issued_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    posted_by_name = models.CharField(max_length=60, blank=True)
    posted_photo = models.UUIDField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    n = models.PositiveIntegerField(default=0)
    least_n = models.PositiveIntegerField(default=0)
    voided_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "code"], name="code_once"),
            models.UniqueConstraint(
                fields=["bureau_id", "point"], condition=Q(voided_at__isnull=True), name="code_in_force_once"
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="code_on_the_wall"),
            *(
                models.Index(fields=[f"{level}_id", "-issued_at", "-id"], name=f"code_by_{level}")
                for level in ("bureau", "school")
            ),
        ]


class Plan(ScopedModel):
    """A school's floor plan or site plan: a picture of ``width`` × ``height`` pixels on which its points are placed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    picture = models.UUIDField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=60)

    class Meta:
        indexes = [models.Index(fields=["school_id", "name"], name="floor_plan_by_school", condition=Q(is_active=True))]
