"""The ways through the house, in groups: from these the desk's rail and the phone's dock are taken, in one order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from bihuan.foundation.actors import Actor


@dataclass(frozen=True)
class Way:
    """One entry of the menu. ``acts``: shown to people who may do one of these anywhere; empty means to everybody.

    ``icon`` is drawn where the way stands under the thumb.
    """

    href: str
    word: str
    acts: tuple[str, ...] = ()
    icon: str = ""
    here: bool = False
    first: bool = False


@dataclass(frozen=True)
class Group:
    """Ways that belong together, under one quiet heading."""

    word: str
    ways: tuple[Way, ...]


HOME = Way("/", "我的待办", icon="home")
HAZARDS = Way("/hazards/", "隐患", icon="alert-triangle")
INSPECTIONS = Way("/inspections/", "检查", ("inspect", "sign-for-school", "see-net"), "clipboard-check")
POINTS = Way("/points/", "风险点", icon="map-pin")
REPORT = Way("/hazards/new/", "随手报", ("snap",), "camera", first=True)
GROUPS = (
    Group(
        "要办的",
        (
            HOME,
            Way("/notices/", "通知"),
            HAZARDS,
            INSPECTIONS,
            Way("/tips/desk/", "扫码反映", ("assign",)),
            Way("/mandates/", "上级任务"),
        ),
    ),
    Group(
        "日常",
        (
            Way("/duties/", "常规职责"),
            Way("/patrols/", "巡查"),
            Way("/ledgers/", "台账"),
            Way("/periods/", "重要时期"),
            Way("/training/", "演练"),
            Way("/meetings/", "会议"),
        ),
    ),
    Group(
        "资料与考评",
        (
            POINTS,
            Way("/plans/", "预案"),
            Way("/pledges/", "责任书"),
            Way("/ratings/", "考评"),
            Way("/archive/", "迎检档案", ("export",)),
        ),
    ),
    Group(
        "组织与设置",
        (
            Way("/net/", "责任网", ("see-net", "manage-net")),
            Way("/sheets/", "清单", ("inspect", "manage-sheets", "see-net")),
            Way("/packs/", "模型包", ("see-net", "manage-packs")),
        ),
    ),
)
SELF = Group("查找与账号", (Way("/search/", "查找"), Way("/account/", "我的账号")))


@dataclass(frozen=True, eq=False)
class Navigation:
    """``groups`` for the rail, ``dock`` for the four places under the thumb, ``more`` for the rest on a phone."""

    groups: tuple[Group, ...]
    dock: tuple[Way, ...]
    more: tuple[Group, ...]

    @property
    def all(self) -> tuple[Way, ...]:
        """Every way of the rail, in its order."""
        return tuple(way for group in self.groups for way in group.ways)


_PLACES = (REPORT, *(way for group in (*GROUPS, SELF) for way in group.ways if way is not HOME))
_ACTS = frozenset(act for way in _PLACES for act in way.acts)


def navigation(viewer: Actor, path: str) -> Navigation:
    """What this person sees of the menu on this page: nothing that would only answer "not yours"."""
    here = "/" if path == "/" else next((way.href for way in _PLACES if path.startswith(way.href)), "")
    return _navigation(frozenset(act for act in _ACTS if viewer.may_anywhere(act)), here)


@lru_cache(maxsize=256)
def _navigation(acts: frozenset[str], here: str) -> Navigation:

    def shown(ways: Iterable[Way]) -> tuple[Way, ...]:
        return tuple(
            replace(way, here=way.href == here) for way in ways if not way.acts or not acts.isdisjoint(way.acts)
        )

    def without(groups: Iterable[Group], hidden: Collection[str] = ()) -> tuple[Group, ...]:
        found = (
            Group(group.word, tuple(way for way in shown(group.ways) if way.href not in hidden)) for group in groups
        )
        return tuple(group for group in found if group.ways)

    dock = shown((HOME, HAZARDS, REPORT, INSPECTIONS if shown((INSPECTIONS,)) else POINTS))
    return Navigation(without(GROUPS), dock, without((*GROUPS, SELF), {way.href for way in dock}))
