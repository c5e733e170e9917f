"""Keeping and dropping saved views. They are a person's own bookmarks: no fact is recorded about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import Field

from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.packs import PLATFORM
from bihuan.foundation.refusals import Refusal, declare
from bihuan.surfaces.workbench.models import SavedView

MOST = 12
"""More tabs than this are no longer found at a glance."""

declare(
    {
        "workbench.too_many_views": (422, "这一页最多存 {most} 个常用筛选。请先删掉不用的，再存新的。"),
        "workbench.view_exists": (409, "这一页已经有叫「{name}」的筛选。请换一个名字，或先删掉旧的。"),
        "workbench.no_such_view": (404, "没有找到这个筛选，可能已经删掉了。"),
    }
)


@command("workbench.save_view")
def save_view(
    by: Actor,
    at: datetime,
    *,
    id: UUID,
    page: Annotated[str, Field(pattern=r"^/[a-z0-9/-]{0,58}$")],
    name: Annotated[str, Field(min_length=1, max_length=20)],
    query: Annotated[str, Field(max_length=600)] = "",
) -> SavedView:
    """Keep a filter of a list under a name. Refusals: ``workbench.too_many_views``, ``workbench.view_exists``."""
    if by.id is None:
        raise Refusal("foundation.sign_in")
    mine = SavedView.objects.filter(user_id=by.id, page=page)
    names = set(mine.values_list("name", flat=True))
    if name in names:
        raise Refusal("workbench.view_exists", name=name, fields={"name": f"已经有叫「{name}」的筛选。"})
    if len(names) >= MOST:
        raise Refusal("workbench.too_many_views", most=MOST)
    kept = [(key, value) for key, value in parse_qsl(query.lstrip("?")) if key != "cursor"]
    return SavedView.objects.create(
        id=id,
        bureau_id=by.bureau_id or PLATFORM,
        user_id=by.id,
        page=page,
        name=name,
        query=urlencode(kept),
        made_at=at,
    )


@command("workbench.forget_view")
def forget_view(by: Actor, at: datetime, *, view: UUID) -> dict[str, str]:
    """Drop one of my saved views. Refusal: ``workbench.no_such_view``."""
    if not SavedView.objects.filter(pk=view, user_id=by.id).delete()[0]:
        raise Refusal("workbench.no_such_view")
    return {"id": str(view)}
