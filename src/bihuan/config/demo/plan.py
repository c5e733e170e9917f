"""What a pack says about its demo district: ``demo/district.yaml`` and ``demo/schools.yaml``, checked when read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

import yaml

from bihuan.foundation.packs.sections import Spec

STAGES = {
    "kindergarten": ["kindergarten"], "primary": ["primary"], "junior": ["junior"], "nine-year": ["primary", "junior"],
    "senior": ["senior"], "complete": ["junior", "senior"], "vocational": ["vocational"], "special": ["special"],
}  # fmt: skip


class Unit(Spec):
    """A unit of the district: a province above it, a department beside it, a town with what is below it.

    ``post`` is held by somebody of the unit.
    """

    kind: str
    name: str
    post: str = ""
    below: tuple[Unit, ...] = ()


class School(Spec):
    """One made-up school; ``grid`` names the unit below which it stands (the bureau, when empty).

    ``points``: how many of the catalogue's points it has taken over; all that fit, when empty.
    """

    code: str
    kind: str
    name: str
    short: str
    students: int
    boarders: int = 0
    classes: int
    facets: tuple[str, ...]
    address: str
    grid: str = ""
    points: int | None = None

    @property
    def stages(self) -> list[str]:
        """The stages that a school of this kind teaches."""
        return STAGES[self.kind]


class Staff(Spec):
    """Who works where beyond what every school has: post → how many; ``at``: post → the area where it is held."""

    bureau: dict[str, int]
    school: dict[str, int] = {}
    kindergarten: dict[str, int] = {}
    grid: dict[str, tuple[str, ...]] = {}
    at: dict[str, str] = {}


class Sponsors(Spec):
    """How many leaders and cadres share the schools among them; the offices always do."""

    leaders: int
    cadres: int


class Account(Spec):
    """Somebody whom a visitor may be with one click: who it is, and what to try."""

    username: str
    at: Literal["bureau", "school"] = "school"
    post: str
    role: str
    text: str


class Plan(Spec):
    """The whole district but its schools. ``shown`` is the school whose people the accounts are, ``empty_area`` what nobody
    keeps there."""

    name: str
    bureau: str
    since: date
    above: tuple[Unit, ...]
    departments: tuple[Unit, ...] = ()
    offices: tuple[str, ...]
    grid: tuple[Unit, ...] = ()
    staff: Staff
    sponsors: Sponsors
    shown: str
    empty_area: str = ""
    dialling: str
    areas: tuple[str, ...]
    first_points: tuple[str, ...] = ()
    accounts: tuple[Account, ...]

    def grid_units(self) -> Iterator[tuple[Unit, Unit | None]]:
        """Every unit of the grid with the one above it, the top first."""

        def walk(units: tuple[Unit, ...], above: Unit | None) -> Iterator[tuple[Unit, Unit | None]]:
            for unit in units:
                yield unit, above
                yield from walk(unit.below, unit)

        return walk(self.grid, None)


def read_plan(folder: Path) -> tuple[Plan, list[School]]:
    """The district and its schools as the pack's demo data has them."""
    district = yaml.safe_load((folder / "district.yaml").read_text(encoding="utf-8"))
    schools = yaml.safe_load((folder / "schools.yaml").read_text(encoding="utf-8"))
    return Plan.model_validate(district), [School.model_validate(one) for one in schools]
