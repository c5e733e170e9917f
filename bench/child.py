"""One database's part of a run: makes the world, carries out the works, writes one JSON line per figure.

Started by ``bench.run`` with an environment of its own; never by hand on an installation's database, whose cases it
replaces.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

MARK = "bihuan-bench"


def main(works: list[str], rows: list[int]) -> None:
    """Everything that was asked for, on the database of the environment."""
    if os.environ.get("BIHUAN_BENCH") != MARK:
        sys.exit("bench.child belongs to bench.run")
    import django

    django.setup()
    from django.core.management import call_command

    say("migrate")
    call_command("migrate", verbosity=0, interactive=False)
    from bench import world as made
    from bench.direct import postmaster
    from bench.metering import Meter

    say("world")
    world = made.make()
    gc.collect()
    gc.freeze()  # as the server and the worker do when they start
    meter = Meter(postmaster())
    for work in works:
        for figure in _of(work, world, meter, rows):
            print(json.dumps(figure.plain(), ensure_ascii=False, default=str), flush=True)


def _of(work: str, world: Any, meter: Any, rows: list[int]) -> Iterator[Any]:
    from bench import case_rows, w1, w1p, w3, w5, w5todo, w6, w7in, w7out

    say(work)
    if work == "W1":
        w1.check(world)
        yield from w1.figures(world, meter, 0)
    elif work == "W1p":
        w1p.check(world)
        yield from w1p.figures(world, meter, 0)
    elif work == "W3":
        found = []
        for count in rows:
            say(f"W3: {count:,} cases")
            case_rows.fill(world, count, at=case_rows.now())
            for figure in w3.figures(world, meter, count):
                found.append(figure)
                yield figure
        yield from w3.flatness(found)
    elif work == "W5":
        w5.check(world)
        yield from w5.figures(world, meter, max(rows, default=0))
    elif work == "W5todo":
        w5todo.check(world)
        yield from w5todo.figures(world, meter, w5todo.PAST)
    elif work == "W6":
        w6.check(world)
        yield from w6.figures(world, meter, w6.AMONG)
    elif work == "W7in":
        w7in.check(world)
        yield from w7in.figures(world, meter, w7in.ROWS)
    else:
        case_rows.fill(world, 500, at=case_rows.now())
        w7out.check(world)
        yield from w7out.figures(world, meter, w7out.ROWS)


_BEGAN = time.monotonic()


def say(what: str) -> None:
    """What is being done, for those who wait."""
    print(f"  {time.monotonic() - _BEGAN:6.1f} s  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asked: dict[str, Any] = json.loads(sys.argv[1])
    main(asked["works"], asked["rows"])
