"""The hot path of this engine (submitting): plain inserts, one statement a table.

``insert`` writes what ``Model.save(force_insert=True)`` would write (a test holds them equal) without the price of it,
and tells whether the row is new instead of raising, because the id is the client's.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models

from bihuan.foundation import hot


def insert(rows: Sequence[models.Model]) -> int:
    """Insert rows of one model; rows whose id exists are left alone. Returns how many are new."""
    return hot.insert(rows, unless_there=True)
