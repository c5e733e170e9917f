"""A history: what two people do, what befalls their phones and their network, and what must be true in the end."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.apps import apps
from django.test import Client
from hypothesis import strategies as st
from PIL import Image

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from tests.offline.conftest import Killed, Phones

FAULTS = (
    "drop_request", "drop_answer", "twice", "late", "half", "error", "error_after", "busy", "foreign", "please_wait", "kill", "kill_after",
)  # fmt: skip
OVERTAKING = {"error", "error_after", "busy", "foreign"}
"""After these the phone puts one envelope off by itself, so that others may go before it."""
KINDS = ("hazard", "round", "hazard_and_round", "free_round", "foreign_hazard", "bad_hazard", "round_after_foreign")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("act"), st.integers(0, 1), st.sampled_from(KINDS), st.sampled_from((0, 0, 1, 2))),
        st.tuples(st.just("send"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("jump"), st.integers(0, 1), st.sampled_from((-400, -3, -1, 1, 5))),
        st.tuples(st.just("wait"), st.sampled_from((1, 10, 200))),
        st.tuples(st.just("kill"), st.integers(0, 1)),
        st.tuples(st.just("full"), st.integers(0, 1), st.booleans()),
    ),
    min_size=2,
    max_size=9,
)
faults = st.lists(st.sampled_from(("ok", "ok", *FAULTS)), max_size=14)


@dataclass
class Act:
    """One envelope that somebody made."""

    phone: int
    id: str
    command: str
    subject: str
    photos: list[str]
    needs: list[str]
    made_at: datetime
    skew: timedelta
    doomed: bool
    """it must be refused"""
    unkept: bool = False
    """the disk was full: all or its photos lived in the page only, as the person was told"""
    lost: bool = False
    """that page was killed"""


@dataclass
class School:
    """What the histories happen in; see the fixtures."""

    school: Any
    other_school: Any
    people: list[Any]
    tokens: list[str]
    points: list[Any]
    route: Any
    duty_id: UUID
    number: int = 0

    def task(self, true: datetime) -> Any:
        """A round of the route that is due now."""
        self.number += 1
        row = apps.get_model("duties", "Task")(
            id=uuid7(), duty_id=self.duty_id, org_id=self.route.org_id, on=datetime(2000, 1, 1).date() + timedelta(days=self.number),
            act="patrol", subject_id=self.route.pk, title="巡查", post="guard", opens_at=true - timedelta(days=500), due_at=true + timedelta(days=20),
            closes_at=true + timedelta(days=30),
            **{name: getattr(self.route, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path")},
        )  # fmt: skip
        row.assignee_id = None
        row.save(force_insert=True)
        return row


@dataclass
class History:
    """One history as it goes."""

    school: School
    phones: Phones
    troubles: list[str]
    true: datetime
    began: datetime = field(init=False)
    acts: list[Act] = field(default_factory=list)
    befell: set[str] = field(default_factory=set)
    skews: list[timedelta] = field(default_factory=lambda: [timedelta(0), timedelta(0)])
    _late: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    _client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.began = self.true
        self.task = self.school.task(self.true)
        self._troubles = iter(self.troubles)
        self.phones.do("forget")
        for n in (0, 1):
            self.phones.do("begin", name=str(n), clock=self.true.timestamp() * 1000, seed=self.school.number * 2 + n)

    # --- what people do -----------------------------------------------------------------------------------------------

    def step(self, what: str, *more: Any) -> None:
        """One step of the script."""
        getattr(self, f"_{what}")(*more)

    def _send(self, phone: int, force: bool) -> None:
        self.phones.do("flush", name=str(phone), force=force, network=self._network)

    def _jump(self, phone: int, days: int) -> None:
        self.skews[phone] += timedelta(days=days)
        self.phones.do("clock", name=str(phone), ms=days * 86_400_000)

    def _wait(self, minutes: int) -> None:
        self.true += timedelta(minutes=minutes)
        for phone in (0, 1):
            self.phones.do("clock", name=str(phone), ms=minutes * 60_000)

    def _kill(self, phone: int) -> None:
        self._killed(phone)
        self.phones.do("kill", name=str(phone))

    def _killed(self, phone: int) -> None:
        for act in self.acts:
            act.lost |= act.unkept and act.phone == phone

    def _full(self, phone: int, full: bool) -> None:
        self.phones.do("limits", name=str(phone), limits={"full": full})

    def _act(self, phone: int, kind: str, photos: int) -> None:
        if kind in ("hazard", "foreign_hazard", "bad_hazard"):
            self._hazard(phone, kind, photos)
        elif kind == "hazard_and_round":
            hazard = self._hazard(phone, "hazard", photos)
            self._round(phone, task=True, hazard=hazard)
        elif kind == "round_after_foreign":
            hazard = self._hazard(phone, "foreign_hazard", 0)
            self._round(phone, task=False, hazard=hazard)
        else:
            self._round(phone, task=kind == "round", photos=photos if kind == "round" else 0)

    def _hazard(self, phone: int, kind: str, photos: int) -> Act:
        org = self.school.other_school if kind == "foreign_hazard" else self.school.school
        title = "x" if kind == "bad_hazard" else "灭火器压力不足"
        subject, taken = str(uuid7()), _photos(photos)
        args = {
            "id": subject,
            "org": str(org.pk),
            "title": title,
            "place": "食堂",
            "photos": [one["id"] for one in taken],
        }
        return self._add(phone, "cases.report_hazard", subject, args, taken, doomed=kind != "hazard")

    def _round(self, phone: int, *, task: bool, photos: int = 0, hazard: Act | None = None) -> Act:
        subject, taken = str(uuid7()), _photos(photos)
        told = self.true + self.skews[phone]
        checks = [
            {
                "n": n, "point_id": str(point.pk), "code": point.code, "how": "scan", "result": "found" if hazard and n == 1 else "normal",
                "at": (told - timedelta(seconds=200 - 40 * n)).isoformat(), "lat": None, "lon": None, "accuracy": None, "seconds": 9,
                "evidence": [one["id"] for one in taken] if n == 1 else [], "hazard_id": hazard.subject if hazard and n == 1 else None, "note": "",
            }
            for n, point in enumerate(self.school.points, start=1)
        ]  # fmt: skip
        args = {
            "id": subject, "route_id": str(self.school.route.pk), "task_id": str(self.task.pk) if task else None,
            "started_at": (told - timedelta(seconds=200)).isoformat(), "ended_at": told.isoformat(), "spent": 40, "checks": checks,
            "handed_over": False, "note": "",
        }  # fmt: skip
        needs = [hazard.id] if hazard else []
        return self._add(
            phone, "patrols.submit_round", subject, args, taken, needs=needs, doomed=bool(hazard and hazard.doomed)
        )

    def _add(
        self,
        phone: int,
        command: str,
        subject: str,
        args: dict[str, Any],
        photos: list[dict[str, str]],
        *,
        doomed: bool,
        needs: Any = (),
    ) -> Act:
        act = Act(
            phone,
            str(uuid7()),
            command,
            subject,
            [one["id"] for one in photos],
            list(needs),
            self.true,
            self.skews[phone],
            doomed,
        )
        envelope = {"id": act.id, "command": command, "args": args, "title": command}
        kept = self.phones.do("add", name=str(phone), envelope=envelope, photos=photos, needs=act.needs)
        act.unkept = kept["kept"] != "all"
        assert act.unkept == bool(kept["sentence"])
        self.acts.append(act)
        return act

    # --- the network --------------------------------------------------------------------------------------------------

    def _network(self, call: dict[str, Any]) -> dict[str, Any]:
        """What becomes of one call."""
        phone, trouble = int(call["phone"]), next(self._troubles, "ok")
        self.befell.add(trouble)
        held, self._late = self._late, []
        try:
            return self._befallen(phone, call, trouble)
        finally:
            for of, old in held:  # what was under way all the time arrives now, after what was sent later
                self._served(of, old)

    def _befallen(self, phone: int, call: dict[str, Any], trouble: str) -> dict[str, Any]:
        if trouble == "late":
            self._late.append((phone, call))
        elif trouble == "half":
            self._served(phone, _half(call))
        elif trouble in ("drop_answer", "error_after", "kill_after", "twice"):
            self._served(phone, call)
        if trouble in ("kill", "kill_after"):
            self._killed(phone)
            raise Killed
        if trouble in ("ok", "twice"):
            return self._served(phone, call)
        if trouble == "foreign":
            return {"body": {"welcome": "请先登录无线网"}}
        status = {"error": 500, "error_after": 502, "busy": 503, "please_wait": 429}.get(trouble, 0)
        return {"lost": True, "status": status, "wait": 90_000 if trouble == "please_wait" else 0}

    def _served(self, phone: int, call: dict[str, Any]) -> dict[str, Any]:
        """The server's answer, as the phone's own transport tells it (``frontend/src/phone/server.js``)."""
        headers: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {self.school.tokens[phone]}"}
        with clock.travel(self.true):
            if "send" in call:
                body = call.get("cut") or json.dumps(call["send"]).encode()
                answer = self._client.post("/api/v1/phone/sync", body, content_type="application/json", **headers)
            else:
                photo = call["photo"]
                headers["HTTP_X_EVIDENCE_ID"] = photo["id"]
                address = f"/api/v1/phone/photos/{photo['sha256']}"
                if call["bytes"] is None:
                    answer = self._client.get(address, **headers)
                else:
                    raw = base64.b64decode(call["bytes"])
                    address += f"?offset={call['offset']}&total={photo['total']}&kind={photo['kind']}"
                    answer = self._client.put(address, raw, content_type="application/octet-stream", **headers)
        said = answer.json()
        assert answer.status_code < 500, said
        if answer.status_code == 200:
            return {"body": said}
        if "photo" in call and answer.status_code not in (401, 408, 413, 429):
            return {"body": {"refused": {"code": said["code"], "sentence": said["detail"]}}}
        return {"lost": True, "status": answer.status_code}

    # --- the end ------------------------------------------------------------------------------------------------------

    def settle(self) -> list[list[dict[str, Any]]]:
        """The network is well again; each phone goes on until nothing is left to send. Their lists."""
        self._troubles = iter(())
        for phone in (0, 1):
            self._full(phone, False)
        for _ in range(8):
            self._wait(7)
            for phone in (0, 1):
                self._send(phone, True)
            lists = [self.phones.do("list", name=str(phone)) for phone in (0, 1)]
            if not any(
                row["state"] in ("waiting", "sending") and not self._is_held(row, rows)
                for rows in lists
                for row in rows
            ):
                break
        for of, old in self._late:
            self._served(of, old)
        return lists

    @staticmethod
    def _is_held(row: dict[str, Any], rows: list[dict[str, Any]]) -> bool:
        stuck = {one["id"] for one in rows if one["state"] == "refused"}
        return any(need in stuck for need in row["needs"])


def _photos(count: int) -> list[dict[str, str]]:
    """Small pictures, each another one."""
    found = []
    for _ in range(count):
        pk = uuid7()
        grain = random.Random(pk.int)
        picture = Image.frombytes("L", (24, 24), bytes(grain.randrange(256) for _ in range(576))).resize((64, 64))
        buffer = BytesIO()
        picture.convert("RGB").save(buffer, "JPEG")
        found.append({"id": str(pk), "bytes": base64.b64encode(buffer.getvalue()).decode()})
    return found


def _half(call: dict[str, Any]) -> dict[str, Any]:
    """Only the first half arrives."""
    if "send" in call:
        raw = json.dumps(call["send"]).encode()
        return {**call, "cut": raw[: len(raw) // 2]}
    if call["bytes"] is None:
        return call
    raw = base64.b64decode(call["bytes"])
    return {**call, "bytes": base64.b64encode(raw[: len(raw) // 2]).decode()}


def digest(raw: bytes) -> str:
    """SHA-256 as the phone writes it."""
    return hashlib.sha256(raw).hexdigest()
