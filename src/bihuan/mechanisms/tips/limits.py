"""How many tips and questions are too many, counted so that a flood from one place closes nothing for the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from bihuan.foundation import packs
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.tips import events, hot, rules  # noqa: F401 - events declares the refusals


def secret() -> bytes:
    """The key behind slips and salts of this site."""
    return hashlib.sha256(b"bihuan.tips\n" + settings.SECRET_KEY.encode()).digest()


def allow_telling(at: datetime, *, address: str, point_id: UUID | None) -> None:
    """One more try from this address and at this point's label (if there is one), or ``tips.too_many``."""
    limits = [("address", address, settings.BIHUAN_TIPS_PER_ADDRESS)]
    if point_id:
        limits.append(("label", f"{address}|{point_id}", settings.BIHUAN_TIPS_PER_LABEL))
    _count(at, packs.PLATFORM, limits, rules.HOUR, "tips.too_many")


def allow_school(at: datetime, *, bureau_id: UUID, school_id: UUID | None) -> None:
    """One more tip for this school this hour, or ``tips.too_many``; counted only for tries that the address may still make."""
    limits = [("school", str(school_id), settings.BIHUAN_TIPS_PER_SCHOOL)]
    _count(at, bureau_id, limits, rules.HOUR, "tips.too_many")


def allow_photo(at: datetime, *, bureau_id: UUID, school_id: UUID | None) -> None:
    """One more stranger's photo for this school today, or ``tips.too_many_photos``."""
    limits = [("photo", str(school_id), settings.BIHUAN_TIPS_PHOTOS)]
    _count(at, bureau_id, limits, rules.DAY, "tips.too_many_photos")


def allow_lookup(at: datetime, *, address: str) -> None:
    """One more question about a slip from this address, or ``tips.too_many_lookups``."""
    limits = [("lookup", address, settings.BIHUAN_TIPS_LOOKUPS)]
    _count(at, packs.PLATFORM, limits, rules.HOUR, "tips.too_many_lookups")


def _count(at: datetime, bureau_id: UUID, limits: Iterable[tuple[str, str, int]], window: timedelta, code: str) -> None:
    most = {rules.tally_key(secret(), kind, value, at, window): limit for kind, value, limit in limits}
    until = rules.window_end(at, window)
    counts = hot.count_tries(bureau_id, dict.fromkeys(most, until))
    if any(count > most[key] for key, count in counts.items()):
        raise Refusal(code)
