"""The same papers as editable Word files, in the faces that offices own (方正小标宋, 仿宋_GB2312, 黑体, 楷体_GB2312).

Built from the `Paper` itself, so a PDF and its Word never say different things. Word has no page fitting: sizes are the
standard's for text and 五号 for tables.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.table import _Cell as WordCell
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from bihuan.foundation.printing.check_codes import spaced
from bihuan.foundation.printing.columns import shares
from bihuan.foundation.printing.paper import (
    Band,
    Block,
    Fields,
    Heading,
    Note,
    Paper,
    Paragraph,
    Photo,
    PhotoPairs,
    Photos,
    Signatures,
    Table,
    chinese_date,
)
from bihuan.foundation.printing.pictures import for_print, qr_png

TITLE, BODY, HEADING, KAI, LATIN = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "Times New Roman"
RED = RGBColor(0xC0, 0x00, 0x00)
GREY = "F0F0F0"
TYPE_AREA = Mm(156)
BODY_SIZE, TABLE_SIZE, SMALL = Pt(16), Pt(10.5), Pt(9)
LINE = Pt(28)

CENTER, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT
ALIGNMENTS = {"left": LEFT, "center": CENTER, "right": RIGHT}


def render_docx(paper: Paper) -> bytes:
    """The paper as a .docx that Word and WPS open for editing."""
    document = docx.Document()
    _set_up(document, paper)
    _red_head(document, paper)
    _line(document, paper.title, face=TITLE, size=Pt(22), align=CENTER, before=Pt(14), after=Pt(14), pitch=Pt(32))
    if paper.addressee:
        _line(document, paper.addressee + "：")
    for block in paper.blocks:
        _block(document, block)
    if paper.issuer:
        _seal_place(document, paper)
    _copies(document, paper)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# --- the page ------------------------------------------------------------------------------------------------------------


def _set_up(document: Document, paper: Paper) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(12)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN, BODY_SIZE
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), BODY)
    about = document.core_properties
    about.title, about.author = _printable(paper.title)[:255], _printable(paper.head)[:255]
    about.language = "zh-CN"
    day = paper.issued_on
    about.created = about.modified = (
        datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime(2000, 1, 1, tzinfo=UTC)
    )
    if paper.watermark:
        _say(_plain(section.header.paragraphs[0], RIGHT), f"【{paper.watermark}】", face=HEADING, size=Pt(14))
    _footer(section.footer.paragraphs[0], paper)


def _footer(line: WordParagraph, paper: Paper) -> None:
    _plain(line, LEFT)
    stops = line.paragraph_format.tab_stops
    stops.add_tab_stop(Length(TYPE_AREA // 2), WD_TAB_ALIGNMENT.CENTER)
    stops.add_tab_stop(TYPE_AREA, WD_TAB_ALIGNMENT.RIGHT)
    _say(line, "\t— ", size=Pt(14))
    _page_number(_say(line, "", size=Pt(14)))
    _say(line, " —\t", size=Pt(14))
    if paper.check_code:
        _say(line, f"校验码 {spaced(paper.check_code)}  ", size=Pt(8))
    if paper.qr_url:
        _say(line, "").add_picture(io.BytesIO(qr_png(paper.qr_url)), width=Mm(16))


def _page_number(run: Run) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _red_head(document: Document, paper: Paper) -> None:
    size = min(38.0, TYPE_AREA.pt / max(1, len(paper.head)))
    _line(
        document, paper.head, face=TITLE, size=Pt(size), align=CENTER, colour=RED, pitch=Pt(size * 1.25), after=Pt(10)
    )
    line = _line(document, paper.number, align=LEFT if paper.signer else CENTER, after=Pt(6))
    if paper.signer:
        line.paragraph_format.tab_stops.add_tab_stop(TYPE_AREA, WD_TAB_ALIGNMENT.RIGHT)
        _say(line, "\t签发人：")
        _say(line, paper.signer, face=KAI)
    _rule(line, "bottom", size=12, colour="C00000")


def _seal_place(document: Document, paper: Paper) -> None:
    width = Pt(18 * max(len(paper.issuer), 9))
    for n, text in enumerate((paper.issuer, chinese_date(paper.issued_on) if paper.issued_on else "")):
        line = _line(document, text, align=CENTER, before=Pt(56) if n == 0 else Pt(0), keep=n == 0)
        line.paragraph_format.left_indent = Length(max(0, TYPE_AREA - width - Pt(32)))
        line.paragraph_format.right_indent = Pt(32)
    if paper.contact:
        _line(document, f"联系人：{paper.contact}", size=TABLE_SIZE)


def _copies(document: Document, paper: Paper) -> None:
    lines = []
    if paper.copy_to:
        lines.append(f"抄送：{'，'.join(paper.copy_to)}。")
    if paper.printed_by:
        issued = f"\t{chinese_date(paper.issued_on)}印发" if paper.issued_on else ""
        lines.append(paper.printed_by + issued)
    for n, text in enumerate(lines):
        line = _line(document, text, size=Pt(14), before=Pt(18) if n == 0 else Pt(0))
        line.paragraph_format.tab_stops.add_tab_stop(TYPE_AREA, WD_TAB_ALIGNMENT.RIGHT)
        if n == 0:
            _rule(line, "top", size=8)
        _rule(line, "bottom", size=8 if n == len(lines) - 1 else 4)


# --- blocks --------------------------------------------------------------------------------------------------------------


def _block(document: Document, block: Block) -> None:
    match block:
        case Heading():
            line = _line(document, block.text, face=HEADING if block.level == 1 else KAI, keep=True)
            _indent(line)
        case Paragraph():
            line = _line(document, block.lead, face=HEADING)
            _say(line, block.text)
            if block.indent:
                _indent(line)
        case Note():
            _line(document, block.text, size=SMALL, pitch=Pt(14), before=Pt(4))
        case Fields():
            _fields(document, block)
        case Table():
            _table(document, block)
        case Photos():
            _photos(document, block)
        case PhotoPairs():
            _photo_pairs(document, block)
        case Signatures():
            _signatures(document, block)


def _fields(document: Document, block: Fields) -> None:
    across = block.columns * 2
    table = _grid(document, across, [0.16, 0.34, 0.16, 0.34] if across == 4 else [0.16, 0.84])
    row, used = None, across
    for n, (label, value) in enumerate(block.pairs):
        following = block.pairs[n + 1][0] if n + 1 < len(block.pairs) else None
        alone = (
            across == 2 or label in block.wide or (used >= across and (following is None or following in block.wide))
        )
        if row is None or used >= across or (alone and used):
            row, used = _row(table), 0
        _fill(row[used], label, face=HEADING, align=CENTER)
        cell = row[used + 1].merge(row[across - 1]) if alone else row[used + 1]
        _fill(cell, value)
        used = across if alone else used + 2
    _after_table(document)


def _table(document: Document, block: Table) -> None:
    if block.caption:
        _line(document, block.caption, face=HEADING, size=Pt(14), align=CENTER, keep=True)
    table = _grid(document, len(block.columns), shares(block))
    for cell, column in zip(_row(table, header=True), block.columns, strict=True):
        _fill(cell, column.title, face=HEADING, align=CENTER)
    for row in block.rows:
        cells = _row(table)
        if isinstance(row, Band):
            _fill(cells[0].merge(cells[-1]), row.text, face=HEADING, shade=True)
        else:
            for cell, text, column in zip(cells, row, block.columns, strict=True):
                _fill(cell, text, align=ALIGNMENTS[column.align])
    _after_table(document)


def _photos(document: Document, block: Photos) -> None:
    table = _grid(document, block.columns, [1 / block.columns] * block.columns, lines=False)
    for start in range(0, len(block.items), block.columns):
        for cell, photo in zip(_row(table), block.items[start : start + block.columns], strict=False):
            _picture(cell, photo, width=Length(TYPE_AREA // block.columns - Mm(5)))
    _after_table(document)


def _photo_pairs(document: Document, block: PhotoPairs) -> None:
    table = _grid(document, 2, [0.5, 0.5])
    for cell, head in zip(_row(table, header=True), (block.before_head, block.after_head), strict=True):
        _fill(cell, head, face=HEADING, align=CENTER)
    for pair in block.pairs:
        title = _row(table)
        _fill(title[0].merge(title[1]), pair.title, shade=True, keep=True)
        for cell, photo in zip(_row(table), (pair.before, pair.after), strict=True):
            _picture(cell, photo, width=Mm(72))
    _after_table(document)


def _signatures(document: Document, block: Signatures) -> None:
    _after_table(document)
    table = _grid(document, block.columns, [1 / block.columns] * block.columns, lines=False)
    for start in range(0, len(block.slots), block.columns):
        for cell, slot in zip(_row(table), block.slots[start : start + block.columns], strict=False):
            line = _fill(cell, f"{slot.label}：")
            if slot.image:
                _say(line, "").add_picture(io.BytesIO(for_print(slot.image)), height=Mm(10))
            _say(line, slot.name or ("" if slot.image else "＿" * 8), size=TABLE_SIZE)
            signed = chinese_date(slot.signed_on) if slot.signed_on else "　　年　　月　　日"
            _say(_plain(cell.add_paragraph(), RIGHT), signed, size=SMALL)
    _after_table(document)


def _picture(cell: WordCell, photo: Photo, *, width: Length) -> None:
    line = _fill(cell, "" if photo.image else "（未附照片）", align=CENTER)
    if photo.image:
        picture = _say(line, "").add_picture(io.BytesIO(for_print(photo.image)), width=width)
        if picture.height > Mm(60):
            picture.width, picture.height = Length(int(picture.width * Mm(60) / picture.height)), Mm(60)
    if photo.caption:
        _say(_plain(cell.add_paragraph(), CENTER), photo.caption, size=SMALL)


# --- lines and cells -----------------------------------------------------------------------------------------------------


def _line(
    document: Document,
    text: str,
    *,
    face: str = BODY,
    size: Length = BODY_SIZE,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY,
    colour: RGBColor | None = None,
    before: Length = Pt(0),  # noqa: B008 - an immutable number
    after: Length = Pt(0),  # noqa: B008
    pitch: Length = LINE,
    keep: bool = False,
) -> WordParagraph:
    line = _plain(document.add_paragraph(), align)
    shape = line.paragraph_format
    shape.space_before, shape.space_after = before, after
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    shape.keep_with_next = keep
    run = _say(line, text, face=face, size=size)
    if colour is not None:
        run.font.color.rgb = colour
    return line


def _plain(line: WordParagraph, align: WD_ALIGN_PARAGRAPH) -> WordParagraph:
    line.alignment = align
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(0)
    return line


def _say(line: WordParagraph, text: str, *, face: str = BODY, size: Length = BODY_SIZE) -> Run:
    run = line.add_run(_printable(text))
    run.font.name, run.font.size = LATIN, size
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)
    return run


def _printable(text: str) -> str:
    """Without the control signs that XML cannot carry."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")


def _indent(line: WordParagraph) -> None:
    """Two characters, in Word's own unit for it, so that it follows the type size; in points for those who lack the unit."""
    line.paragraph_format.first_line_indent = Length(BODY_SIZE * 2)
    line._p.get_or_add_pPr().get_or_add_ind().set(qn("w:firstLineChars"), "200")


def _rule(line: WordParagraph, side: str, *, size: int, colour: str = "000000") -> None:
    properties = line._p.get_or_add_pPr()
    borders = properties.find(qn("w:pBdr"))
    if borders is None:
        borders = OxmlElement("w:pBdr")
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )
    borders.append(_border(side, size, colour))


def _border(side: str, size: int, colour: str) -> OxmlElement:
    border = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(size)), ("space", "1"), ("color", colour)):
        border.set(qn(f"w:{name}"), value)
    return border


def _grid(document: Document, across: int, widths: Iterable[float], *, lines: bool = True) -> WordTable:
    table = document.add_table(rows=0, cols=across)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Length(int(TYPE_AREA * share))
    if lines:
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            borders.append(_border(side, 4, "404040"))
        table._tbl.tblPr.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
        margins = OxmlElement("w:tblCellMar")
        for side in ("top", "bottom"):
            room = OxmlElement(f"w:{side}")
            room.set(qn("w:w"), "40")
            room.set(qn("w:type"), "dxa")
            margins.append(room)
        table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    return table


def _row(table: WordTable, *, header: bool = False) -> list[WordCell]:
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if header:
        properties.append(OxmlElement("w:tblHeader"))
    cells = list(row.cells)
    for cell, column in zip(cells, table.columns, strict=True):
        cell.width = column.width
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return cells


def _fill(
    cell: WordCell,
    text: str,
    *,
    face: str = BODY,
    align: WD_ALIGN_PARAGRAPH = LEFT,
    shade: bool = False,
    keep: bool = False,
) -> WordParagraph:
    line = _plain(cell.paragraphs[0], align)
    line.paragraph_format.keep_with_next = keep
    _say(line, text, face=face, size=TABLE_SIZE)
    if shade:
        fill = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", GREY)):
            fill.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().insert_element_before(
            fill, "w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign", "w:hideMark"
        )
    return line


def _after_table(document: Document) -> None:
    """Word joins two tables that touch; a low empty line keeps them apart."""
    line = _plain(document.add_paragraph(), LEFT)
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    line.paragraph_format.line_spacing = Cm(0.2)
