"""CalendarDay (what kind of day it is, for whom), CalendarImport (a list of dates), Duty (what is due by which rule), Task (one time it is due), Minutes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class CalendarDay(ScopedModel):
    """A date of a bureau (``org`` the bureau), of one of its stages (``stage``) or of one school (``org`` the school).

    ``origin``: ``pack`` follows the installed calendar, ``set`` was set by a person (``by_name``) and stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=20, blank=True)
    on = models.DateField()
    kind = models.CharField(max_length=10)
    term = models.CharField(max_length=40, blank=True)
    week_no = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=80, blank=True)
    origin = models.CharField(max_length=6, default="pack")
    by_name = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "org", "stage", "on"], name="calendar_day_once")]
        indexes = [models.Index(fields=["bureau_id", "on"], name="calendar_by_day")]


class CalendarImport(ScopedModel):
    """A list of dates on its way into a bureau's calendar: the sheet as sent, what was installed, when it was taken back.

    ``dates`` is what the calendar took (``packs.calendars``), ``counts`` the dry run in numbers.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=160)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    at = models.DateTimeField()
    table = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    dates = models.JSONField(default=dict)
    installed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "-at"], name="calendar_import_by_time")]


class Duty(ScopedModel):
    """What is due: rule (``cadence`` × ``windows``) × units (``org`` and ``scope``) × post × what has to be done.

    ``satisfies`` names codes of duties whose tasks the same act also does, ``apart`` codes of duties whose tasks of the same
    day another person must do. ``nil`` allows a report that there was nothing.
    ``sown_to`` is the last date up to which its tasks exist (null: none yet, or the rule has changed).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    act = models.CharField(max_length=10)
    subject_id = models.UUIDField(null=True)
    post = models.CharField(max_length=60)
    assignee_id = models.UUIDField(null=True)
    cadence = models.JSONField()
    windows = models.JSONField(default=list)
    grace_minutes = models.PositiveIntegerField(default=0)
    evidence = models.JSONField(default=list)
    scope = models.JSONField(default=dict)
    satisfies = models.JSONField(default=list)
    apart = models.JSONField(default=list)
    nil = models.BooleanField(default=False)
    lock_days = models.PositiveSmallIntegerField(default=7)
    basis = models.CharField(max_length=200, blank=True)
    proof = models.CharField(max_length=12, default="own")
    pack = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True)
    sown_to = models.DateField(null=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "org", "code"], name="duty_code")]
        indexes = [models.Index(fields=["bureau_id", "is_active"], name="duty_in_force")]


class Task(ScopedModel):
    """One time that a duty is due at a unit; ``on`` and ``slot`` name it, whatever becomes of its times.

    ``assignee_id`` null: any holder of the post there. ``via_id`` is the task whose act did this one too. ``excused_by``:
    ``calendar`` or ``scope`` (opened again when the calendar opens, when the unit is again as it was), ``duty`` or
    ``person``; ``note`` says why.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    slot = models.PositiveSmallIntegerField(default=0)
    act = models.CharField(max_length=10)
    subject_id = models.UUIDField(null=True)
    title = models.CharField(max_length=160)
    post = models.CharField(max_length=60)
    assignee_id = models.UUIDField(null=True)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="open")
    done_at = models.DateTimeField(null=True)
    done_by_id = models.UUIDField(null=True)
    done_by_name = models.CharField(max_length=60, blank=True)
    ref_id = models.UUIDField(null=True)
    via_id = models.UUIDField(null=True)
    backfilled = models.BooleanField(default=False)
    nil = models.BooleanField(default=False)
    excused_by = models.CharField(max_length=8, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "duty", "org", "on", "slot"], name="task_once")]
        indexes = [
            models.Index(fields=["school_id", "due_at", "id"], name="task_by_school"),
            models.Index(fields=["bureau_id", "due_at", "id"], name="task_by_bureau"),
            models.Index(fields=["bureau_id", "closes_at"], name="task_open", condition=Q(state="open")),
            models.Index(fields=["school_id", "due_at", "id"], name="task_todo", condition=Q(state="open")),
        ]


class Minutes(ScopedModel):
    """What the system cost a post in a week: how often an action was done and how many seconds it took, in all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    post = models.CharField(max_length=60)
    week = models.DateField()
    action = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "org", "post", "week", "action"], name="minutes_once")
        ]
