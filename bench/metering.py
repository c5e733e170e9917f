"""CPU of application plus database per operation, product and raw SQL by turns.

On a busy machine seconds and requests per second say more about the neighbours than about us; CPU time does not. The
application is this process with its threads; PostgreSQL is its postmaster with every child, living or gone. SQLite works
inside the process and is counted with it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from django.db import connection

K = TypeVar("K", bound=Hashable)

TICK = 1 / os.sysconf("SC_CLK_TCK")
ENOUGH_SECONDS = 0.1
"""CPU seconds that one repetition of one side should use at least. Repetitions are short and many: a neighbour who slows the
machine down for seconds touches some of them, and the median is one of the others."""
LOOK_EVERY_SECONDS = 0.005
"""How often the memory is looked at while its peak is measured."""


class Meter:
    """Reads CPU seconds of the application and of the database (``postmaster``: its process id, if there is one)."""

    def __init__(self, postmaster: int | None = None) -> None:
        self.postmaster = postmaster
        self.vendor = connection.vendor

    def application(self) -> float:
        """User and system time of this process, all threads."""
        return time.process_time()

    def database(self) -> float:
        """User and system time of all processes of the database server, those that ended included."""
        if self.postmaster is None:
            return 0.0
        total = _own(self.postmaster) + _gone(self.postmaster)
        for child in _children(self.postmaster):
            try:
                total += _own(child)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended just now: the postmaster's sum of ended children has it
        return total

    def settle(self) -> None:
        """Wait, a minute at most, until the server has tidied up after what was loaded: that is nobody's page."""
        ends = time.monotonic() + 60
        while self.postmaster is not None and time.monotonic() < ends:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")
                if not cursor.fetchone()[0]:
                    return
            time.sleep(0.1)


def _own(pid: int) -> float:
    """CPU seconds of one process: nanoseconds where the kernel gives them (a PostgreSQL process has one thread)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, PermissionError, IndexError):
        numbers = _stat(pid)
        return (int(numbers[11]) + int(numbers[12])) * TICK


def _gone(pid: int) -> float:
    numbers = _stat(pid)
    return (int(numbers[13]) + int(numbers[14])) * TICK


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


@dataclass
class Figure:
    """One measured figure. ``product`` and ``raw`` are medians: CPU microseconds per operation, or as ``unit`` says."""

    work: str
    what: str
    database: str
    rows: int
    unit: str
    product: float
    raw: float | None = None
    target: str = ""
    met: bool | None = None
    product_app: float | None = None
    product_db: float | None = None
    raw_app: float | None = None
    raw_db: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    repetitions: list[float] = field(default_factory=list)

    @classmethod
    def of(
        cls, work: str, what: str, rows: int, product: Costs, raw: Costs, *, limit: float | None = None,
        ratio: float | None = None, per: int = 1, notes: dict[str, Any] | None = None,
    ) -> Figure:  # fmt: skip
        """CPU microseconds per operation (or per one of *per* parts of it); *limit* and *ratio* are what is wanted."""
        scale = 1e6 / per
        figure = cls(
            work, what, connection.vendor, rows, "CPU us", product.median() * scale, raw.median() * scale,
            product_app=product.median("application") * scale, product_db=product.median("database") * scale,
            raw_app=raw.median("application") * scale, raw_db=raw.median("database") * scale,
            notes=notes or {}, repetitions=[cost.cpu * scale for cost in product.each],
        )  # fmt: skip
        if limit is not None:
            figure.target, figure.met = f"<= {limit:,.0f} CPU us", figure.product <= limit
        if ratio is not None:
            figure.target, figure.met = f"<= {ratio:g}x raw", bool(figure.ratio and figure.ratio <= ratio)
        return figure

    @property
    def ratio(self) -> float | None:
        """How many times the raw work the product costs."""
        return self.product / self.raw if self.raw else None

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ratio": self.ratio}


@dataclass
class Cost:
    """CPU seconds per operation, and the seconds that went by."""

    application: float
    database: float
    wall: float

    @property
    def cpu(self) -> float:
        """Application plus database."""
        return self.application + self.database


@dataclass
class Costs:
    """The repetitions of one side."""

    each: list[Cost]

    def median(self, name: str = "cpu") -> float:
        """The median of one column."""
        return statistics.median(getattr(cost, name) for cost in self.each)


@dataclass(frozen=True)
class Side:
    """An operation, and what makes the same work wait again; only the operation is measured."""

    operation: Callable[[], Any]
    before: Callable[[], Any]


def compare(
    meter: Meter, sides: Mapping[K, Callable[[], Any] | Side], *, repetitions: int = 9,
    times: int | Mapping[K, int] | None = None,
    enough: float = ENOUGH_SECONDS, warm: int = 0,
) -> dict[K, Costs]:  # fmt: skip
    """Run every side by turns, *repetitions* times; one repetition calls a side *times* times (default: until *enough*; a
    mapping says it for each side).

    Each side is called a few times before, so that connections, caches, compiled templates and prepared statements are
    those of a process that has been at work for a while.
    """
    works = {name: side if isinstance(side, Side) else Side(side, _nothing) for name, side in sides.items()}
    counts: dict[K, int] = {}
    for name, side in works.items():
        for _ in range(warm):
            side.before()
            side.operation()
        counts[name] = (times.get(name) if isinstance(times, Mapping) else times) or _times(
            meter, side.operation, enough
        )
    found: dict[K, list[Cost]] = {name: [] for name in sides}
    for _ in range(repetitions):
        for name, side in works.items():
            side.before()
            meter.settle()
            found[name].append(_once(meter, side.operation, counts[name]))
    return {name: Costs(each) for name, each in found.items()}


def _nothing() -> None:
    return None


def _times(meter: Meter, operation: Callable[[], Any], enough: float) -> int:
    for _ in range(8):
        operation()
    cost = _once(meter, operation, 8)
    return max(8, min(5000, int(enough / max(cost.cpu, 1e-6))))


def _once(meter: Meter, operation: Callable[[], Any], times: int) -> Cost:
    gc.collect()
    application, database, began = meter.application(), meter.database(), time.perf_counter()
    for _ in range(times):
        operation()
    wall = time.perf_counter() - began
    return Cost((meter.application() - application) / times, (meter.database() - database) / times, wall / times)


@contextmanager
def peak_since() -> Iterator[list[int]]:
    """How many bytes the memory of this process rose above what it is now, at the highest; filled in at the end.

    Memory of its own only: pages of the database file that SQLite maps are the system's cache, given back when it is short.
    """
    grown: list[int] = []
    gc.collect()
    with suppress(
        AttributeError
    ):  # what was freed goes back to the system where the C library can: else it hides the growth
        ctypes.CDLL(None).malloc_trim(0)
    before, highest, over = own_memory(), 0, Event()

    def watch() -> None:
        nonlocal highest
        while not over.wait(LOOK_EVERY_SECONDS):
            highest = max(highest, own_memory())

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield grown
    finally:
        over.set()
        watcher.join()
    grown.append(max(0, highest - before))


def own_memory() -> int:
    """The resident memory of this process that no file backs, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say how much memory a process has of its own")
