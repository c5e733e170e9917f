"""汉阴 “333” as a county would check it: the net down to the group, codes on the walls, rounds, daily reports, the loop.

A county of two schools in two villages of one town, built from the pack's own demo data by the commands that build the
demo; everything here goes through commands, pages and the phone's calls.
"""

import hashlib
import json
from datetime import date, time, timedelta
from importlib import import_module
from io import BytesIO
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client
from PIL import Image

from bihuan.accounts.commands import issue_token
from bihuan.config.demo.building import District
from bihuan.config.demo.history.days import at, minute
from bihuan.engines.duties.jobs import generate_ahead, miss_over
from bihuan.engines.duties.queries import open_tasks
from bihuan.engines.responsibility.queries import actor_of, chain, forget_actors, gaps, org, unit_page, who
from bihuan.foundation import clock, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.patrols.carried import routes_for_phone
from bihuan.mechanisms.risks.queries import points, points_for_phone

SHOWN, OTHER = "示范县石桥镇中心小学", "示范县柳溪小学"
MONDAY = date(2026, 9, 7)
NINE = minute(MONDAY, 9 * 60)


class County:
    """The district with people called by their post."""

    def __init__(self):
        self.district = District("hanyin-333")
        self.district.planned = [one for one in self.district.planned if one.name in (SHOWN, OTHER)]
        for _, step in self.district.steps():
            step()
        self.school, self.other = (self.find(name) for name in (SHOWN, OTHER))

    def find(self, name):
        return apps.get_model("responsibility", "Org").objects.get(name=name)

    def by(self, post, place=None, n=0):
        return self.district.holder(place or self.school, post, n)

    def do(self, by, command, *, at=NINE, **args):
        """One envelope by somebody at a moment; what it answered."""
        forget_actors()
        with clock.travel(at):
            return execute(actor_of(by.id), at, id=uuid7(), name=command, args=args).answer

    def photo(self, by, at=NINE, colour="red"):
        picture, id = BytesIO(), uuid7()
        Image.new("RGB", (80, 60), colour).save(picture, "JPEG")
        keep_evidence(by, at, raw=picture.getvalue(), name="现场.jpg", id=id)
        return str(id)

    def door(self, by=None):
        client = Client()
        if by is not None:
            person = apps.get_model("accounts", "User").objects.get(pk=by.id)
            session = import_module(settings.SESSION_ENGINE).SessionStore()
            session[SESSION_KEY], session["version"] = str(person.pk), person.version
            session.save()
            client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def page(self, by, path, at=NINE):
        """The text of a page as somebody gets it at a moment."""
        with clock.travel(at):
            answer = self.door(by).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def points(self):
        return points_for_phone(self.by("safety-lead"), [self.school.pk])

    def routes(self, *codes, at=NINE):
        """Take routes over and make what is due; name → (route, stops with their labels)."""
        lead = self.by("safety-lead")
        self.do(lead, "patrols.adopt_routes", at=at, org_id=str(self.school.pk), codes=list(codes))
        with clock.travel(at):
            generate_ahead(at)
        labels = {UUID(point["id"]): point for point in self.points()}
        return {
            one["name"]: (one, [labels[stop] for stop in one["stops"]])
            for one in routes_for_phone(lead, [self.school.pk])
        }

    def walk(self, by, task, route, stops, began, *, pace=60, away=0.0, found=None):
        """A round handed in as a phone would; what was answered."""
        looks = [began + timedelta(seconds=pace * n) for n in range(1, len(stops) + 1)]
        checks = [
            {
                "n": n, "point_id": stop["id"], "code": stop["code"], "how": "scan", "at": look.isoformat(), "seconds": min(pace, 12),
                "lat": (stop["lat"] or 32.8) + away, "lon": stop["lon"] or 108.5, "accuracy": 10,
                **({"result": "found", "hazard_id": found} if found and n == 1 else {"result": "normal"}),
            }
            for n, (look, stop) in enumerate(zip(looks, stops, strict=True), start=1)
        ]  # fmt: skip
        ended = looks[-1] + timedelta(seconds=5)
        return self.do(
            by, "patrols.submit_round", at=ended, id=str(uuid7()), route_id=str(route["id"]), task_id=str(task["id"]),
            started_at=began.isoformat(), ended_at=ended.isoformat(), spent=30, checks=checks,
        )  # fmt: skip


@pytest.fixture
def county(db, data_folder):
    """Two schools of one town, as the installer left them."""
    built = County()
    yield built
    packs.forget()
    forget_actors()


def names(links):
    return {link.post: [one.user.name for one in link.people] for link in links}


# --- 三个中心 ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-02")
def test_town_village_and_group_answer_for_a_school_on_any_day(county):
    """镇、村、组: all three are on the school's chain; a village's new head counts from the day on; wardens see their own."""
    before = names(chain(county.school, on=MONDAY))
    for post in ("county-committee-head", "town-committee-head", "village-lead", "group-lead", "head"):
        assert before[post], post
    village = who(county.school, "village-lead", on=MONDAY)[0]
    assert village.org.name == "石桥村"
    county.do(
        county.district.admin, "responsibility.hand_over", id=str(uuid7()), appointment_id=str(village.pk),
        on=str(MONDAY), person={"name": "新村长", "phone": "19906990001"}, note="换届",
    )  # fmt: skip
    assert names(chain(county.school, on=MONDAY))["village-lead"] == ["新村长"]
    assert names(chain(county.school, on=MONDAY - timedelta(days=1)))["village-lead"] == before["village-lead"]
    assert "新村长" in county.page(county.by("safety-office", county.district.bureau), f"/net/{county.school.pk}/")

    warden, town = county.by("grid-warden"), county.by("town-safety-officer")
    assert org(warden, county.school.pk) == county.school
    with pytest.raises(Refusal, match="没有找到"):
        org(warden, county.other.pk)
    assert {org(town, school.pk).name for school in (county.school, county.other)} == {SHOWN, OTHER}


@pytest.mark.clause("HY-03")
def test_the_line_from_head_to_teacher_has_no_silent_hole(county):
    """校长—分管副校长—主任—年级组长—班主任: each is held by somebody, and when the year heads leave, the hole is said."""
    lead = county.by("safety-lead")
    for post in ("head", "line-leader", "safety-lead", "grade-head", "class-teacher", "subject-teacher"):
        assert who(county.school, post, on=MONDAY)[0].org_id == county.school.pk, post
    for held in who(county.school, "grade-head", on=MONDAY):
        county.do(
            lead, "responsibility.end_appointment", appointment_id=str(held.pk), ends_on=str(MONDAY), reason="轮岗"
        )
    found = [gap.sentence(MONDAY) for gap in gaps(lead, since=MONDAY, until=MONDAY + timedelta(days=7))]
    assert any("年级组长空缺" in sentence for sentence in found), found
    assert "学生自主管理委员" in county.page(lead, "/net/posts/student-safety-monitor/")


@pytest.mark.clause("HY-04")
def test_the_parents_committee_sees_the_gate_and_nothing_else(county):
    county.district.make_keepers()
    gate = apps.get_model("responsibility", "Org").objects.get(name="校门口", school_id=county.school.pk)
    parent = actor_of(who(gate, "parents-committee-head", on=MONDAY)[0].user_id)
    assert {point["place"] for point in points(parent).rows} == {"校门口"}
    told = {"title": "校门口积水结冰", "description": "早上有两个孩子滑倒"}
    seen = str(uuid7())
    county.do(parent, "cases.report_hazard", id=seen, org=str(gate.pk), **told)
    with pytest.raises(Refusal, match="没有找到"):
        county.do(parent, "cases.report_hazard", id=str(uuid7()), org=str(county.school.pk), **told)
    inside = str(uuid7())
    county.do(
        county.by("class-teacher"), "cases.report_hazard", id=inside, org=str(county.school.pk), title="三楼窗扇松动"
    )
    with clock.travel(NINE):
        client = county.door(parent)
        assert client.get(f"/hazards/{seen}/").status_code == 200
        assert client.get(f"/hazards/{inside}/").status_code == 404


# --- 规范责任、清单化 -------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-06")
def test_four_levels_have_their_lists_and_an_empty_level_shows(county):
    """局长、分管局长、股长、校长: each list stands on its page with where it comes from; nobody at a level is seen."""
    office = county.by("safety-office", county.district.bureau)
    for post in ("bureau-head", "bureau-line-leader", "office-head", "head"):
        duties = packs.entry(county.district.id, "posts", post)["duties"]
        assert len(duties) >= 4
        assert all(duty["source"] and duty["proof"] for duty in duties)
        page = county.page(office, f"/net/posts/{post}/")
        assert all(duty["text"] in page for duty in duties), post
    held = who(county.district.bureau, "bureau-line-leader", on=MONDAY)[0]
    county.do(
        county.district.admin,
        "responsibility.end_appointment",
        appointment_id=str(held.pk),
        ends_on=str(MONDAY),
        reason="调离",
    )
    assert names(chain(county.school, on=MONDAY))["bureau-line-leader"]
    assert names(chain(county.school, on=MONDAY + timedelta(days=1)))["bureau-line-leader"] == []


@pytest.mark.clause("HY-10", "HY-18")
def test_every_hazard_has_a_number_a_person_a_day_and_a_second_pair_of_eyes(county):
    """发现—上报—整改—验证: the bureau sees each step with who, when and by what; nobody closes their own."""
    teacher, line, lead, cadre = (
        county.by(post) for post in ("class-teacher", "line-leader", "safety-lead", "sponsor-cadre")
    )
    cases = [str(uuid7()) for _ in range(2)]
    for n, case in enumerate(cases):
        county.do(
            teacher, "cases.report_hazard", id=case, org=str(county.school.pk), title=f"楼梯第{n + 1}级松动", place="教学楼",
            photos=[county.photo(teacher)],
        )  # fmt: skip
    for case in cases:
        county.do(line, "cases.assign_case", case=case, rectifier=str(lead.id), note="三天内改好")
    rows = apps.get_model("cases", "Case").objects.filter(pk__in=cases).order_by("number")
    assert len({row.number for row in rows}) == 2
    assert all(row.rectifier_id == lead.id and row.due_at > NINE for row in rows)
    later = NINE + timedelta(hours=5)
    fixed = {"note": "换了踏板", "photos": [county.photo(lead, later, "blue")]}
    with pytest.raises(Refusal):
        county.do(lead, "cases.rectify_case", at=later, case=cases[0], note="换了踏板", photos=[])
    county.do(lead, "cases.rectify_case", at=later, case=cases[0], **fixed)
    seen = {"note": "踩过，不晃", "photos": [county.photo(cadre, later, "green")]}
    with pytest.raises(Refusal):
        county.do(lead, "cases.verify_case", at=later, case=cases[0], **seen)
    county.do(cadre, "cases.verify_case", at=later + timedelta(hours=1), case=cases[0], **seen)
    assert [row.state for row in rows.all()] == ["closed", "rectifying"]
    paper = apps.get_model("foundation", "Paper").objects.get(code="verification-slip")
    assert paper.number.startswith("汉教体安复〔2026〕1号")

    page = county.page(county.by("safety-office", county.district.bureau), f"/hazards/{cases[0]}/", later)
    assert all(name in page for name in (teacher.name, line.name, lead.name, cadre.name))
    facts = (
        apps.get_model("foundation", "Event")
        .objects.filter(subject_id=cases[0], name__startswith="cases.")
        .order_by("at")
    )
    steps = [(fact.facts.get("action"), fact.by_name) for fact in facts if fact.facts.get("action")]
    assert [step for step, _ in steps] == ["report", "assign", "rectify", "verify"]
    assert all(by for _, by in steps)


@pytest.mark.clause("HY-11")
def test_a_place_without_anybody_is_found_and_each_point_says_who_and_how(county):
    """空间: every point has its place, its post and its measures; an area that nobody keeps is a gap until somebody does."""
    lead = county.by("safety-lead")
    assert all(point["place"] and point["measures"] and point["owner_post"] for point in county.points())
    kitchen = apps.get_model("responsibility", "Org").objects.get(name="食堂后厨", school_id=county.school.pk)

    def empty():
        found = gaps(lead, since=MONDAY, until=MONDAY, under_org=county.school)
        return any("食堂后厨" in gap.where() for gap in found)

    assert empty()
    cook = county.by("canteen-manager")
    county.do(
        lead, "responsibility.appoint", id=str(uuid7()), org_id=str(kitchen.pk), post="canteen-manager",
        starts_on=str(MONDAY), user_id=str(cook.id),
    )  # fmt: skip
    assert not empty()


# --- 四色码 -----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-15")
def test_a_code_is_printed_posted_replaced_and_void(county):
    """Scanned by anybody it tells the risk, whoever answers and what to do; a torn label says that it is void."""
    lead, point = county.by("safety-lead"), county.points()[0]
    county.do(lead, "risks.print_labels", points=[point["id"]])
    photo = county.photo(lead)
    county.do(lead, "risks.post_label", code=point["code"], photo=photo, lat=32.81, lon=108.52, accuracy=9)
    posted = next(one for one in county.points() if one["id"] == point["id"])
    assert (posted["posted"], posted["lat"]) == (True, 32.81)
    wall = county.page(None, f"/p/{point['code']}")
    assert point["name"] in wall
    assert point["accident"] in wall
    assert point["owner"] not in wall  # names and measures are for people of the school
    guard = county.page(county.by("guard"), f"/p/{point['code']}")
    assert all(words in guard for words in (point["owner"], point["measures"][0]["text"]))
    assert "正常" in guard
    assert "有问题" in guard

    county.do(lead, "risks.renew_code", point_id=point["id"], revision=0, reason="标签被撕坏")
    fresh = next(one for one in county.points() if one["id"] == point["id"])
    assert fresh["code"] != point["code"]
    old = county.door().get(f"/p/{point['code']}").content.decode()
    assert "作废" in old
    assert point["accident"] in county.page(None, f"/p/{fresh['code']}")
    county.do(lead, "risks.void_point", point_id=point["id"], revision=1, reason="这处房子已经拆除")
    assert fresh["id"] not in {one["id"] for one in county.points()}
    assert "作废" in county.door().get(f"/p/{fresh['code']}").content.decode()


@pytest.mark.clause("HY-16")
def test_wardens_and_guards_walk_and_what_was_missed_late_or_odd_is_seen(county):
    """路线、频次、窗口; 漏巡、迟巡、异常快、距离异常."""
    lead, guard, warden = (county.by(post) for post in ("safety-lead", "guard", "grid-warden"))
    for n, point in enumerate(county.points()):
        county.do(
            lead, "risks.post_label", at=NINE - timedelta(days=3), code=point["code"], lat=32.8 + n * 1e-4, lon=108.5
        )
    routes = county.routes("gate-rounds", "outside-weekly", at=at(MONDAY, time()))
    gate, outside = routes["校门早中晚巡查"], routes["校园周边网格巡查"]

    def due(by, name, moment):
        return next(task for task in open_tasks(by, moment, acts=("patrol",), days=1) if name in task["title"])

    week = due(warden, "网格", NINE)
    assert county.walk(warden, week, *outside, NINE)["result"] == "normal"
    early = due(guard, "（早）", minute(MONDAY, 7 * 60 + 10))
    quick = county.walk(guard, early, *gate, minute(MONDAY, 7 * 60 + 10), pace=1, away=0.01)
    assert {"far_from_point", "whole_round_too_quick"} <= {one["code"] for one in quick["signals"]}
    noon = due(guard, "（中）", minute(MONDAY, 12 * 60))
    assert county.walk(guard, noon, *gate, minute(MONDAY, 14 * 60 + 30))["result"] == "late"
    night = minute(MONDAY, 20 * 60)
    with clock.travel(night):
        assert miss_over(night) >= 1
    while react(clock.now(), most=500):
        pass
    states = dict(
        apps.get_model("duties", "Task").objects.filter(on=MONDAY, act="patrol").values_list("title", "state")
    )
    assert states["校门早中晚巡查（早）"] == "done"
    assert states["校门早中晚巡查（中）"] == "late"
    assert states["校门早中晚巡查（晚）"] == "missed"
    missed = apps.get_model("risks", "RiskPoint").objects.filter(pk__in=[stop["id"] for stop in gate[1]])
    assert {point.missed_rounds for point in missed} == {1}
    page = county.page(lead, f"/patrols/?school={county.school.pk}&day={MONDAY}", night)
    assert "漏巡" in page
    assert "迟巡" in page
    rounds = apps.get_model("patrols", "Round").objects
    odd = rounds.get(task_id=early["id"])
    seen = county.page(lead, f"/patrols/rounds/{odd.pk}/", night)
    assert "离点位较远" in seen
    assert "整条路线太快" in seen
    county.do(
        guard,
        "patrols.answer_signal",
        at=night,
        round_id=str(odd.pk),
        signal="far_from_point",
        words="门卫室信号弱，定位飘了",
    )
    assert "门卫室信号弱" in county.page(lead, f"/patrols/rounds/{odd.pk}/", night)
    assert not rounds.filter(school_id=county.other.pk).exists()


@pytest.mark.clause("HY-17")
def test_a_teacher_without_network_reports_and_it_arrives_whole_and_once(county):
    """Yesterday's report with its photo comes in today by the phone's call: the phone's time is kept, twice is once."""
    teacher = county.by("class-teacher")
    now = clock.now()
    token = issue_token(teacher, now, name="手机", scopes=["read", "write"], days=1)["token"]
    line, head = Client(), {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    picture, photo, case = BytesIO(), str(uuid7()), str(uuid7())
    Image.new("RGB", (90, 60), "orange").save(picture, "JPEG")
    raw = picture.getvalue()
    put = line.put(
        f"/api/v1/phone/photos/{hashlib.sha256(raw).hexdigest()}?offset=0&total={len(raw)}", raw, content_type="application/octet-stream",
        HTTP_X_EVIDENCE_ID=photo, **head,
    )  # fmt: skip
    assert put.json() == {"evidence": photo}
    walked = now - timedelta(hours=20)
    args = {
        "id": case,
        "org": str(county.school.pk),
        "title": "操场护栏断了一根",
        "place": "操场北侧",
        "photos": [photo],
    }
    body = {
        "phone_now": now.isoformat(),
        "envelopes": [{"id": str(uuid7()), "command": "cases.report_hazard", "args": args, "sent_at": walked.isoformat(), "needs": [photo]}],
    }  # fmt: skip
    for replayed in (False, True):
        answer = line.post("/api/v1/phone/sync", json.dumps(body), content_type="application/json", **head)
        (result,) = answer.json()["results"]
        assert (result["ok"], result["replayed"]) == (True, replayed)
    row = apps.get_model("cases", "Case").objects.get(pk=case)
    assert (row.reporter_id, row.place, row.before) == (teacher.id, "操场北侧", [photo])
    assert apps.get_model("cases", "Case").objects.count() == 1
    outsider = issue_token(county.by("class-teacher", county.other), now, name="手机", scopes=["write"], days=1)[
        "token"
    ]
    body["envelopes"][0] |= {"id": str(uuid7()), "args": args | {"id": str(uuid7()), "photos": []}, "needs": []}
    answer = line.post(
        "/api/v1/phone/sync", json.dumps(body), content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {outsider}"
    )
    (result,) = answer.json()["results"]
    assert (result["ok"], result["code"]) == (False, "foundation.not_found")


# --- 平台 -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("HY-19")
def test_three_daily_reports_are_one_act_each(county):
    """巡检、晨午检、值班: each is one envelope from whoever must; a nil report counts, and a number out of bounds is a finding."""
    admin, lead = county.district.admin, county.by("safety-lead")
    friday = at(MONDAY - timedelta(days=3), time())
    room, teacher = str(uuid7()), county.by("class-teacher", n=2)
    county.do(
        admin,
        "responsibility.create_org",
        at=friday,
        id=room,
        parent_id=str(county.school.pk),
        kind="class",
        name="三年级（1）班",
    )
    county.do(
        admin, "responsibility.appoint", at=friday, id=str(uuid7()), org_id=room, post="class-teacher",
        starts_on=str(MONDAY - timedelta(days=3)), user_id=str(teacher.id),
    )  # fmt: skip
    routes = county.routes("gate-rounds", at=friday)
    with clock.travel(friday):
        generate_ahead(friday)
    tasks = apps.get_model("duties", "Task").objects.filter(on=MONDAY)
    morning, noon = tasks.filter(org_id=room, title__startswith="晨午检上报").order_by("slot")
    eight = minute(MONDAY, 8 * 60)
    counts = {"01-01": 44, "01-02": 43, "01-03": 1, "02-01": 1, "02-02": 0, "02-03": 0, "02-04": 0, "02-05": 0}
    answers = {code: {"value": str(many)} for code, many in counts.items()} | {"03-01": {"value": "已联系家长接走"}}
    county.do(teacher, "duties.answer_task", at=eight, task_id=str(morning.pk), id=str(uuid7()), answers=answers)
    county.do(teacher, "duties.answer_task", at=minute(MONDAY, 870), task_id=str(noon.pk), id=str(uuid7()), nil=True)
    sheet = apps.get_model("sheets", "Submission").objects.get(org_id=room)
    found = apps.get_model("sheets", "Finding").objects.filter(submission=sheet).values_list("item", flat=True)
    assert set(found) == {"01-03", "02-01"}
    with pytest.raises(Refusal):
        county.do(
            county.by("grid-warden"), "duties.answer_task", at=eight, task_id=str(noon.pk), id=str(uuid7()), nil=True
        )

    evening = minute(MONDAY, 18 * 60)
    report = tasks.get(org_id=county.school.pk, title__startswith="值班上报")
    late = {"02-01": {"result": "fail", "note": "放学时摊位挤到门口", "place": "校门口"}}
    county.do(
        county.by("duty-teacher"), "duties.answer_task", at=evening, task_id=str(report.pk), id=str(uuid7()), answers=late,
        rest_normal=True,
    )  # fmt: skip
    walk = tasks.get(title="校门早中晚巡查（晚）")
    county.walk(county.by("guard"), {"id": walk.pk}, *routes["校门早中晚巡查"], minute(MONDAY, 17 * 60))
    assert {task.state for task in (morning, noon, report, walk) if task.refresh_from_db() is None} == {"done"}
    page = county.page(lead, f"/duties/?whose=all&state=done&school={county.school.pk}", evening)
    assert "值班上报" in page


@pytest.mark.clause("HY-24")
def test_a_drill_is_on_the_list_falls_due_is_counted_and_judged(county):
    """演练项目、频次、记录、评估: the month's drill is due; one that is timed and judged does it; what failed is a hazard."""
    with clock.travel(NINE):
        generate_ahead(NINE)
    lead = county.by("safety-lead")
    (due,) = (task for task in open_tasks(lead, NINE, acts=("drill",), days=30) if "每月" in task["title"])
    drill, groups = str(uuid7()), [{"name": "一年级", "due": 44}, {"name": "教职工", "due": 12}]
    county.do(
        lead,
        "training.plan_drill",
        id=drill,
        org_id=str(county.school.pk),
        kind="flood",
        planned_at=NINE.isoformat(),
        groups=groups,
    )
    county.do(lead, "training.begin_drill", drill_id=drill)
    for n, came in enumerate((44, 12), start=1):
        out = NINE + timedelta(seconds=50 * n)
        county.do(lead, "training.group_out", at=out, drill_id=drill, group=f"{n:02d}", came=came)
    ended = NINE + timedelta(minutes=9)
    found = [{"words": "二楼东侧疏散门推不开", "becomes": "hazard"}]
    county.do(lead, "training.end_drill", at=ended, drill_id=drill, verdict="转移到位，用时合格", findings=found)
    task = apps.get_model("duties", "Task").objects.get(pk=due["id"])
    assert (task.state, task.done_by_name) == ("done", lead.name)
    assert apps.get_model("cases", "Case").objects.get(org=county.school).title.startswith("二楼东侧疏散门")
    page = county.page(county.by("safety-office", county.district.bureau), f"/training/{drill}/", ended)
    assert "1 分 40 秒" in page


@pytest.mark.clause("HY-01")
def test_the_committees_quarter_falls_due_and_what_it_finds_goes_to_a_member(county):
    """县校安委: one joint inspection a quarter is due; a problem that a school cannot solve is handed to a department."""
    with clock.travel(NINE):
        generate_ahead(NINE)
    committee = county.by("county-committee-office", county.district.bureau)
    assert any("季度联合检查" in task["title"] for task in open_tasks(committee, NINE, acts=("act",), days=30))
    case = str(uuid7())
    county.do(county.by("guard"), "cases.report_hazard", id=case, org=str(county.school.pk), title="校门外斑马线磨光")
    police = apps.get_model("responsibility", "Org").objects.get(name="示范县交警大队")
    officer = who(police, "traffic-liaison", on=MONDAY)[0]
    county.do(
        county.by("safety-office", county.district.bureau), "cases.assign_case", case=case, rectifier=str(officer.user_id),
        party=str(police.pk), note="请补划标线",
    )  # fmt: skip
    county.page(actor_of(officer.user_id), f"/hazards/{case}/")


def test_a_unit_page_names_everybody_above_a_school(county):
    page = unit_page(county.by("safety-office", county.district.bureau), county.school.pk, on=MONDAY)
    assert [unit.name for unit in page.above][-3:] == ["石桥镇", "石桥村", "石桥村三组"]
    assert page.now
