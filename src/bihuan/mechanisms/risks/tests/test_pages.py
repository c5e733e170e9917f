"""Pages, prints and the wall: what each person sees, what an outsider does not, and what is lost when something is refused."""

import io
import re

import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.ids import uuid7
from bihuan.foundation.printing.pdf import render_pngs
from bihuan.foundation.tests.test_evidence_doors import photo
from bihuan.mechanisms.risks import printouts, queries
from bihuan.mechanisms.risks.commands import adopt_points, check_point, renew_code, void_point
from bihuan.mechanisms.risks.models import RiskPoint

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


def html(response):
    return response.content.decode()


def measured(client, address):
    """A page as it costs a person who has been here before (packs and actors are remembered for seconds)."""
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as queries_made:
        response = client.get(address)
    assert len(queries_made) <= MOST_QUERIES, [q["sql"][:120] for q in queries_made]
    return response


@pytest.fixture
def many(net, actors, risks):
    """The whole catalogue of a primary school."""
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    return list(RiskPoint.objects.order_by("colour_rank", "number"))


# --- the desk -----------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_reddest_first_with_word_and_shape(door, many):
    page = html(measured(door("li"), "/points/"))
    assert page.count("data-row") == 25
    first = page.index(many[0].name)
    assert first < page.index(many[24].name)
    assert "红 · 重大" in page
    assert '<svg class="shape"' in page
    next_page = re.search(r'href="(\?[^"]*cursor=[^"]*)"', page).group(1).replace("&amp;", "&")
    assert many[25].name in html(door("li").get(f"/points/{next_page}"))


def test_filters_read_the_address(door, many, net):
    blue = html(door("zhao").get(f"/points/?colour=blue&school={net.school.pk}"))
    assert all(p.colour == "blue" for p in many if f'id="point-{p.pk}"' in blue)
    assert f'id="point-{many[-1].pk}"' in blue or many[-1].colour != "blue"
    assert many[3].name in html(door("li").get("/points/", {"q": many[3].number.lower()}))
    assert "没有符合这些条件的风险点" in html(door("li").get("/points/", {"q": "不存在的东西"}))
    for odd in ("?colour=pink", "?school=x", "?kind=%00", "?q=%00'\"<script>"):
        assert door("li").get(f"/points/{odd}").status_code == 200
    assert door("li").get("/points/?cursor=zzz").status_code == 422


def test_a_point_nobody_looked_at_is_late(door, actors, many, net):
    RiskPoint.objects.filter(pk=many[0].pk).update(made_at=clock.now().replace(year=clock.now().year - 1))
    late = html(door("li").get("/points/?late=1"))
    assert late.count("data-row") == 1
    assert "已超期" in late
    check_point(actors.wang, clock.now(), point_id=many[0].pk)
    assert "data-row" not in html(door("li").get("/points/?late=1"))


def test_the_strip_counts_what_this_person_may_see(actors, many):
    mine = {c.code: c.count for c in queries.colours_of(actors.li)}
    assert sum(mine.values()) == len(many)
    assert mine["red"] == sum(p.colour == "red" for p in many)
    assert all(
        c.count == 0 for who in (actors.wu, actors.sun, actors.nobody, actors.huo) for c in queries.colours_of(who)
    )


def test_a_point_page_says_how_it_was_scored_and_who_keeps_it(door, point):
    page = html(measured(door("li"), f"/points/{point.pk}/"))
    assert "可能性 3 × 严重性 4 = 12" in page
    for name in ("方副校长", "钱主任"):
        assert name in page
    assert "加装报警器" in page
    guard = html(door("wang").get(f"/points/{point.pk}/"))
    assert "/change/" not in guard
    assert "登记：正常" in guard


def test_registering_a_point_by_form(door, net, risks, actors):
    client = door("li")
    page = html(measured(client, "/points/new/"))
    assert "食堂后厨" in page
    typed = {
        "_id": str(uuid7()), "id": str(uuid7()), "school": str(net.school.pk), "org_id": str(net.room.pk), "name": "浓酸存放柜",
        "kind": "facility", "matrix": "ls-b", "likelihood": "4", "severity": "", "hazard_source": "强酸", "accident": "灼伤",
        "measures.emergency": "大量清水冲洗", "owner_post": "lab-keeper", "owner_id": "", "cadence": "",
    }  # fmt: skip
    refused = client.post("/points/new/", typed)
    assert refused.status_code == 422
    assert "请给出严重性" in html(refused)
    assert "大量清水冲洗" in html(refused), "nothing typed is lost"
    assert not RiskPoint.objects.exists()
    done = client.post("/points/new/", typed | {"severity": "5"})
    assert done.status_code == 302
    point = RiskPoint.objects.get()
    assert (point.colour, point.place, point.measures) == ("red", "化学实验室", {"emergency": "大量清水冲洗"})
    assert client.post("/points/new/", typed | {"severity": "5"}).status_code == 302, "a double click"
    assert RiskPoint.objects.count() == 1


def test_changing_the_method_keeps_what_was_typed(door, net, risks):
    page = html(door("li").post("/points/new/", {"school": str(net.school.pk), "name": "写了一半", "method": "lec"}))
    assert "写了一半" in page
    assert "暴露频度" in page
    assert not RiskPoint.objects.exists()


def test_the_live_explanation_writes_nothing(door, risks):
    said = html(door("li").get("/points/scoring/?matrix=ls-b&likelihood=5&severity=5"))
    assert "可能性 5 × 严重性 5 = 25" in said
    assert "红 · 重大" in said
    assert "请给出严重性" in html(door("li").get("/points/scoring/?matrix=ls-b&likelihood=5"))
    assert "直接定为红色" in html(
        door("li").get("/points/scoring/?matrix=ls-b&likelihood=1&severity=1&direct=killed-before")
    )
    assert 'id="scoring"' in html(door("li").get("/points/scoring/?method=lec"))
    for odd in ("?matrix=ghost", "?matrix=ls-b&likelihood=abc&severity=1", "?direct=ghost"):
        assert door("li").get(f"/points/scoring/{odd}").status_code == 200


def test_changing_a_point_by_form_and_losing_a_race(door, point, cast):
    client, other = door("li"), door("qian")
    form = html(client.get(f"/points/{point.pk}/change/"))
    assert "燃气灶台" in form
    typed = {
        "revision": "0",
        "name": "新名字",
        "kind": "facility",
        "matrix": "ls-b",
        "owner_id": str(cast.wang.pk),
        "measures.training": "教会关阀",
    }
    assert client.post(f"/points/{point.pk}/change/", typed).status_code == 302
    stored = RiskPoint.objects.get()
    assert (stored.name, stored.owner_id, stored.colour, stored.measures) == (
        "新名字",
        cast.wang.pk,
        "orange",
        {"training": "教会关阀"},
    )
    lost = other.post(f"/points/{point.pk}/change/", typed | {"name": "后来的名字"})
    assert lost.status_code == 409
    assert "后来的名字" in html(lost)
    assert "李安" in html(lost)
    assert RiskPoint.objects.get().name == "新名字"


def test_voiding_and_renewing_by_form(door, point):
    client = door("li")
    assert client.post(f"/points/{point.pk}/void/", {"revision": "0", "reason": "旧"}).status_code == 422
    assert client.post(f"/points/{point.pk}/renew/", {"revision": "0"}).status_code == 302
    assert client.post(f"/points/{point.pk}/renew/", {"revision": "0"}).status_code == 409
    assert client.post(f"/points/{point.pk}/void/", {"revision": "1", "reason": "灶台已经拆除"}).status_code == 302
    assert "已停用" in html(client.get(f"/points/{point.pk}/"))
    assert point.name not in html(client.get("/points/"))


def test_adopting_by_form(door, net, risks):
    client = door("li")
    page = html(measured(client, "/points/adopt/"))
    codes = re.findall(r'name="entry" value="([^"]+)"', page)
    assert len(codes) > 60
    assert client.post("/points/adopt/", {"school": str(net.school.pk)}).status_code == 422
    assert client.post("/points/adopt/", {"school": str(net.school.pk), "entry": codes[:3]}).status_code == 302
    assert set(RiskPoint.objects.values_list("catalogue", flat=True)) == set(codes[:3])
    assert "已选用" in html(client.get("/points/adopt/"))
    office = door("zhao")
    assert "先选学校" in html(office.get("/points/adopt/"))
    assert html(office.get(f"/points/adopt/?school={net.school.pk}")).count("已选用") == 3


@pytest.mark.parametrize("who", ["wu", "sun", "nobody", "huo"])
def test_an_outsider_gets_404_or_nothing_everywhere(door, net, point, who):
    client = door(who)
    addresses = [
        f"/points/{point.pk}/", f"/points/{point.pk}/change/", f"/points/{point.pk}/void/", f"/points/{point.pk}/card.pdf",
        f"/points/labels/?point={point.pk}", f"/points/labels.pdf?point={point.pk}", f"/points/labels.png?point={point.pk}",
        f"/points/labels.pdf?school={net.school.pk}", f"/p/{point.code}/report/",
    ]  # fmt: skip
    for address in addresses:
        unknown = (
            address.replace(str(point.pk), str(uuid7()))
            .replace(str(net.school.pk), str(uuid7()))
            .replace(point.code, "ZZZZZZZZZZ")
        )
        assert client.get(address).status_code == client.get(unknown).status_code == 404, address
    for address in (
        f"/points/{point.pk}/check/",
        f"/points/{point.pk}/renew/",
        f"/points/{point.pk}/void/",
        f"/p/{point.code}/check/",
        f"/p/{point.code}/report/",
    ):
        assert client.post(address, {"revision": "0", "reason": "外面的人"}).status_code == 404, address
    assert client.get(f"/points/adopt/?school={net.school.pk}").status_code in {403, 404}
    listing = html(client.get("/points/"))
    assert point.name not in listing
    assert point.number not in listing
    stored = RiskPoint.objects.get()
    assert (stored.revision, stored.checked_at, stored.is_active) == (0, None, True)


def test_anonymous_is_asked_to_sign_in(door, point):
    for address in (
        "/points/",
        f"/points/{point.pk}/",
        "/points/labels/",
        f"/points/{point.pk}/card.pdf",
        f"/p/{point.code}/report/",
    ):
        response = door("").get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/sign-in/?next=")


def test_pages_say_it_when_no_pack_brought_risks(door, net):
    packs.forget()
    response = door("li").get("/points/")
    assert response.status_code == 409
    assert "安装基础模型包" in html(response)


# --- the wall -------------------------------------------------------------------------------------------------------------


def test_a_stranger_before_the_wall_sees_the_card_and_no_person(door, net, make, cast, actors):
    net.school.phone = "029-83550001"
    net.school.save()
    point = make(owner_id=cast.wang.pk)
    check_point(actors.wang, clock.now(), point_id=point.pk, note="看过了")
    for who in ("", "wu", "sun"):
        page = html(measured(door(who), f"/p/{point.code}"))
        for word in ("燃气灶台", "食堂后厨", "橙 · 较大", "燃气泄漏", "火灾、爆炸", "关阀、开窗、撤人", "029-83550001"):
            assert word in page, word
        assert f"/p/{point.code}/tell/" in page
        assert "/m/#" not in page
        for secret in ("1380000", "王保安", "方副校长", "钱主任", "看过了", "加装报警器", str(point.pk)):
            assert secret not in page, secret


def test_somebody_of_the_school_has_two_buttons_and_the_people(door, make, cast):
    point = make(owner_id=cast.wang.pk)
    page = html(measured(door("wang"), f"/p/{point.code}"))
    assert "正常" in page
    assert f"/p/{point.code}/report/" in page
    assert f'href="tel:{cast.wang.phone}"' in page
    assert "方副校长" in page
    assert "我要反映" not in page
    assert page.index("正常") < page.index("风险告知卡")


def test_normal_is_one_tap(door, point):
    client = door("wang")
    envelope = str(uuid7())
    for _ in range(2):
        assert client.post(f"/p/{point.code}/check/", {"_id": envelope}).status_code == 302
    assert RiskPoint.objects.get().checked_at
    page = html(client.get(f"/p/{point.code}"))
    assert "已登记：燃气灶台 正常" in page
    assert page.count("王保安") >= 1
    assert len(queries.point(_actor(client), point.pk, on=clock.now().date()).history) == 2


def _actor(client):
    return client.get("/points/").wsgi_request.actor


def test_a_code_is_found_as_people_type_it(door, point):
    typed = f"{point.code[:5]}-{point.code[5:]}".lower()
    assert door("").get(f"/p/{typed}/").status_code == 200


def test_an_unknown_code_is_a_neutral_404(door, risks):
    for code in ("ZZZZZZZZZZ", "x", "1' OR '1'='1", "%E4%BD%A0%E5%A5%BD"):
        response = door("").get(f"/p/{code}")
        assert response.status_code == 404
        assert "没有找到这张标签" in html(response)


def test_an_old_label_says_that_it_is_void(door, point, actors):
    renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    for who in ("", "li"):
        page = html(door(who).get(f"/p/{point.code}"))
        assert "这张标签已作废" in page
        assert "新换的标签" in page
        assert "风险告知卡" not in page
    assert door("li").post(f"/p/{point.code}/check/").status_code == 409
    void_point(actors.li, clock.now(), point_id=point.pk, revision=1, reason="灶台已经拆除")
    fresh = RiskPoint.objects.get().code
    assert "已经停用" in html(door("").get(f"/p/{fresh}"))


@pytest.fixture
def hazards(posts):
    """The hazard chapters of the base pack."""
    from django.conf import settings

    from bihuan.foundation.packs.sections import sections

    for chapter in sections():
        if chapter.name in ("case-levels", "lifecycles", "ladders", "case-rules", "calendar", "papers"):
            items, _ = chapter.read(settings.BIHUAN_PACKS / "base")
            chapter.put(packs.PLATFORM, "base", items)
    packs.forget()


@pytest.mark.clause("CB-09")
def test_trouble_at_the_wall_becomes_a_hazard_of_this_point(door, point, net, hazards):
    """A risk point under control whose control fails: found by scanning, it becomes a hazard that names the point."""
    client = door("wang")
    form = html(client.get(f"/p/{point.code}/report/"))
    assert 'value="食堂后厨"' in form
    refused = client.post(f"/p/{point.code}/report/", {"description": "报警器不亮了", "place": "北墙"})
    assert refused.status_code == 422
    assert "报警器不亮了" in html(refused)
    assert "北墙" in html(refused)
    shot = io.BytesIO(photo(1))
    shot.name = "现场.jpg"
    short = client.post(f"/p/{point.code}/report/", {"description": "", "photos": shot})
    assert short.status_code == 422
    kept = re.findall(r'name="photos" value="([^"]+)"', html(short))
    assert len(kept) == 1, "the photo need not be taken again"
    given = {
        "_id": str(uuid7()),
        "id": str(uuid7()),
        "description": "报警器不亮了。按了没有反应",
        "place": "北墙",
        "photos": kept,
    }
    done = client.post(f"/p/{point.code}/report/", given)
    assert done.status_code == 302
    case_page = html(client.get(done["Location"]))
    assert "燃气灶台：报警器不亮了" in case_page
    found = of_subject(net.bureau.pk, _uuid(done["Location"]))
    assert [str(row.pk) for row in found] == kept
    assert RiskPoint.objects.get().is_active, "a hazard never deletes its risk"


def _uuid(location):
    from uuid import UUID

    return UUID(location.rstrip("/").rsplit("/", 1)[-1])


# --- prints ---------------------------------------------------------------------------------------------------------------


def test_every_label_of_a_full_sheet_can_be_scanned(door, many):
    rows = [{**row} for row in RiskPoint.objects.order_by("colour_rank", "number").values(*queries.COLUMNS)[:24]]
    sheet = Image.open(io.BytesIO(printouts.labels_png(rows, "https://aq.example.edu.cn", ppi=200)))
    read = {found.text for found in zxingcpp.read_barcodes(sheet)}
    assert read == {f"https://aq.example.edu.cn/p/{row['code']}" for row in rows}
    assert len(read) == 24


def test_the_label_pages(door, many, net):
    client = door("li")
    page = html(measured(client, "/points/labels/"))
    assert f"{len(many)} 个标签" in page
    pdf = client.get(f"/points/labels.pdf?school={net.school.pk}&colour=red")
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    assert pdf.content.startswith(b"%PDF")
    picture = client.get(f"/points/labels.png?point={many[0].pk}")
    codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)).resize((1654, 2338)))
    assert [code.text.rsplit("/", 1)[-1] for code in codes] == [many[0].code]
    assert client.get("/points/labels.pdf?colour=none").status_code == 422
    assert client.get("/points/labels.pdf?point=x").status_code == 404


def test_the_notice_card_is_one_page_and_scans(door, point, actors):
    response = door("li").get(f"/points/{point.pk}/card.pdf")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    page = queries.point(actors.li, point.pk, on=clock.now().date())
    data = printouts.card_data(page, "https://aq.example.edu.cn", on=clock.now().date())
    assert "1380000" not in str(data), "no telephone of a person on a wall"
    wordy = {"hazard_source": "源" * 200, "accident": "事" * 120, "emergency": "急" * 300, "name": "名" * 40}
    wordy["measures"] = [{"word": "管理制度", "text": "措" * 300}] * 4
    for said in (data, data | wordy):
        pages = render_pngs(printouts.CARD, said, ppi=150)
        assert len(pages) == 1
        codes = zxingcpp.read_barcodes(Image.open(io.BytesIO(pages[0])))
        assert [code.text for code in codes] == [f"https://aq.example.edu.cn/p/{point.code}"]
