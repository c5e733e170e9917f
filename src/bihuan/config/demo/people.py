"""The staff of the demo's schools, bureau and grid, as rows of a roster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bihuan.config.demo.chance import dice, name
from bihuan.config.demo.plan import Plan, School

MORE = {
    "canteen": ["canteen-manager"],
    "boarding": ["dorm-manager", "dorm-manager"],
    "lab": ["lab-keeper"],
    "school-bus": ["bus-manager", "bus-attendant", "bus-driver"],
}


@dataclass(frozen=True)
class Staff:
    """One line of the roster: who, which post, at which unit."""

    unit: str
    name: str
    post: str
    phone: str
    staff_no: str


def of_school(school: School, plan: Plan) -> Iterator[Staff]:
    """Everybody of one school; numbers follow from its pupils, boarders and facets."""
    chance = dice("staff", school.code)
    kindergarten = school.kind == "kindergarten"
    facets = set(school.facets)
    guards = 2 if school.students < 1000 else 3 + (school.students - 1000) // 500
    guards += 2 if "boarding" in facets else 0
    if kindergarten:
        posts = ["kindergarten-head", "care-director", "kindergarten-safety-lead", "kindergarten-logistics"]
        posts += ["kindergarten-guard"] * guards + ["health-keeper"] * 2 + ["kindergarten-cook"] * 3
        posts += ["kindergarten-teacher"] * (2 * school.classes) + ["nursery-carer"] * school.classes
    else:
        posts = ["head", "party-secretary", "line-leader", "safety-lead", "logistics-lead", "moral-education-director"]
        posts += ["guard"] * guards + [
            "electrician",
            "school-doctor",
            "counselor",
            "librarian",
            "pe-teacher",
            "pe-teacher",
        ]
        posts += ["class-teacher"] * school.classes + ["subject-teacher"] * (school.classes // 6)
    for facet, more in MORE.items():
        if facet in facets and not (kindergarten and facet == "canteen"):
            posts += more
    posts += ["dorm-manager"] * (school.boarders // 400) + ["cleaner"] * (2 + school.students // 600)
    for post, many in (plan.staff.kindergarten if kindergarten else plan.staff.school).items():
        posts += [post] * many
    for serial, post in enumerate(posts, start=1):
        tail = int(school.code[-3:]) * 1000 + serial
        yield Staff(school.name, name(chance), post, f"1990{tail:07d}", f"{school.code[-4:]}{serial:03d}")


def of_bureau(plan: Plan) -> Iterator[Staff]:
    """The bureau's own people, without the sponsors' appointments at their schools."""
    chance = dice("staff", plan.bureau)
    posts = [post for post, many in plan.staff.bureau.items() for _ in range(many)]
    posts += ["office-head"] * len(plan.offices)
    for serial, post in enumerate(posts, start=1):
        yield Staff(plan.bureau, name(chance), post, f"1990900{serial:04d}", f"JY{serial:03d}")


def of_grid(plan: Plan) -> Iterator[Staff]:
    """Who serves in the departments, towns, villages and groups."""
    chance = dice("staff", plan.name, "grid")
    held = [(unit.name, unit.post) for unit in plan.departments if unit.post]
    held += [(unit.name, post) for unit, _ in plan.grid_units() for post in plan.staff.grid.get(unit.kind, ())]
    for serial, (unit, post) in enumerate(held, start=1):
        yield Staff(unit, name(chance), post, f"1990600{serial:04d}", f"WG{serial:03d}")
