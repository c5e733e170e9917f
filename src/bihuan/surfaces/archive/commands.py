"""The one write: that somebody took an archive away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.surfaces.archive import events  # noqa: F401 - declares the fact and the refusal
from bihuan.surfaces.archive.queries import school_of, term_of


@command("archive.take_archive")
def take_archive(
    by: Actor,
    at: datetime,
    *,
    school_id: UUID,
    term: Annotated[str, Field(max_length=40)] = "",
    pack: Annotated[str, Field(max_length=60)] = "",
) -> Any:
    """State who takes the archive of which school and term away.

    Refusals: ``foundation.not_found`` for whoever may not export there, ``archive.no_such_term``.
    """
    school = school_of(by, school_id)
    chosen = term_of(school.bureau_id, term, at)
    record(school, "archive.taken", by=by, at=at, term=chosen.code, since=chosen.since, until=chosen.until, pack=pack)
    return school
