"""The list as a file, streamed with flat memory: the database writes each line as text, Python only packs it.

Measured designs are in perf.md §7. The lines are built in SQL (``hot.csv_lines``, ``hot.sheet_lines``); the
tests hold them equal to cells made in Python.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import timezone

from bihuan.engines.cases import hot
from bihuan.engines.cases.pack import levels_of, rules_of, tables_of
from bihuan.engines.cases.queries.filters import Filters, selection
from bihuan.engines.responsibility.queries import posts
from bihuan.foundation import clock
from bihuan.foundation.actors import Actor
from bihuan.foundation.pages.reading import XLSX
from bihuan.foundation.pages.streams import Sink
from bihuan.foundation.refusals import Refusal

MEDIA_TYPES = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8"}
CHUNK = 128 * 1024


def stream(viewer: Actor, filters: Filters, form: str) -> Iterator[bytes]:
    """The file's bytes, piece by piece. Refusal ``foundation.not_yours`` for people without the duty to export."""
    if not viewer.may_anywhere("export"):
        raise Refusal("foundation.not_yours", act="导出清单", who=_exporters(viewer))
    rows = selection(viewer, filters)
    words = words_of(viewer)
    return _csv(rows, words) if form == "csv" else _sheet(rows, words, filters)


def _exporters(viewer: Actor) -> str:
    names = [post["name"] for post in posts(viewer.bureau_id) if "export" in post["acts"]]
    return "、".join(names[:3]) or "有导出职责的人"


def words_of(viewer: Actor) -> hot.Words:
    """Code → word for states, levels and sources of the viewer's bureau."""
    bureau = viewer.bureau_id
    states = {(table.code, state.code): state.name for table in tables_of(bureau) for state in table.states.values()}
    return hot.Words(
        states=states,
        levels={code: level["name"] for code, level in levels_of(bureau).items()},
        sources=rules_of(bureau)["sources"],
    )


def _csv(rows: Any, words: hot.Words) -> Iterator[bytes]:
    yield "\ufeff".encode() + (",".join(hot.TITLES) + "\r\n").encode()
    yield from _gathered(hot.csv_lines(rows, words))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces in chunks large enough to be worth sending."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _sheet(rows: Any, words: hot.Words, filters: Filters) -> Iterator[bytes]:
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, text in _PARTS.items():
            book.writestr(name, text)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_head(filters).encode())
            for piece in _gathered(hot.sheet_lines(rows, words)):
                sheet.write(piece)
                if sink.pieces:
                    yield sink.take()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.take()


def _head(filters: Filters) -> str:
    now = timezone.localtime(clock.now())
    parts = " · ".join(f"{name}={value}" for name, value in filters.address().items()) or "未销号"
    title = f"隐患清单　{now:%Y-%m-%d %H:%M} 导出　筛选：{hot.escaped(parts)}"
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(hot.WIDTHS, 1)
    )
    cells = "".join(f'<c s="2" t="inlineStr"><is><t>{title}</t></is></c>' for title in hot.TITLES)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetViews><sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
        f'<row><c s="3" t="inlineStr"><is><t>{title}</t></is></c></row><row>{cells}</row>\n'
    )


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PARTS = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets><sheet name="隐患清单" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_DOC}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
        '<fonts count="3"><font><sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font>'
        '<font><b/><sz val="14"/><name val="等线"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="4"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/><xf fontId="2" applyFont="1"/></cellXfs>'
        "</styleSheet>"
    ),
}
