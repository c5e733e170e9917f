"""Tables of the ground floor: receipts, facts and what they set in motion, seals, evidence, papers, notices, packs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from bihuan.foundation.ids import uuid7
from bihuan.foundation.scoping import ScopedModel, ScopedQuerySet


class Receipt(models.Model):
    """One envelope that was carried out; its id is the client's UUID."""

    id = models.UUIDField(primary_key=True)
    bureau_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    command = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "foundation_receipt"


class Event(ScopedModel):
    """One fact. Append-only: a trigger refuses UPDATE and DELETE on both databases."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=60)
    by_post = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=20)
    at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "subject_id", "at"], name="event_by_subject"),
            models.Index(fields=["recorded_at", "id"], name="event_by_record"),
            models.Index(fields=["bureau_id", "recorded_at"], name="event_by_bureau"),
        ]


class Seal(models.Model):
    """A closed, hash-chained segment of one bureau's history; ``leaves`` holds id and digest of each fact (48 bytes)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    serial = models.PositiveIntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    count = models.PositiveIntegerField()
    leaves = models.BinaryField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "serial"], name="seal_serial")]


class Reaction(models.Model):
    """What one listener still has to do about one fact: leased, retried with back-off, at least once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    listener = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "event", "listener"], name="reaction_once")]
        indexes = [models.Index(fields=["next_at"], name="reaction_due", condition=Q(next_at__isnull=False))]


class Job(models.Model):
    """A line of the timetable: when it is next due, and who holds it until when."""

    name = models.CharField(primary_key=True, max_length=80)
    next_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)


class EvidenceQuerySet(ScopedQuerySet):
    """Evidence follows its subject's place; until attached, only its maker sees it."""

    def own_rows(self, viewer):
        return Q(made_by_id=viewer.id) if viewer.id else None


class Evidence(ScopedModel):
    """A photo, document, signature or voice note by its content hash; images are re-encoded WebP without EXIF."""

    KINDS = ("image", "document", "signature", "audio")
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12)
    sha256 = models.CharField(max_length=64)
    original_sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    name = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    seconds = models.PositiveSmallIntegerField(null=True)
    perceptual_hash = models.BigIntegerField(null=True)
    taken_at = models.DateTimeField(null=True)
    made_by_id = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField()
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["bureau_id", "subject_id"], name="evidence_by_subject"),
            models.Index(fields=["bureau_id", "sha256"], name="evidence_by_content"),
        ]


class PaperSeries(models.Model):
    """The last number given in a bureau's series of a year; the row's lock makes numbers gapless."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "code", "year"], name="paper_series")]


class Paper(ScopedModel):
    """A numbered official paper; ``content`` is frozen when it is signed, so it prints the same for ever.

    ``state``: ``draft`` (drawn up, waits for a signature), ``sent`` (signed and delivered, waits for the receipt),
    ``received``, or empty for a paper that nobody has to acknowledge.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    number = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    content = models.JSONField()
    issued_by_id = models.UUIDField(null=True)
    issued_by_name = models.CharField(max_length=60)
    issued_at = models.DateTimeField()
    state = models.CharField(max_length=10, blank=True, default="")
    signed_by_id = models.UUIDField(null=True)
    signed_by_name = models.CharField(max_length=60, blank=True, default="")
    signed_at = models.DateTimeField(null=True)
    received_by_id = models.UUIDField(null=True)
    received_by_name = models.CharField(max_length=60, blank=True, default="")
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "code", "year", "serial"], name="paper_number")]
        indexes = [
            models.Index(fields=["bureau_id", "subject_id"], name="paper_by_subject"),
            models.Index(
                fields=["bureau_id", "issued_at", "id"], name="paper_waits", condition=Q(state__in=("draft", "sent"))
            ),
            models.Index(fields=["school_id", "issued_at", "id"], name="paper_waits_school", condition=Q(state="sent")),
        ]


class Notice(models.Model):
    """A message to one person inside the system; outside carriers (WeCom, SMS) are gateways."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    user_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=400, blank=True)
    link = models.CharField(max_length=200, blank=True)
    event_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "user_id", "event_id", "kind"], name="notice_once")]
        indexes = [
            models.Index(fields=["user_id", "-sent_at", "-id"], name="notice_by_user"),
            models.Index(fields=["user_id", "-sent_at"], name="notice_unread", condition=Q(read_at__isnull=True)),
        ]


class InstalledPack(ScopedModel):
    """A pack as it was installed for a bureau (or for the platform): its files' digest and what they said."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    installed_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bureau_id", "code"], condition=Q(is_current=True), name="pack_current"),
        ]


class PackEntry(models.Model):
    """One entry of a catalogue that a pack brought: terms, calendars, papers, risks …; ``data`` is the checked spec.

    ``bureau_id`` is ``packs.PLATFORM`` for what holds everywhere; a bureau's own entry of the same code wins.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bureau_id = models.UUIDField()
    section = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    data = models.JSONField()
    pack = models.CharField(max_length=60)
    sort = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bureau_id", "section", "code"], name="pack_entry")]
