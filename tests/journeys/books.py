"""The books of the lived district: ledgers, letters, drills, plans and meetings, each with something ended and something open."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.apps import apps
from django.utils import timezone
from PIL import Image, ImageDraw

from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7


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
    world.do("wang", "ledgers.end_clock", entry_id=left)
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


def _drawn() -> bytes:
    """A signature drawn with a finger, as PNG."""
    picture = Image.new("RGB", (400, 160), "white")
    ImageDraw.Draw(picture).line([(20, 120), (90, 30), (160, 120), (260, 40), (380, 110)], fill="black", width=8)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
