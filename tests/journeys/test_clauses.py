"""Clauses of 浐灞 “1+2+3+4+5+N” as a bureau would check them: who was responsible, what goes out, what comes back."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.reactions import react


@pytest.mark.clause("CB-01")
def test_the_five_levels_answer_for_any_day(world, machine):
    """District head, line leader, office, sponsor cadre, school; the cadre changed yesterday, and both days are true."""
    today = timezone.localdate(clock.now())
    held = apps.get_model("responsibility", "Appointment").objects.get(user_id=world.people["chen"])
    successor = {"name": "褚新任", "phone": "19901009999", "staff_no": "JY599"}
    world.do(
        "admin",
        "responsibility.hand_over",
        id=str(uuid7()),
        appointment_id=str(held.pk),
        on=str(today),
        person=successor,
        note="轮岗",
    )
    line = machine(world, "zhao")

    def serving(post, on):
        told = line.get(f"/orgs/{world.orgs['kitchen']}/who?post={post}&on={on}").json()
        return [one.get("name") or one.get("user_name") or str(one) for one in told["items"]]

    levels = {"bureau-head": "郑局长", "bureau-line-leader": "何分管", "office-head": "孟科长", "head": "周校长"}
    for day in (today - timedelta(days=30), today - timedelta(days=1), today):
        for post, name in levels.items():
            assert name in str(serving(post, day)), (post, day)
    assert "陈包校" in str(serving("sponsor-cadre", today - timedelta(days=1)))
    assert "褚新任" not in str(serving("sponsor-cadre", today - timedelta(days=1)))
    assert "褚新任" in str(serving("sponsor-cadre", today))
    assert "陈包校" not in str(serving("sponsor-cadre", today))
    before_anybody = today - timedelta(days=400)
    assert serving("sponsor-cadre", before_anybody) == []


@pytest.mark.clause("CB-12")
def test_what_is_not_put_right_goes_back_and_what_comes_again_is_known(world, machine):
    case = world.rectify(world.assign(world.report(item="08-06", item_title="灭火器压力正常")))
    chen = machine(world, "chen")
    alone = chen.send("cases.return_case", case=case, note="只换了一具", conclusion="partly")
    assert alone.json()["code"] == "cases.second_verifier"  # a 复查单 has two signatures
    beside = {"second": [str(world.people["yu"])]}
    returned = chen.send("cases.return_case", case=case, note="只换了一具", conclusion="partly", **beside)
    assert returned.status_code == 200, returned.text
    row = apps.get_model("cases", "Case").objects.get(pk=case)
    assert (row.state, row.returns, row.waits_for_id) == ("rectifying", 1, world.people["li"])
    papers = apps.get_model("foundation", "Paper").objects
    assert papers.filter(code="verification-slip").count() == 1  # a 复查单 says that it was not done, too
    world.verify(world.rectify(case, photos=[world.photo("li", "第二次")]))
    assert list(papers.filter(code="verification-slip").order_by("serial").values_list("serial", flat=True)) == [1, 2]

    # the same item at the same place again: marked, and linked to the one before
    again = world.report(item="08-06", item_title="灭火器压力正常")
    elsewhere = world.report(item="08-06", item_title="灭火器压力正常", place="门卫室")
    told = machine(world, "zhao")
    assert told.get(f"/hazards/{again}").json()["recurrence_of_id"] == case
    assert told.get(f"/hazards/{elsewhere}").json()["recurrence_of_id"] is None
    assert [row["id"] for row in told.get("/hazards?recurring=true").json()["items"]] == [again]


@pytest.mark.clause("CB-11")
def test_several_hazards_of_a_school_go_out_in_one_numbered_notice(world, door):
    cases = [world.report(title=f"第 {n} 处插座松动") for n in range(3)]
    form = {"case": cases, "rectifier": str(world.people["li"]), "note": "一周内改完"}
    answer = door(world, "zhao").post("/hazards/bulk/", form)
    assert answer.status_code == 200
    assert answer.text.count("已交办") == 3
    paper = apps.get_model("foundation", "Paper").objects.get(code="supervision-notice")
    assert paper.serial == 1
    rows = apps.get_model("cases", "Case").objects.all()
    assert {(row.notice_number, row.state) for row in rows} == {(paper.number, "rectifying")}
    react(clock.now(), most=500)
    told = apps.get_model("foundation", "Notice").objects.filter(user_id=world.people["li"])
    assert told.exists()


@pytest.mark.clause("CB-06")
def test_a_post_that_nobody_holds_is_found(world, machine):
    """方副校 leaves: from tomorrow the school has nobody at the post, and the gap says which and since when."""
    today = timezone.localdate(clock.now())
    held = apps.get_model("responsibility", "Appointment").objects.get(user_id=world.people["fang"])
    world.do("admin", "responsibility.end_appointment", appointment_id=str(held.pk), ends_on=str(today), reason="调离")
    gaps = machine(world, "admin").get(f"/gaps?days=30&org={world.orgs['school']}").json()["items"]
    assert any(str(today + timedelta(days=1)) in str(gap) and "分管" in str(gap) for gap in gaps), gaps
