"""The read API of inspections and checklists: what it answers, to whom, and at what price."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client

from bihuan.engines.sheets.commands import AnswerIn
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.inspections.commands import answer, close_inspection, open_inspection, refuse_signature
from bihuan.mechanisms.inspections.queries import detail

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(cast):
    """``api("chen")`` is a client that carries a token of that person."""

    def of(key):
        text = f"token-of-{key}-{uuid7()}"
        model = apps.get_model("accounts", "ApiToken")
        now = clock.now()
        model.objects.create(
            user=getattr(cast, key),
            name="试验",
            digest=hashlib.sha256(text.encode()).hexdigest(),
            scopes=["read", "write"],
            made_at=now,
            expires_at=now + timedelta(days=1),
        )
        return Client(headers={"Authorization": f"Bearer {text}"})

    return of


def test_an_inspection_is_read_with_its_answers(opened, actors, api, django_assert_max_num_queries):
    first = detail(actors.chen, opened.pk).sections[0].items[0].code
    answer(actors.chen, clock.now(), inspection_id=opened.pk, answers={first: AnswerIn(result="fail", note="没有成立")})
    chen = api("chen")
    with django_assert_max_num_queries(12):
        (line,) = chen.get("/api/v1/inspections", {"state": "open", "mine": "true"}).json()["items"]
    assert (line["id"], line["kind"], line["lead_name"]) == (str(opened.pk), "sponsor_round", "陈包校")
    with django_assert_max_num_queries(12):
        whole = chen.get(f"/api/v1/inspections/{opened.pk}").json()
    assert whole["tally"]["failed"] == 1
    assert whole["sections"][0]["items"][0]["answer"]["by_name"] == "陈包校"
    assert first not in whole["left"]
    for key in ("wu", "sun", "nobody"):
        stranger = api(key)
        assert stranger.get("/api/v1/inspections").json()["items"] == []
        assert stranger.get(f"/api/v1/inspections/{opened.pk}").status_code == 404
        unknown = stranger.get(f"/api/v1/inspections/{uuid7()}").json()
        assert stranger.get(f"/api/v1/inspections/{opened.pk}").json() == unknown


def test_pages_follow_each_other_by_cursor(sheet, net, actors, api):
    for _ in range(3):
        open_inspection(
            actors.chen, clock.now(), id=uuid7(), school=net.school.pk, kind="sponsor_round", categories=["01"]
        )
    chen = api("chen")
    first = chen.get("/api/v1/inspections", {"limit": 2}).json()
    second = chen.get("/api/v1/inspections", {"limit": 2, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, "")
    assert chen.get("/api/v1/inspections", {"cursor": "胡写的"}).status_code == 422
    assert chen.get("/api/v1/inspections", {"limit": 0}).status_code == 422


@pytest.mark.clause("CB-15")
def test_a_planned_unannounced_inspection_is_not_in_the_schools_api(sheet, net, actors, api):
    later = clock.now() + timedelta(days=1)
    row = open_inspection(
        actors.zhao, clock.now(), id=uuid7(), school=net.school.pk, kind="unannounced", hidden_until=later
    )
    for key in ("zhou", "li", "chen", "wu"):
        assert api(key).get("/api/v1/inspections").json()["items"] == []
        assert api(key).get(f"/api/v1/inspections/{row.pk}").status_code == 404
    assert api("zhao").get("/api/v1/inspections", {"state": "planned"}).json()["items"][0]["id"] == str(row.pk)


def test_a_paper_is_read_by_those_who_see_the_inspection(opened, actors, api):
    first = detail(actors.chen, opened.pk).sections[0].items[0].code
    answer(actors.chen, clock.now(), inspection_id=opened.pk, answers={first: AnswerIn(result="pass")})
    close_inspection(actors.chen, clock.now(), inspection_id=opened.pk)
    refuse_signature(actors.chen, clock.now(), inspection_id=opened.pk, reason="校长不在校")
    paper = api("zhou").get(f"/api/v1/inspections/{opened.pk}").json()["papers"][0]
    assert api("zhou").get(f"/api/v1/inspection-papers/{paper['id']}").content.startswith(b"%PDF")
    assert api("wu").get(f"/api/v1/inspection-papers/{paper['id']}").status_code == 404


def test_checklists_and_their_versions_are_read_inside_the_bureau(sheet, api):
    li, pk, version = api("li"), sheet.sheet.pk, sheet.current.pk
    lines = {line["code"]: line for line in li.get("/api/v1/sheets").json()["items"]}
    assert lines["campus-checklist"]["current"]["item_count"] == 379
    assert len(li.get(f"/api/v1/sheets/{pk}").json()["content"]["items"]) == 379
    assert li.get(f"/api/v1/sheets/{pk}/versions").json()["items"][0]["state"] == "published"
    assert li.get(f"/api/v1/sheet-versions/{version}").json()["version"] == "1.0"
    assert li.get(f"/api/v1/sheet-versions/{version}/compare/{version}").json()["words"] == "两个版本内容相同"
    assert li.get("/api/v1/submissions").json() == {"items": [], "next": ""}
    assert li.get(f"/api/v1/submissions/{uuid7()}").status_code == 404
    sun = api("sun")
    assert {line["code"] for line in sun.get("/api/v1/sheets").json()["items"]} == {"period-report", "period-perimeter"}
    for address in (
        f"sheets/{pk}",
        f"sheets/{pk}/versions",
        f"sheet-versions/{version}",
        f"sheet-versions/{version}/compare/{version}",
    ):
        assert sun.get(f"/api/v1/{address}").status_code == 404
