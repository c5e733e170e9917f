"""Drill: planned, run, ended; its groups and findings are parts of its one row. Lesson: what staff were taught, and who was there."""

from __future__ import annotations

from django.db import models

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel


class Drill(ScopedModel):
    """An emergency drill of a school.

    ``results`` maps a group's id to {"name", "due", "came", "out_at", "note", "by"}; ``roles`` a role to a name;
    ``findings`` lists {"words", "becomes", "case_id"}. ``fulfilled`` lists the tasks of duties that it did. ``checked`` maps
    the items of the frozen version ``check_version_id`` to what was answered before the record was closed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    script = models.TextField(blank=True)
    roles = models.JSONField(default=dict)
    planned_at = models.DateTimeField()
    told = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, default="planned")
    limit_seconds = models.PositiveIntegerField()
    alarm_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    results = models.JSONField(default=dict)
    hurt = models.PositiveIntegerField(default=0)
    verdict = models.TextField(blank=True)
    findings = models.JSONField(default=list)
    photos = models.JSONField(default=list)
    fulfilled = models.JSONField(default=list)
    check_version_id = models.UUIDField(null=True)
    checked = models.JSONField(default=dict)
    cancelled_for = models.CharField(max_length=120, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-planned_at", "-id"], name="drill_by_bureau"),
            models.Index(fields=["school_id", "-planned_at", "-id"], name="drill_by_school"),
        ]


class Lesson(ScopedModel):
    """A safety lesson for the staff of a school, of so many minutes.

    ``people`` maps a person's id to {"name", "post", "absent", "made_up_on"}: whoever was asked to come on that day, with the
    reason for which they were not there (empty: they were) and the day on which they made it up (empty: not yet). Pupils are
    never named here; their classes are counted in the ledgers.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    title = models.CharField(max_length=80)
    on = models.DateField()
    minutes = models.PositiveIntegerField()
    people = models.JSONField(default=dict)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["school_id", "-on", "-id"], name="lesson_by_school")]
