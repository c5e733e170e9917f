"""What several commands of this room take: texts that every database can hold, and photos."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

PLAIN = r"^[^\x00]*$"
"""Text that every database can hold."""
Title = Annotated[str, Field(min_length=2, max_length=120, pattern=PLAIN)]
Note = Annotated[str, Field(max_length=2000, pattern=PLAIN)]
Place = Annotated[str, Field(max_length=80, pattern=PLAIN)]
Basis = Annotated[str, Field(max_length=300, pattern=PLAIN)]
Code = Annotated[str, Field(max_length=40, pattern=PLAIN)]
Photos = Annotated[list[UUID], Field(max_length=20)]
