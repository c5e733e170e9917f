"""Entry (a row of a ledger), Leaf (a page that somebody has begun or reported as having nothing), Pass (a visitor's)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class Entry(ScopedModel):
    """One row. ``on`` names its page; ``answers`` maps a column's code to its text; ``wrong`` lists abnormal columns.

    A struck row stays with its reason. ``clock_due_at`` is set for rows with a clock until it is ended. What a row of a
    restricted ledger says is in ``closed`` alone, encrypted with the key ``lock_key`` (see ``contents``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    ledger = models.CharField(max_length=60)
    version_id = models.UUIDField()
    on = models.DateField()
    title = models.CharField(max_length=80, blank=True)
    answers = models.JSONField(default=dict)
    wrong = models.JSONField(default=list)
    is_late = models.BooleanField(default=False)
    clock_due_at = models.DateTimeField(null=True)
    clock_ended_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    struck_at = models.DateTimeField(null=True)
    struck_for = models.CharField(max_length=120, blank=True)
    struck_by_name = models.CharField(max_length=60, blank=True)
    closed = models.TextField(blank=True, default="")
    lock_key = models.CharField(max_length=12, blank=True, default="")
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "org", "ledger", "on", "id"], name="entry_by_page"),
            models.Index(fields=["lock_key", "id"], name="entry_by_key", condition=~Q(lock_key="")),
            models.Index(
                fields=["school_id", "clock_due_at", "id"],
                name="entry_clock_by_school",
                condition=Q(clock_due_at__isnull=False, clock_ended_at__isnull=True, struck_at__isnull=True),
            ),
            models.Index(
                fields=["bureau_id", "clock_due_at", "id"],
                name="entry_clock_by_bureau",
                condition=Q(clock_due_at__isnull=False, clock_ended_at__isnull=True, struck_at__isnull=True),
            ),
        ]


class Leaf(ScopedModel):
    """A page that was begun: ``filled`` by its first row, or ``nil`` when nothing was to be written. Its id follows from the page."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    ledger = models.CharField(max_length=60)
    on = models.DateField()
    state = models.CharField(max_length=10)
    is_late = models.BooleanField(default=False)
    begun_at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "org", "ledger", "on"], name="leaf_once")]
        indexes = [models.Index(fields=["bureau_id", "on", "ledger"], name="leaf_by_day")]


class PassQuerySet(ScopedQuerySet):
    """Passes: the person visited sees theirs, too."""

    def own_rows(self, viewer):
        return Q(host_id=viewer.id) if viewer.id else None


class Pass(ScopedModel):
    """A visitor's pass for one row: the ``n``-th of its day, with a random ``code`` in its QR and nothing else.

    ``told_at``: when the guard and the person visited were told that it is over time. A void one is kept, to be recognised.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    n = models.PositiveIntegerField()
    code = models.CharField(max_length=20)
    host_id = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)
    void_for = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)

    objects = PassQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "org", "on", "n"], name="visitor_pass_number"),
            models.UniqueConstraint(fields=["bureau_id", "code"], name="visitor_pass_code"),
            models.UniqueConstraint(
                fields=["bureau_id", "entry"], condition=Q(void_at__isnull=True), name="visitor_pass_in_use"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="visitor_pass_over_time",
                condition=Q(left_at__isnull=True, void_at__isnull=True, told_at__isnull=True),
            ),
            models.Index(
                fields=["school_id", "due_at", "id"],
                name="visitor_pass_inside",
                condition=Q(left_at__isnull=True, void_at__isnull=True),
            ),
            models.Index(
                fields=["bureau_id", "due_at", "id"],
                name="visitor_pass_in_bureau",
                condition=Q(left_at__isnull=True, void_at__isnull=True),
            ),
        ]
