"""One phone and its people without a browser: the minutes that count, who is let in, who sends what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.offline.conftest import Phones

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
WEDNESDAY = 1_795_000_000_000


class Handset:
    """The phone, and a server that answers as long as there is a network."""

    def __init__(self) -> None:
        self.process, self.now = Phones("handset.mjs"), 0
        self.network, self.answers = True, True
        self.sent: list[tuple[str, dict]] = []
        self.go(WEDNESDAY)

    def do(self, act, **more):
        return self.process.do(act, network=self._answer, **more)

    def go(self, ms, **more):
        """Time goes by; ``wall`` ms on the phone's own clock, if that is something else."""
        self.now += ms
        self.do("goes", ms=ms, **more)

    def told(self):
        """The minutes that arrived at the server, each call of them."""
        return [one for _, one in self.sent if one["command"] == "duties.tell_minutes"]

    def _answer(self, call):
        if not self.network:
            return {"lost": True}
        server_now = datetime.fromtimestamp(self.now / 1000, UTC).isoformat()
        if call["path"].endswith("/scope"):
            return {"body": {"server_now": server_now, "etag": "1"}}
        envelopes = call["body"]["envelopes"]
        self.sent += [(call["token"].removeprefix("Bearer "), one) for one in envelopes]
        results = [{"id": one["id"], "ok": True, "answer": {}} for one in envelopes]
        return {"body": {"server_now": server_now, "results": results}} if self.answers else {"lost": True}


@pytest.fixture
def handset():
    held = Handset()
    yield held
    held.process.close()


# --- the minutes that count -------------------------------------------------------------------------------------------


@pytest.fixture
def watch(handset):
    """A stopwatch, started by a hand."""
    handset.do("load")
    handset.do("touch", sign="pointerdown")
    handset.do("measure", name="it")
    return lambda: handset.do("seconds", name="it")


def test_a_minute_without_a_hand_counts_and_no_more_of_it(handset, watch):
    handset.go(20 * SECOND)
    assert watch() == 20
    handset.go(10 * MINUTE)
    assert watch() == 60


@pytest.mark.parametrize("sign", ["pointerdown", "keydown", "scroll", "input"])
def test_a_hand_that_comes_back_goes_on_counting(handset, watch, sign):
    handset.go(10 * MINUTE)
    handset.do("touch", sign=sign)
    handset.go(15 * SECOND)
    assert watch() == 75


def test_a_hand_within_the_minute_leaves_no_gap(handset, watch):
    for _ in range(4):
        handset.go(50 * SECOND)
        handset.do("touch", sign="keydown")
    assert watch() == 200


def test_a_camera_that_looks_is_a_hand(handset, watch):
    for _ in range(12):
        handset.go(10 * SECOND)
        handset.do("camera")
    assert watch() == 120


def test_a_page_in_the_background_counts_nothing(handset, watch):
    """Nor does what happens in it there; coming back is a sign of a hand."""
    handset.go(10 * SECOND)
    handset.do("show", hidden=True)
    handset.go(20 * SECOND)
    handset.do("touch", sign="scroll")
    handset.do("camera")
    handset.go(5 * SECOND)
    assert watch() == 10
    handset.do("show", hidden=False)
    handset.go(7 * SECOND)
    assert watch() == 17


def test_a_page_left_without_a_hand_on_it_counts_its_one_minute(handset, watch):
    handset.go(5 * MINUTE)
    handset.do("show", hidden=True)
    handset.go(5 * MINUTE)
    assert watch() == 60


def test_a_page_that_is_opened_in_the_background_waits_to_be_seen(handset):
    handset.do("load", hidden=True)
    handset.do("measure", name="it")
    handset.go(30 * SECOND)
    assert handset.do("seconds", name="it") == 0
    handset.do("show", hidden=False)
    handset.go(3 * SECOND)
    assert handset.do("seconds", name="it") == 3


@pytest.mark.parametrize("jump", [-400 * DAY, 400 * DAY, -30 * SECOND])
def test_a_changed_clock_makes_no_minutes(handset, watch, jump):
    handset.go(0, wall=jump)
    handset.go(5 * SECOND)
    assert watch() == 5


def test_what_was_measured_before_is_added(handset, watch):
    handset.go(4 * SECOND)
    handset.do("measure", name="again", before=watch())
    handset.go(3 * SECOND)
    assert handset.do("seconds", name="again") == 7
    assert watch() == 7


# --- the minutes that are told ----------------------------------------------------------------------------------------


@pytest.fixture
def wang(handset):
    """王 has a phone of his own, and 90 seconds of checks on it since yesterday."""
    handset.do("enrol", id="wang", pin="2719")
    enter(handset, "wang")
    spend(handset, "check", 60)
    spend(handset, "check", 30)
    return handset


def enter(handset, page, id="wang", pin="2719"):
    handset.do("enter", page=page, id=id, pin=pin)


def spend(handset, action, seconds, *names):
    handset.do("spent", names=names or ["wang"], action=action, seconds=seconds)


def tick(handset, *names, **more):
    handset.do("tick", names=names, **more)


ENTRIES = [{"action": "check", "count": 2, "seconds": 90}]


def test_the_minutes_of_a_day_are_told_on_the_next_and_once(wang):
    for _ in range(2):
        tick(wang, "wang")
    assert wang.told() == []
    wang.go(DAY)
    for _ in range(4):
        tick(wang, "wang")
    assert [one["args"]["entries"] for one in wang.told()] == [ENTRIES]
    assert wang.do("minutes", page="wang") == ENTRIES  # still shown as this week's
    spend(wang, "check", 10)
    wang.go(DAY)
    for _ in range(2):
        tick(wang, "wang")
    later = [{"action": "check", "count": 1, "seconds": 10}]
    assert [one["args"]["entries"] for one in wang.told()] == [ENTRIES, later]


def test_two_weeks_are_told_apart(wang):
    wang.go(5 * DAY)
    wang.network = False
    spend(wang, "report", 20)
    wang.go(DAY)
    wang.network = True
    for _ in range(2):
        tick(wang, "wang")
    more = [{"action": "report", "count": 1, "seconds": 20}]
    assert [(one["args"]["week"], one["args"]["entries"]) for one in wang.told()] == [
        ("2026-11-16", ENTRIES),
        ("2026-11-23", more),
    ]


def test_minutes_whose_answer_was_lost_are_told_again_in_the_same_words(wang):
    wang.go(DAY)
    wang.answers = False
    tick(wang, "wang")
    tick(wang, "wang")
    wang.answers = True
    for _ in range(3):
        tick(wang, "wang")
    first, *others = wang.told()
    assert others
    assert all((one["id"], one["args"]) == (first["id"], first["args"]) for one in others)


def test_two_tabs_tell_their_minutes_once(wang):
    enter(wang, "other")
    spend(wang, "report", 5, "wang", "other")
    wang.go(DAY)
    tick(wang, "wang", "other", at_once=2)
    tick(wang, "wang", "other")
    (told,) = wang.told()
    assert told["args"]["entries"] == [*ENTRIES, {"action": "report", "count": 2, "seconds": 10}]


def test_a_page_killed_while_it_tells_has_told_once(wang):
    """In the outbox, and not yet put away: the next page finds it there."""
    wang.go(DAY)
    wang.do("dies", page="wang")
    tick(wang, "wang")
    wang.do("close", page="wang")
    enter(wang, "again")
    for _ in range(3):
        tick(wang, "again")
    (told,) = wang.told()
    assert told["args"]["entries"] == ENTRIES
    assert wang.do("minutes", page="again") == ENTRIES


# --- who is let in ----------------------------------------------------------------------------------------------------


def unlock(handset, pin="9999", id="wang"):
    return handset.do("unlock", id=id, pin=pin)


@pytest.fixture
def locked(handset):
    """Five wrong PINs: the first wait has begun."""
    handset.do("enrol", id="wang", pin="2719")
    tries = [unlock(handset) for _ in range(5)]
    assert tries == [{"open": False, "wrong": left} for left in (4, 3, 2, 1)] + [{"open": False, "wait": MINUTE}]
    return handset


def test_tries_during_a_wait_are_no_tries(locked):
    """The right PIN waits too, and whoever goes on typing waits no longer for it."""
    locked.go(20 * SECOND)
    for _ in range(6):
        assert unlock(locked) == {"open": False, "wait": 40 * SECOND}
    assert unlock(locked, "2719") == {"open": False, "wait": 40 * SECOND}
    locked.go(40 * SECOND)
    assert unlock(locked, "2719") == {"open": True}
    assert unlock(locked) == {"open": False, "wrong": 4}


def test_each_wrong_try_after_a_wait_doubles_it_up_to_an_hour(locked):
    waits = []
    for _ in range(8):
        locked.go((waits or [MINUTE])[-1])
        waits.append(unlock(locked)["wait"])
    assert [ms // MINUTE for ms in waits] == [2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("back", [400 * DAY, 2 * HOUR, 40 * MINUTE])
def test_a_clock_that_was_set_back_locks_nobody_out(locked, back):
    locked.go(0, wall=-back)
    assert unlock(locked, "2719") == {"open": True}


@pytest.mark.parametrize("jump", [400 * DAY, -400 * DAY])
def test_a_changed_clock_buys_one_try_and_a_longer_wait(locked, jump):
    """Not five, as on the first day: each further try costs the next wait."""
    locked.go(0, wall=jump)
    assert unlock(locked) == {"open": False, "wait": 2 * MINUTE}
    assert unlock(locked, "2719") == {"open": False, "wait": 2 * MINUTE}


def test_a_wait_is_of_one_person(locked):
    locked.do("enrol", id="li", pin="3690")
    assert unlock(locked, "2719", id="li") == {"open": False, "wrong": 4}
    assert unlock(locked, "3690", id="li") == {"open": True}
    assert unlock(locked, "2719")["wait"] == MINUTE


# --- who sends what ---------------------------------------------------------------------------------------------------


def test_each_sends_their_own_after_a_change_there_and_back(handset):
    """王 leaves something waiting, 李 works and sends, 王 comes back: it is there and goes as his."""
    for id, pin in (("wang", "2719"), ("li", "3690")):
        handset.do("enrol", id=id, pin=pin)
    handset.network = False
    enter(handset, "first")
    handset.do("put", page="first", id="his", args={"words": "东门"})
    handset.do("close", page="first")
    enter(handset, "second", "li", "3690")
    assert handset.do("status", page="second")["waiting"] == 0
    handset.do("put", page="second", id="hers", args={"words": "西门"})
    handset.network = True
    tick(handset, "first", "second")
    assert [(token, one["id"]) for token, one in handset.sent] == [("li", "hers")]
    handset.do("close", page="second")
    handset.network = False
    enter(handset, "third")
    assert handset.do("status", page="third")["waiting"] == 1
    handset.network = True
    tick(handset, "third")
    assert [(token, one["id"]) for token, one in handset.sent] == [("li", "hers"), ("wang", "his")]
    assert [one["args"] for _, one in handset.sent] == [{"words": "西门"}, {"words": "东门"}]


def test_what_is_made_while_the_last_is_put_away_goes_too(wang):
    """Two looks one after the other: whenever the second comes, it does not wait for the next half minute."""
    waits = []
    for n in range(0, 96, 2):
        waits += [n] * wang.do("quick", page="wang", ids=[f"a{n}", f"b{n}"], moments=n)
    assert waits == []


# --- a window that keeps nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["absent", "throws", "fails", "will not write"])
def test_a_window_that_may_keep_nothing_is_known_as_one(handset, how):
    assert handset.do("keeps")
    handset.do("refuse", how=how)
    assert not handset.do("keeps")
