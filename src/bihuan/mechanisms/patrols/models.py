"""Routes with their stops, rounds as they were walked, and the hand-over book. When a round is due is a duty's task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet

if TYPE_CHECKING:
    from bihuan.foundation.actors import Actor


class Route(ScopedModel):
    """A way along risk points that a post (or one person) walks again and again.

    ``order``: ``ordered`` or ``free``. ``cadence``, ``windows`` and ``grace_minutes`` are what the duty of the same
    route is kept from (``duty_id`` null: nobody must walk it at a set time). ``code`` names the pack's ready-made route
    that it was adopted from. ``least_seconds``: a whole round faster than this is pointed out, never refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=80)
    order = models.CharField(max_length=10, default="free")
    post = models.CharField(max_length=60, blank=True)
    assignee = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    cadence = models.JSONField(default=dict)
    windows = models.JSONField(default=list)
    grace_minutes = models.PositiveIntegerField(default=0)
    duty_id = models.UUIDField(null=True)
    least_seconds = models.PositiveIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)
    changed_by_name = models.CharField(max_length=60, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bureau_id", "school_id", "code"],
                condition=Q(is_active=True) & ~Q(code=""),
                name="route_adopted_once",
            ),
        ]
        indexes = [
            models.Index(fields=["school_id", "name", "id"], name="route_by_school", condition=Q(is_active=True)),
            models.Index(fields=["bureau_id", "name", "id"], name="route_by_bureau", condition=Q(is_active=True)),
        ]


class Stop(ScopedModel):
    """The n-th point of a route, counted from 1."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="+")
    point = models.ForeignKey("risks.RiskPoint", on_delete=models.PROTECT, related_name="+")
    n = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "route", "point"], name="stop_once")]
        indexes = [models.Index(fields=["route", "n"], name="stop_by_route")]


class RoundQuerySet(ScopedQuerySet):
    """Rounds are also seen by whoever walked them, after they left the post too."""

    def own_rows(self, viewer: Actor) -> Q | None:
        """Those I walked."""
        return Q(by_id=viewer.id) if viewer.id else None


class Round(ScopedModel):
    """A walk as it happened, one row: what the phone says (corrected by its drift) and when the server had it.

    ``id`` is the phone's. ``result``: see ``rules.RESULTS``. ``checks`` holds each look as ``rules.Kept``;
    ``covered`` the points of the route that this walk accounts for, of ``stops_count``. ``started_at``/``ended_at`` are
    the phone's clock plus ``drift_seconds`` (what it lacked, negative when it ran ahead). ``seconds`` from the first to
    the last look, ``spent_seconds`` in the foreground of the phone. ``signals`` and ``answered``: see ``indicators``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80, blank=True)
    route = models.ForeignKey(Route, on_delete=models.PROTECT, null=True, related_name="+")
    task_id = models.UUIDField(null=True)
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=60)
    by_post = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    received_at = models.DateTimeField()
    drift_seconds = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, default="closed")
    result = models.CharField(max_length=12)
    checks = models.JSONField(default=list)
    covered = models.JSONField(default=list)
    stops_count = models.PositiveSmallIntegerField(default=0)
    found_count = models.PositiveSmallIntegerField(default=0)
    typed_count = models.PositiveSmallIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    spent_seconds = models.PositiveIntegerField(default=0)
    signals = models.JSONField(default=list)
    answered = models.JSONField(default=dict)
    clean_streak = models.PositiveIntegerField(default=0)
    whole = models.BooleanField(default=True)
    handed_over = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=0)

    objects = RoundQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-ended_at", "-id"], name="round_by_bureau"),
            models.Index(fields=["school_id", "-ended_at", "-id"], name="round_by_school"),
            models.Index(fields=["by_id", "-ended_at", "-id", "clean_streak"], name="round_by_person"),
            models.Index(fields=["task_id"], name="round_by_task", condition=Q(task_id__isnull=False)),
        ]


class HandoverQuerySet(ScopedQuerySet):
    """A hand-over is also seen by the two people of it."""

    def own_rows(self, viewer: Actor) -> Q | None:
        """Those I gave or that wait for me."""
        return Q(from_id=viewer.id) | Q(to_id=viewer.id) if viewer.id else None


class Arrival(ScopedModel):
    """Somebody who looks after a school from outside came to its gate. ``id`` is the phone's.

    ``how``: ``scan`` (a label's serial came with the code) or ``typed``. ``metres`` from where the label hangs, as far as
    both are known and the phone was sure enough; ``far`` when the pack's limit is passed. ``tasks``: [{task, title}] done by it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80)
    point = models.ForeignKey("risks.RiskPoint", on_delete=models.PROTECT, related_name="+")
    by_id = models.UUIDField()
    by_name = models.CharField(max_length=60)
    arrived_at = models.DateTimeField()
    how = models.CharField(max_length=10)
    metres = models.PositiveIntegerField(null=True)
    far = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    tasks = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-arrived_at", "-id"], name="arrival_by_bureau"),
            models.Index(fields=["school_id", "-arrived_at", "-id"], name="arrival_by_school"),
        ]


class Handover(ScopedModel):
    """One line of the shift book: who handed what to whom, and who took it over.

    ``items`` is a list of ``{name, state: ok|missing|broken, note}``. ``handed_at`` is the phone's clock corrected,
    ``received_at`` the server's. ``to_id`` null: whoever comes next at the same place may take it over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    school_name = models.CharField(max_length=80, blank=True)
    from_id = models.UUIDField()
    from_name = models.CharField(max_length=60)
    to_id = models.UUIDField(null=True)
    to_name = models.CharField(max_length=60, blank=True)
    items = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True)
    handed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    taken_by_id = models.UUIDField(null=True)
    taken_by_name = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True)
    taken_note = models.CharField(max_length=300, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "-handed_at", "-id"], name="handover_by_bureau"),
            models.Index(fields=["school_id", "-handed_at", "-id"], name="handover_by_school"),
            models.Index(fields=["school_id", "to_id"], name="handover_waiting", condition=Q(taken_at__isnull=True)),
        ]
