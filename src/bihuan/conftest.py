"""The small world that every room's tests share: two bureaus, three schools, and people who may see different things.

``net`` holds the units, ``cast`` the people, ``actors`` the same people as they act, ``door`` opens a signed-in client::

    def test_li_reports(net, actors):
        report_hazard(actors.li, clock.now(), id=uuid7(), org_id=net.school.pk, ...)

    def test_page(door):
        assert door("li").get("/hazards/").status_code == 200
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import import_module
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client

from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.engines.responsibility.rules.initials import initials
from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from tests.budgets.watching import watch

SINCE = date(2024, 9, 1)
"""Every appointment of the cast begins here."""

POSTS: dict[str, tuple[str, str, str]] = {  # code: name, tier, acts; the acts are those of packs/base
    "head": ("校长", "school", "snap inspect assign rectify sign-for-school see-net export"),
    "line-leader": ("分管安全副校长", "school", "snap inspect assign verify sign-for-school see-net export"),
    "safety-lead": (
        "安全负责人（保卫主任）", "school",
        "snap inspect assign rectify sign-for-school manage-net manage-risks see-net export",
    ),
    "logistics-lead": ("总务主任", "school", "snap inspect rectify manage-risks see-net"),
    "class-teacher": ("班主任", "school", "snap rectify"),
    "lab-keeper": ("实验室管理员", "school", "snap inspect rectify"),
    "guard": ("保安", "school", "snap"),
    "kindergarten-head": ("园长", "kindergarten", "snap inspect assign rectify sign-for-school see-net export"),
    "bureau-head": ("教育局局长", "bureau", "see-net snap list-supervise export"),
    "bureau-line-leader": ("教育局分管安全领导", "bureau", "inspect snap see-net close-review export"),
    "sponsor-leader": ("包抓领导", "bureau", "inspect snap see-net resume-use"),
    "office-head": (
        "科室（中心）负责人", "bureau", "inspect snap assign plan-approve approve-extension see-net export"
    ),
    "sponsor-cadre": ("包校干部", "bureau", "inspect snap assign verify issue-paper see-net export"),
    "safety-office": (
        "安全科工作人员", "bureau", "inspect snap assign verify issue-paper manage-sheets manage-risks see-net export"
    ),
    "bureau-admin": ("教育局系统管理员", "bureau", "manage-net manage-sheets manage-packs see-net"),
    "fire-liaison": ("消防联络员", "partner", "snap inspect rectify see-net"),
}  # fmt: skip

_SCHOOLS = ("kindergarten", "primary", "junior", "senior")
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {  # code: name, tier, parents; a part of packs/base
    "province": ("省教育厅", "province", ()),
    "city": ("市教育局", "city", ("province",)),
    "bureau": ("区县教育局", "bureau", ("city", "province")),
    "bureau-office": ("科室（中心）", "office", ("bureau",)),
    "town": ("镇（街道）", "town", ("bureau",)),
    "kindergarten": ("幼儿园", "school", ("bureau", "town")),
    "primary": ("小学", "school", ("bureau", "town")),
    "junior": ("初级中学", "school", ("bureau", "town")),
    "senior": ("高级中学", "school", ("bureau", "town")),
    "site": ("校区", "site", _SCHOOLS),
    "building": ("楼栋", "area", ("site",)),
    "floor": ("楼层", "area", ("building",)),
    "room": ("房间", "area", ("floor", "building", "site")),
    "fire": ("消防救援机构", "department", ("bureau", "city")),
    "police": ("公安机关（派出所）", "department", ("bureau", "city")),
}

GRID: dict[str, Any] = {  # the five-level net of packs/base
    "levels": [
        {"n": n, "name": name, "tier": tier, "post": post, "text": f"{name}按职责负责", "source": "own", "proof": "own"}
        for n, name, tier, post in (
            (1, "区级", "bureau", "bureau-head"),
            (2, "局级", "bureau", "bureau-line-leader"),
            (3, "片区", "office", "office-head"),
            (4, "学校", "school", "sponsor-cadre"),
            (5, "校内岗位", "school", "head"),
        )
    ],
    "sponsor_chain": {"leader": "sponsor-leader", "office": "office-head", "cadre": "sponsor-cadre"},
    "required": ["line-leader", "safety-lead"],
    "post_for_kind": {"kindergarten": {"head": "kindergarten-head"}},
}

PEOPLE: dict[str, tuple[str, str, str]] = {  # key: name, post, unit of ``net``
    "zhou": ("周校长", "head", "school"),
    "fang": ("方副校长", "line-leader", "school"),
    "li": ("李安", "safety-lead", "school"),
    "qian": ("钱主任", "logistics-lead", "school"),
    "wang": ("王保安", "guard", "school"),
    "chen": ("陈包校", "sponsor-cadre", "school"),
    "zhao": ("赵科", "safety-office", "bureau"),
    "meng": ("孟科长", "office-head", "bureau"),
    "he": ("何副局长", "bureau-line-leader", "bureau"),
    "gao": ("高副局长", "sponsor-leader", "bureau"),
    "chief": ("郑局长", "bureau-head", "bureau"),
    "admin": ("管理员小林", "bureau-admin", "bureau"),
    "huo": ("消防老霍", "fire-liaison", "fire"),
    "wu": ("外校老吴", "safety-lead", "other_school"),
    "sun": ("外局老孙", "safety-office", "other_bureau"),
    "nobody": ("没有任职的小白", "", ""),
}

UNITS: dict[str, tuple[str, str, str, str, str]] = {  # key: parent, kind, tier, name, code
    "province": ("", "province", "province", "关中省教育厅", ""),
    "city": ("province", "city", "city", "长宁市教育局", ""),
    "bureau": ("city", "bureau", "bureau", "灞东区教育局", ""),
    "school": ("bureau", "primary", "school", "灞东区第一小学", "2161000001"),
    "other_school": ("bureau", "junior", "school", "灞东区第二中学", "3161000002"),
    "site": ("school", "site", "site", "东校区", ""),
    "building": ("site", "building", "area", "实验楼", ""),
    "room": ("building", "room", "area", "化学实验室", ""),
    "canteen": ("site", "room", "area", "食堂后厨", ""),
    "fire": ("bureau", "fire", "department", "灞东区消防救援大队", ""),
    "office": ("bureau", "bureau-office", "office", "安全科", ""),
    "other_bureau": ("city", "bureau", "bureau", "泾西区教育局", ""),
    "far_school": ("other_bureau", "primary", "school", "泾西区实验小学", "2161000003"),
}


@pytest.fixture(autouse=True, scope="session")
def counted_commands() -> None:
    """Every command that any test sends is held to the budget of statements."""
    watch()


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    """What a process remembers for seconds (packs, actors) never crosses from one test into the next."""
    packs.forget()
    forget_actors()
    yield
    packs.forget()
    forget_actors()


@pytest.fixture
def posts(db: None) -> dict[str, Any]:
    """The posts of the platform, as the base pack would install them (with the kinds of units and the net)."""
    data = {
        code: {
            "code": code, "name": name, "group": "", "tier": tier, "sort": sort, "acts": acts.split(),
            "duties": [{"text": f"{name}按职责做好安全工作", "source": "own", "proof": "own"}],
            "source": "own", "proof": "own",
        }
        for sort, (code, (name, tier, acts)) in enumerate(POSTS.items())
    }  # fmt: skip
    kinds = {
        code: {"code": code, "name": name, "tier": tier, "parents": list(parents)}
        for code, (name, tier, parents) in KINDS.items()
    }
    PackEntry.objects.bulk_create(
        PackEntry(bureau_id=packs.PLATFORM, section=section, code=code, data=entry, pack="base", sort=sort)
        for section, chapter in (("posts", data), ("unit-kinds", kinds), ("net", {"default": GRID}))
        for sort, (code, entry) in enumerate(chapter.items())
    )
    return data


@pytest.fixture
def net(posts: dict[str, Any]) -> SimpleNamespace:
    """The units: ``bureau`` with ``school`` (sites and rooms below) and ``other_school``; ``other_bureau`` beside it."""
    model = apps.get_model("responsibility", "Org")
    made: dict[str, Any] = {}
    for serial, (key, (parent, kind, tier, name, code)) in enumerate(UNITS.items(), start=1):
        above = made.get(parent)
        unit = model(id=uuid7(), parent=above, kind=kind, tier=tier, name=name, code=code, sort=serial)
        unit.path = (above.path if above else "") + f"{serial:04d}."  # as if units had been made in this order
        for column in ("province_id", "city_id", "bureau_id", "school_id"):
            setattr(unit, column, getattr(above, column) if above else None)
        if tier in ("province", "city", "bureau", "school"):
            setattr(unit, f"{tier}_id", unit.pk)
        if tier in ("province", "city"):
            unit.bureau_id = unit.pk
        if tier == "school":
            unit.students, unit.stages = 1200, [kind]
        made[key] = unit
    for unit in made.values():
        unit.save(force_insert=True)
    return SimpleNamespace(**made)


@pytest.fixture
def cast(net: SimpleNamespace) -> SimpleNamespace:
    """The people with their appointments (see ``PEOPLE``), as ``accounts.User`` rows; they sign in by their key."""
    user_model, appointment = apps.get_model("accounts", "User"), apps.get_model("responsibility", "Appointment")
    people = {
        key: user_model(id=uuid7(), username=key, name=name, phone=f"1380000{serial:04d}", password="!")
        for serial, (key, (name, _, _)) in enumerate(PEOPLE.items(), start=1)
    }
    user_model.objects.bulk_create(people.values())
    appointment.objects.bulk_create(
        appointment(
            user=people[key],
            org=place,
            post=post,
            starts_on=SINCE,
            initials=initials(people[key].name),
            **placed_at(place),
        )
        for key, (_, post, unit) in PEOPLE.items()
        if unit and (place := getattr(net, unit))
    )
    return SimpleNamespace(**people)


def placed_at(place: Any) -> dict[str, Any]:
    """The scope columns of a unit, for rows that a test inserts itself."""
    return {name: getattr(place, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path")}


@pytest.fixture
def actors(cast: SimpleNamespace) -> SimpleNamespace:
    """The cast as they act today: ``actors.li`` is an ``Actor`` with holds."""
    return SimpleNamespace(**{key: actor_of(person.pk) for key, person in vars(cast).items()})


@pytest.fixture
def door(cast: SimpleNamespace) -> Callable[[str], Client]:
    """``door("li")`` is a test client in which that person is signed in; ``door("")`` is an anonymous one."""

    def opened(key: str) -> Client:
        client = Client()
        if key:
            person = getattr(cast, key)
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY], session["version"] = str(person.pk), person.version
            session.save()
            client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    return opened


@pytest.fixture
def in_threads() -> Callable[..., list[Any]]:
    """Run a function in several threads at once, each on its own connection; returns what each gave or raised."""

    def run(function: Callable[[int], Any], count: int) -> list[Any]:
        barrier = Barrier(count)

        def one(n: int) -> Any:
            barrier.wait()
            try:
                return function(n)
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))

    return run
