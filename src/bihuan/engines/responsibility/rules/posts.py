"""Posts: the closed list of acts, and which post may be held where and filled by whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACTS: dict[str, str] = {
    "inspect": "开展检查",
    "snap": "随手上报",
    "assign": "交办",
    "rectify": "整改",
    "verify": "复查",
    "approve-extension": "审批延期",
    "plan-approve": "审批整改方案",
    "list-supervise": "挂牌督办",
    "close-review": "审核销号",
    "resume-use": "批准恢复使用",
    "sign-for-school": "代表学校签字",
    "manage-net": "调整单位和人员",
    "manage-sheets": "管理检查清单",
    "manage-packs": "安装模型包",
    "manage-risks": "管理风险点",
    "export": "导出",
    "see-net": "查看责任网",
    "issue-paper": "出具文书",
}
"""What a post may do; a pack chooses from this list and cannot add to it."""

GROUPS = {
    "school": "学校",
    "kindergarten": "幼儿园",
    "bureau": "教育局",
    "outsourced": "外包服务",
    "partner": "协作部门",
}
"""The tiers of posts."""

_PLACES = {
    "school": ("school", "site", "area"),
    "kindergarten": ("school", "site", "area"),
    "outsourced": ("school", "site", "area"),
    "bureau": ("province", "city", "bureau", "office", "town"),
    "partner": ("department", "bureau", "town", "school"),
}


def sponsor_posts(net: Mapping[str, Any]) -> tuple[str, ...]:
    """包抓领导、包片科室、包校干部: the posts of the sponsor chain, top first."""
    chain = net.get("sponsor_chain") or {}
    return tuple(chain[step] for step in ("leader", "office", "cadre") if chain.get(step))


def fits(post: Mapping[str, Any], tier: str, net: Mapping[str, Any]) -> bool:
    """Whether a post can be held at a unit of this tier; sponsors are held at the schools they sponsor."""
    if post["code"] in sponsor_posts(net) and tier == "school":
        return True
    return tier in _PLACES[post["tier"]]


def filled_from_above(post: Mapping[str, Any], net: Mapping[str, Any]) -> bool:
    """Whether only the bureau may fill a post: its own and partners' posts, and the levels of the five-level net.

    Otherwise a school could make somebody its own sponsor cadre, who verifies what the school rectified.
    """
    levels = {level["post"] for level in net.get("levels", ())}
    return post["tier"] in ("bureau", "partner") or post["code"] in levels or post["code"] in heads_of_kinds(net)


def heads_of_kinds(net: Mapping[str, Any]) -> set[str]:
    """The posts that stand for a level's post in some kind of school (园长 for 校长)."""
    levels = {level["post"] for level in net.get("levels", ())}
    return {to for swaps in (net.get("post_for_kind") or {}).values() for post, to in swaps.items() if post in levels}


def post_for(kind: str, post: str, net: Mapping[str, Any]) -> str:
    """The post that does in this kind of school what *post* does in others."""
    return str((net.get("post_for_kind") or {}).get(kind, {}).get(post, post))


def same_posts(post: str, net: Mapping[str, Any]) -> set[str]:
    """A post with those that it stands for in some kind of school (园长 → 园长、校长)."""
    return {post} | {
        general for swaps in (net.get("post_for_kind") or {}).values() for general, to in swaps.items() if to == post
    }


def required_posts(kind: str, net: Mapping[str, Any]) -> list[str]:
    """The posts without which a school has a gap: the net's ``required``, and its levels held at schools."""
    levels = [level["post"] for level in net.get("levels", ()) if level["tier"] == "school"]
    return list(dict.fromkeys(post_for(kind, post, net) for post in [*levels, *(net.get("required") or ())]))
