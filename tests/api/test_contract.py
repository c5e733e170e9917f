"""The API's contract, from outside: tokens, problems, idempotency, paging, the description of itself."""

import re
from collections import defaultdict
from datetime import timedelta

import pytest
import requests
from django.apps import apps
from ninja import Schema
from openapi_spec_validator import OpenAPIV31SpecValidator

from bihuan.accounts.commands import digest_of
from bihuan.foundation import clock
from bihuan.foundation.commands import commands
from bihuan.foundation.ids import uuid7
from tests.journeys.doors import Machine

CHINESE = re.compile(r"[\u4e00-\u9fff]{4,}")


def problem(answer, status, code):
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(told)
    assert (told["status"], told["code"]) == (status, code)
    assert CHINESE.search(told["detail"])
    return told


def test_it_describes_itself_in_openapi_3_1_and_leaves_out_nothing(site):
    document = requests.get(f"{site.url}/api/v1/openapi.json", timeout=30).json()
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    described = {path.rsplit("/", 1)[1] for path in document["paths"] if "/commands/" in path}
    ours = {name for name, one in commands().items() if ".tests." not in one.function.__module__}
    assert described == ours
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), path
            assert operation["operationId"]
            if "/commands/" in path:
                assert method == "post"
                assert "404" in operation["responses"]
    catalogue = requests.get(f"{site.url}/api/v1/refusals", timeout=30).json()
    assert len(catalogue) > 100
    assert all(CHINESE.search(entry["sentence"]) or "{" in entry["sentence"] for entry in catalogue.values())


def test_no_two_rooms_describe_different_things_by_one_name(site):
    """The document keeps one schema a name: of two rooms with the same, one would be described by the other's."""
    document = requests.get(f"{site.url}/api/v1/openapi.json", timeout=30).json()
    told = document["components"]["schemas"].keys()
    rooms, waiting = defaultdict(set), [Schema]
    while waiting:
        kind = waiting.pop()
        rooms[kind.__name__].add(kind.__module__)
        waiting += kind.__subclasses__()
    assert {name: where for name, where in rooms.items() if name in told and len(where) > 1} == {}


def test_without_a_good_token_nothing_is_read_or_written(world, site):
    good = world.token("li")
    expired = world.token("li", days=1, at=clock.now() - timedelta(days=2))
    revoked = world.token("li")
    own = apps.get_model("accounts", "ApiToken").objects.get(digest=digest_of(revoked))
    world.do("li", "accounts.revoke_token", token=str(own.pk))
    for token in ("", "bh_nonsense", expired, revoked, good[:-1], "一" * 20):
        line = Machine(site.url)
        line.line.headers["Authorization"] = f"Bearer {token}".encode()
        problem(line.get("/hazards"), 401, "openapi.bad_token")
        refused = line.send("cases.report_hazard", id=str(uuid7()), org=str(world.orgs["school"]), title="井盖松动")
        problem(refused, 401, "openapi.bad_token")
    bare = requests.get(f"{site.url}/api/v1/hazards", timeout=30)
    problem(bare, 401, "openapi.bad_token")
    assert bare.headers["www-authenticate"].startswith("Bearer")
    assert Machine(site.url, good).get("/hazards").status_code == 200
    assert apps.get_model("cases", "Case").objects.count() == 0


def test_a_token_does_what_it_is_for_and_no_more(world, machine):
    reader, writer = machine(world, "li", "read"), machine(world, "li", "write")
    args = {"id": str(uuid7()), "org": str(world.orgs["school"]), "title": "井盖松动"}
    problem(reader.send("cases.report_hazard", **args), 403, "openapi.scope")
    problem(writer.get("/hazards"), 403, "openapi.scope")
    assert writer.send("cases.report_hazard", **args).status_code == 200
    assert reader.get("/hazards").json()["items"][0]["id"] == args["id"]
    problem(
        machine(world, "li").send("accounts.issue_token", name="再来一个", scopes=["read"]), 403, "foundation.not_yours"
    )


def test_taking_a_token_back_works_at_once(world, machine):
    line = machine(world, "li")
    assert line.get("/hazards").status_code == 200
    own = str(apps.get_model("accounts", "ApiToken").objects.get().pk)
    assert line.send("accounts.revoke_token", token=own).status_code == 200
    problem(line.get("/hazards"), 401, "openapi.bad_token")


def test_the_same_envelope_is_one_fact_and_one_answer(world, machine):
    line, envelope = machine(world, "li"), str(uuid7())
    args = {"id": str(uuid7()), "org": str(world.orgs["school"]), "title": "井盖松动"}
    first, second = (line.send("cases.report_hazard", envelope, **args).json() for _ in range(2))
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["answer"] == second["answer"]
    assert first["answer"]["number"]
    problem(
        line.send("cases.report_hazard", envelope, **(args | {"title": "不一样"})), 409, "foundation.receipt_conflict"
    )
    # a refused envelope left nothing behind: put right, it is carried out
    envelope, photo = str(uuid7()), world.photo("li")
    world.assign(args["id"], "zhao")
    problem(line.send("cases.rectify_case", envelope, case=args["id"], note="", photos=[photo]), 422, "cases.lacking")
    assert (
        line.send("cases.rectify_case", envelope, case=args["id"], note="已更换", photos=[photo]).json()["replayed"]
        is False
    )


@pytest.mark.parametrize("size", [1, 3, 7])
def test_paging_meets_every_row_once(world, machine, size):
    made = {world.report(title=f"第 {n} 处", photos=[], place=f"{n} 层") for n in range(10)}
    line, met, cursor = machine(world, "zhao"), [], ""
    for _ in range(11):
        page = line.get(f"/hazards?limit={size}&cursor={cursor}").json()
        assert len(page["items"]) <= size
        met += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(met) == len(made)
    assert set(met) == made
    problem(line.get("/hazards?cursor=forged"), 422, "foundation.bad_cursor")
    problem(line.get("/hazards?limit=0"), 422, "foundation.bad_input")
    problem(line.get("/hazards?limit=201"), 422, "foundation.bad_input")


@pytest.mark.parametrize("text", ["井盖\x00松动", "井盖\ud800松动", "\udfff\udfff", "\x00\x00"])
def test_what_no_database_can_keep_is_refused(world, machine, text):
    line = machine(world, "li")
    fine = {"id": str(uuid7()), "org": str(world.orgs["school"]), "title": "井盖松动"}
    for name in ("title", "description", "place", "category", "item", "basis", "level", "source"):
        problem(line.send("cases.report_hazard", **(fine | {name: text})), 422, "foundation.bad_input")
    school, case = str(world.orgs["school"]), world.report()
    inspection = str(uuid7())
    world.do("li", "inspections.open_inspection", id=inspection, school=school, kind="self_check")
    nested = {text: {"result": "pass"}}
    for name, args in {
        "cases.assign_case": {"case": case, "rectifier": str(world.people["li"]), "note": text},
        "inspections.answer": {"inspection_id": inspection, "answers": nested},
        "inspections.open_inspection": {
            "id": str(uuid7()),
            "school": school,
            "kind": "self_check",
            "categories": [text],
        },
        "responsibility.appoint": {"id": str(uuid7()), "org_id": school, "post": text, "starts_on": "2026-11-01"},
        "workbench.save_view": {"id": str(uuid7()), "page": "/hazards/", "name": text},
    }.items():
        refused = line.send(name, **args)
        assert refused.status_code == 422, (name, refused.status_code, refused.text[:300])
    for path in (
        "/hazards?q=%00",
        "/hazards?level=%00",
        "/orgs?q=%00",
        f"/orgs/{school}/who?post=%00",
        "/submissions?cursor=%00",
        "/inspections?cursor=%00",
    ):
        answer = line.get(path)
        assert answer.status_code in (200, 422), (path, answer.status_code, answer.text[:300])
    assert apps.get_model("cases", "Case").objects.count() == 1


def test_what_is_no_json_or_no_envelope_is_a_problem(world, machine):
    line = machine(world, "li")
    address = f"{line.url}/api/v1/commands/cases.report_hazard"
    for body in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"id": 1}',
        b'{"id": "x", "args": {}}',
        b'{"id": null, "args": null}',
        b"[" * 5000,
    ):
        answer = line.line.post(address, data=body, headers={"Content-Type": "application/json"}, timeout=30)
        assert answer.status_code in (400, 422), (body[:20], answer.status_code, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
    problem(line.line.post(f"{line.url}/api/v1/commands/no.such", json={}, timeout=30), 404, "config.no_such_page")
