"""User words: a bureau calls a thing by its own name, everywhere the same (pack section ``terms``)."""

from __future__ import annotations

from uuid import UUID

from bihuan.foundation import packs


def term(bureau_id: UUID | None, code: str) -> str:
    """The bureau's word for *code*, or the platform's, or the code itself when no pack names it."""
    found = packs.entries(bureau_id, "terms").get(code)
    return str(found["label"]) if found else code
