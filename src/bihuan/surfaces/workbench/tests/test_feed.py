"""The live feed: what happens in my net reaches my page, and nothing else does."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.test import Client

from bihuan.foundation import clock, feed
from bihuan.foundation.actors import NOBODY
from bihuan.foundation.events import declare, record
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.surfaces.workbench import feed as door_of_feed

declare({"workbench.tested": "试了一下"})


def state_at(place, by):
    """A fact about a unit."""
    return record(place, "workbench.tested", by=by, at=clock.now())


class Page:
    """An open stream, read message by message in its own event loop."""

    def __init__(self, viewer, first=list, who=None):
        self.stream = door_of_feed.stream(viewer, first, who or (lambda: viewer))

    async def read(self, seconds=8.0):
        text = await asyncio.wait_for(anext(self.stream), seconds)
        lines = dict(line.split(": ", 1) for line in text.strip().splitlines() if not line.startswith(":"))
        return lines | {"data": json.loads(lines["data"])} if "data" in lines else lines

    async def silent_for(self, seconds):
        reading = asyncio.ensure_future(anext(self.stream))
        done, _ = await asyncio.wait([reading], timeout=seconds)
        if not done:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return not done

    async def close(self):
        await self.stream.aclose()


@pytest.fixture
def calm():
    """The reader has gone before the database is taken away."""
    yield
    feed.hub.wait_until_idle()


def in_thread(function, *args):
    return asyncio.to_thread(closing, function, *args)


def closing(function, *args):
    from django.db import connection

    try:
        return function(*args)
    finally:
        connection.close()


# --- scope ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_fact_is_seen_by_whom_it_lies_under(net, actors):
    fact = state_at(net.school, actors.zhao)
    seeing = {key for key, actor in vars(actors).items() if actor and feed.sees(actor, fact)}
    assert {"li", "zhou", "wang", "chen", "zhao", "chief"} <= seeing
    assert not seeing & {"wu", "sun", "nobody", "huo"}


@pytest.mark.django_db
def test_what_was_missed_is_told_within_scope_and_in_order(net, actors):
    before = state_at(net.school, actors.zhao)
    here = [state_at(net.school, actors.zhao).pk for _ in range(3)]
    state_at(net.other_school, actors.zhao)
    told = feed.missed_after(actors.li, before.pk)
    assert [message.id for message in told] == [str(pk) for pk in here]
    assert feed.missed_after(actors.sun, before.pk) == []
    assert feed.missed_after(actors.nobody, before.pk) == []
    assert feed.missed_after(actors.li, uuid7()) == [feed.MISSED]


@pytest.mark.django_db
def test_too_much_is_told_as_missed(net, actors, monkeypatch):
    monkeypatch.setattr(feed, "MOST", 2)
    before = state_at(net.school, actors.zhao)
    for _ in range(3):
        state_at(net.school, actors.zhao)
    assert feed.missed_after(actors.li, before.pk) == [feed.MISSED]


@pytest.mark.django_db
def test_a_page_that_just_opened_hears_what_others_did_meanwhile(net, actors):
    theirs = state_at(net.school, actors.zhao)
    state_at(net.school, actors.li)
    assert [message.id for message in feed.missed_while_opening(actors.li, 5.0)] == [str(theirs.pk)]


def test_a_message_tells_ids_and_nothing_more():
    fact = Event(
        id=uuid7(),
        name="cases.assigned",
        subject_kind="cases.case",
        subject_id=uuid7(),
        facts={"note": "秘密"},
        by_name="赵科",
    )
    text = feed.told(fact).encode()
    assert text.startswith(f"id: {fact.pk}\nevent: cases.assigned\ndata: ")
    assert text.endswith("\n\n")
    assert "秘密" not in text
    assert "赵科" not in text


def test_a_slow_page_is_told_to_read_again():
    async def scene():
        listener = feed.Listener(NOBODY, asyncio.get_running_loop())
        for _ in range(feed.QUEUE + 1):
            listener.offer(feed.Message("x", {}))
        await asyncio.sleep(0.05)
        return listener.queue.get_nowait(), listener.queue.empty()

    assert asyncio.run(scene()) == (feed.MISSED, True)


# --- the stream -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_fact_reaches_the_open_pages_of_its_net_and_no_other(net, actors, calm):
    async def scene():
        li, zhao, wu, sun = (Page(getattr(actors, key)) for key in ("li", "zhao", "wu", "sun"))
        for page in (li, zhao, wu, sun):
            hello = await page.read()
            assert hello["event"] == "hello"
            assert "workbench.tested" in hello["data"]["names"]
        fact = await in_thread(state_at, net.school, actors.zhou)
        for page in (li, zhao):
            got = await page.read()
            assert (got["event"], got["id"], got["data"]["subject"]) == (
                "workbench.tested",
                str(fact.pk),
                str(net.school.pk),
            )
        assert await wu.silent_for(1.5)
        assert await sun.silent_for(0.1)
        for page in (li, zhao, wu, sun):
            await page.close()

    asyncio.run(scene())
    assert feed.hub.listeners() == []


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_told_once_and_the_past_is_not(net, actors, calm):
    state_at(net.school, actors.zhou)

    async def scene():
        li = Page(actors.li)
        await li.read()
        fact = await in_thread(state_at, net.school, actors.zhou)
        assert (await li.read())["id"] == str(fact.pk)
        assert await li.silent_for(2.5)
        await li.close()

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_notice_rings_only_its_own_bell(net, cast, actors, calm):
    def tell():
        Notice.objects.create(bureau_id=net.bureau.pk, user_id=cast.li.pk, kind="x", title="x", sent_at=clock.now())

    async def scene():
        li, wu = Page(actors.li), Page(actors.wu)
        for page in (li, wu):
            await page.read()
        await in_thread(tell)
        assert (await li.read())["event"] == "notice"
        assert await wu.silent_for(0.5)
        for page in (li, wu):
            await page.close()

    asyncio.run(scene())


@pytest.mark.django_db(transaction=True)
def test_a_stream_ends_when_the_session_does(net, cast, actors, calm, monkeypatch):
    monkeypatch.setattr(door_of_feed, "PING_SECONDS", 0.1)

    async def scene():
        page = Page(actors.li, who=lambda: NOBODY)
        await page.read()
        assert await page.read() == {}
        with pytest.raises(StopAsyncIteration):
            await page.read()

    asyncio.run(scene())
    assert feed.hub.listeners() == []


@pytest.mark.django_db(transaction=True)
def test_a_new_appointment_widens_an_open_stream(net, cast, actors, calm, monkeypatch):
    monkeypatch.setattr(door_of_feed, "PING_SECONDS", 0.1)

    async def scene():
        page = Page(actors.nobody, who=lambda: actors.li)
        await page.read()
        assert await page.read() == {}
        await asyncio.sleep(0.2)
        assert await page.read() == {}
        fact = await in_thread(state_at, net.school, actors.zhou)
        while True:
            got = await page.read()
            if got:
                break
        assert got["id"] == str(fact.pk)
        await page.close()

    asyncio.run(scene())


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_visitor_gets_no_stream_and_is_told_to_stop():
    assert Client().get("/feed/").status_code == 204


@pytest.mark.django_db
def test_the_stream_is_not_buffered_or_cached(door):
    answer = door("li").get("/feed/?after=nonsense&age=nonsense")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/event-stream")
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("no-cache", "no")
