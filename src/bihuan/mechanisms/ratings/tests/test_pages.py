"""The doors: what each person is shown, forms that keep what was typed, the paper, the workbook and the API."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from bihuan.accounts.commands import issue_token
from bihuan.foundation import clock
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.ratings import commands
from bihuan.mechanisms.ratings.models import Rating, Score
from bihuan.mechanisms.ratings.tests.conftest import AT, open_one, score_of

pytestmark = pytest.mark.django_db


@pytest.mark.clause("XX-18")
def test_a_rating_walked_through_its_pages(schemes, net, cast, task, door, now):
    task("2026-10-12", "guard", done="07:20", by=cast.wang)
    li, zhou, fang, wang = (door(key) for key in ("li", "zhou", "fang", "wang"))
    shown = li.get("/ratings/").content.decode()
    assert "2026年10月 保安月度安全考评" in shown
    assert "开始一次考评" not in wang.get("/ratings/").content.decode()
    said = {"id": "", "org_id": str(net.school.pk), "what": "guard/2026-11-01"}
    early = li.post("/ratings/", said)
    assert early.status_code == 422
    begun = li.post("/ratings/", said | {"id": "01a203be-45ab-720f-8d14-93b88fa599dd", "what": "guard/2026-10-01"})
    rating = Rating.objects.get()
    assert begun.url == f"/ratings/{rating.pk}/"
    score = score_of(rating, cast.wang)
    here = f"/ratings/scores/{score.pk}/"
    page = li.get(here).content.decode()
    assert "校门早巡" in page
    assert "没有到期的，不计分、不扣分" in page
    wrong = li.post(here + "judge/", {"revision": "0", "mark-post-work": "25", "reason-post-work": "很好"})
    assert wrong.status_code == 422
    assert "很好" in wrong.content.decode()
    assert (
        li.post(here + "judge/", {"revision": "0", "mark-post-work": "18", "reason-post-work": "在岗"}).status_code
        == 302
    )
    assert wang.get(here).status_code == 404
    assert zhou.post(f"/ratings/{rating.pk}/publish/", {"revision": "0"}).status_code == 302
    assert "等你看" in wang.get("/ratings/").content.decode()
    own = wang.get(here).content.decode()
    assert "我知悉这份结果" in own
    assert "布置一件改进" not in own
    assert wang.post(here + "acknowledge/").status_code == 302
    assert wang.post(here + "appeal/", {"words": "短"}).status_code == 422
    assert wang.post(here + "appeal/", {"words": "12 日那天还帮着疏导了交通，没有算"}).status_code == 302
    assert "由另一位负责人决定" in zhou.get(here).content.decode()
    assert "决定申诉" in fang.get(here).content.decode()
    decided = {
        "reason": "疏导交通有记录，算上",
        "mark-post-work": "20",
        "reason-post-work": "疏导交通",
        "reason-patrols": "",
    }
    assert fang.post(here + "decide/", decided).status_code == 302
    assert "申诉后更改" in wang.get(here).content.decode()
    asked = {"words": "门卫室装提醒器", "person": str(cast.qian.pk), "until": "2026-11-20"}
    assert li.post(here + "improve/", asked).status_code == 302
    assert "门卫室装提醒器" in wang.get(here).content.decode()
    assert "重算" in li.get(here + "?on=2026-10-12").content.decode()
    assert li.get(here + "?on=neverday").status_code == 200


def test_a_result_as_a_paper_and_a_rating_as_a_workbook(published, cast, door, now):
    score = score_of(published, cast.wang)
    paper = door("wang").get(f"/ratings/scores/{score.pk}/score.pdf")
    assert paper.status_code == 200
    assert paper.content.startswith(b"%PDF")
    assert door("qian").get(f"/ratings/scores/{score.pk}/score.pdf").status_code == 404
    address = f"/ratings/{published.pk}/rating.xlsx"
    assert door("wang").get(address).status_code == 404
    rows = CalamineWorkbook.from_filelike(BytesIO(door("li").get(address).content)).get_sheet_by_index(0).to_python()
    assert rows[2][:3] == ["岗位", "姓名", "巡查到位（40）"]
    assert rows[3][1] == "王保安"
    assert rows[3][rows[2].index("结果")] == float(score.total)
    assert rows[3][rows[2].index("门卫登记（20）")] == ""  # nothing was due


def test_people_see_the_spread_of_a_large_school_and_no_names(opened, cast, actors, door, now):
    rows = Score.objects.filter(rating=opened)
    kept = rows.get()
    columns = {
        name: getattr(kept, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path", "post_name")
    }
    Score.objects.bulk_create(
        Score(rating=opened, subject=str(n), name=f"保安{n}", total=50 + 10 * n, **columns) for n in range(5)
    )
    commands.publish(actors.zhou, AT, rating_id=opened.pk, revision=0)
    for address in (f"/ratings/{opened.pk}/", f"/ratings/scores/{kept.pk}/"):
        shown = door("wang").get(address).content.decode()
        assert "九成以上" in shown
        assert "保安3" not in shown
    everybody = door("fang").get(f"/ratings/{opened.pk}/").content.decode()
    assert everybody.index("保安0") < everybody.index("保安4") < everybody.index("王保安")  # by name, not by rank


def test_machines_get_the_list_and_only_what_is_theirs(published, actors, now):
    def got(key, path, *scopes):
        token = issue_token(getattr(actors, key), AT, name="测试", scopes=["read", *scopes])["token"]
        answer = Client(headers={"authorization": f"Bearer {token}"}).get(f"/api/v1{path}")
        return answer.status_code, answer.json()

    assert [one["id"] for one in got("zhao", "/ratings")[1]["items"]] == [str(published.pk)]
    assert got("wang", "/ratings")[1]["items"] == []
    assert got("wu", "/ratings")[1]["items"] == []
    one = f"/ratings/{published.pk}"
    assert [row["name"] for row in got("li", one, "write")[1]["scores"]] == ["王保安"]
    assert got("li", one)[1]["scores"] == []  # a token that only reads does not appraise, and sees no names
    assert [row["name"] for row in got("wang", one)[1]["scores"]] == ["王保安"]
    assert got("zhao", one)[1]["scores"] == []
    assert got("wu", one)[0] == 404


def test_somebody_without_a_pack_is_told_so(net, cast, door, now):
    assert "还没有考评方案" in door("li").get("/ratings/").content.decode()


def chapter():
    return next(one for one in sections() if one.name == "ratings")


def test_a_wrong_scheme_is_found_when_the_pack_is_checked(tmp_path):
    text = """
- code: one
  name: 试一试
  subject: post
  posts: [nobody]
  period: month
  appeal_days: 7
  fewest: 5
  items:
    - {code: a, name: 甲项, full: 50, measure: never-heard-of}
    - {code: a, name: 乙项, full: 50}
  source: own
  proof: own
- code: two
  name: 部门
  subject: department
  posts: [guard]
  period: month
  appeal_days: 7
  fewest: 2
  items: [{code: a, name: 甲项, full: 50}]
  source: own
  proof: own
"""
    (tmp_path / "ratings.yaml").write_text(text, encoding="utf-8")
    items, faults = chapter().read(tmp_path)
    assert [fault.entry for fault in faults] == ["two"]  # with two results one could tell who is who
    found = {fault.code for item in items for fault in chapter().check(item, frozenset({("posts", "guard")}))}
    assert found == {"ratings.post", "ratings.measure", "ratings.twice"}


def test_the_appeal_closes_with_its_last_day(published, cast, door):
    here = f"/ratings/scores/{score_of(published, cast.wang).pk}/"
    for days, open_still in ((7, True), (8, False)):
        with clock.travel(AT + timedelta(days=days)):
            assert ("送出申诉" in door("wang").get(here).content.decode()) is open_still


def test_a_result_counted_again_by_four_rooms_keeps_the_budget(schemes, net, cast, actors, serve, door, now):
    serve("qian", "class-teacher")
    rating = open_one(actors.li, net, "class-teacher")
    commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=0)
    li, here = door("li"), f"/ratings/scores/{score_of(rating, cast.qian).pk}/"
    for address in (here, here + "?on=2026-10-20"):
        with CaptureQueriesContext(connection) as asked:
            assert li.get(address).status_code == 200
        assert len([one for one in asked if "foundation_packentry" not in one["sql"]]) <= 12, address


def test_the_list_of_ratings_is_filtered_by_its_address(published, net, actors, door, now):
    open_one(actors.li, net, "departments")
    shown = {
        asked: door("zhao").get(f"/ratings/?{asked}").content.decode()
        for asked in ("state=open", "state=published", "state=cancelled", f"school={net.other_school.pk}")
    }
    told, still = "保安月度安全考评", "部门月度安全考评"
    assert [(told in body, still in body) for body in shown.values()] == [
        (False, True),
        (True, False),
        (False, False),
        (False, False),
    ]
    assert "没有这样的考评" in shown["state=cancelled"]
    assert door("zhao").get("/ratings/?school=nonsense").status_code == 404
    assert "评完" in door("li").get(f"/ratings/{Rating.objects.get(state='open').pk}/").content.decode()
