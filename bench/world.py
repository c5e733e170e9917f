"""The made-up nation in which the works are measured: two provinces, their cities, bureaus and schools, a few people.

``make()`` fills an empty database that the process's settings point at: the real packs are installed by the real command,
units and people are inserted, and people who look (one at each scope) get sessions and tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core import signing

from bihuan.engines.responsibility.queries import actor_of
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import install

CITIES, BUREAUS, SCHOOLS = 3, 3, 54
POST_NAMES = {
    "admin": "局管理员",
    "province": "省厅领导",
    "city": "市局领导",
    "bureau": "安全科",
    "school": "安全负责人",
}
LOOKERS = {
    "admin": "bureau-admin",
    "province": "bureau-line-leader",
    "city": "bureau-line-leader",
    "bureau": "safety-office",
    "school": "safety-lead",
}


@dataclass
class Looker:
    """Somebody who looks at lists or fills sheets."""

    key: str
    user_id: UUID
    session: str
    token: str
    unit: Any

    def actor(self, channel: str = "api") -> Actor:
        """As this person acts now."""
        found = actor_of(self.user_id, channel=channel)
        assert found
        return found


@dataclass
class World:
    """What was made. ``home`` holds the first unit of each tier: the units of the lookers."""

    home: dict[str, Any] = field(default_factory=dict)
    schools: list[Any] = field(default_factory=list)
    lookers: dict[str, Looker] = field(default_factory=dict)
    people: list[UUID] = field(default_factory=list)


def make(schools: int = SCHOOLS) -> World:
    """Fill the database; *schools* is how many each bureau has."""
    world = World()
    org = apps.get_model("responsibility", "Org")
    install(SYSTEM, clock.now(), pack="base")
    units = list(_units(org, world, schools))
    org.objects.bulk_create(units, batch_size=500)
    install(SYSTEM, clock.now(), pack="chanba-12345n", bureau_id=world.home["bureau"].pk)
    user, appointment = apps.get_model("accounts", "User"), apps.get_model("responsibility", "Appointment")
    world.people = [uuid7() for _ in range(40)]
    user.objects.bulk_create(user(id=pk, name=f"教职工{n:02d}", password="!") for n, pk in enumerate(world.people))
    for key, post in LOOKERS.items():
        person = user.objects.create(username=f"look-{key}", name=f"{POST_NAMES.get(key, key)}", password="!")
        place = world.home.get(key, world.home["bureau"])
        appointment.objects.create(user=person, org=place, post=post, starts_on=date(2024, 9, 1), **scope_of(place))
        world.lookers[key] = Looker(key, person.pk, _session(person), _token(person), place)
    return world


def scope_of(row: Any) -> dict[str, Any]:
    """The scope columns of a unit."""
    return {name: getattr(row, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path")}


def _units(org: Any, world: World, schools: int) -> Iterator[Any]:
    serial = iter(range(1, 1_000_000))

    def below(above: Any, kind: str, tier: str, name: str) -> Any:
        unit = org(id=uuid7(), parent=above, kind=kind, tier=tier, name=name)
        unit.path = (above.path if above else "") + f"{next(serial):04d}."
        for column in ("province_id", "city_id", "bureau_id", "school_id"):
            setattr(unit, column, getattr(above, column) if above else None)
        setattr(unit, f"{tier}_id", unit.pk)
        if tier in ("province", "city"):
            unit.bureau_id = unit.pk
        if tier == "school":
            unit.stages, unit.students = ["primary"], 1200
            world.schools.append(unit)
        world.home.setdefault(tier, unit)
        return unit

    for p in range(2):
        province = below(None, "province", "province", f"第{p + 1}省教育厅")
        yield province
        for c in range(CITIES):
            city = below(province, "city", "city", f"{p + 1}省{c + 1}市教育局")
            yield city
            for b in range(BUREAUS):
                bureau = below(city, "bureau", "bureau", f"{p + 1}省{c + 1}市{b + 1}区教育局")
                yield bureau
                for s in range(schools):
                    yield below(bureau, "primary", "school", f"{c + 1}市{b + 1}区第{s + 1}小学")


def _session(person: Any) -> str:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY], store["version"] = str(person.pk), person.version
    if settings.SESSION_ENGINE.endswith("signed_cookies"):
        return signing.dumps(
            dict(store.items()),
            salt="django.contrib.sessions.backends.signed_cookies",
            serializer=store.serializer,
            compress=True,
        )
    store.save()
    return str(store.session_key)


def _token(person: Any) -> str:
    text = f"bh_{secrets.token_urlsafe(32)}"
    now = clock.now()
    apps.get_model("accounts", "ApiToken").objects.create(
        user=person, name="测速", digest=hashlib.sha256(text.encode()).hexdigest(), scopes=["read", "write"],
        made_at=now, expires_at=now + timedelta(days=2),
    )  # fmt: skip
    return text
