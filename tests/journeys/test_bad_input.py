"""Bad input anywhere: the right status, a Chinese sentence that says what to do, and nothing typed is lost."""

import re

import pytest
from django.apps import apps
from playwright.sync_api import expect

from bihuan.foundation.ids import uuid7
from tests.journeys.conftest import tap
from tests.journeys.test_loop import photo
from tests.journeys.world import jpeg

SCRIPT = '<script>document.body.dataset.broken="yes"</script><img src=x onerror=alert(1)>'
CHINESE = re.compile(r"[\u4e00-\u9fff]{4,}")


def sentence_of(answer):
    found = re.search(r'class="says-no"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
    assert found, answer.text[:3000]
    words = re.sub(r"<[^>]+>", "", found[1])
    assert CHINESE.search(words)
    return words


def rows():
    return apps.get_model("cases", "Case").objects.count(), apps.get_model("foundation", "Event").objects.count()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "长" * 10_000),
        ("title", ""),
        ("title", "一"),
        ("title", "灭火器\x00失压"),
        ("place", "远" * 500),
        ("description", "细" * 10_000),
        ("level", "apocalypse"),
        ("source", "nowhere"),
        ("org", "not-a-uuid"),
        ("id", "not-a-uuid"),
        ("point", "../../etc/passwd"),
    ],
)  # fmt: skip
def test_a_bad_report_keeps_what_was_typed(world, door, name, value):
    typed = {
        "id": str(uuid7()),
        "org": str(world.orgs["school"]),
        "title": "灭火器压力不足",
        "place": "食堂后厨",
        "description": "指针在红区",
        "level": "general",
        "source": "snap",
    }
    before = rows()
    answer = door(world, "li").post("/hazards/new/", typed | {name: value})
    assert answer.status_code == 422, answer.text[:500]
    assert "请" in sentence_of(answer) or "必须填写" in answer.text
    for kept in ("title", "place", "description"):
        if kept != name:
            assert typed[kept] in answer.text
    if name in ("title", "description", "place") and value and "\x00" not in value:
        assert value in answer.text
    assert rows() == before


def test_a_unit_that_is_not_mine_or_nobodys_is_not_found(world, door):
    for org in (world.orgs["far_school"], uuid7()):
        typed = {"id": str(uuid7()), "org": str(org), "title": "灭火器压力不足", "level": "general"}
        answer = door(world, "li").post("/hazards/new/", typed)
        assert answer.status_code == 404
        assert CHINESE.search(answer.text)


def test_script_tags_are_words(world, sits):
    """They are shown as typed, in the form after a refusal, on the case, in the list; nothing runs."""
    page = sits(world, "li")
    page.goto("/hazards/new/")
    page.get_by_label("什么问题").fill(SCRIPT)
    page.get_by_label("具体位置").fill(SCRIPT[:80])
    page.get_by_label("补充说明").fill(SCRIPT)
    page.get_by_label("在哪里").select_option(str(world.orgs["school"]))
    tap(page.get_by_role("button", name="上报"))
    expect(page.locator("h1")).to_have_text(SCRIPT)
    page.goto("/hazards/")
    expect(page.locator("#rows")).to_contain_text(SCRIPT)
    assert page.locator("body").get_attribute("data-broken") is None


def test_a_photo_sent_with_a_refused_form_need_not_be_taken_again(world, sits):
    page = sits(world, "li", phone=True)
    page.goto("/hazards/new/")
    page.locator("input[type=file]").set_input_files(photo("第一次"))
    page.get_by_label("什么问题").fill("灭火器失压")
    page.get_by_label("在哪里").select_option(str(world.orgs["school"]))
    page.get_by_label("具体位置").evaluate(
        "field => { field.removeAttribute('maxlength'); field.value = '远'.repeat(200) }"
    )
    tap(page.get_by_role("button", name="上报"))
    expect(page.get_by_role("alert").first).to_contain_text("太长")
    expect(page.get_by_label("什么问题")).to_have_value("灭火器失压")
    expect(page.get_by_label("具体位置")).to_have_value("远" * 200)
    page.get_by_label("具体位置").fill("二层西侧")
    tap(page.get_by_role("button", name="上报"))
    expect(page.locator("h1")).to_have_text("灭火器失压")
    case = apps.get_model("cases", "Case").objects.get()
    assert len(case.before) == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"rectifier": "", "note": "请尽快换好"}, "整改人"),
        ({"rectifier": "@li", "due": "2020-01-01T10:00", "note": "请尽快换好"}, "现在之后"),
        ({"rectifier": "@li", "due": "someday", "note": "请尽快换好"}, "格式"),
        ({"rectifier": "@wang", "note": "请尽快换好"}, "整改职责"),
        ({"rectifier": "zzz", "note": "请尽快换好"}, "格式"),
        ({"rectifier": "@li", "note": "请尽快换好" + "好" * 10_000}, "太长"),
    ],
)  # fmt: skip
def test_a_bad_assignment_keeps_what_was_typed(world, door, form, words):
    case = world.report()
    before = rows()
    sent = {name: str(world.people[value[1:]]) if value.startswith("@") else value for name, value in form.items()}
    answer = door(world, "zhao").post(f"/hazards/{case}/steps/assign/", sent)
    assert answer.status_code == 422
    assert words in sentence_of(answer)
    assert form["note"] in answer.text
    assert rows() == before


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"", "a.jpg", 422),
        (b"MZ\x90\x00not a photo at all", "a.jpg", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.svg", 415),
        (b"GIF89a" + b"\x00" * 40, "a.jpg", 415),
        (jpeg("坏的")[:2000], "a.jpg", 422),
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused_and_the_words_stay(world, door, content, name, status):
    case = world.assign(world.report())
    files = {"photos": (name, content, "image/jpeg")}
    answer = door(world, "li").post(f"/hazards/{case}/steps/rectify/", {"note": "两具都换了"}, files=files)
    assert answer.status_code in (status, 422)
    sentence_of(answer)
    assert "两具都换了" in answer.text
    assert apps.get_model("cases", "Case").objects.get(pk=case).state == "rectifying"


WRONG_IDS = ("1", "not-a-uuid", "00000000-0000-0000-0000-000000000000", "%00", "' OR 1=1 --", "…", "..%2f..%2fetc")
PLACES = (
    "hazards/{}/",
    "hazards/{}/steps/verify/",
    "inspections/{}/",
    "net/{}/",
    "sheets/{}/",
    "points/{}/",
    "evidence/{}/",
    "hazards/papers/{}.pdf",
    "p/{}",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_id_in_an_address_is_a_page_in_chinese(world, door, place):
    pages = door(world, "li")
    for id in WRONG_IDS:
        answer = pages.get("/" + place.format(id))
        assert answer.status_code == 404, id
        assert CHINESE.search(answer.text), answer.text[:300]


def test_a_wrong_address_of_the_api_is_a_problem(world, machine):
    answer = machine(world, "li").get("/no-such-thing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert CHINESE.search(answer.json()["detail"])


@pytest.mark.parametrize(
    "page", ["/hazards/", "/inspections/", "/points/", "/net/", "/sheets/", "/notices/", "/search/"]
)
def test_a_bad_filter_never_breaks_a_list(world, door, page):
    pages = door(world, "zhao")
    queries = [
        "cursor=%00",
        "cursor=zzz",
        "school=1",
        "stage=nonsense",
        "level=%00",
        "q=" + "长" * 2000,
        "q=%00",
        "since=yesterday",
        "q=%27%25_%5C",
    ]
    for query in [
        *queries,
        "time=never",
        "cursor=" + "A" * 3000,
        "on=2026-99-99",
        "on=%00",
        "place=1",
        "person=zz",
        "state=%00&kind=%00&mine=%00",
    ]:
        answer = pages.get(f"{page}?{query}")
        assert answer.status_code in (200, 404, 422), (query, answer.status_code)
        assert CHINESE.search(answer.text)


def test_other_forms_say_what_is_wrong_and_keep_what_was_typed(lived, door):
    chen, zhao, admin, li = (door(lived, key) for key in ("chen", "zhao", "admin", "li"))
    school, long = lived.orgs["school"], "长" * 3000
    tries = [
        (chen, "/inspections/new/", {"id": str(uuid7()), "school": str(school), "kind": "sponsor_round", "focus": long}, long),
        (chen, "/inspections/new/", {"id": str(uuid7()), "school": "", "kind": "sponsor_round", "focus": "食堂午餐时段"}, "食堂午餐时段"),
        (chen, f"/inspections/{lived.kept['inspection']}/finish/", {"summary": long}, long),
        (chen, f"/inspections/{lived.kept['inspection']}/01/01-02/", {"result": "fail", "note": "", "place": "传达室门口"}, "传达室门口"),
        (admin, f"/net/{school}/appoint/", {"id": str(uuid7()), "post": "no-such-post", "starts_on": "2026-13-45", "person.name": "新来的"}, "新来的"),
        (admin, f"/net/{school}/new/", {"id": str(uuid7()), "kind": "building", "name": long}, long),
        (li, f"/points/new/?school={school}", {"id": str(uuid7()), "org_id": str(school), "name": "实验室药品柜", "kind": "nonsense"}, "实验室药品柜"),
        (li, "/account/password/", {"old": "wrong", "new": "x", "again": "y"}, ""),
        (zhao, f"/sheets/{lived.kept['sheet']}/draft/", {"id": str(uuid7()), "version": "", "note": "为了夏季"}, "为了夏季"),
    ]  # fmt: skip
    before = rows()
    for pages, path, form, kept in tries:
        answer = pages.post(path, form)
        assert answer.status_code == 422, (path, answer.status_code, answer.text[:300])
        sentence_of(answer)
        assert kept in answer.text, path
    assert rows() == before


def test_a_form_without_its_token_and_a_wrong_method_are_explained(world, door):
    pages = door(world, "li")
    refused = pages.line.post(f"{pages.url}/hazards/new/", data={"title": "灭火器"}, allow_redirects=False, timeout=30)
    assert refused.status_code == 403
    assert CHINESE.search(refused.text)
    assert pages.get("/notices/read/").status_code == 405
