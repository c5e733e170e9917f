"""Period (a dated time of raised safety)."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from bihuan.foundation.actors import Actor
from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class PeriodQuerySet(ScopedQuerySet):
    """What a bureau declares is known to all of its people; a school's own period to those who see the school."""

    def own_rows(self, viewer: Actor) -> Q | None:
        return Q(bureau_id=viewer.bureau_id, school_id__isnull=True) if viewer.bureau_id else None


class Period(ScopedModel):
    """A period at a place (``org``: the bureau or one school), its first and last day.

    ``duties`` is what the pack asked for on the day of the declaration: ``{id, code, role, title, …}``. ``ended_at`` is set
    when it was ended early; ``reminded_at`` when those who had not answered were last reminded.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    kind_name = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    words = models.CharField(max_length=400, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    duties = models.JSONField()
    declared_at = models.DateTimeField()
    declared_by_name = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=60, blank=True)
    ended_for = models.CharField(max_length=120, blank=True)
    reminded_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "-starts_on", "id"], name="period_by_bureau")]

    def duty_ids(self, *roles: str) -> list[UUID]:
        """Its duties with these roles (none named: all of them)."""
        return [UUID(one["id"]) for one in self.duties if not roles or one["role"] in roles]
