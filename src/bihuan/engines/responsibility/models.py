"""The tree of units (a reference table), the appointments that make it a net, and the rosters they came from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import PathField, ScopedModel, ScopedQuerySet


class Org(models.Model):
    """A unit: province, city, bureau, office, town, school, site, area or room, or a partner department.

    ``path`` is the readable address ``"0001.000a."`` (four base-36 digits a level); the ancestors stand beside it as
    columns because rows below copy them. A unit is its own ancestor of its own tier (a school's ``school_id`` is its
    id); a province's or a city's own rows belong to itself as a pseudo-bureau. ``code`` of a school is the ten-digit
    学校(机构)标识码, always text. ``tags`` are codes of the pack's tags. ``active_to`` is the last day of a closed unit.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    tier = models.CharField(max_length=12)
    name = models.CharField(max_length=80)
    short_name = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=20, blank=True)
    path = PathField(unique=True)
    province_id = models.UUIDField(null=True)
    city_id = models.UUIDField(null=True)
    bureau_id = models.UUIDField(null=True)
    school_id = models.UUIDField(null=True)
    stages = models.JSONField(default=list)
    facets = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    students = models.PositiveIntegerField(default=0)
    boarders = models.PositiveIntegerField(default=0)
    staff_count = models.PositiveIntegerField(default=0)
    address = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    sort = models.PositiveIntegerField(default=0)
    active_from = models.DateField(null=True)
    active_to = models.DateField(null=True)
    revision = models.PositiveIntegerField(default=1)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "code"], condition=~Q(code=""), name="org_code"),
            models.UniqueConstraint(fields=["bureau_id", "parent", "name"], name="org_name_in_parent"),
        ]
        indexes = [
            models.Index(fields=["bureau_id", "tier", "sort"], name="org_by_tier"),
            models.Index(fields=["school_id", "tier"], name="org_by_school"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Move(models.Model):
    """A unit that was put elsewhere, and how far the rows below it have followed.

    The tree and its appointments change with the command; every other row bears the old address until a job has
    rewritten it (``done_at``), and until then ``Hold.spans`` tells both sides apart. ``changed_at`` is when a row was
    last found at the old address. Kept for good: an address that was left is never given again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="+")
    old_parent_id = models.UUIDField(null=True)
    old_path = models.CharField(max_length=120)
    new_path = models.CharField(max_length=120)
    moved_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["moved_at", "id"], name="move_waits", condition=Q(done_at__isnull=True)),
            models.Index(fields=["old_parent_id"], name="move_by_old_parent"),
        ]


class AppointmentQuerySet(ScopedQuerySet):
    """Appointments, and those in force on a day."""

    def on(self, day):
        """Those in force on a day."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Appointment(ScopedModel):
    """A person at a post over a unit, from a day to a day (``ends_on`` is the last day; empty = until further notice).

    ``kind``: ``holder`` or ``stand_in`` (代班, for ``stands_for``). ``post`` is a code of the pack's posts. Nothing but
    ``ends_on`` ever changes. ``initials`` is the person's name in pinyin initials, for finding people by typing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="+")
    post = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, default="holder")
    stands_for = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    rank = models.PositiveSmallIntegerField(default=1)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    import_id = models.UUIDField(null=True)
    initials = models.CharField(max_length=30, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "user", "org", "post", "starts_on"], name="appointment_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="appointment_span"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "starts_on"], name="appointment_by_user"),
            models.Index(fields=["org", "post"], name="appointment_by_place"),
            models.Index(fields=["bureau_id", "post"], name="appointment_by_post"),
            models.Index(fields=["school_id", "post"], name="appointment_by_school"),
            models.Index(fields=["import_id"], name="appointment_by_import", condition=Q(import_id__isnull=False)),
        ]


class RosterImport(ScopedModel):
    """A roster on its way in: the sheet as sent, what its columns mean, the report of each row, and what it made.

    ``table`` (personal data) is emptied when the roster is installed; ``made`` holds what an undo takes back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey(Org, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=160)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()
    table = models.JSONField(default=list)
    header_row = models.PositiveIntegerField(default=0)
    columns = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    made = models.JSONField(default=dict)
    installed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "-at"], name="roster_by_time")]
