"""A case is one row with its ancestors, its state, its clock and a revision for compare-and-swap."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class CaseQuerySet(ScopedQuerySet):
    """Cases are also seen by their reporter and by a partner department they were handed to."""

    def naming_party(self, org_id):
        return Q(party_id=org_id)

    def own_rows(self, viewer):
        return Q(reporter_id=viewer.id) if viewer.id else None


class Case(ScopedModel):
    """One thing to put right. ``kind`` is a lifecycle family of the pack, ``lifecycle`` its frozen version (``hazard@1``).

    ``due_at`` is the deadline of the present state and never empty, so that one index orders every open list;
    ``rectify_due_at`` is the deadline that was promised for the rectification. ``hands`` keeps who took which action,
    so that a person who was replaced still counts as having had a hand in it. ``before`` and ``after`` are evidence ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    lifecycle = models.CharField(max_length=60)
    number = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    is_open = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    level = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    place = models.CharField(max_length=80, blank=True)
    point_id = models.UUIDField(null=True)
    category = models.CharField(max_length=40, blank=True)
    item = models.CharField(max_length=20, blank=True)
    item_title = models.CharField(max_length=120, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=40)
    source_id = models.UUIDField(null=True)
    reporter = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    reporter_name = models.CharField(max_length=60)
    rectifier = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    rectifier_name = models.CharField(max_length=60, blank=True)
    verifier = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    verifier_name = models.CharField(max_length=60, blank=True)
    approver = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    approver_name = models.CharField(max_length=60, blank=True)
    party = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, null=True, related_name="+")
    party_name = models.CharField(max_length=80, blank=True)
    waits_for = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    waits_for_name = models.CharField(max_length=60, blank=True)
    supervised = models.BooleanField(default=False)
    notice_number = models.CharField(max_length=60, blank=True)
    hands = models.JSONField(default=dict)
    five = models.JSONField(default=dict)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    rectification = models.TextField(blank=True)
    extension = models.JSONField(null=True)
    listed_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField()
    state_since = models.DateTimeField()
    due_at = models.DateTimeField()
    rectify_due_at = models.DateTimeField(null=True)
    next_rung_at = models.DateTimeField(null=True)
    rung = models.PositiveSmallIntegerField(default=0)
    returns = models.PositiveSmallIntegerField(default=0)
    extensions = models.PositiveSmallIntegerField(default=0)
    rectified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    recurrence_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "number"], name="case_number"),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="case_not_into_itself"),
        ]
        indexes = [
            *(
                models.Index(
                    fields=[f"{level}_id", "due_at", "id"], name=f"case_open_{level}", condition=Q(is_open=True)
                )
                for level in ("province", "city", "bureau", "school")
            ),
            models.Index(
                fields=["bureau_id", "state", "due_at", "id"], name="case_open_state", condition=Q(is_open=True)
            ),
            models.Index(
                fields=["school_id", "state", "due_at", "id"], name="case_open_state_school", condition=Q(is_open=True)
            ),
            *(
                models.Index(
                    fields=[column, "due_at", "id"],
                    name=name,
                    condition=Q(is_open=True, listed_at__isnull=False),
                )
                for column, name in (("bureau_id", "case_listed"), ("school_id", "case_listed_school"))
            ),
            *(
                # a city's and a province's history too: without an index its first page sorts all that ever was
                models.Index(fields=[f"{level}_id", "-reported_at", "-id"], name=f"case_past_{level}")
                for level in ("province", "city", "bureau", "school")
            ),
            models.Index(
                fields=["bureau_id", "next_rung_at", "id"],
                name="case_next_rung",
                condition=Q(next_rung_at__isnull=False),
            ),
            models.Index(fields=["waits_for", "due_at", "id"], name="case_waits_for", condition=Q(is_open=True)),
            models.Index(fields=["reporter", "-reported_at", "-id"], name="case_by_reporter"),
            models.Index(fields=["rectifier", "-reported_at", "-id"], name="case_by_rectifier"),
            models.Index(fields=["party", "due_at", "id"], name="case_by_party", condition=Q(party__isnull=False)),
            models.Index(
                fields=["point_id", "-reported_at", "-id"], name="case_by_point", condition=Q(point_id__isnull=False)
            ),
            models.Index(fields=["source_id"], name="case_by_source", condition=Q(source_id__isnull=False)),
            models.Index(fields=["school_id", "item", "-reported_at"], name="case_recurrence", condition=~Q(item="")),
        ]
