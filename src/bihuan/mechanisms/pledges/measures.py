"""Today's number about letters of responsibility, for the clauses that they fulfil, and who has signed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from bihuan.foundation.actors import Actor
from bihuan.foundation.packs.deeds import Asked, Deed, deeds
from bihuan.foundation.packs.measures import Measured, measure
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.pledges.models import Pledge
from bihuan.mechanisms.pledges.queries import signed_share


@measure("pledges-signed")
def pledges_signed(viewer: Actor) -> Measured:
    """The share of this year's letters that are signed."""
    try:
        signed, everyone = signed_share(viewer)
    except Refusal:
        return Measured("0", "份责任书（本局还没有责任书正文）", "/pledges/")
    return Measured(f"{signed:,} / {everyone:,}", "份责任书已签", "/pledges/")


@deeds({"letters-signed": "已签的责任书"})
def letters(asked: Asked) -> Iterable[Deed]:
    """Letters that waited for a signature at some time in the span; signed before its end is good."""
    rows = Pledge.objects.filter(
        Q(signed_at__isnull=True) | Q(signed_at__gte=asked.since),
        bureau_id=asked.bureau_id, school_id=asked.school_id, made_at__lt=min(asked.until, asked.as_of),
    ).exclude(state="void")  # fmt: skip
    names = ("id", "year", "post", "post_name", "made_at", "signed_at", "user_id", "path")
    for row in rows.order_by("made_at", "id").values(*names):
        good = row["signed_at"] is not None and row["signed_at"] < min(asked.until, asked.as_of)
        yield Deed(
            "letters-signed", timezone.localdate(row["made_at"]), f"{row['year']} 学年 {row['post_name']} 责任书",
            f"/pledges/{row['id']}/", good, row["user_id"], row["post"], row["path"],
        )  # fmt: skip
