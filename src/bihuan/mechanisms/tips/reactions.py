"""Who learns of a tip: the school at once, the bureau when nobody answered."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bihuan.engines.responsibility.queries import org, who_could
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.messages import seen, tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.tips.models import Tip
from bihuan.mechanisms.tips.queries import DESK


def _people(event: Any, tip: Tip, *, at_school: bool) -> list[Any]:
    rows = who_could(DESK, org(SYSTEM, tip.org_id), on=timezone.localdate(event.at))
    return [row.user_id for row in rows if (row.org.school_id is not None) is at_school]


@reacts_to("tips.told")
def tell_school(event: Any) -> None:
    """Those who assign hazards at the school learn that somebody told something."""
    tip = Tip.objects.get(pk=event.subject_id)
    tell(
        _people(event, tip, at_school=True), about=event, kind=event.name, title=f"有人扫码反映：{tip.point_name}",
        body=f"{tip.school_name}。请在 {timezone.localtime(tip.due_at):%m-%d %H:%M} 前处理或答复。", link=f"/tips/desk/{tip.pk}/",
    )  # fmt: skip


reacts_to("tips.taken", "tips.answered", "tips.made_case")(seen)


@reacts_to("tips.unanswered")
def tell_bureau(event: Any) -> None:
    """The bureau learns that a school did not answer in time, and the school that the bureau knows."""
    tip = Tip.objects.get(pk=event.subject_id)
    people = _people(event, tip, at_school=False) + _people(event, tip, at_school=True)
    tell(
        people, about=event, kind=event.name, title=f"扫码反映逾期没有答复：{tip.point_name}",
        body=f"{tip.school_name}，{timezone.localtime(tip.told_at):%m-%d %H:%M} 收到。", link=f"/tips/desk/{tip.pk}/",
    )  # fmt: skip
