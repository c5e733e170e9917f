"""Sessions end when their person's version rises: here where accounts and the net meet."""

from __future__ import annotations

import pytest

from bihuan.accounts.models import User
from bihuan.accounts.sign_in import set_password
from bihuan.engines.responsibility.queries import forget_actors

SECRET = "石榴-花开-九月"


@pytest.fixture
def li(cast):
    """李安 with a password."""
    set_password(cast.li.pk, SECRET)
    cast.li.refresh_from_db()
    return cast.li


@pytest.mark.django_db
def test_a_new_password_ends_every_other_session(li, door):
    here, there = door("li"), door("li")
    answer = here.post("/account/password/", {"old": SECRET, "new": "新的-密码-2027", "again": "新的-密码-2027"})
    assert answer.status_code == 302
    forget_actors()
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert User.objects.get(pk=li.pk).check_password("新的-密码-2027")


@pytest.mark.django_db
def test_signing_out_everywhere_ends_this_session_too(door):
    here, there = door("li"), door("li")
    here.post("/account/sign-out-everywhere/")
    forget_actors()
    assert there.get("/account/").status_code == 302
