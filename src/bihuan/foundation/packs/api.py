"""Packs for machines."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from bihuan.foundation.packs.queries import installed, pack_page

router = Router()


class PackOut(Schema):
    """An installed pack."""

    code: str
    name: str
    version: str
    digest: str


class ClauseOut(Schema):
    """How far a clause runs."""

    code: str
    group: str
    title: str
    text: str
    state: str
    runs: list[str]
    note: str
    tests: list[str]


@router.get("/packs", response=dict[str, list[PackOut]], summary="The packs in force")
def list_packs(request: HttpRequest) -> Any:
    """The platform's and my bureau's."""
    return {"items": installed(request.actor)}


@router.get(
    "/packs/{code}/clauses", response=dict[str, list[ClauseOut]], summary="A pack's clauses and how far each runs"
)
def list_clauses(request: HttpRequest, code: str) -> Any:
    """Clause by clause, with the tests that exercised it."""
    page = pack_page(request.actor, code, numbers=False)
    return {"items": [clause.covered.as_json() for _, clauses in page.groups for clause in clauses]}
