"""Directive (what is asked), Assignment (one unit's part of it), Share (one person's part of that)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel
from bihuan.mechanisms.mandates import rules


class Directive(ScopedModel):
    """What ``office`` of a bureau asks, and until when. ``above`` is the assignment that it passes on, if any.

    ``state``: issued, withdrawn. ``wants``: see ``rules.WANTS``; ``unit`` is what a number counts.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    office = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    text = models.TextField()
    wants = models.CharField(max_length=10)
    unit = models.CharField(max_length=10, blank=True)
    audience = models.CharField(max_length=120)
    addressed = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    above = models.ForeignKey("mandates.Assignment", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default="issued")
    issued_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    withdrawn_for = models.CharField(max_length=200, blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["bureau_id", "-issued_at", "-id"], name="directive_by_bureau")]


class Assignment(ScopedModel):
    """A unit's part of a directive, through all its states (``rules.STATES``).

    ``chase_at`` is the moment from which it is overdue, empty while nothing is owed; ``late`` stays once it passed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    directive = models.ForeignKey(Directive, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default="sent")
    due_at = models.DateTimeField()
    chase_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)
    signed_at = models.DateTimeField(null=True)
    signed_by_name = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answered_by_name = models.CharField(max_length=60, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by_name = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    returns = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "directive", "org"], name="assignment_once")]
        indexes = [
            models.Index(fields=["directive", "state", "id"], name="assignment_by_state"),
            models.Index(fields=["school_id", "-due_at", "-id"], name="assignment_by_school"),
            models.Index(fields=["bureau_id", "-due_at", "-id"], name="assignment_by_bureau"),
            models.Index(fields=["chase_at"], name="assignment_chase", condition=Q(chase_at__isnull=False)),
        ]

    @property
    def state_words(self) -> str:
        """The state in words."""
        return rules.STATES[self.state]

    waits_for_me = False
    """Set where a list is made for somebody: it is this very person's turn."""
    my_share = ""
    """Set where a list is made for somebody: what of it this person is to do."""

    @property
    def is_open(self) -> bool:
        """Whether it is the unit's turn, so that its clock runs."""
        return self.state in rules.OPEN


class Share(ScopedModel):
    """A person's part of their unit's assignment. ``state``: open, done, dropped."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=60)
    task = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="open")
    words = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    done_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "assignment", "user"], name="share_once")]
        indexes = [models.Index(fields=["user", "due_at"], name="share_open", condition=Q(state="open"))]
