"""Building the district: packs, units, people, sponsors, risk points, and the six demo accounts, all by commands."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter
import yaml
from django.conf import settings
from django.db import transaction

from bihuan.accounts.commands import open_account
from bihuan.config.demo import people
from bihuan.config.demo.chance import dice, id_at, name
from bihuan.engines.responsibility.queries import actor_of, appointments, forget_actors, org, roster, schools, who
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import execute
from bihuan.foundation.packs.loader import install

BEGAN = datetime(2026, 8, 20, 1, 0, tzinfo=UTC)
SINCE = date(2026, 8, 20)
BUREAU = "示范区教育局"
STAGES = {
    "kindergarten": ["kindergarten"], "primary": ["primary"], "junior": ["junior"], "nine-year": ["primary", "junior"],
    "senior": ["senior"], "complete": ["junior", "senior"], "vocational": ["vocational"], "special": ["special"],
}  # fmt: skip
DEPARTMENTS = {
    "police": "示范区公安分局",
    "fire": "示范区消防救援大队",
    "market-supervision": "示范区市场监管局",
    "urban-management": "示范区城市管理局",
}
ACCOUNTS = {
    "demo-chief": ("bureau-head", "局长"), "demo-office": ("safety-office", "安全科"), "demo-sponsor": ("sponsor-cadre", "包校干部"),
    "demo-head": ("head", "校长"), "demo-lead": ("safety-lead", "安全负责人"), "demo-guard": ("guard", "保安"),
}  # fmt: skip
SHOWN = "示范区第一小学"
"""The school whose people the demo accounts are."""

AREAS = frozenset(
    [
        "main-gate",
        "gate-room",
        "perimeter",
        "near-school",
        "teaching-building",
        "stairs",
        "classroom",
        "activity-room",
        "playing-field",
        "library",
        "kitchen",
        "food-store",
        "dormitory",
        "power-room",
        "fire-control-room",
        "chemistry-lab",
        "chemical-store",
        "elevator",
        "boiler-room",
        "play-area",
        "health-room",
        "bus-stop",
    ]
)
"""The typical areas that every demo school has, where its kind has them at all; a real school registers all of its own."""

KEEPERS = {
    "": ("logistics-lead", "kindergarten-logistics", "kindergarten-teacher"),
    "gatekeeper": ("guard", "kindergarten-guard"),
    "security-staff": ("guard", "kindergarten-guard"),
    "safety-lead": ("guard", "kindergarten-guard"),
    "grade-head": ("class-teacher", "kindergarten-teacher"),
    "canteen-manager": ("kindergarten-cook",),
    "school-doctor": ("health-keeper",),
}
"""Who does a post's work where a school has no such post; under the empty name, who does what nobody else does."""


class District:
    """The demo of one pack: builds what is missing, knows what is there."""

    def __init__(self, pack: str) -> None:
        self.pack = pack
        self.folder: Path = settings.BIHUAN_PACKS / pack / "demo"
        self.id = id_at(BEGAN, pack, "bureau")

    @cached_property
    def plan(self) -> list[dict[str, Any]]:
        """The schools as the pack's demo data has them."""
        return list(yaml.safe_load((self.folder / "schools.yaml").read_text(encoding="utf-8")))

    @cached_property
    def admin(self) -> Actor:
        """The bureau's administrator, who builds the net."""
        return self.holder(org(SYSTEM, self.id), "bureau-admin")

    def do(self, by: Actor, command: str, *seed: object, at: datetime = BEGAN, **args: Any) -> dict[str, Any]:
        """Send one envelope whose id follows from the seed, so that a second run does nothing twice."""
        with clock.travel(at):
            return execute(by, at, id=id_at(at, self.pack, command, *seed), name=command, args=args).answer

    def make(self, *seed: object, at: datetime = BEGAN) -> str:
        """The id of a row that an envelope makes."""
        return str(id_at(at, self.pack, "row", *seed))

    # --- steps, in order; each is quick when it was done before -------------------------------------------------------

    def steps(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """What has to be built, with the words for the progress line."""
        return (
            ("安装通用包", lambda: install(SYSTEM, BEGAN, pack="base")),
            ("建立教育局", self.make_bureau),
            (f"安装模型包 {self.pack}", lambda: install(SYSTEM, BEGAN, pack=self.pack, bureau_id=self.id)),
            (f"建立 {len(self.plan)} 所学校和区域", self.make_schools),
            ("导入教职工名册", self.make_staff),
            ("安排包抓、包片、包校", self.make_sponsors),
            ("建立风险点", self.make_points),
            ("开通示范账号", self.open_accounts),
        )

    def make_bureau(self) -> None:
        """Province, city, bureau and partner departments, and the administrator who does the rest."""
        above = None
        for kind, words in (("province", "示范省教育厅"), ("city", "示范市教育局"), ("bureau", BUREAU)):
            id = str(self.id) if kind == "bureau" else self.make(kind)
            self.do(
                SYSTEM,
                "responsibility.create_org",
                kind,
                id=id,
                parent_id=above,
                kind=kind,
                name=words,
                active_from=str(SINCE),
            )
            above = id
        person = {"name": name(dice("admin")), "phone": "19909990001", "staff_no": "JY900"}
        self.do(
            SYSTEM, "responsibility.appoint", "admin", id=self.make("admin"), org_id=above, post="bureau-admin",
            starts_on=str(SINCE), person=person,
        )  # fmt: skip
        forget_actors()
        for kind, words in DEPARTMENTS.items():
            self.do(
                self.admin,
                "responsibility.create_org",
                kind,
                id=self.make(kind),
                parent_id=above,
                kind=kind,
                name=words,
            )
        for sort, words in enumerate(people.OFFICES):
            self.do(
                self.admin,
                "responsibility.create_org",
                words,
                id=self.make(words),
                parent_id=above,
                kind="bureau-office",
                name=words,
                sort=sort,
            )

    def make_schools(self) -> None:
        """The schools, each in one transaction."""
        for sort, school in enumerate(self.plan, start=1):
            with transaction.atomic():
                self.make_school(sort, school)

    def make_school(self, sort: int, school: dict[str, Any]) -> None:
        """One school and what a school of its kind consists of."""
        code = school["code"]
        id = self.make(code)
        self.do(
            self.admin, "responsibility.create_org", code, id=id, parent_id=str(self.id), kind=school["kind"],
            name=school["name"], short_name=school["short"], code=code, stages=STAGES[school["kind"]], facets=school["facets"],
            students=school["students"], boarders=school["boarders"], staff_count=sum(1 for _ in people.of_school(school)),
            address=school["address"], phone=f"029-8{code[-7:]}", sort=sort, active_from=str(SINCE),
        )  # fmt: skip
        for area in self.areas_of(school):
            above = self.make(code, "teaching-building") if area["kind"] == "floor" else id
            self.do(
                self.admin, "responsibility.create_org", code, area["code"], id=self.make(code, area["code"]),
                parent_id=above, kind=area["kind"], name=area["name"],
            )  # fmt: skip

    @cached_property
    def area_catalogue(self) -> list[dict[str, Any]]:
        """The typical areas of the base pack."""
        return list(yaml.safe_load((settings.BIHUAN_PACKS / "base" / "areas.yaml").read_text(encoding="utf-8")))

    def areas_of(self, school: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """The areas that a school of this kind has."""
        stages = {"all", *STAGES[school["kind"]]}
        for area in self.area_catalogue:
            if area["code"] in AREAS and stages & set(area["stages"]) and set(area["facets"]) <= set(school["facets"]):
                yield area

    def make_staff(self) -> None:
        """Everybody by one roster, as the bureau would import it."""
        import_id = self.make("roster")
        book = base64.b64encode(self.roster()).decode()
        name = "2026—2027学年教职工名册.xlsx"
        self.do(
            self.admin,
            "responsibility.upload_roster",
            "roster",
            id=import_id,
            org_id=str(self.id),
            file_name=name,
            content=book,
        )
        row = roster(self.admin, UUID(import_id))
        if row.installed_at is None:
            self.do(
                self.admin, "responsibility.install_roster", "roster", import_id=import_id, header_row=row.header_row,
                columns=row.columns, on=str(SINCE),
            )  # fmt: skip
        forget_actors()

    def roster(self) -> bytes:
        """The workbook: a title row, a header, a line for each appointment."""
        words = {code: post["name"] for code, post in packs.entries(self.id, "posts").items()}
        out = BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            page = book.add_worksheet("名册")
            page.write(0, 0, "示范区教育系统教职工名册（2026年8月20日）")
            page.write_row(1, 0, ["单位", "姓名", "岗位", "手机", "工号", "任职日期"])
            lines = [*people.of_bureau(BUREAU)]
            for school in self.plan:
                lines += people.of_school(school)
            for row, staff in enumerate(lines, start=2):
                page.write_row(
                    row, 0, [staff.unit, staff.name, words[staff.post], staff.phone, staff.staff_no, "2026-08-20"]
                )
        return out.getvalue()

    def make_sponsors(self) -> None:
        """Three leaders with eighteen schools each, eighteen cadres with three."""
        ids = [self.make(school["code"]) for school in self.plan]
        shown = ids.index(self.make(next(s["code"] for s in self.plan if s["name"] == SHOWN)))
        ids = ids[shown:] + ids[:shown]
        for n in range(3):
            chance = dice("leader", n)
            person = {"name": name(chance), "phone": f"1990800{n:04d}", "staff_no": f"JY7{n:02d}"}
            self.do(
                self.admin,
                "responsibility.assign_sponsor",
                "leader",
                n,
                schools=ids[n * 18 : n * 18 + 18],
                post="sponsor-leader",
                on=str(SINCE),
                person=person,
            )
        for n, head in enumerate(who(org(SYSTEM, self.id), "office-head", on=SINCE)):
            self.do(
                self.admin, "responsibility.assign_sponsor", "office", n, schools=ids[n * 9 : n * 9 + 9], post="office-head",
                on=str(SINCE), user_id=str(head.user_id),
            )  # fmt: skip
        for n in range(people.CADRES):
            chance = dice("cadre", n)
            person = {"name": name(chance), "phone": f"1990700{n:04d}", "staff_no": f"JY8{n:02d}"}
            self.do(
                self.admin,
                "responsibility.assign_sponsor",
                "cadre",
                n,
                schools=ids[n * 3 : n * 3 + 3],
                post="sponsor-cadre",
                on=str(SINCE),
                person=person,
            )

    def make_points(self) -> None:
        """The catalogue's points that fit each school, adopted by the school's own safety lead."""
        for school in schools(self.admin):
            lead = self.holder(school, "kindergarten-safety-lead" if school.kind == "kindergarten" else "safety-lead")
            self.do(lead, "risks.adopt_points", school.code, school_id=str(school.pk))

    def make_keepers(self) -> None:
        """Somebody answers for every area: the holder of the area's post, or whoever does that work at this school."""
        for school, unit in zip(self.plan, schools(self.admin), strict=True):
            lead = self.holder(unit, "kindergarten-safety-lead" if unit.kind == "kindergarten" else "safety-lead")
            staff: dict[str, list[UUID]] = {}
            for held in appointments(self.admin, on=SINCE, org_id=unit.pk).filter(org_id=unit.pk).order_by("id"):
                staff.setdefault(held.post, []).append(held.user_id)
            with transaction.atomic():
                for n, area in enumerate(self.areas_of(school)):
                    if unit.name == SHOWN and area["code"] == "library":
                        continue  # one gap for the visitor to find
                    posts = (area["post"], *KEEPERS.get(area["post"], ()), *KEEPERS[""])
                    able = next(
                        (post, users)
                        for post in posts
                        if (users := [user for user in staff.get(post, []) if user != lead.id])
                    )
                    self.do(
                        lead, "responsibility.appoint", "keeper", school["code"], area["code"], starts_on=str(SINCE), post=able[0],
                        id=self.make("keeper", school["code"], area["code"]), user_id=str(able[1][n % len(able[1])]),
                        org_id=self.make(school["code"], area["code"]),
                    )  # fmt: skip

    def open_accounts(self) -> None:
        """Six people of the net get a sign-in name; in the demo they sign in with one click and have no password."""
        school = org(self.admin, UUID(self.make(next(s["code"] for s in self.plan if s["name"] == SHOWN))))
        bureau = org(self.admin, self.id)
        for username, (post, _) in ACCOUNTS.items():
            place = bureau if post in ("bureau-head", "safety-office") else school
            open_account(user_id=self.holder(place, post).id, username=username)

    def holder(self, place: Any, post: str, n: int = 0) -> Actor:
        """The n-th person at a post of a unit, as they act."""
        rows = who(place, post, on=SINCE)
        found = actor_of(rows[n % len(rows)].user_id)
        assert found
        return found
