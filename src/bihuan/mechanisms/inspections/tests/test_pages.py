"""The pages: begin, judge, end and sign without JavaScript; an outsider sees nothing; nothing typed is lost."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image, ImageDraw

from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.inspections.queries import detail

pytestmark = pytest.mark.django_db


def drawn() -> str:
    picture = Image.new("RGBA", (400, 160), (255, 255, 255, 0))
    ImageDraw.Draw(picture).line([(20, 90), (120, 30), (200, 120), (360, 60)], fill=(10, 10, 10, 255), width=7)
    raw = io.BytesIO()
    picture.save(raw, "PNG")
    return "data:image/png;base64," + base64.b64encode(raw.getvalue()).decode()


def jpeg() -> io.BytesIO:
    raw = io.BytesIO()
    Image.new("RGB", (80, 60), (10, 120, 60)).save(raw, "JPEG")
    raw.seek(0)
    raw.name = "现场.jpg"
    return raw


def test_the_whole_journey_through_the_pages(sheet, net, actors, door):
    client = door("chen")
    page = client.get("/inspections/new/")
    assert page.status_code == 200
    assert "我包的学校" in page.content.decode()
    new_id = str(uuid7())
    form = {
        "_id": str(uuid7()),
        "id": new_id,
        "school": str(net.school.pk),
        "kind": "sponsor_round",
        "applicable_only": "1",
    }
    assert client.post("/inspections/new/", form).headers["Location"] == f"/inspections/{new_id}/"
    found = detail(actors.chen, new_id)
    section = found.sections[0]
    item = section.items[0].code
    assert client.get(f"/inspections/{new_id}/").status_code == 200
    assert client.get(f"/inspections/{new_id}/{section.code}/").status_code == 200
    at = f"/inspections/{new_id}/{section.code}/{item}/"
    refused = client.post(at, {"_id": str(uuid7()), "result": "fail", "note": "", "place": "二楼会议室"})
    assert refused.status_code == 422
    assert "二楼会议室" in refused.content.decode()
    assert "请用一句话写明看到了什么" in refused.content.decode()
    form = {
        "_id": str(uuid7()),
        "result": "fail",
        "note": "组长仍是已调走的原校长",
        "place": "办公室",
        "photos": jpeg(),
        "hazard_now": "1",
        "level": "general",
    }
    went_on = client.post(at, form)
    assert went_on.headers["Location"].startswith(f"/inspections/{new_id}/{section.code}/#item-")
    (hazard,) = detail(actors.chen, new_id).hazards
    assert hazard["rectifier_name"] == "李安"
    second = section.items[1].code
    client.post(
        f"/inspections/{new_id}/{section.code}/{second}/",
        {"_id": str(uuid7()), "result": "fail", "note": "没有会议记录"},
    )
    finish = f"/inspections/{new_id}/finish/"
    assert "先把 1 个问题转为" in client.get(finish).content.decode()
    early = client.post(finish, {"_id": str(uuid7()), "summary": "一处问题"})
    assert early.status_code == 409
    assert "还有 1 个问题没有转为隐患" in early.content.decode()
    raised = {
        "_id": str(uuid7()),
        "problem": second,
        f"level-{second}": "serious",
        f"rectifier-{second}": str(actors.qian.id),
    }
    assert client.post(finish, raised).headers["Location"] == finish
    assert {row["rectifier_name"] for row in detail(actors.chen, new_id).hazards} == {"李安", "钱主任"}
    assert client.post(finish, {"_id": str(uuid7()), "summary": "两处问题"}).status_code == 302
    signed = {"_id": str(uuid7()), "signed_by_name": "周校长", "signature": drawn()}
    assert client.post(f"/inspections/{new_id}/sign/", signed).status_code == 302
    page = client.get(f"/inspections/{new_id}/").content.decode()
    assert "督办单 浐教安督" in page
    (paper,) = detail(actors.chen, new_id).papers
    pdf = client.get(f"/inspections/papers/{paper.pk}.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert client.get(f"/inspections/papers/{paper.pk}.docx").content.startswith(b"PK")
    assert "灞东区第一小学" in door("zhou").get("/inspections/").content.decode()


def test_an_htmx_answer_gives_the_item_back(opened, actors, door):
    section = detail(actors.chen, opened.pk).sections[1]
    item = section.items[0].code
    at = f"/inspections/{opened.pk}/{section.code}/{item}/"
    said = door("chen").post(at, {"_id": str(uuid7()), "result": "pass"}, headers={"HX-Request": "true"})
    assert said.status_code == 200
    text = said.content.decode()
    assert text.lstrip().startswith(f'<article id="item-{item}"')
    assert "陈包校" in text
    assert said.headers["X-Progress"].startswith("1/")
    refused = door("chen").post(at, {"_id": str(uuid7()), "result": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "请选 符合、有问题 或 不适用" in refused.content.decode()


def test_the_rest_passes_only_when_it_was_seen(opened, actors, door):
    section = detail(actors.chen, opened.pk).sections[2]
    client, at = door("chen"), f"/inspections/{opened.pk}/{section.code}/rest/"
    refused = client.post(at, {"_id": str(uuid7()), "seen": [section.items[0].code]})
    assert refused.status_code == 422
    assert "没有看过" in refused.content.decode()
    assert detail(actors.chen, opened.pk).tally.done == 0
    assert client.post(at, {"_id": str(uuid7()), "seen": [view.code for view in section.items]}).status_code == 302
    assert detail(actors.chen, opened.pk).sections[2].tally.left == 0


@pytest.mark.parametrize("way", ["", "01/", "finish/", "team/"])
def test_an_outsider_finds_nothing(opened, door, way):
    at = f"/inspections/{opened.pk}/{way}"
    assert door("wu").get(at).status_code == 404
    assert door("sun").get(at).status_code == 404
    assert door("nobody").get(at).status_code == 404
    assert door("").get(at).headers["Location"].startswith("/sign-in/")
    assert str(opened.pk) not in door("wu").get("/inspections/").content.decode()


def test_pages_stay_within_their_queries(opened, door, django_assert_max_num_queries):
    client = door("chen")
    client.get("/inspections/")
    for way in (
        "/inspections/",
        "/inspections/new/",
        f"/inspections/{opened.pk}/",
        f"/inspections/{opened.pk}/08/",
        f"/inspections/{opened.pk}/finish/",
    ):
        with django_assert_max_num_queries(12):
            assert client.get(way).status_code == 200
