"""The index of an archive: what lies where and what is missing, for paper and as Excel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import timezone

from bihuan.foundation.printing.paper import Column, Heading, Note, Paper, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.workbook import Leaf, workbook
from bihuan.surfaces.archive.queries import ArchivePage
from bihuan.surfaces.archive.rules import OTHERS

FILES = (("序号", 8), ("条款", 12), ("条款名称", 36), ("文件", 56), ("日期", 12), ("在压缩包里的位置", 110))
MISSING = (("条款", 12), ("条款名称", 36), ("缺什么", 96), ("到哪里补", 100))


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that was put into the archive: its clause's place, its folder below the clause, its path and day."""

    place: int
    folder: str
    path: str
    made_on: date


def index_pdf(page: ArchivePage, packed: Sequence[Packed]) -> bytes:
    """By clause: folders with how many files, then what is missing."""
    visit = page.opened.visit
    rows = []
    for n, line in enumerate(page.lines):
        folders: dict[str, int] = {}
        for one in packed:
            if one.place == n:
                folders[one.folder] = folders.get(one.folder, 0) + 1
        lies = [f"{folder or '文件'} {count} 件" for folder, count in folders.items()]
        lies += [f"另见 {'、'.join(line.see)}（{line.count - line.own} 件）"] if line.see else []
        rows.append(
            (line.number, f"{line.code} {line.title}".strip(), "\n".join(lies) or "—", f"{len(line.gaps) or ''}")
        )
    missing = [(line.code or "99", gap.words) for line in page.lines for gap in line.gaps]
    made = timezone.localtime(visit.at)
    blocks = (
        Note(f"{page.opened.term.name}（{visit.since:%Y-%m-%d} 至 {visit.until:%Y-%m-%d}）　按{page.opened.policy or '材料种类'}排列"),
        Note(f"共 {len(packed)} 件，缺 {len(missing)} 项。由{visit.viewer.name}于 {made:%Y-%m-%d %H:%M} 生成；每一件的位置见同名 Excel。"),
        Table((Column("序号"), Column("条款", 5), Column("材料", 4), Column("缺项")), tuple(rows)),
        Heading("还缺什么"),
        Table((Column("条款"), Column("缺什么", 6)), tuple(missing)) if missing else Note("没有缺项。"),
    )  # fmt: skip
    return render_paper(
        Paper(
            head=visit.school.name, title="迎检档案目录", blocks=blocks, issued_on=made.date(),
            qr_url=f"{settings.BIHUAN_URL}/archive/{visit.school.pk}/?term={page.opened.term.code}",
        )
    )  # fmt: skip


def index_xlsx(page: ArchivePage, packed: Sequence[Packed]) -> bytes:
    """Every file with its place, and on a second sheet what is missing with the page where it is put right."""
    visit, lines = page.opened.visit, page.lines
    clauses = [*((one["code"], one["title"]) for one in page.opened.order.clauses), ("", OTHERS)]
    files = (
        (n, *clauses[one.place], one.path.rpartition("/")[2], one.made_on, one.path) for n, one in enumerate(packed, 1)
    )
    missing = (
        (line.code, line.title, gap.words, f"{settings.BIHUAN_URL}{gap.href}") for line in lines for gap in line.gaps
    )
    title = f"{visit.school.name}　{page.opened.term.name}　"
    return workbook(
        [Leaf("目录", f"{title}迎检档案目录", FILES, files), Leaf("缺什么", f"{title}还缺什么", MISSING, missing)],
        made_on=timezone.localdate(visit.at),
    )
