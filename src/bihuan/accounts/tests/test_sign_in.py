"""Signing in: the limiter holds, sessions end, nothing is given away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client

from bihuan.accounts.models import FailedSignIn, User
from bihuan.accounts.rules import ACCOUNT, ADDRESS, PAIR, WINDOW, Tally, closed_until, password_fault, tries_left
from bihuan.accounts.sign_in import set_password, sign_in
from bihuan.foundation.clock import travel
from bihuan.foundation.packs.notes import note
from bihuan.foundation.refusals import Refusal

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECRET = "石榴-花开-九月"


@pytest.fixture
def li(cast):
    """李安 with a password."""
    set_password(cast.li.pk, SECRET)
    cast.li.refresh_from_db()  # a new password raised the version, and with it what a session must carry
    return cast.li


def attempt(password, *, at=NOON, username="li", address="10.0.0.1"):
    return sign_in(at, username=username, password=password, address=address)


def fail(times, **given):
    for _ in range(times):
        with pytest.raises(Refusal):
            attempt("不对", **given)


# --- the rules --------------------------------------------------------------------------------------------------------


def test_a_full_window_closes_until_its_end():
    tallies = [Tally("pair", PAIR.most, NOON), Tally("account", 3, NOON)]
    assert closed_until(tallies, NOON) == NOON + WINDOW
    assert closed_until(tallies, NOON + WINDOW) is None
    assert closed_until([Tally("pair", PAIR.most - 1, NOON)], NOON) is None


def test_tries_left_counts_only_this_account_from_this_address():
    assert tries_left([Tally("account", 20, NOON), Tally("address", 80, NOON)], NOON) == PAIR.most
    assert tries_left([Tally("pair", 4, NOON)], NOON) == 1


@pytest.mark.parametrize("bad", ["", "1234567", "12345678901", "aaaaaaaab", "li-is-best1", "李安李安12ab", "Abcd1234"])
def test_bad_passwords_are_told_why(bad):
    assert password_fault(bad, username="li", name="李安").endswith("。")


def test_a_long_sentence_is_a_good_password():
    assert password_fault(SECRET, username="li", name="李安") == ""


# --- the limiter ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_right_password_signs_in_and_clears_the_tally(li):
    fail(2)
    assert attempt(SECRET).pk == li.pk
    assert not FailedSignIn.objects.exclude(count__lte=2).exists()
    fail(PAIR.most - 1)
    assert attempt(SECRET).pk == li.pk


@pytest.mark.django_db
def test_after_five_failures_even_the_right_password_is_refused(li):
    fail(PAIR.most)
    with pytest.raises(Refusal) as closed:
        attempt(SECRET)
    assert closed.value.code == "accounts.too_many_failures"
    assert "12:15" in closed.value.sentence  # Beijing time
    with pytest.raises(Refusal):
        attempt(SECRET, at=NOON + WINDOW - timedelta(seconds=1))
    assert attempt(SECRET, at=NOON + WINDOW).pk == li.pk


@pytest.mark.django_db
def test_a_colleague_at_another_address_is_not_locked_out(li):
    fail(PAIR.most, address="10.0.0.66")
    assert attempt(SECRET, address="10.0.0.1").pk == li.pk


@pytest.mark.django_db
def test_one_account_tried_from_everywhere_is_closed(li):
    for n in range(ACCOUNT.most // PAIR.most):
        fail(PAIR.most, address=f"10.0.1.{n}")
    with pytest.raises(Refusal) as closed:
        attempt(SECRET, address="10.0.9.9")
    assert closed.value.code == "accounts.too_many_failures"


@pytest.mark.django_db
def test_one_address_trying_everybody_is_closed(li, monkeypatch):
    monkeypatch.setattr("bihuan.accounts.sign_in.make_password", lambda raw: raw)  # 100 argon2 hashes are a minute
    for n in range(ADDRESS.most):
        fail(1, username=f"nobody-{n}", address="10.0.2.2")
    with pytest.raises(Refusal) as closed:
        attempt(SECRET, address="10.0.2.2")
    assert closed.value.code == "accounts.too_many_failures"
    assert attempt(SECRET, address="10.0.2.3").pk == li.pk


@pytest.mark.django_db
def test_an_unknown_name_is_told_what_a_known_one_is_told(li):
    said = []
    for name in ("li", "never-heard-of"):
        with pytest.raises(Refusal) as no:
            attempt("不对", username=name)
        said.append((no.value.code, no.value.sentence))
    assert said[0] == said[1]
    fail(PAIR.most, username="never-heard-of")
    with pytest.raises(Refusal) as closed:
        attempt("不对", username="never-heard-of")
    assert closed.value.code == "accounts.too_many_failures"


@pytest.mark.django_db
def test_failures_keep_no_names(li):
    fail(1)
    assert all(len(key) == 64 for key in FailedSignIn.objects.values_list("key", flat=True))


@pytest.mark.django_db
def test_a_telephone_number_signs_in_when_it_is_one_persons(li, cast):
    assert attempt(SECRET, username=li.phone).pk == li.pk
    User.objects.filter(pk=cast.wang.pk).update(phone=li.phone)
    with pytest.raises(Refusal):
        attempt(SECRET, username=li.phone)


@pytest.mark.django_db
def test_somebody_without_a_password_cannot_sign_in(cast):
    for nothing in ("", "!"):
        with pytest.raises(Refusal):
            attempt(nothing, username="wang")


# --- the pages --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_signs_in_and_returns_to_where_the_person_wanted_to_go(li):
    client = Client()
    asked = client.get("/notices/")
    assert asked.status_code == 302
    assert asked["Location"] == "/sign-in/?next=/notices/"
    page = client.get(asked["Location"]).content.decode()
    assert 'name="next" value="/notices/"' in page
    done = client.post("/sign-in/", {"username": "li", "password": SECRET, "next": "/notices/"})
    assert done["Location"] == "/notices/"
    assert client.get("/notices/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", "/sign-in/"])
def test_the_page_never_sends_anybody_elsewhere(li, elsewhere):
    done = Client().post("/sign-in/", {"username": "li", "password": SECRET, "next": elsewhere})
    assert done["Location"] == "/"


@pytest.mark.django_db
def test_a_wrong_password_keeps_the_name_and_says_a_sentence(li):
    answer = Client().post("/sign-in/", {"username": "li", "password": "不对"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="li"' in page
    assert "账号或密码不对" in page
    assert "不对" not in page.split('type="password"')[1][:80]


@pytest.mark.django_db
def test_the_limit_holds_at_the_page(li):
    with travel(NOON):
        for _ in range(PAIR.most):
            Client().post("/sign-in/", {"username": "li", "password": "不对"})
        answer = Client().post("/sign-in/", {"username": "li", "password": SECRET})
    assert answer.status_code == 429
    assert settings.SESSION_COOKIE_NAME not in answer.cookies


@pytest.mark.django_db
def test_a_forged_forwarded_address_does_not_reset_the_limit(li):
    with travel(NOON):
        for n in range(PAIR.most):
            Client().post(
                "/sign-in/", {"username": "li", "password": "不对"}, headers={"X-Forwarded-For": f"1.2.3.{n}"}
            )
        answer = Client().post(
            "/sign-in/", {"username": "li", "password": SECRET}, headers={"X-Forwarded-For": "9.9.9.9"}
        )
    assert answer.status_code == 429


@pytest.mark.django_db
def test_sign_out_ends_the_session(door):
    client = door("li")
    assert client.get("/account/").status_code == 200
    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")
    assert client.get("/account/").status_code == 302


@pytest.mark.django_db
def test_sign_in_wants_its_csrf_token(li):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/sign-in/", {"username": "li", "password": SECRET}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"old": "不对", "new": "新的-密码-2027", "again": "新的-密码-2027"}, "原密码不对"),
        ({"old": SECRET, "new": "短", "again": "短"}, "密码至少 8 位"),
        ({"old": SECRET, "new": "新的-密码-2027", "again": "别的-密码-2027"}, "不一样"),
    ],
)
def test_a_refused_new_password_changes_nothing(li, door, given, sentence):
    answer = door("li").post("/account/password/", given)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert User.objects.get(pk=li.pk).password == li.password


# --- the demo's one click ---------------------------------------------------------------------------------------------


@pytest.fixture
def shown():
    """What the demo has noted about its people."""
    people = [
        {"username": "demo-guard", "role": "保安", "text": "扫码巡查、随手报。"},
        {"username": "demo-gone", "role": "已走", "text": ""},
    ]
    note("demo", "some-pack", accounts=people)


@pytest.mark.django_db
def test_one_click_exists_only_in_the_demo(cast, settings, shown):
    User.objects.filter(pk=cast.wang.pk).update(username="demo-guard")
    settings.DEMO = False
    assert Client().post("/demo/", {"username": "demo-guard"}).status_code == 404
    assert Client().get("/demo/").status_code == 404
    assert "demo-guard" not in Client().get("/sign-in/").content.decode()
    settings.DEMO = True
    assert "demo-guard" in Client().get("/sign-in/").content.decode()
    client = Client()
    assert client.post("/demo/", {"username": "demo-guard"}).status_code == 302
    assert "王保安" in client.get("/account/").content.decode()


@pytest.mark.django_db
def test_one_click_opens_only_the_demos_own_people(cast, settings, shown):
    settings.DEMO = True
    client = Client()
    for name in ("zhao", "demo-guard", "demo-gone"):  # of the net, noted but without an account
        assert client.post("/demo/", {"username": name}).status_code == 404
    assert client.get("/account/").status_code == 302
    assert Client(enforce_csrf_checks=True).post("/demo/", {"username": "demo-guard"}).status_code == 403
