"""Which faces a paper is set in, and where they come from.

Guaranteed from wheels: Noto Sans CJK (all 20,976 hanzi, so no rare name ever prints as a box) and, where its wheel is
installed, Noto Serif SC for running text. Offices that own 方正小标宋 and 仿宋_GB2312 put the files into a folder named by
BIHUAN_FONT_DIRS. System fonts are ignored on purpose: the same paper must look the same on every machine.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FONT_WHEELS = ("manimgx_fonts_cjk", "pylopdf_fonts_zh_cn")

_LAST_RESORT = ("Noto Serif SC", "Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Sans SC")
_WISHES = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "方正小标宋_GBK", *_LAST_RESORT),
    "body": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "FandolFang R", *_LAST_RESORT),
    "heading": ("SimHei", "黑体", "Noto Sans CJK SC", "Noto Sans SC", *_LAST_RESORT),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "LXGW WenKai", "FandolKai", *_LAST_RESORT),
}
_HAIRLINE_SERIFS = frozenset({"Noto Serif SC", "Noto Serif CJK SC"})


@dataclass(frozen=True, slots=True)
class Faces:
    """The fonts found, and for each role the families to try in order."""

    fonts: typst.Fonts
    roles: dict[str, list[str]]
    thin_title: bool
    """The title face has no bold of its own: the layout thickens it with a stroke."""


def font_dirs() -> list[Path]:
    chosen = [Path(folder) for folder in getattr(settings, "BIHUAN_FONT_DIRS", ())]
    shipped = []
    for name in FONT_WHEELS:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            shipped.append(Path(spec.origin).parent)
    return chosen + shipped


def faces() -> Faces:
    return load(tuple(font_dirs()))


@lru_cache(maxsize=4)
def load(dirs: tuple[Path, ...]) -> Faces:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in dirs],
    )
    present = set(fonts.families())
    roles = {role: [family for family in wishes if family in present] for role, wishes in _WISHES.items()}
    if not all(roles.values()):
        raise ImproperlyConfigured(
            "没有找到可以排中文公文的字体：请安装 manimgx-fonts-cjk（随 run.py 自动安装），"
            "或用 BIHUAN_FONT_DIRS 指定字体文件夹。"
        )
    return Faces(fonts=fonts, roles=roles, thin_title=roles["title"][0] in _HAIRLINE_SERIFS)
