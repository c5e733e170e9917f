"""A phone gets a token of its own, shows on the account page, and can be taken back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from bihuan.accounts.commands import PHONE_DAYS
from bihuan.accounts.models import ApiToken, User
from bihuan.engines.responsibility.queries import forget_actors
from bihuan.foundation import clock
from bihuan.surfaces.mobile.tests.conftest import forget_tokens

pytestmark = pytest.mark.django_db


def test_the_phone_in_my_hand_gets_a_token_that_is_told_once(phone, cast):
    mine = phone("wang")
    row = ApiToken.objects.get()
    assert (row.user_id, row.name, row.is_phone) == (cast.wang.pk, "红米 12C", True)
    assert row.expires_at == row.made_at + timedelta(days=PHONE_DAYS)
    assert mine.token not in str(list(ApiToken.objects.values()))
    assert mine.scope().status_code == 200


def test_who_is_not_signed_in_gets_no_token(net):
    answer = Client().post("/m/enrol/", {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "foundation.sign_in")
    assert ApiToken.objects.count() == 0


def test_another_site_cannot_enrol_a_phone(door):
    guarded = Client(enforce_csrf_checks=True)
    guarded.cookies = door("wang").cookies
    assert guarded.post("/m/enrol/", {"name": "x"}).status_code == 403
    told = guarded.get("/m/enrol/").json()
    assert told["person"]["name"] == "王保安"
    body = json.dumps({"name": "华为畅享"})
    answer = guarded.post("/m/enrol/", body, content_type="application/json", HTTP_X_CSRFTOKEN=told["csrf"])
    assert answer.status_code == 200
    assert ApiToken.objects.get().name == "华为畅享"


@pytest.mark.parametrize("body", [b"[1]", b"{", b'{"name": 3}', b""])
def test_a_label_that_is_none_becomes_a_plain_one(door, body):
    assert door("wang").post("/m/enrol/", body, content_type="application/json").status_code == 200
    assert ApiToken.objects.get().name == "手机"


def test_a_phone_cannot_enrol_another_phone(phone):
    mine = phone("wang")
    [result] = mine.sync({"id": "0195c0de-0000-7000-8000-000000000001", "command": "accounts.enrol_phone", "args": {}})
    assert (result["ok"], result["code"]) == (False, "foundation.not_yours")
    assert ApiToken.objects.count() == 1


def test_a_phone_that_was_taken_back_says_so_and_keeps_its_drafts(phone, door):
    mine = phone("wang")
    page = door("wang").get("/account/").content.decode()
    assert "红米 12C" in page
    assert "收回这部手机" in page
    door("wang").post("/account/tokens/revoke/", {"token": mine.token_id})
    answer = mine.post({"envelopes": []})
    assert (answer.status_code, answer.json()["code"]) == (401, "openapi.phone_revoked")
    assert "都还在这部手机里" in answer.json()["detail"]


def test_a_phone_can_sign_itself_out(phone):
    mine = phone("wang")
    [result] = mine.sync(
        {
            "id": "0195c0de-0000-7000-8000-000000000002",
            "command": "accounts.revoke_token",
            "args": {"token": mine.token_id},
        }
    )
    assert result["ok"]
    forget_tokens()
    assert mine.scope().status_code == 401


def test_a_phone_whose_time_is_over_says_that(phone):
    mine = phone("wang")
    with clock.travel(clock.now() + timedelta(days=PHONE_DAYS, seconds=1)):
        forget_tokens()
        assert mine.scope().json()["code"] == "openapi.phone_expired"


def test_signing_out_everywhere_ends_the_phones_but_not_the_programs(phone, door, cast, actors):
    from bihuan.accounts.commands import issue_token

    mine = phone("wang")
    program = issue_token(actors.wang, clock.now(), name="导出", scopes=["read"])["token"]
    door("wang").post("/account/sign-out-everywhere/")
    assert User.objects.get(pk=cast.wang.pk).version == 2
    forget_tokens()
    forget_actors()
    assert mine.scope().json()["code"] == "openapi.phone_revoked"
    assert Client().get("/api/v1/phone/scope", HTTP_AUTHORIZATION=f"Bearer {program}").status_code == 200


def test_somebody_elses_phone_is_not_mine_to_take_back(phone, door):
    mine = phone("wang")
    assert door("wu").post("/account/tokens/revoke/", {"token": mine.token_id}).status_code == 404
    assert mine.scope().status_code == 200
