"""What happens because of a fact: queued in the fact's transaction, done at least once, by whichever worker is first.

A listener runs in one transaction with the mark that it is done, so its own database effects happen exactly once;
only effects outside the database (a message sent) can repeat, and carry the reaction's id as their key.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from bihuan.foundation.models import Event, Reaction

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 10
_listeners: dict[str, Callable[[Event], None]] = {}
_by_event: dict[str, list[str]] = defaultdict(list)


def reacts_to(*names: str) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Register ``function(event)`` as a listener to these facts; its dotted path is its stable name."""

    def decorate(function: Callable[[Event], None]) -> Callable[[Event], None]:
        listener = f"{function.__module__}.{function.__qualname__}"
        _listeners[listener] = function
        for name in names:
            _by_event[name].append(listener)
        return function

    return decorate


def listeners_of(name: str) -> Iterable[str]:
    """The listeners that a fact of this name sets in motion."""
    return _by_event.get(name, ())


def react(at: datetime, *, most: int = 100) -> int:
    """Do up to *most* waiting reactions; returns how many were tried. ``at`` is real time (leases are real)."""
    due = list(Reaction.objects.filter(next_at__lte=at).order_by("next_at").values_list("pk", "next_at")[:most])
    tried = 0
    for pk, next_at in due:
        won = Reaction.objects.filter(pk=pk, next_at=next_at).update(next_at=at + LEASE)
        if won:
            tried += 1
            _carry_out(pk, at)
    return tried


def _carry_out(pk: object, at: datetime) -> None:
    reaction = Reaction.objects.select_related("event").get(pk=pk)
    try:
        with transaction.atomic():
            done = Reaction.objects.filter(pk=pk, done_at__isnull=True).update(done_at=at, next_at=None, last_error="")
            if done:
                _listeners[reaction.listener](reaction.event)
    except Exception as error:  # a listener that raises is put off and never blocks the rest
        if connection.in_atomic_block:
            raise
        attempts = reaction.attempts + 1
        log.exception("reaction %s to %s failed (%s)", reaction.listener, reaction.event.name, attempts)
        later = None if attempts >= MOST_ATTEMPTS else at + timedelta(seconds=min(3600, 5 * 2**attempts))
        Reaction.objects.filter(pk=pk).update(
            attempts=attempts, next_at=later, last_error=f"{type(error).__name__}: {error}"[:2000]
        )
