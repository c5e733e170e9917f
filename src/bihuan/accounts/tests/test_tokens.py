"""Tokens: told once, kept as a digest, mine alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bihuan.accounts.commands import digest_of, issue_token, revoke_token
from bihuan.accounts.models import ApiToken
from bihuan.accounts.queries import token_in_force, tokens_of
from bihuan.foundation import clock
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Receipt
from bihuan.foundation.refusals import Refusal


@pytest.mark.django_db
def test_a_token_works_until_it_expires(actors):
    now = clock.now()
    made = issue_token(actors.li, now, name="导出", scopes=["read"], days=7)
    digest = digest_of(made["token"])
    assert token_in_force(digest, at=now).user_id == actors.li.id
    assert token_in_force(digest, at=now + timedelta(days=7)) is None
    assert made["token"] not in str(list(ApiToken.objects.values()))


@pytest.mark.django_db
def test_the_text_is_told_once_even_when_the_form_is_sent_twice(actors):
    envelope = {"id": uuid7(), "name": "accounts.issue_token", "args": {"name": "导出", "scopes": ["read"], "days": 7}}
    first = execute(actors.li, clock.now(), **envelope)
    again = execute(actors.li, clock.now(), **envelope)
    assert first.answer["token"].startswith("bh_")
    assert "token" not in again.answer
    assert ApiToken.objects.count() == 1
    assert first.answer["token"] not in str(list(Receipt.objects.values()))


@pytest.mark.django_db
def test_a_token_is_taken_back_by_its_owner_only(actors):
    now = clock.now()
    made = issue_token(actors.li, now, name="导出", scopes=["read"], days=7)
    row = ApiToken.objects.get()
    with pytest.raises(Refusal) as no:
        revoke_token(actors.wu, now, token=row.pk)
    assert no.value.code == "accounts.no_such_token"
    assert token_in_force(digest_of(made["token"]), at=now) is not None
    revoke_token(actors.li, now, token=row.pk)
    assert token_in_force(digest_of(made["token"]), at=now) is None
    with pytest.raises(Refusal):
        revoke_token(actors.li, now, token=row.pk)


@pytest.mark.django_db
def test_nobody_sees_anybody_elses_tokens(actors):
    issue_token(actors.li, clock.now(), name="导出", scopes=["read"], days=7)
    assert len(tokens_of(actors.li)) == 1
    assert tokens_of(actors.wu) == []


@pytest.mark.django_db
def test_the_page_shows_the_text_once(door):
    client = door("li")
    page = client.get("/account/").content.decode()
    form = {"_id": str(uuid7()), "name": "导出", "scopes": ["read"], "days": "30"}
    answer = client.post("/account/tokens/", form).content.decode()
    text = re.search(r"bh_[\w-]{40,}", answer)[0]
    assert "bh_" not in page
    assert text not in client.get("/account/").content.decode()
    assert client.post("/account/tokens/", form).status_code == 302


@pytest.mark.django_db
def test_a_refused_token_form_keeps_what_was_typed(door):
    answer = door("li").post("/account/tokens/", {"name": "每周导出", "scopes": ["read"], "days": "9999"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="每周导出"' in page
    assert "不能大于366" in page
