"""What a school files about who is responsible: its people with their posts as of the day; and what nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bihuan.engines.responsibility import queries
from bihuan.foundation import packs
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived
from bihuan.foundation.printing.paper import Column, Note, Paper, Signature, Signatures, Table
from bihuan.foundation.printing.pdf import render_paper
from bihuan.foundation.printing.workbook import Leaf, workbook

REFS = ("net:levels", "net:", "page:/net/")
HEADS = (("岗位", 24), ("姓名", 14), ("单位或区域", 40), ("任职起", 12), ("任职止", 12))


def _sees(visit: Visit) -> bool:
    return visit.viewer.may("see-net", visit.school)


@archived("responsibility")
class Roster:
    """The people of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """Nothing: gaps are found by the net's own reading, and a roster is always there."""
        return {}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """The roster as PDF and Excel; one line for each post or area without a person on the last day."""
        if not _sees(visit):
            return
        yield Held(REFS, 2)
        for gap in queries.gaps(visit.viewer, since=visit.so_far, until=visit.so_far, under_org=visit.school):
            yield Gap(REFS, gap.sentence(visit.so_far), f"/net/gaps/?unit={visit.school.pk}")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """One statement for both files."""
        if not _sees(visit):
            return
        rows = _rows(visit)
        title = f"{visit.school.name}　岗位责任名册（{visit.so_far:%Y-%m-%d}）"
        leaf = Leaf("名册", title, HEADS, rows)
        yield Piece(REFS, "", "岗位责任名册.pdf", visit.so_far, lambda: _printed(visit, rows))
        yield Piece(REFS, "", "岗位责任名册.xlsx", visit.so_far, lambda: workbook([leaf], made_on=visit.so_far))


def _rows(visit: Visit) -> list[tuple[Any, ...]]:
    posts = packs.entries(visit.school.bureau_id, "posts")
    held = queries.appointments(visit.viewer, on=visit.so_far, org_id=visit.school.pk)
    order = sorted(
        held, key=lambda row: (posts.get(row.post, {}).get("sort", 9999), row.org.path, row.rank, str(row.pk))
    )
    return [
        (
            posts.get(row.post, {}).get("name", row.post) + ("（代）" if row.kind == "stand_in" else ""), row.user.name,
            row.org.name, row.starts_on, row.ends_on or "",
        )
        for row in order
    ]  # fmt: skip


def _printed(visit: Visit, rows: list[tuple[Any, ...]]) -> bytes:
    columns = (Column("岗位", 2), Column("姓名"), Column("单位或区域", 3), Column("任职起"), Column("任职止"))
    lines = tuple(tuple(f"{cell}" for cell in row) for row in rows)
    return render_paper(
        Paper(
            head=visit.school.name, title="岗位责任名册",
            blocks=(
                Note(f"截至 {visit.so_far:%Y-%m-%d}，在任 {len(rows)} 人次"), Table(columns, lines),
                Signatures((Signature("校（园）长"), Signature("制表人"))),
            ),
        )
    )  # fmt: skip
