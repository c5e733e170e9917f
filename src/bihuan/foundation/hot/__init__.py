"""Receipts and facts are written with every command, so they are written lean: plain statements, prepared once.

``statements`` sends them, ``kept`` knows how each database keeps a value, ``answers`` turns what was read into what fields
hold, ``rows`` writes whole rows, ``selections`` reads several of the ORM's selections at once.
"""

from bihuan.foundation.hot.answers import (
    Columns,
    Instances,
    Part,
    Question,
    among,
    as_read,
    bare,
    columns_of,
    given,
    listed,
    rows_of,
    table,
    told,
)
from bihuan.foundation.hot.rows import FEW, fresh, insert, update_each
from bihuan.foundation.hot.selections import changed, counts, gathered
from bihuan.foundation.hot.statements import execute, execute_each, fetch, vendor

__all__ = [
    "FEW",
    "Columns",
    "Instances",
    "Part",
    "Question",
    "among",
    "as_read",
    "bare",
    "changed",
    "columns_of",
    "counts",
    "execute",
    "execute_each",
    "fetch",
    "fresh",
    "gathered",
    "given",
    "insert",
    "listed",
    "rows_of",
    "table",
    "told",
    "update_each",
    "vendor",
]
