"""The worker: reactions as they come, the timetable as it falls due; any number of workers, any of them may be killed."""

from __future__ import annotations

import gc
import logging
import signal
import time
from threading import Event as Flag

from django.db import close_old_connections

from bihuan.config.timetable import LINES
from bihuan.foundation import clock
from bihuan.foundation.jobs import run_due
from bihuan.foundation.reactions import react

log = logging.getLogger(__name__)
IDLE_SECONDS = 1.0


def work(*, once: bool = False) -> None:
    """Work until SIGTERM or SIGINT (or, with *once*, until nothing waits)."""
    gc.collect()
    gc.freeze()  # as the server does: no collection looks through the program itself again
    stop = Flag()
    if not once:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            busy = react(clock.now())
            run_due(LINES, clock.now())
        except Exception:  # the database may be away for a moment: say so, wait, go on
            log.exception("the worker goes on after a failure")
            close_old_connections()
            time.sleep(IDLE_SECONDS)
            continue
        if not busy:
            if once:
                return
            stop.wait(IDLE_SECONDS)
