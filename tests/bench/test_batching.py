"""Many phones at once: what waits is one batch, everybody is answered after it, and what is not understood goes the usual way."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import InterfaceError, OperationalError

from bihuan.config import batching
from bihuan.config.batching import Batcher, actor_for
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import Outcome
from bihuan.foundation.ids import uuid7
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.openapi import tokens

GUARD = Actor(id=uuid7(), name="王保安", scopes=frozenset({"read", "write"}))


def one(**more):
    return {"id": str(uuid7()), "command": "patrols.submit_round", "args": walk(), **more}


def walk(**more):
    look = {"n": 1, "how": "scan", "result": "normal", "at": "2026-11-23T07:12:00Z", "evidence": [], **more}
    moments = {"started_at": "2026-11-23T07:10:00Z", "ended_at": "2026-11-23T07:20:00Z"}
    return {"id": str(uuid7()), **moments, "checks": [look]}


def call(*envelopes):
    return json.dumps({"envelopes": envelopes or [one()]}).encode()


def run(work):
    """In a thread of its own: browser tests leave an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


@pytest.fixture
def batches(monkeypatch):
    """The sizes of the batches that were carried out; the first one takes a while."""
    sizes = []

    def carried(calls):
        sizes.append(len(calls))
        assert threading.current_thread().name.startswith("batch")
        if len(sizes) == 1:
            time.sleep(0.2)
        return [Outcome({"id": str(call.envelope.id)}, replayed=False) for call in calls]

    monkeypatch.setattr(batching.sync, "execute_together", carried)
    return sizes


def test_what_arrives_while_a_batch_is_written_is_the_next_batch(batches):
    bodies = [call() for _ in range(30)]

    async def work():
        batcher = Batcher()
        first = asyncio.ensure_future(batcher.take(GUARD, bodies[0]))
        await asyncio.sleep(0.05)
        others = [batcher.take(GUARD, body) for body in bodies[1:]]
        return await asyncio.gather(first, *others)

    answers = run(work)
    for body, answer in zip(bodies, answers, strict=True):
        [result] = json.loads(answer)["results"]
        assert (result["ok"], result["answer"]["id"]) == (True, json.loads(body)["envelopes"][0]["id"])
    assert batches == [1, 29]


def test_a_batch_has_its_most(batches, monkeypatch):
    monkeypatch.setattr(batching, "MOST", 5 * len(call()))

    async def work():
        batcher = Batcher()
        return await asyncio.gather(*(batcher.take(GUARD, call(one(), one())) for _ in range(6)))

    assert all(run(work))
    assert max(batches) <= 5
    assert sum(batches) == 12


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b'{"envelopes": []}', call(one(), {"id": "x"}), call(one(needs=[str(uuid7())])),
        call(one(), {**one(), "command": "cases.report_hazard"}), call(one(args=walk(evidence=[str(uuid7())]))), call(one(args=walk(lat=91))),
        call(one(id="x")), call(*(one(args={}) for _ in range(201))), b"[" * 9_000 + b'"patrols.submit_round"', b" " * batching.LARGEST + call(),
    ],
)  # fmt: skip
def test_what_is_not_understood_goes_the_usual_way(batches, body):
    async def work():
        return await Batcher().take(GUARD, body)

    assert run(work) is None
    assert sum(batches) == 0


def test_one_that_breaks_its_batch_is_the_only_one_that_is_told_so(monkeypatch):
    """Every phone of the batch was told to come again, and found the same envelope in its batch again."""
    bad = one()

    def broken(envelopes):
        raise OverflowError("date value out of range")

    def by_itself(by, at, *, id, **more):
        if str(id) == bad["id"]:
            raise OverflowError("date value out of range")
        if id.int % 2:
            raise Refusal("foundation.not_found")
        return Outcome({"id": str(id)}, replayed=False)

    monkeypatch.setattr(batching.sync, "execute_together", broken)
    monkeypatch.setattr(batching.sync, "execute", by_itself)
    good, refused = one(id=str(UUID(int=uuid7().int & ~1))), one(id=str(UUID(int=uuid7().int | 1)))

    async def work():
        batcher = Batcher()
        return await asyncio.gather(*(batcher.take(GUARD, call(each)) for each in (good, bad, refused)))

    results = [json.loads(answer)["results"][0] for answer in run(work)]
    assert [result["ok"] for result in results] == [True, False, False]
    assert [result["code"] for result in results[1:]] == ["mobile.broken", "foundation.not_found"]
    assert [result["id"] for result in results] == [good["id"], bad["id"], refused["id"]]


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_without_a_database_nobody_waits_for_each_to_be_tried(monkeypatch, fault):
    """Each try may wait twenty seconds for a connection: a batch of 200 kept all phones out for an hour."""

    def gone(envelopes):
        raise fault("no connection")

    monkeypatch.setattr(batching.sync, "execute_together", gone)
    monkeypatch.setattr(batching.sync, "execute", lambda *args, **more: pytest.fail("tried one by one"))

    async def work():
        batcher = Batcher()
        return await asyncio.gather(*(batcher.take(GUARD, call(one())) for _ in range(3)))

    results = [json.loads(answer)["results"][0] for answer in run(work)]
    assert [(result["code"], result["retry"]) for result in results] == [("mobile.broken", True)] * 3


def test_when_everything_breaks_everybody_is_told_to_come_again(monkeypatch):
    def broken(*args, **more):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(batching.sync, "execute_together", broken)
    monkeypatch.setattr(batching.sync, "execute", broken)

    async def work():
        batcher = Batcher()
        first = await asyncio.gather(batcher.take(GUARD, call()), batcher.take(GUARD, call()))
        monkeypatch.setattr(
            batching.sync, "execute_together", lambda envelopes: [Refusal("foundation.not_found") for _ in envelopes]
        )
        return [*first, await batcher.take(GUARD, call())]

    results = [json.loads(answer)["results"][0] for answer in run(work)]
    assert [result["code"] for result in results] == ["mobile.broken", "mobile.broken", "foundation.not_found"]
    assert [result["retry"] for result in results] == [True, True, False]


def test_only_a_token_that_is_known_and_may_write_is_taken(monkeypatch):
    reader = Actor(id=uuid7(), name="只读", scopes=frozenset({"read"}))
    known = {"good": GUARD, "reading": reader}
    monkeypatch.setattr(batching, "remembered", known.get)
    assert actor_for([(b"authorization", b"Bearer good")]) is GUARD
    assert actor_for([(b"authorization", b"bearer good")]) is GUARD
    assert actor_for([(b"authorization", b"Bearer reading")]) is None
    assert actor_for([(b"authorization", b"Bearer strange")]) is None
    assert actor_for([(b"authorization", b"Basic good")]) is None
    assert actor_for([(b"cookie", b"sessionid=x")]) is None


def test_a_token_is_remembered_for_half_a_minute_only(monkeypatch):
    tokens.forget_tokens()
    assert tokens.remembered("bh_x") is None
    digest = tokens.hashlib.sha256(b"bh_x").hexdigest()
    tokens._known[digest] = (time.monotonic(), GUARD)
    assert tokens.remembered("bh_x") is GUARD
    tokens._known[digest] = (time.monotonic() - 31, GUARD)
    assert tokens.remembered("bh_x") is None
    tokens.forget_tokens()
