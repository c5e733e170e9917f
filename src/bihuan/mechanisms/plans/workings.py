"""What carries a section of a school's rule out today: duties, sheets, deadlines, as they are installed and not as a text says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from bihuan.engines.cases.deadlines import duration
from bihuan.engines.cases.pack import levels_of
from bihuan.engines.cases.timing import deadline
from bihuan.engines.duties.queries import duties_coded, tasks_to_do
from bihuan.engines.sheets.queries import in_force_by_code
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Working:
    """One thing that carries a section out, in words, and where it is seen."""

    words: str
    href: str = ""


def workings(
    viewer: Actor, plan: Any, parts: Iterable[Mapping[str, Any]], *, at: datetime
) -> dict[str, tuple[Working, ...]]:
    """Title of a section → what carries it out at the plan's school now. The plan must have been found visible."""
    wanted = {part["title"]: tuple(part.get("runs", ())) for part in parts}
    codes = [ref.partition(":")[2] for refs in wanted.values() for ref in refs if ref.startswith("duties:")]
    duties = _duties(plan, codes, at) if codes else {}
    found = {}
    for title, refs in wanted.items():
        told: list[Working] = []
        for ref in refs:
            chapter, _, code = ref.partition(":")
            told += (
                duties.get(code, [Working("这项职责没有启用")])
                if chapter == "duties"
                else _others(viewer, plan, chapter, code, at)
            )
        found[title] = tuple(told)
    return found


def _duties(plan: Any, codes: list[str], at: datetime) -> dict[str, list[Working]]:
    """Each duty by the rule that is installed, with the task that runs at the school now."""
    running = {task.duty_id: task for task in tasks_to_do(SYSTEM, org_id=plan.org_id, codes=codes, at=at)}
    found: dict[str, list[Working]] = {}
    for line in duties_coded(plan.bureau_id, plan.org_id, codes):
        words = f"{line.duty.title}：{line.rule}{'，' + line.windows if line.windows else ''}，由{line.post_name}做"
        task = running.get(line.duty.pk)
        if task:
            words += f"；这一次 {timezone.localtime(task.due_at):%m-%d %H:%M} 到期"
        found.setdefault(line.duty.code, []).append(Working(words, f"/duties/{task.pk}/" if task else "/duties/"))
    return found


def _others(viewer: Actor, plan: Any, chapter: str, code: str, at: datetime) -> list[Working]:
    if chapter == "sheets":
        return _sheet(viewer, code, at)
    if chapter == "case-levels":
        level = levels_of(plan.bureau_id).get(code)
        if level is None:
            return [Working("这一级隐患没有定义")]
        due = timezone.localtime(deadline(plan.bureau_id, at, level["within"], level["clock"]))
        verifiers = level.get("verifiers") or 1
        words = f"{level['name']}隐患：限 {span_words(level['within'], level['clock'])}整改，复查 {verifiers} 人；此刻交办，{due:%m-%d %H:%M} 到期"
        return [Working(words, f"/hazards/?level={code}")]
    data = packs.entries(plan.bureau_id, chapter).get(code)
    if data is None:
        return [Working("还没有安装")]
    if chapter == "lifecycles":
        starts = data["starts"]
        return [
            Working(
                f"{data['name']}：上报后 {span_words(starts['within'], starts['clock'])}内交办；整改人不能复查自己的整改",
                "/hazards/",
            )
        ]
    rungs = "，".join(f"{_after(rung['after'])}{rung['name']}" for rung in data["rungs"])
    return [Working(f"不按期：{rungs}", "/hazards/?time=overdue")]


def _sheet(viewer: Actor, code: str, at: datetime) -> list[Working]:
    try:
        version = in_force_by_code(viewer, code, on=timezone.localdate(at))
    except Refusal:
        return [Working("这张表还没有施行的一版")]
    return [
        Working(
            f"《{version.title}》{version.version} 版，{len(version.content.items)} 项", f"/sheets/{version.sheet_id}/"
        )
    ]


def span_words(within: str, clock: str) -> str:
    """P7D on the working clock as 7 个工作日; PT24H on the hours' clock as 24 小时."""
    span = duration(within)
    if clock == "working" and not span.seconds:
        return f"{span.days} 个工作日"
    hours = span.total_seconds() / 3600
    words = f"{span.days} 天" if not span.seconds and span.days > 3 else f"{hours:g} 小时"
    return f"{words}工作时间" if clock == "working" else words


def _after(within: str) -> str:
    span = duration(within)
    return (
        "当天" if not span else f"{span.days} 天后" if not span.seconds else f"{span.total_seconds() / 3600:g} 小时后"
    )
