"""Model packs: a bureau's written policy as a folder of data that installs in one transaction and then runs.

Each room teaches the loader its own chapter (``@section``); stages are *read* (unknown key = fault) → *check across
files* (all faults at once) → *plan* (a diff a bureau can read) → *install*. No expressions in packs.
"""

from bihuan.foundation.packs.calendars import add_dates, calendar, drop_dates
from bihuan.foundation.packs.catalogue import PLATFORM, entries, entry, forget, read_ahead
from bihuan.foundation.packs.sections import Change, Codes, Fault, Item, Proof, Section, Spec, section, sections

__all__ = [
    "PLATFORM",
    "Change",
    "Codes",
    "Fault",
    "Item",
    "Proof",
    "Section",
    "Spec",
    "add_dates",
    "calendar",
    "drop_dates",
    "entries",
    "entry",
    "forget",
    "read_ahead",
    "section",
    "sections",
]
