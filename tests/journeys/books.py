"""The books of the lived district: ledgers, letters, drills, plans and meetings, each with something ended and something open."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils import timezone
from PIL import Image, ImageDraw

from bihuan.foundation import clock, packs
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.sections import sections
from bihuan.foundation.reactions import react


def keep_books(world: Any, now: datetime) -> None:
    """Ledgers, letters, drills, plans and meetings of the school, each with something that has ended and something open."""
    kept, school, people = world.kept, str(world.orgs["school"]), {key: str(pk) for key, pk in world.people.items()}
    soon = (now + timedelta(minutes=30)).isoformat()

    kept["ledger-row"], left, wrong = (str(uuid7()) for _ in range(3))
    visitor = {"name": "送水师傅", "reason": "送桶装水", "host": "钱总务", "confirmed": "已确认", "time-in": "00:00"}
    page = {"org_id": school, "on": str(timezone.localdate(now))}
    rows = [{"id": id, "answers": visitor} for id in (kept["ledger-row"], left, wrong)]
    world.do("wang", "ledgers.write_rows", ledger="visitors", rows=rows, **page)
    rows = [{"id": id, "revision": 0, "answers": visitor | {"host": "李安全"}} for id in (kept["ledger-row"], left)]
    world.do(
        "wang", "ledgers.write_rows", ledger="visitors", rows=[*rows, {"id": str(uuid7()), "answers": visitor}], **page
    )
    kept["visitor-pass"], lost, gone = (str(uuid7()) for _ in range(3))
    world.do("wang", "ledgers.issue_pass", id=lost, entry_id=kept["ledger-row"])
    world.do("wang", "ledgers.void_pass", pass_id=lost, reason="访客说丢了")
    world.do("wang", "ledgers.issue_pass", id=kept["visitor-pass"], entry_id=kept["ledger-row"])
    world.do("wang", "ledgers.issue_pass", id=gone, entry_id=left)
    world.do("wang", "ledgers.leave_by_pass", org_id=school, code="3")
    world.do("wang", "ledgers.strike_row", entry_id=wrong, reason="写错了一行")
    world.do("wang", "ledgers.report_nil", ledger="vehicles", **page)

    year = "2026-2027"
    world.do("li", "pledges.issue_year", org_id=school, year=year)
    letters = apps.get_model("pledges", "Pledge").objects
    kept["pledge"], signed = (str(letters.get(user_id=world.people[key]).pk) for key in ("wang", "qian"))
    drawn = keep_evidence(world.actor("qian"), now, raw=_drawn(), kind="signature")
    world.do("qian", "pledges.sign", pledge_id=signed, signature=str(drawn.pk))
    world.do("li", "pledges.remind", org_id=school, year=year)
    world.do(
        "li", "pledges.record_check", id=str(uuid7()), org_id=school, user_id=people["wang"],
        checked_on=str(timezone.localdate(now)), result="clear", reference="查询〔2026〕1 号",
    )  # fmt: skip

    kept["drill"], kept["drill-done"], dropped = (str(uuid7()) for _ in range(3))
    for id in (kept["drill"], kept["drill-done"], dropped):
        groups = [{"name": "三（1）班", "due": 45}, {"name": "三（2）班", "due": 44}]
        world.do("li", "training.plan_drill", id=id, org_id=school, kind="fire", planned_at=soon, groups=groups)
    world.do("li", "training.cancel_drill", drill_id=dropped, reason="下雨，改日再练")
    world.do("li", "training.begin_drill", drill_id=kept["drill-done"])
    for group, came in (("01", 45), ("02", 44)):
        world.do("wang", "training.group_out", drill_id=kept["drill-done"], group=group, came=came)
    findings = [{"words": f"第{n}处疏散门推不开", "becomes": "hazard"} for n in range(4)]
    findings.append({"words": "预案里要写明引导员的位置", "becomes": "revision"})
    kept["lesson"], held = str(uuid7()), {"org_id": school, "title": "灭火器怎么用", "minutes": 45}
    why = [{"person": people["wang"], "reason": "夜班休息"}]
    world.do("li", "training.hold_lesson", id=kept["lesson"], on=str(timezone.localdate(now)), absent=why, **held)
    made_up = {"lesson_id": kept["lesson"], "user_id": people["wang"], "on": str(timezone.localdate(now))}
    world.do("li", "training.make_up", **made_up)
    world.do("li", "training.end_drill", drill_id=kept["drill-done"], verdict="两个班按时到达", findings=findings)

    kept["emergency-plan"], kept["plan-draft"] = str(uuid7()), str(uuid7())
    for id, kind in ((kept["emergency-plan"], "fire"), (kept["plan-draft"], "other")):
        world.do("li", "plans.draft_plan", id=id, org_id=school, kind=kind)
    versions = apps.get_model("plans", "PlanVersion").objects
    first = versions.get(plan_id=kept["emergency-plan"])
    kept["plan-version"], text = str(first.pk), "发现情况先报总指挥，再按楼层有序疏散到操场集合点，逐班清点。"
    world.do(
        "li", "plans.edit_version", version_id=kept["plan-version"], revision=0,
        sections=[{"title": part["title"], "text": text} for part in first.content["sections"]],
        roles=[{"role": one["role"], "person": people["wang"], "duty": "按分工"} for one in first.content["roles"]],
    )  # fmt: skip
    version = {"version_id": kept["plan-version"]}
    world.do("li", "plans.publish_version", revision=1, **version)
    world.do("wang", "plans.know_version", **version)
    world.do("li", "plans.file_version", **version)
    world.do("zhao", "plans.return_version", words="请写明集合点的位置", **version)
    world.do("li", "plans.file_version", **version)
    world.do("zhao", "plans.receive_version", **version)
    world.do("li", "plans.start_version", id=str(uuid7()), plan_id=kept["emergency-plan"])
    world.do("li", "plans.retire_plan", plan_id=kept["plan-draft"], reason="并入综合预案")

    kept["meeting"], kept["meeting-closed"], off = (str(uuid7()) for _ in range(3))
    for id in (kept["meeting"], kept["meeting-closed"], off):
        invited = [people[key] for key in ("zhou", "li", "qian")]
        world.do(
            "li",
            "meetings.plan_meeting",
            id=id,
            org_id=school,
            title="安全会商",
            held_at=soon,
            people=invited,
            agenda=["上月问题"],
        )
    world.do("li", "meetings.cancel_meeting", meeting_id=off, reason="改到下周")
    world.do("qian", "meetings.sign_in", meeting_id=kept["meeting-closed"])
    world.do("li", "meetings.excuse_oneself", meeting_id=kept["meeting-closed"], reason="在区局开会")
    until = str(timezone.localdate(now) + timedelta(days=7))
    decided = [{"words": f"第{n}件要办的事", "person": people["qian"], "until": until} for n in range(4)]
    world.do(
        "zhou",
        "meetings.close_meeting",
        meeting_id=kept["meeting-closed"],
        minutes="逐项过了上月问题。",
        resolutions=decided,
    )
    task = apps.get_model("duties", "Task").objects.filter(school_id=school, duty__org_id=school).order_by("pk")[0]
    kept["task"], kept["duty"] = str(task.pk), str(task.duty_id)
    _list_dates(world, now)
    _declare_periods(world, now)
    _rate(world, now)
    _hand_down(world, now)


def _list_dates(world: Any, now: datetime) -> None:
    """A list of dates that stands in the calendar, one that was taken back, and one that is still looked at."""
    world.kept["dates-in"], gone, world.kept["dates"] = (str(uuid7()) for _ in range(3))
    for n, id in enumerate((world.kept["dates-in"], gone, world.kept["dates"])):
        line = f"{timezone.localdate(now) + timedelta(days=100 + n)},,放假,校庆"
        given = {"file_name": "放假.csv", "content": b64encode(line.encode()).decode()}
        world.do("zhao", "duties.send_dates", id=id, org_id=str(world.orgs["bureau"]), **given)
        if id != world.kept["dates"]:
            world.do("zhao", "duties.install_dates", import_id=id)
    world.do("zhao", "duties.undo_dates", import_id=gone)
    packs.forget()


def _rate(world: Any, now: datetime) -> None:
    """Last month of the guard, told, appealed and improved, and of the departments, still open."""
    kept, school = world.kept, str(world.orgs["school"])
    chapter = next(one for one in sections() if one.name == "ratings")
    chapter.put(world.orgs["bureau"], "own", chapter.read(settings.BIHUAN_PACKS / "primary-seven")[0])
    packs.forget()
    on = str(timezone.localdate(now).replace(day=1) - timedelta(days=1))
    kept["rating"], kept["rating-open"] = str(uuid7()), str(uuid7())
    world.do("li", "ratings.open_rating", id=kept["rating"], org_id=school, scheme="guard", on=on)
    world.do("zhou", "ratings.open_rating", id=kept["rating-open"], org_id=school, scheme="departments", on=on)
    kept["score"] = str(apps.get_model("ratings", "Score").objects.get(rating_id=kept["rating"]).pk)
    this, marks = {"score_id": kept["score"]}, [{"item": "post-work", "mark": "18", "reason": "查岗都在位"}]
    world.do("li", "ratings.judge", revision=0, marks=marks, **this)
    world.do("zhou", "ratings.publish", rating_id=kept["rating"], revision=0)
    world.do("wang", "ratings.acknowledge", **this)
    world.do("wang", "ratings.appeal", words="夜里那次我在岗，手机没有电", **this)
    marks[0]["mark"] = "19"
    world.do("fang", "ratings.decide_appeal", reason="看了录像，在岗", marks=marks, **this)
    until = str(timezone.localdate(now) + timedelta(days=7))
    improved = {"words": "门卫室备一块充电宝", "person": str(world.people["qian"]), "until": until}
    world.do("zhou", "ratings.ask_improvement", **improved, **this)


def _declare_periods(world: Any, now: datetime) -> None:
    """A period of the bureau and one of the school since yesterday, and one that was ended."""
    kept, begun = world.kept, now - timedelta(days=1)
    kept["period"], kept["period-bureau"], over = (str(uuid7()) for _ in range(3))
    first = timezone.localdate(begun)
    days = {"starts_on": str(first), "ends_on": str(first + timedelta(days=5))}
    for who, id, place, kind in (
        ("li", kept["period"], "school", "other"), ("zhao", kept["period-bureau"], "bureau", "two-sessions"),
        ("zhao", over, "bureau", "exam"),
    ):  # fmt: skip
        world.do(who, "periods.declare_period", at=begun, id=id, org_id=str(world.orgs[place]), kind=kind, **days)
    world.do("zhao", "periods.end_period", period_id=over, last_on=str(first), reason="上级通知解除")
    react(clock.now(), most=1000)
    world.do("zhao", "periods.remind_schools", period_id=kept["period-bureau"])
    world.do("zhao", "periods.prolong_period", period_id=kept["period-bureau"], ends_on=str(first + timedelta(days=7)))


def _hand_down(world: Any, now: datetime) -> None:
    """The leading group asks the bureau, the bureau its school; one part is split and answered, one is open, one withdrawn."""
    kept, school, bureau = world.kept, str(world.orgs["school"]), str(world.orgs["bureau"])
    said = {
        "title": "校园周边隐患集中排查",
        "text": "校门口五十米逐项看。",
        "due_at": (now + timedelta(days=3)).isoformat(),
    }

    def ask(who: str, unit: str, **given: Any) -> str:
        id = str(uuid7())
        audience = {"audience": "units", "units": [unit], "wants": "text"}
        world.do(who, "mandates.issue", id=id, org_id=bureau, **{**said, **audience, **given})
        return id

    def part(directive: str) -> str:
        return str(apps.get_model("mandates", "Assignment").objects.get(directive_id=directive).pk)

    kept["mandate-bureau"] = part(ask("chief", bureau, office="区护校安园领导小组"))
    world.do("zhao", "mandates.sign", assignment_id=kept["mandate-bureau"])
    kept["directive"], dropped = ask("zhao", school, above=kept["mandate-bureau"]), ask("zhao", school)
    kept["mandate"], answered = part(kept["directive"]), ask("zhao", school)
    kept["mandate-answered"] = mine = part(answered)
    world.do("zhao", "mandates.remind", directive_id=answered)
    world.do("zhao", "mandates.withdraw", directive_id=dropped, reason="与另一件合并")
    for pk in (kept["mandate"], mine):
        world.do("zhou", "mandates.sign", assignment_id=pk)
    people = [{"person": str(world.people[key]), "task": "看校门口五十米"} for key in ("wang", "qian")]
    world.do("zhou", "mandates.split", assignment_id=mine, shares=people)
    shares = apps.get_model("mandates", "Share").objects
    kept["share"] = str(shares.get(user_id=world.people["wang"]).pk)
    world.do("wang", "mandates.finish_share", share_id=kept["share"], words="看过了")
    gone = str(shares.get(user_id=world.people["qian"]).pk)
    world.do("zhou", "mandates.drop_share", share_id=gone, reason="外出培训")
    later = (now + timedelta(days=5)).isoformat()
    world.do("zhou", "mandates.feed_back", assignment_id=mine, words="没有问题")
    world.do("zhao", "mandates.send_back", assignment_id=mine, reason="写明看了哪里", until=later)
    world.do("zhou", "mandates.feed_back", assignment_id=mine, words="东门、北门两侧五十米，没有摊点")
    world.do("zhao", "mandates.accept", directive_id=answered, assignments=[mine])
    react(clock.now(), most=1000)


def _drawn() -> bytes:
    """A signature drawn with a finger, as PNG."""
    picture = Image.new("RGB", (400, 160), "white")
    ImageDraw.Draw(picture).line([(20, 120), (90, 30), (160, 120), (260, 40), (380, 110)], fill="black", width=8)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
