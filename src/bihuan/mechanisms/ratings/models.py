"""Rating (a school's post or departments in one period), Score (one person's or department's), ScoreVersion (what was told)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class Rating(ScopedModel):
    """A scheme applied to a school for one period. ``scheme`` is frozen when it is opened; ``state``: see ``rules.STATES``.

    ``recounts``: each time that it was counted anew, {"at", "by_name", "changes": see ``rules.Change``}; only appraisers see it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    org = models.ForeignKey("responsibility.Org", on_delete=models.PROTECT, related_name="+")
    org_name = models.CharField(max_length=80)
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    scheme = models.JSONField()
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=60)
    published_at = models.DateTimeField(null=True)
    published_by_id = models.UUIDField(null=True)
    published_by_name = models.CharField(max_length=60, blank=True)
    recounts = models.JSONField(default=list)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by_name = models.CharField(max_length=60, blank=True)
    cancelled_for = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bureau_id", "org", "code", "since"], condition=~Q(state="cancelled"), name="rating_once"
            )
        ]
        indexes = [
            models.Index(fields=["bureau_id", "-since", "-id"], name="rating_by_bureau"),
            models.Index(fields=["school_id", "-since", "-id"], name="rating_by_school"),
        ]

    @property
    def judged_items(self) -> set[str]:
        """The items that people judge."""
        return {item["code"] for item in self.scheme["items"] if not item.get("measure")}

    @property
    def was_told(self) -> bool:
        """Whether its results were told, whatever became of it since."""
        return self.published_at is not None


class ScoreQuerySet(ScopedQuerySet):
    """Rows about a person: that person sees them too, once they are told."""

    def own_rows(self, viewer):
        return Q(user_id=viewer.id, rating__published_at__isnull=False) if viewer.id else None


class Score(ScopedModel):
    """How one person at a post, or one department (``user`` is who answers for it), did. ``subject`` names it inside its rating.

    ``counted``: item → {"good", "due"}, and ``rows``: kind → [{"on", "words", "link", "good"}], both frozen at opening;
    ``marks``: item → {"mark", "reason", "by", "by_name"}, what people judged or changed; ``total`` null: nothing to rate.
    ``standing`` is what became of an appeal. ``improvements``: [{"words", "name", "until", "case_id", "number"}].
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rating = models.ForeignKey(Rating, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    post_name = models.CharField(max_length=80)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    counted = models.JSONField(default=dict)
    rows = models.JSONField(default=dict)
    marks = models.JSONField(default=dict)
    total = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    acknowledged_at = models.DateTimeField(null=True)
    standing = models.CharField(max_length=8, default="none")
    appeal = models.CharField(max_length=400, blank=True)
    appealed_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decision = models.CharField(max_length=400, blank=True)
    improvements = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=0)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "rating", "subject"], name="score_once")]
        indexes = [models.Index(fields=["user", "-id"], name="score_by_person")]

    @property
    def is_judged(self) -> bool:
        """Whether every item that people judge has a mark."""
        return self.rating.judged_items <= self.marks.keys()


class ScoreVersion(ScopedModel):
    """A result as it was told: ``n`` 1 when it was published, 2 when an appeal changed it. Never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    score = models.ForeignKey(Score, on_delete=models.PROTECT, related_name="+")
    n = models.PositiveSmallIntegerField()
    marks = models.JSONField()
    total = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    reason = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "score", "n"], name="score_version_once")]
