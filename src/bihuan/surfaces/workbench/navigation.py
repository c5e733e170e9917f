"""The ways through the house: one list, from which the desk's rail and the phone's dock are taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from bihuan.foundation.actors import Actor


@dataclass(frozen=True)
class Way:
    """One entry of the menu. ``acts``: shown to people who may do one of these anywhere; empty means to everybody."""

    href: str
    word: str
    icon: str
    acts: tuple[str, ...] = ()
    here: bool = False
    first: bool = False


WAYS = (
    Way("/", "我的待办", "home"),
    Way("/hazards/", "隐患", "alert-triangle"),
    Way("/inspections/", "检查", "clipboard-check", ("inspect", "sign-for-school", "see-net")),
    Way("/points/", "风险点", "map-pin"),
    Way("/duties/", "常规职责", "clock"),
    Way("/periods/", "重要时期", "shield-check"),
    Way("/patrols/", "巡查", "route"),
    Way("/ledgers/", "台账", "notebook"),
    Way("/training/", "演练", "speakerphone"),
    Way("/mandates/", "上级任务", "building-community"),
    Way("/meetings/", "会议", "users-group"),
    Way("/tips/desk/", "扫码反映", "qrcode", ("assign",)),
    Way("/plans/", "预案", "file-description"),
    Way("/pledges/", "责任书", "signature"),
    Way("/ratings/", "考评", "check"),
    Way("/archive/", "迎检档案", "download", ("export",)),
    Way("/net/", "责任网", "sitemap", ("see-net", "manage-net")),
    Way("/sheets/", "清单", "list-check", ("inspect", "manage-sheets", "see-net")),
    Way("/packs/", "模型包", "package", ("see-net", "manage-packs")),
    Way("/notices/", "通知", "bell"),
)
REPORT = Way("/hazards/new/", "随手报", "camera", ("snap",), first=True)
FIND = Way("/search/", "查找", "search")
ACCOUNT = Way("/account/", "我的账号", "user")


@dataclass(frozen=True, eq=False)
class Navigation:
    """``all`` for the rail, ``dock`` for the four places under the thumb, ``more`` for the rest on a phone."""

    all: tuple[Way, ...]
    dock: tuple[Way, ...]
    more: tuple[Way, ...]


_ACTS = frozenset(act for way in (*WAYS, REPORT) for act in way.acts)
_PLACES = (REPORT, *WAYS[1:], FIND, ACCOUNT)


def navigation(viewer: Actor, path: str) -> Navigation:
    """What this person sees of the menu on this page: nothing that would only answer "not yours"."""
    here = "/" if path == "/" else next((way.href for way in _PLACES if path.startswith(way.href)), "")
    return _navigation(frozenset(act for act in _ACTS if viewer.may_anywhere(act)), here)


@lru_cache(maxsize=256)
def _navigation(acts: frozenset[str], here: str) -> Navigation:

    def open_to(way: Way) -> bool:
        return not way.acts or not acts.isdisjoint(way.acts)

    def marked(way: Way) -> Way:
        return replace(way, here=way.href == here)

    ways = tuple(marked(way) for way in WAYS if open_to(way))
    wanted = [WAYS[0], WAYS[1], REPORT, WAYS[2] if open_to(WAYS[2]) else WAYS[3]]
    dock = tuple(marked(way) for way in wanted if open_to(way))
    docked = {way.href for way in dock}
    more = tuple(way for way in (*ways, marked(FIND), marked(ACCOUNT)) if way.href not in docked)
    return Navigation(ways, dock, more)
