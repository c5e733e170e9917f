"""The phone's outbox in single situations: what its person does with it, a full disk, a server that says wait."""

from __future__ import annotations

import base64
from itertools import count

import pytest

NAME = "0"
PHOTO = base64.b64encode(b"a picture").decode()


class Line:
    """A server that keeps what it is sent; ``says`` holds what it answers instead, by the kind of call."""

    def __init__(self) -> None:
        self.sent: list[list[dict]] = []
        self.photos: list[str] = []
        self.says: dict[str, dict] = {}
        self.results: dict[str, dict] = {}

    def __call__(self, call):
        kind = "send" if "send" in call else "photo"
        if kind == "send":
            self.sent.append(call["send"]["envelopes"])
        if kind in self.says:
            return self.says[kind]
        if kind == "photo":
            self.photos.append(call["photo"]["id"])
            return {"body": {"evidence": call["photo"]["id"]}}
        results = [
            {"id": one["id"], "ok": True, "answer": {}} | self.results.get(one["id"], {})
            for one in call["send"]["envelopes"]
        ]
        return {"body": {"server_now": "2026-11-22T00:00:00+00:00", "results": results}}

    @property
    def last(self):
        return self.sent[-1]


class Phone:
    """One phone's outbox."""

    def __init__(self, phones) -> None:
        self.phones, self.line, self._ids = phones, Line(), count(1)
        phones.do("forget")
        self.do("begin", clock=1_795_000_000_000, seed=7)

    def do(self, act, **more):
        return self.phones.do(act, name=NAME, network=self.line, **more)

    def add(self, id, args=None, *, photos=(), needs=()):
        rows = [{"id": photo, "bytes": PHOTO} for photo in photos]
        envelope = {"id": id, "command": "t.do", "args": args or {}, "title": id}
        return self.do("add", envelope=envelope, photos=rows, needs=list(needs))

    def flush(self, *, force=True):
        self.do("flush", force=force)

    def row(self, id):
        return next(row for row in self.do("list") if row["id"] == id)


@pytest.fixture
def phone(phones):
    return Phone(phones)


def refused(sentence):
    return {"ok": False, "code": "t.no", "sentence": sentence, "retry": False}


def test_on_a_full_disk_what_is_there_is_sent_and_confirmed(phone):
    phone.add("old", photos=["p1"])
    phone.do("limits", limits={"full": True})
    assert phone.add("new")["kept"] == "memory"
    phone.flush()
    assert [one["id"] for one in phone.line.last] == ["old", "new"]
    assert {phone.row(id)["state"] for id in ("old", "new")} == {"sent"}
    phone.do("kill")  # what the disk would not learn is asked again, under the same id
    assert phone.row("old")["state"] == "waiting"
    phone.do("limits", limits={"full": False})
    phone.flush()
    assert phone.row("old")["state"] == "sent"


def test_a_full_disk_with_room_again_keeps_what_lived_in_memory(phone):
    phone.do("limits", limits={"full": True})
    phone.add("new")
    phone.line.says["send"] = {"lost": True}
    phone.flush()
    assert phone.do("status")["volatile"] == 1
    phone.do("limits", limits={"full": False})
    phone.flush()
    assert phone.do("status")["volatile"] == 0
    phone.do("kill")
    assert phone.row("new")["state"] == "waiting"


def test_a_refusal_of_the_whole_call_is_no_lost_sign_in(phone):
    phone.add("one")
    phone.line.says["send"] = {"lost": True, "status": 403, "code": "evidence.no_post", "sentence": "您现在没有任职。"}
    phone.flush()
    assert "您现在没有任职" in phone.row("one")["why"]
    assert not phone.do("status")["sign_in"]
    phone.line.says["send"] = {"lost": True, "status": 403, "code": "openapi.phone_revoked", "sentence": "已停用。"}
    phone.flush()
    assert phone.do("status")["sign_in"]


@pytest.mark.parametrize(
    ("status", "words"), [(404, "404"), (409, "409"), (0, "没有网络"), (502, "服务器忙"), (401, "登录已过期")]
)
def test_the_reason_is_the_true_one(phone, status, words):
    phone.add("one")
    phone.line.says["send"] = {"lost": True, "status": status}
    phone.flush()
    assert words in phone.row("one")["why"]


def test_a_round_goes_without_the_photo_that_its_hazard_left_out(phone):
    phone.line.says["photo"] = {"body": {"refused": {"code": "evidence.no_picture", "sentence": "不是照片。"}}}
    phone.add("hazard", {"photos": ["p1"]}, photos=["p1"])
    phone.add("round", {"evidence": ["p1"], "hazard_id": "hazard"}, needs=["hazard"])
    phone.flush()
    assert phone.row("hazard")["state"] == "refused"
    phone.do("edit", id="hazard", remove=["p1"])
    phone.flush()
    assert [one["args"] for one in phone.line.last] == [{"photos": []}, {"evidence": [], "hazard_id": "hazard"}]
    assert phone.row("round")["state"] == "sent"


def test_what_may_have_arrived_is_asked_for_in_the_same_words(phone):
    phone.line.results["hazard"] = refused("不行。")
    phone.line.results["round"] = refused("先传前一条。") | {"code": "mobile.waits_for", "retry": True}
    phone.add("hazard")
    phone.add("round", {"hazard_id": "hazard"}, needs=["hazard"])
    phone.flush()
    phone.do("drop", id="hazard")
    phone.line.says["send"] = {"lost": True}  # carried out, and the answer lost
    phone.flush()
    assert [one["args"] for one in phone.line.last] == [{"hazard_id": None}]
    del phone.line.says["send"]
    phone.line.results.clear()
    phone.do("restore", id="hazard")
    phone.do("retry", id="hazard")
    phone.flush()
    assert {one["id"]: one["args"] for call in phone.line.sent[-2:] for one in call}["round"] == {"hazard_id": None}


def test_a_server_that_says_wait_is_not_asked_again_by_a_tap(phone):
    phone.add("one")
    phone.line.says["send"] = {"lost": True, "status": 429, "wait": 600_000}
    for _ in range(5):
        phone.flush()
    assert len(phone.line.sent) == 1
    phone.do("clock", ms=301_000)  # no longer than five minutes at a time
    del phone.line.says["send"]
    phone.flush()
    assert phone.row("one")["state"] == "sent"


def test_a_photo_that_the_server_chokes_on_holds_nobody_else_up(phone):
    phone.line.says["photo"] = {"lost": True, "status": 500}
    phone.add("with", {"photos": ["p1"]}, photos=["p1"])
    phone.add("without")
    phone.flush()
    assert phone.row("without")["state"] == "sent"
    assert phone.row("with")["state"] == "waiting"
    assert "服务器忙" in phone.row("with")["why"]
