"""Building the district: packs, units, people, sponsors, risk points, and the demo accounts, all by commands."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from io import BytesIO
from itertools import chain
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
from bihuan.config.demo.plan import School, read_plan
from bihuan.engines.responsibility.queries import actor_of, appointments, forget_actors, org, roster, schools, who
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import execute
from bihuan.foundation.packs.loader import install
from bihuan.foundation.packs.notes import note
from bihuan.mechanisms.risks.commands import fits

BEGAN = datetime(2026, 8, 20, 1, 0, tzinfo=UTC)
SINCE = date(2026, 8, 20)
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
        self.plan, self.planned = read_plan(self.folder)
        self.id = id_at(BEGAN, pack, "bureau")

    @cached_property
    def admin(self) -> Actor:
        """The bureau's administrator, who builds the net."""
        return self.holder(self.bureau, "bureau-admin")

    @property
    def bureau(self) -> Any:
        """The bureau's unit."""
        return org(SYSTEM, self.id)

    @property
    def shown(self) -> Any:
        """The school whose people the demo accounts are."""
        code = next(school.code for school in self.planned if school.name == self.plan.shown)
        return org(SYSTEM, UUID(self.make(code)))

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
            ("安装通用包", lambda: self.install("base")),
            ("建立教育局", self.make_bureau),
            (f"安装模型包 {self.pack}", lambda: self.install(self.pack, self.id)),
            ("建立部门、科室和网格", self.make_offices),
            (f"建立 {len(self.planned)} 所学校和区域", self.make_schools),
            ("导入名册", self.make_staff),
            ("安排包抓、包片、包校", self.make_sponsors),
            ("建立风险点", self.make_points),
            ("开通示范账号", self.open_accounts),
        )

    def install(self, pack: str, bureau_id: UUID | None = None) -> None:
        """A pack, on the day on which the district begins: what is due is due from then on."""
        with clock.travel(BEGAN):
            install(SYSTEM, BEGAN, pack=pack, bureau_id=bureau_id)

    def make_unit(self, by: Actor, kind: str, words: str, above: str | None, id: str = "", **more: Any) -> str:
        """One unit; its id."""
        id = id or self.make(words)
        self.do(by, "responsibility.create_org", words, id=id, parent_id=above, kind=kind, name=words, **more)
        return id

    def make_bureau(self) -> None:
        """What stands above the bureau, the bureau, and the administrator who does the rest."""
        above = None
        for unit in self.plan.above:
            above = self.make_unit(SYSTEM, unit.kind, unit.name, above, active_from=str(SINCE))
        self.make_unit(SYSTEM, "bureau", self.plan.bureau, above, str(self.id), active_from=str(SINCE))
        person = {"name": name(dice("admin", self.plan.name)), "phone": "19909990001", "staff_no": "JY900"}
        self.do(
            SYSTEM, "responsibility.appoint", "admin", id=self.make("admin"), org_id=str(self.id), post="bureau-admin",
            starts_on=str(SINCE), person=person,
        )  # fmt: skip
        forget_actors()

    def make_offices(self) -> None:
        """Partner departments, the bureau's own offices, and the towns, villages and groups where the pack has them."""
        for unit in self.plan.departments:
            self.make_unit(self.admin, unit.kind, unit.name, str(self.id))
        for sort, words in enumerate(self.plan.offices):
            self.make_unit(self.admin, "bureau-office", words, str(self.id), sort=sort)
        for sort, (unit, above) in enumerate(self.plan.grid_units(), start=100):
            self.make_unit(
                self.admin, unit.kind, unit.name, self.make(above.name) if above else str(self.id), sort=sort
            )

    def make_schools(self) -> None:
        """The schools, each in one transaction."""
        for sort, school in enumerate(self.planned, start=1):
            with transaction.atomic():
                self.make_school(sort, school)

    def make_school(self, sort: int, school: School) -> None:
        """One school and what a school of its kind consists of."""
        code = school.code
        id = self.make(code)
        self.do(
            self.admin, "responsibility.create_org", code, id=id, parent_id=self.make(school.grid) if school.grid else str(self.id),
            kind=school.kind, name=school.name, short_name=school.short, code=code, stages=school.stages,
            facets=list(school.facets), students=school.students, boarders=school.boarders,
            staff_count=sum(1 for _ in people.of_school(school, self.plan)), address=school.address,
            phone=f"{self.plan.dialling}{code[-7:]}", sort=sort, active_from=str(SINCE),
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

    def areas_of(self, school: School) -> Iterable[dict[str, Any]]:
        """The areas that a school of this kind has; a real school registers all of its own."""
        stages = {"all", *school.stages}
        for area in self.area_catalogue:
            known = area["code"] in self.plan.areas
            if known and stages & set(area["stages"]) and set(area["facets"]) <= set(school.facets):
                yield area

    def make_staff(self) -> None:
        """Everybody by one roster, as the bureau would import it."""
        import_id = self.make("roster")
        book = base64.b64encode(self.roster()).decode()
        self.do(
            self.admin, "responsibility.upload_roster", "roster", id=import_id, org_id=str(self.id),
            file_name="2026—2027学年名册.xlsx", content=book,
        )  # fmt: skip
        row = roster(self.admin, UUID(import_id))
        if row.installed_at is None:
            self.do(
                self.admin, "responsibility.install_roster", "roster", import_id=import_id, header_row=row.header_row,
                columns=row.columns, on=str(SINCE),
            )  # fmt: skip
        forget_actors()

    def staff(self) -> Iterator[people.Staff]:
        """Everybody of the district, the bureau first."""
        of_schools = (people.of_school(school, self.plan) for school in self.planned)
        return chain(people.of_bureau(self.plan), people.of_grid(self.plan), *of_schools)

    def roster(self) -> bytes:
        """The workbook: a title row, a header, a line for each appointment."""
        words = {code: post["name"] for code, post in packs.entries(self.id, "posts").items()}
        out = BytesIO()
        with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
            book.set_properties({"created": BEGAN.replace(tzinfo=None)})  # the same bytes in every run
            page = book.add_worksheet("名册")
            page.write(0, 0, f"{self.plan.name}教育系统名册（2026年8月20日）")
            page.write_row(1, 0, ["单位", "姓名", "岗位", "手机", "工号", "任职日期"])
            for row, one in enumerate(self.staff(), start=2):
                page.write_row(row, 0, [one.unit, one.name, words[one.post], one.phone, one.staff_no, str(SINCE)])
        return out.getvalue()

    def make_sponsors(self) -> None:
        """Leaders, offices and cadres share the schools among them, the shown school's first."""
        codes = [school.code for school in self.planned]
        first = codes.index(self.shown.code)
        ids = [self.make(code) for code in codes[first:] + codes[:first]]
        heads = who(self.bureau, "office-head", on=SINCE)
        self.share("sponsor-leader", ids, self.plan.sponsors.leaders, "19908", "JY7")
        self.share("office-head", ids, len(heads), "", "", [str(head.user_id) for head in heads])
        self.share("sponsor-cadre", ids, self.plan.sponsors.cadres, "19907", "JY8")
        forget_actors()

    def share(self, post: str, ids: list[str], many: int, tel: str, no: str, users: Sequence[str] = ()) -> None:
        """Give each of *many* holders of a sponsor's post an equal share of the schools."""
        each = -(-len(ids) // many)
        for n in range(many):
            if not (mine := ids[n * each : n * each + each]):
                continue
            person = {
                "name": name(dice(self.plan.name, post, n)),
                "phone": f"{tel}00{n:04d}",
                "staff_no": f"{no}{n:02d}",
            }
            whom = {"user_id": users[n]} if users else {"person": person}
            self.do(
                self.admin, "responsibility.assign_sponsor", post, n, schools=mine, post=post, on=str(SINCE), **whom
            )

    def make_points(self) -> None:
        """The catalogue's points that fit each school, adopted by the school's own safety lead."""
        for planned, school in zip(self.planned, schools(self.admin), strict=True):
            chosen = {} if planned.points is None else {"codes": self.points_of(school, planned.points)}
            self.do(self.lead(school), "risks.adopt_points", school.code, school_id=str(school.pk), **chosen)

    def points_of(self, school: Any, most: int) -> list[str]:
        """The first *most* catalogue points of a school: what every school has first, then a fair share of each colour."""
        fitting = {code: one for code, one in packs.entries(self.id, "risk-points").items() if fits(one, school)}
        first = [code for code in self.plan.first_points if code in fitting]
        rest = [code for code in fitting if code not in first]
        dice(school.code, "points").shuffle(rest)
        share: dict[str, int] = {}
        sizes = {
            colour: sum(fitting[code]["colour"] == colour for code in rest)
            for colour in ("red", "orange", "yellow", "blue")
        }
        turn = {}
        for code in rest:
            colour = fitting[code]["colour"]
            turn[code] = share.get(colour, 0) / sizes[colour]
            share[colour] = share.get(colour, 0) + 1
        return [*first, *sorted(rest, key=turn.__getitem__)][:most]

    def make_keepers(self) -> None:
        """Somebody answers for every area: the holder of the area's post, or whoever does that work at this school."""
        for school, unit in zip(self.planned, schools(self.admin), strict=True):
            lead = self.lead(unit)
            staff: dict[str, list[UUID]] = {}
            for held in appointments(self.admin, on=SINCE, org_id=unit.pk).filter(org_id=unit.pk).order_by("id"):
                staff.setdefault(held.post, []).append(held.user_id)
            with transaction.atomic():
                for n, area in enumerate(self.areas_of(school)):
                    if unit.name == self.plan.shown and area["code"] == self.plan.empty_area:
                        continue  # one gap for the visitor to find
                    posts = (area["post"], *KEEPERS.get(area["post"], ()), *KEEPERS[""])
                    able = next(
                        (post, users)
                        for post in posts
                        if (users := [user for user in staff.get(post, []) if user != lead.id])
                    )
                    self.do(
                        lead, "responsibility.appoint", "keeper", school.code, area["code"], starts_on=str(SINCE), post=able[0],
                        id=self.make("keeper", school.code, area["code"]), user_id=str(able[1][n % len(able[1])]),
                        org_id=self.make(school.code, area["code"]),
                    )  # fmt: skip
                for n, (post, place) in enumerate(self.plan.staff.at.items()):
                    person = {"name": name(dice(school.code, post)), "phone": f"1990500{school.code[-2:]}{n:02d}"}
                    self.do(
                        lead, "responsibility.appoint", post, school.code, id=self.make(post, school.code), post=post,
                        starts_on=str(SINCE), org_id=self.make(school.code, place), person=person,
                    )  # fmt: skip

    def open_accounts(self) -> None:
        """Some people of the net get a sign-in name; in the demo they sign in with one click and have no password."""
        for account, person in zip(self.plan.accounts, self.visitors(), strict=True):
            open_account(user_id=person.id, username=account.username)
        told = [account.model_dump(include={"username", "role", "text"}) for account in self.plan.accounts]
        note("demo", self.pack, accounts=told)
        packs.forget()

    # --- people ---------------------------------------------------------------------------------------------------

    def visitors(self) -> list[Actor]:
        """The people as whom somebody looks at the demo."""
        accounts = self.plan.accounts
        return [self.holder(self.bureau if one.at == "bureau" else self.shown, one.post) for one in accounts]

    def holder(self, place: Any, post: str, n: int = 0) -> Actor:
        """The n-th person at a post of a unit, as they act."""
        rows = who(place, post, on=SINCE)
        found = actor_of(rows[n % len(rows)].user_id)
        assert found
        return found

    def lead(self, school: Any) -> Actor:
        """A school's safety lead."""
        return self.holder(school, "kindergarten-safety-lead" if school.kind == "kindergarten" else "safety-lead")
