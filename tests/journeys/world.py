"""A small real district that browser, machines and other programs share with the test: committed, built by commands.

``world`` has real packs, two schools and a kindergarten, a second bureau, and people with their posts; ``lived`` has
also lived through a few days: hazards in every stage, inspections, papers, notices. Each is built once, copied table by
table, and put back before every test, so that ids stay the same while nothing leaks from one story into the next.
"""

from __future__ import annotations

import base64
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from bihuan.accounts.commands import issue_token, open_account
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import commands, execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import install
from bihuan.foundation.reactions import react
from bihuan.foundation.sealing import seal_history
from bihuan.mechanisms.patrols.commands import set_route
from bihuan.mechanisms.tips.commands import tell
from bihuan.surfaces.openapi.tokens import forget_tokens
from tests.journeys.books import keep_books

PACK = "chanba-12345n"
PASSWORD = "ping-an-2026"
DAYS_IN_OFFICE = 90
UNITS: dict[str, tuple[str, str, str, dict[str, Any]]] = {  # key: unit above, kind, name, more
    "province": ("", "province", "示例省教育厅", {}),
    "city": ("province", "city", "示例市教育局", {}),
    "bureau": ("city", "bureau", "灞东区教育局", {}),
    "other_bureau": ("city", "bureau", "泾西区教育局", {}),
    "fire": ("bureau", "fire", "灞东区消防救援大队", {}),
    "office": ("bureau", "bureau-office", "安全科", {}),
    "school": ("bureau", "primary", "灞东区第一小学", {
        "short_name": "灞东一小", "code": "2161000001", "stages": ["primary"], "facets": ["canteen"], "students": 1260}),
    "building": ("school", "building", "教学楼", {}),
    "kitchen": ("school", "room", "食堂后厨", {}),
    "kindergarten": ("bureau", "kindergarten", "灞东区实验幼儿园", {
        "code": "1161000002", "stages": ["kindergarten"], "facets": [], "students": 320}),
    "other_school": ("bureau", "junior", "灞东区第三中学", {
        "code": "3161000003", "stages": ["junior"], "facets": [], "students": 900}),
    "far_school": ("other_bureau", "primary", "泾西区实验小学", {
        "code": "2161000004", "stages": ["primary"], "facets": [], "students": 700}),
}  # fmt: skip
PEOPLE: dict[str, tuple[str, str, str]] = {  # key: name, post, unit
    "admin": ("林管理", "bureau-admin", "bureau"),
    "chief": ("郑局长", "bureau-head", "bureau"),
    "he": ("何分管", "bureau-line-leader", "bureau"),
    "meng": ("孟科长", "office-head", "bureau"),
    "zhao": ("赵科员", "safety-office", "bureau"),
    "yu": ("于科员", "safety-office", "bureau"),
    "huo": ("霍消防", "fire-liaison", "fire"),
    "zhou": ("周校长", "head", "school"),
    "fang": ("方副校", "line-leader", "school"),
    "li": ("李安全", "safety-lead", "school"),
    "qian": ("钱总务", "logistics-lead", "school"),
    "wang": ("王保安", "guard", "school"),
    "yuan": ("袁园长", "kindergarten-head", "kindergarten"),
    "wu": ("外校老吴", "safety-lead", "other_school"),
    "admin2": ("外局管理", "bureau-admin", "other_bureau"),
    "sun": ("外局老孙", "safety-office", "other_bureau"),
    "far": ("外区校长", "head", "far_school"),
}
SPONSORS = {"gao": ("高局长", "sponsor-leader"), "chen": ("陈包校", "sponsor-cadre")}


@dataclass
class World:
    """The district: ids of units and people by key, and ways to act in it."""

    orgs: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    """Ids of what ``lived`` has made."""

    def actor(self, key: str) -> Actor:
        found = SYSTEM if key == "system" else actor_of(self.people[key])
        assert found, key
        return found

    def do(
        self, who: str, command: str, *, envelope: UUID | None = None, at: datetime | None = None, **args: Any
    ) -> dict[str, Any]:
        """One envelope in this process, as that person (``system`` for the system)."""
        at = at or clock.now()
        with clock.travel(at):
            return execute(self.actor(who), at, id=envelope or uuid7(), name=command, args=args).answer

    def token(self, key: str, *scopes: str, days: int = 30, at: datetime | None = None) -> str:
        """A bearer token of that person."""
        made = issue_token(
            self.actor(key), at or clock.now(), name="测试", scopes=list(scopes or ("read", "write")), days=days
        )
        return str(made["token"])

    def cookie(self, key: str) -> str:
        """The session cookie of a signed-in person."""
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session["version"] = str(self.people[key]), 1
        session.save()
        return str(session.session_key)

    def photo(self, key: str, words: str = "现场") -> str:
        """A photo that this person has uploaded."""
        return str(keep_evidence(self.actor(key), clock.now(), raw=jpeg(words), name="IMG_0001.jpg").pk)

    # --- the loop, step by step -------------------------------------------------------------------------------------

    def report(self, who: str = "wang", *, org: str = "school", at: datetime | None = None, **args: Any) -> str:
        """A reported hazard's id."""
        id = str(uuid7())
        args = {"title": "灭火器压力不足", "place": "食堂后厨", "photos": [self.photo(who, id)]} | args
        self.do(who, "cases.report_hazard", at=at, id=id, org=str(self.orgs[org]), **args)
        return id

    def assign(self, case: str, who: str = "chen", to: str = "li", **more: Any) -> str:
        self.do(who, "cases.assign_case", case=case, rectifier=str(self.people[to]), **more)
        return case

    def rectify(self, case: str, who: str = "li", **more: Any) -> str:
        words = {"note": "已更换两具灭火器，压力正常", "photos": [self.photo(who, f"整改后{case}")]} | more
        self.do(who, "cases.rectify_case", case=case, **words)
        return case

    def verify(self, case: str, who: str = "chen", second: str = "yu", **more: Any) -> str:
        words = {"note": "现场查看，压力正常", "second": [str(self.people[second])]} | more
        self.do(who, "cases.verify_case", case=case, **words)
        return case


def jpeg(words: str = "现场", size: tuple[int, int] = (640, 480)) -> bytes:
    """A photo as a phone makes it: JPEG with camera, moment and place in its EXIF; other words, another picture."""
    chance = random.Random(words)
    image = Image.new("RGB", size, tuple(chance.randrange(200) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(14):
        left, top = chance.randrange(size[0] - 90), chance.randrange(size[1] - 90)
        pen.rectangle((left, top, left + 80, top + 60), fill=tuple(chance.randrange(255) for _ in range(3)))
    exif = Image.Exif()
    exif[271] = "BihuanPhone"
    exif.get_ifd(34853).update({1: "N", 2: (34.0, 18.0, 30.0), 3: "E", 4: (109.0, 1.0, 20.0)})
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


# --- building ---------------------------------------------------------------------------------------------------------


def build() -> World:
    """The district of ``world``, by the commands that an installer would use."""
    world = World()
    now = clock.now()
    since = str(timezone.localdate(now) - timedelta(days=DAYS_IN_OFFICE))
    install(SYSTEM, now, pack="base")
    for key, (above, kind, name, more) in UNITS.items():
        world.orgs[key] = uuid7()
        parent = str(world.orgs[above]) if above else None
        world.do(
            "system", "responsibility.create_org", id=str(world.orgs[key]), parent_id=parent, kind=kind, name=name,
            active_from=since, **more,
        )  # fmt: skip
    install(SYSTEM, now, pack=PACK, bureau_id=world.orgs["bureau"])
    for serial, (key, (name, post, unit)) in enumerate(PEOPLE.items()):
        person = {"name": name, "phone": f"1990000{serial:04d}", "staff_no": f"JY{serial:03d}"}
        made = world.do(
            "system",
            "responsibility.appoint",
            id=str(uuid7()),
            org_id=str(world.orgs[unit]),
            post=post,
            starts_on=since,
            person=person,
        )
        world.people[key] = _serving(made["id"])
    forget_actors()
    for serial, (key, (name, post)) in enumerate(SPONSORS.items()):
        person = {"name": name, "phone": f"1990100{serial:04d}", "staff_no": f"JY5{serial:02d}"}
        made = world.do(
            "admin",
            "responsibility.assign_sponsor",
            schools=[str(world.orgs["school"])],
            post=post,
            on=since,
            person=person,
        )
        world.people[key] = _serving(made["items"][0]["id"])
    for key, pk in world.people.items():
        open_account(user_id=pk, username=key)
    # hashed as in production: the server knows nothing of the tests' quick hash
    apps.get_model("accounts", "User").objects.filter(pk=world.people["li"]).update(
        password=make_password(PASSWORD, hasher="argon2")
    )
    return world


def _serving(appointment: str) -> UUID:
    return apps.get_model("responsibility", "Appointment").objects.get(pk=appointment).user_id


def live(world: World) -> None:
    """A few days in the life of the district: something of everything that has an id."""
    now = clock.now()
    kept, orgs = world.kept, {key: str(pk) for key, pk in world.orgs.items()}
    world.do("li", "risks.adopt_points", school_id=orgs["school"])
    world.do("wu", "risks.adopt_points", school_id=orgs["other_school"])
    points = apps.get_model("risks", "RiskPoint").objects
    kept["point"] = str(points.filter(school_id=orgs["school"]).order_by("pk")[0].pk)
    kept["code"] = points.get(pk=kept["point"]).code
    world.do("wang", "risks.check_point", point_id=kept["point"])
    kept["plan"] = str(uuid7())
    picture = world.photo("li", "总平面图")
    world.do("li", "risks.keep_plan", id=kept["plan"], org_id=orgs["school"], name="总平面图", picture=picture)
    world.do("li", "risks.place_point", point_id=kept["point"], plan_id=kept["plan"], x=0.4, y=0.6)
    world.do("li", "risks.print_labels", points=[kept["point"]])
    world.do("wang", "risks.post_label", code=kept["code"], photo=world.photo("wang", "标签"), lat=34.27, lon=109.08)
    said = {"words": "楼梯扶手松了，一推就晃", "place": "教学楼三层", "photo": jpeg("扶手"), "address": "203.0.113.9"}
    tell(now, code=kept["code"], form=str(uuid7()), **said)
    kept["tip"] = str(apps.get_model("tips", "Tip").objects.get().pk)
    world.do("li", "tips.take_tip", tip_id=kept["tip"], revision=0)
    kept["route"], kept["round"], kept["handover"] = (str(uuid7()) for _ in range(3))
    route = {"org_id": orgs["school"], "name": "清校巡查", "points": [kept["point"]], "post": "guard"}
    world.do("li", "patrols.set_route", id=kept["route"], **route)
    # its rounds are made ahead for eight days, which is no matter of twelve statements
    due = route | {"id": str(uuid7()), "name": "清晨巡查", "cadence": {"every": "day"}}
    set_route(world.actor("li"), now, **commands()["patrols.set_route"].parse(due))
    scanned = {"n": 1, "code": kept["code"], "how": "typed", "result": "normal", "at": now.isoformat()}
    world.do(
        "wang", "patrols.submit_round", id=kept["round"], route_id=kept["route"], started_at=now.isoformat(),
        ended_at=now.isoformat(), checks=[scanned],
    )  # fmt: skip
    world.do("wang", "patrols.hand_over_shift", id=kept["handover"], org_id=orgs["school"], note="东门锁芯松了")

    keep_books(world, now)
    kept["reported"] = world.report(title="消防通道堆放课桌", place="教学楼二层")
    kept["reported-late"] = world.report(title="楼梯扶手松动", place="教学楼三层", at=now - timedelta(days=12))
    kept["rectifying"] = world.assign(world.report(title="食堂灭火器压力不足"))
    kept["verifying"] = world.rectify(world.assign(world.report(title="后厨燃气软管老化")))
    kept["closed"] = world.verify(world.rectify(world.assign(world.report(title="配电箱未上锁", place="食堂配电间"))))
    kept["major"] = world.assign(
        world.report(title="宿舍没有火灾自动报警", level="major", basis="重大事故隐患判定指南")
    )
    kept["others"] = world.report("wu", org="other_school", title="后墙裂开三指宽")

    kept["inspection"], kept["finished"] = str(uuid7()), str(uuid7())
    for id in (kept["inspection"], kept["finished"]):
        world.do("chen", "inspections.open_inspection", id=id, school=orgs["school"], kind="sponsor_round")
    wrong = {
        "result": "fail",
        "note": "二层灭火器指针在红区",
        "place": "教学楼二层",
        "photos": [world.photo("chen", "红区")],
    }
    world.do("chen", "inspections.answer", inspection_id=kept["inspection"], answers={"01-01": {"result": "pass"}})
    world.do(
        "chen",
        "inspections.answer",
        inspection_id=kept["finished"],
        answers={"01-01": {"result": "pass"}, "08-06": wrong},
    )
    world.do("chen", "inspections.raise_hazards", inspection_id=kept["finished"])
    world.do("chen", "inspections.close_inspection", inspection_id=kept["finished"], summary="总体较好")
    world.do("chen", "inspections.refuse_signature", inspection_id=kept["finished"], reason="校长外出，改日补签")
    react(clock.now(), most=1000)

    models = {name: apps.get_model(*name.split(".")).objects for name in (
        "foundation.Paper", "foundation.Evidence", "foundation.Notice", "sheets.Submission", "sheets.SheetVersion", "sheets.Sheet",
        "responsibility.Appointment",
    )}  # fmt: skip
    kept["paper"] = str(models["foundation.Paper"].filter(code="supervision-notice").order_by("pk")[0].pk)
    kept["inspection-paper"] = str(models["foundation.Paper"].get(code="checklist-record").pk)
    kept["evidence"] = str(models["foundation.Evidence"].filter(subject_id=kept["rectifying"]).order_by("pk")[0].pk)
    kept["notice"] = str(models["foundation.Notice"].filter(user_id=world.people["li"]).order_by("pk")[0].pk)
    kept["submission"] = str(models["sheets.Submission"].order_by("pk")[0].pk)
    own = {"bureau_id": world.orgs["bureau"]}  # everybody may read the sheets of the platform
    kept["version"] = str(models["sheets.SheetVersion"].filter(**own).order_by("pk")[0].pk)
    kept["sheet"] = str(models["sheets.Sheet"].filter(**own).order_by("pk")[0].pk)
    kept["appointment"] = str(models["responsibility.Appointment"].get(user_id=world.people["qian"]).pk)
    kept["draft"], kept["opinion"], kept["view"] = str(uuid7()), str(uuid7()), str(uuid7())
    world.do("zhao", "sheets.draft_version", id=kept["draft"], sheet_id=kept["sheet"], version="1.1", note="试改")
    world.do(
        "zhao",
        "sheets.give_opinion",
        id=kept["opinion"],
        version_id=kept["draft"],
        text="第一项建议写明时限",
        item="01-01",
    )
    world.do("zhao", "workbench.save_view", id=kept["view"], page="/hazards/", name="逾期的", query="time=overdue")
    kept["roster"] = str(uuid7())
    world.do(
        "admin",
        "responsibility.upload_roster",
        id=kept["roster"],
        org_id=orgs["school"],
        file_name="名册.xlsx",
        content=roster(UNITS["school"][2]),
    )
    seal_history(clock.now())


def roster(school: str) -> str:
    """A small workbook of staff as base64."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, ["单位", "姓名", "岗位", "手机", "任职日期"])
        sheet.write_row(1, 0, [school, "冯校医", "校医", "19900009999", "2026-09-01"])
    return base64.b64encode(out.getvalue()).decode()


# --- copying and putting back -----------------------------------------------------------------------------------------

REMADE = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables that Django fills by itself after a flush."""


@dataclass
class Copy:
    """A world and the rows of every table at the moment it was finished."""

    world: World
    rows: dict[str, Any]


def take_copy(world: World) -> Copy:
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in REMADE]
    rows: dict[str, Any] = {}
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as raw:
            for table in tables:
                rows[table] = raw.execute(f'SELECT * FROM "{table}"').fetchall()
    else:
        with connection.cursor() as cursor:
            for table in tables:
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    rows[table] = b"".join(bytes(part) for part in copy)
    return Copy(world, {table: kept for table, kept in rows.items() if kept})


def put_back(copy: Copy) -> World:
    """Fill the empty tables again; the same ids, the same history."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=30)) as raw, raw:
            for table, rows in copy.rows.items():
                raw.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(rows[0]))})', rows)
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in copy.rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as stream:
                    stream.write(rows)
    packs.forget()
    forget_actors()
    forget_tokens()
    return World(copy.world.orgs, copy.world.people, copy.world.kept)


@pytest.fixture(scope="session")
def _copies() -> dict[str, Copy]:
    return {}


@pytest.fixture
def world(transactional_db: None, data_folder: Any, _copies: dict[str, Copy]) -> World:
    """The district on its first day."""
    if "world" in _copies:
        return put_back(_copies["world"])
    _copies["world"] = take_copy(build())
    return _copies["world"].world


@pytest.fixture
def lived(transactional_db: None, data_folder: Any, _copies: dict[str, Copy]) -> World:
    """The district after a few days."""
    if "lived" in _copies:
        return put_back(_copies["lived"])
    if "world" not in _copies:
        _copies["world"] = take_copy(build())
        world = _copies["world"].world
    else:
        world = put_back(_copies["world"])
    world = World(world.orgs, world.people)
    live(world)
    _copies["lived"] = take_copy(world)
    return world
