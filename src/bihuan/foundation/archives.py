"""What a school files for an inspection visit: rooms name their pieces and what is missing, a surface gathers them.

A room registers one ``Archive``. Its pieces carry *references* as a clause's ``runs`` writes them (``ledgers:visitors``,
``page:/ledgers/``), the closest first, so that the policy's own file says under which clause a piece belongs and no second
list has to be kept. Nothing is printed before a piece is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Protocol, TypeVar

from django.utils import timezone

from bihuan.foundation import clock, hot
from bihuan.foundation.actors import Actor

T = TypeVar("T")
MOST_ROWS = 4000
"""So many rows of one kind are looked at for the page; a school's term has fewer."""


@dataclass(frozen=True)
class Visit:
    """Whose archive of which days is opened by whom; ``at`` is the present moment."""

    viewer: Actor
    school: Any
    since: date
    until: date
    at: datetime
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, ask: Callable[[], T]) -> T:
        """What *ask* answers, asked once for this visit: what several parts of an archive need to know."""
        if name not in self._known:
            self._known[name] = ask()
        found: T = self._known[name]
        return found

    @cached_property
    def today(self) -> date:
        """The local day."""
        return timezone.localdate(self.at)

    @cached_property
    def so_far(self) -> date:
        """The last day of the span that is not in the future."""
        return min(self.until, self.today)

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The span as moments: from its first midnight to the midnight after it."""
        return clock.midnight(self.since), clock.midnight(self.until + timedelta(days=1))

    def months(self) -> Iterator[tuple[date, date]]:
        """The months of the span so far, the first and the last one cut."""
        first = self.since
        while first <= self.so_far:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield first, min(following - timedelta(days=1), self.so_far)
            first = following


@dataclass(frozen=True, slots=True)
class Piece:
    """One file: the references by which its clause is found, its folder and name, its day, how its bytes are made."""

    refs: tuple[str, ...]
    folder: str
    name: str
    made_on: date
    open: Callable[[], bytes | Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Held:
    """How many files a room has for a reference: what the page says before anything is printed."""

    refs: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing, in a sentence, and the page where it is put right."""

    refs: tuple[str, ...]
    words: str
    href: str


Rows = Mapping[str, list[list[Any]]]


class Archive(Protocol):
    """A room's part: what the page has to read, what it says about it, and the pieces one after the other."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """Name → ``values_list`` selection of plain columns; those of every room are read in one statement."""

    def told(self, visit: Visit, rows: Rows) -> Iterable[Held | Gap]:
        """What is held and what is missing, from the rows that were asked for."""

    def pieces(self, visit: Visit) -> Iterable[Piece]:
        """The files in their order, lazily; rows are read in chunks."""


_archives: dict[str, Archive] = {}
A = TypeVar("A", bound=type)


def archived(name: str) -> Callable[[A], A]:
    """Register a room's ``Archive``."""

    def decorate(kind: A) -> A:
        if name in _archives:
            raise ValueError(f"archive {name} is registered twice")
        _archives[name] = kind()
        return kind

    return decorate


def told(visit: Visit) -> list[Held | Gap]:
    """What every room holds and misses."""
    asked = {(name, part): rows for name, one in _in_order() for part, rows in one.asked(visit).items()}
    rows = hot.gathered(asked, most=MOST_ROWS)
    found: list[Held | Gap] = []
    for name, one in _in_order():
        found += one.told(visit, {part: given for (room, part), given in rows.items() if room == name})
    return found


def pieces(visit: Visit) -> Iterator[Piece]:
    """Every room's pieces, one after the other."""
    for _, one in _in_order():
        yield from one.pieces(visit)


def _in_order() -> list[tuple[str, Archive]]:
    return sorted(_archives.items())


def chunks(rows: Any, size: int = 100) -> Iterator[list[Any]]:
    """An ordered selection's rows by hundreds, each its own statement: no cursor stays open while pieces are printed."""
    ids = list(rows.values_list("pk", flat=True))
    for start in range(0, len(ids), size):
        yield list(rows.filter(pk__in=ids[start : start + size]))


def plain_moment(value: str | None) -> datetime | None:
    """A moment of a gathered row: the databases write it in their own ways, always in UTC."""
    if not value:
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_fixed_timezone(0))


def local_day(value: str | None) -> date | None:
    """The local day of a moment of a gathered row."""
    found = plain_moment(value)
    return timezone.localdate(found) if found else None


def plain_day(value: str) -> date:
    """A day of a gathered row."""
    return date.fromisoformat(value[:10])


def named(days: Sequence[date], most: int = 5) -> str:
    """09-03、09-04 等 7 天."""
    words = "、".join(f"{day:%m-%d}" for day in days[:most])
    return f"{words}等 {len(days)} 天" if len(days) > most else words


def files_of(rows: Iterable[Any], refs: tuple[str, ...], folder: str, name: Callable[[Any], str]) -> Iterator[Piece]:
    """Pictures and documents as pieces, each as it is stored; *name* says what one shows."""
    from bihuan.foundation.evidence import store

    for row in rows:
        if row.kind in ("image", "document"):
            suffix = "pdf" if row.kind == "document" else "webp"
            made = timezone.localdate(row.taken_at or row.made_at)
            yield Piece(refs, folder, f"{name(row)}.{suffix}", made, lambda sha256=row.sha256: _read(store, sha256))


def _read(store: Any, sha256: str) -> Iterator[bytes]:
    with store.stream(sha256) as file:
        while piece := file.read(store.CHUNK):
            yield piece
