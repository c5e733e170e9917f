"""Official papers as they come out of the printer: pages, QR, faces, photographs; and the same papers in Word."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace
from datetime import date

import docx
import numpy as np
import pytest
import zxingcpp
from docx.oxml.ns import qn
from PIL import Image, ImageFont

from bihuan.foundation.printing import pdf
from bihuan.foundation.printing.check_codes import ALPHABET, check_code, spaced, verify
from bihuan.foundation.printing.columns import shares, short_columns
from bihuan.foundation.printing.fonts import font_dirs
from bihuan.foundation.printing.paper import (
    Band,
    Column,
    Fields,
    Heading,
    Note,
    Paper,
    Paragraph,
    Photo,
    PhotoPair,
    PhotoPairs,
    Photos,
    Signature,
    Signatures,
    Table,
    chinese_date,
    numbered,
)
from bihuan.foundation.printing.word import render_docx

QR = "https://bihuan.example/cases/019aa1b2-7c3d-7e4f-8a5b-1234567890ab/"
COLUMNS = (
    Column("序号", align="center"),
    Column("隐患编号"),
    Column("问题描述", 4),
    Column("整改期限"),
    Column("责任人"),
)


def row(n: int) -> tuple[str, ...]:
    return (
        str(n),
        f"YH-2026-{n:04d}",
        "教学楼二层东侧疏散通道堆放课桌椅12张，净宽不足1.1米，须立即清理",
        "2026年11月25日",
        "陈䶮",
    )


def notice(problems: int, **changes: object) -> Paper:
    table = Table(COLUMNS, tuple(row(n) for n in range(1, problems + 1)))
    paper = Paper(
        head="浐灞国际港教育局",
        number="浐教安督〔2026〕17号",
        title="校园安全隐患整改督办单",
        addressee="浐灞第三小学",
        blocks=(
            Paragraph("经检查，你校存在下列问题。"),
            table,
            Paragraph("逾期将依次通报、函告、约谈。", lead="逾期后果："),
            Signatures((Signature("签收人", "赵堃"), Signature("责任领导"))),
        ),
        issuer="浐灞国际港教育局",
        issued_on=date(2026, 11, 21),
        signer="周文博",
        contact="王喆 029-8360 0000",
        copy_to=("包抓领导", "责任督学"),
        printed_by="浐灞国际港教育局办公室",
        qr_url=QR,
        check_code="7KQM4TXR",
    )
    return replace(paper, **changes)


def picture(colour: str, kind: str = "WEBP", size: tuple[int, int] = (1280, 960)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def page(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def share_of(png: bytes, near: tuple[int, int, int]) -> float:
    distance = np.abs(np.asarray(page(png), dtype=int) - near).max(axis=2)
    return float((distance < 30).mean())


# --- PDF ----------------------------------------------------------------------------------------------------------------


def test_a_short_notice_is_one_a4_page_of_pdf():
    made = pdf.render_paper(notice(3))
    assert made.startswith(b"%PDF-")
    width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", made).groups())
    assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (210, 297)
    assert len(pdf.render_paper_pngs(notice(3), ppi=30)) == 1


def test_type_gets_smaller_only_to_stay_on_one_page():
    def line_width(paper: Paper) -> int:
        """Of the red line: the margins narrow with the type."""
        first = np.asarray(page(pdf.render_paper_pngs(paper, ppi=60)[0]), dtype=int)
        return int(((first[..., 0] - first[..., 1]) > 60).sum(axis=1).max())

    slight = notice(0, blocks=(Paragraph("请于三日内整改。"),))
    assert line_width(slight) < line_width(notice(6)) < line_width(notice(11))
    assert len(pdf.render_paper_pngs(notice(11), ppi=30)) == 1


def test_a_long_table_brings_its_header_to_every_page():
    pages = [np.asarray(page(png).convert("L"), dtype=int) for png in pdf.render_paper_pngs(notice(40), ppi=96)]
    assert len(pages) >= 2
    inked = np.nonzero((pages[1] < 140).sum(axis=1) > pages[1].shape[1] * 0.5)[0]  # the table's horizontal lines
    top = int(inked[0])
    bottom = int(next(y for y in inked if y > top + 5))
    header = pages[1][top:bottom]

    def likeness(y: int) -> float:
        return float(np.abs(pages[0][y : y + header.shape[0]] - header).mean())

    misfits = sorted(likeness(y) for y in range(pages[0].shape[0] // 2))
    assert misfits[0] < 6 < np.median(misfits)


def test_the_seal_is_never_alone_on_a_page():
    """Whatever the length, the last page holds more than issuer, date and copies."""
    for problems in range(24, 34):
        paper = notice(problems, copy_to=(), printed_by="", qr_url="", check_code="")
        last = np.asarray(page(pdf.render_paper_pngs(paper, ppi=40)[-1]).convert("L"))
        lines = np.nonzero((last < 200).any(axis=1))[0]
        left_half = last[lines[0] : lines[-1], : last.shape[1] // 3]
        assert (left_half < 200).sum() > 60, problems


def test_the_same_paper_is_the_same_file():
    paper = notice(2, blocks=(Photos((Photo(picture("teal"), "现场"),)),))
    assert pdf.render_paper(paper) == pdf.render_paper(replace(paper))


def test_the_qr_leads_back_to_the_record_on_every_page():
    for png in pdf.render_paper_pngs(notice(40), ppi=200):
        assert [found.text for found in zxingcpp.read_barcodes(page(png))] == [QR]


def test_what_people_type_is_never_markup():
    trap = '#panic("x") #{1+1} $x^2$ [a] <b> @c *d* _e_ \\ // "引号" \u202e {{ y }} `z`'
    paper = notice(
        1,
        title=trap,
        addressee=trap,
        blocks=(
            Heading(trap), Paragraph(trap, lead=trap), Note(trap), Fields(((trap, trap),), wide=frozenset({trap})),
            Table((Column(trap), Column(trap)), ((trap, trap), Band(trap), ("", ""))), Photos((Photo(None, trap),)),
            PhotoPairs((PhotoPair(trap, Photo(None), Photo(None, trap)),)), Signatures((Signature(trap, trap),)),
        ),
    )  # fmt: skip
    assert pdf.render_paper(paper).startswith(b"%PDF-")
    sum_of_two = pdf.render_paper_pngs(notice(1, title="2"), ppi=40)
    assert pdf.render_paper_pngs(notice(1, title="#(1+1)"), ppi=40) != sum_of_two
    text = "\n".join(line.text for line in docx.Document(io.BytesIO(render_docx(paper))).paragraphs)
    assert trap in text


@pytest.mark.parametrize(
    "title", ["关于进一步做好秋冬季校园消防安全与校舍安全隐患排查整治有关问题整改情况的督办单", "A" * 70]
)
def test_long_titles_and_an_office_with_a_long_name_stay_inside_the_margins(title):
    long = Table((Column("地址"), Column("说明", 4)), ((QR * 2, QR),))
    head = "陕西省西安市浐灞国际港教育局校园安全管理与应急指挥中心"
    paper = notice(2, head=head, title=title, blocks=(Paragraph(QR * 2), long, Note(QR * 3)))
    (png,) = pdf.render_paper_pngs(paper, ppi=60)
    pixels = np.asarray(page(png).convert("L"))
    margin = int(15 / 25.4 * 60)
    assert pixels[:, :margin].min() > 250
    assert pixels[:, -margin:].min() > 250


def test_photos_lie_side_by_side_as_jpeg():
    pairs = PhotoPairs(
        (PhotoPair("一号通道", Photo(picture("#a52a2a"), "整改前"), Photo(picture("#008080", "JPEG"), "整改后")),)
    )
    paper = notice(0, blocks=(pairs,))
    assert pdf.render_paper(paper).count(b"/DCTDecode") == 2
    (png,) = pdf.render_paper_pngs(paper, ppi=40)
    whole = page(png)
    half = whole.width // 2
    sides = [whole.crop((0, 0, half, whole.height)), whole.crop((half, 0, whole.width, whole.height))]
    for side, colour in zip(sides, [(165, 42, 42), (0, 128, 128)], strict=True):
        buffer = io.BytesIO()
        side.save(buffer, "PNG")
        assert share_of(buffer.getvalue(), colour) > 0.1


def test_a_signature_and_a_missing_photo_and_a_watermark_print():
    drawn = picture("#101080", "WEBP", (300, 100))
    signed = notice(0, blocks=(Signatures((Signature("签收人", "赵堃", drawn, date(2026, 11, 21)),)),))
    assert share_of(pdf.render_paper_pngs(signed, ppi=40)[0], (16, 16, 128)) > 0.002
    bare = notice(0, blocks=(Photos((Photo(None, "未拍"), Photo(None), Photo(None)), columns=3),))
    assert pdf.render_paper_pngs(bare, ppi=40) != pdf.render_paper_pngs(notice(0, blocks=()), ppi=40)
    marked = pdf.render_paper_pngs(replace(bare, watermark="作废"), ppi=40)
    assert marked != pdf.render_paper_pngs(bare, ppi=40)


def test_a_row_longer_than_a_page_still_prints_whole():
    long = Table((Column("项目"), Column("内容", 3)), (("意见", "安全" * 3000),))
    assert len(pdf.render_paper_pngs(notice(0, blocks=(long,)), ppi=30)) >= 3


def test_forms_and_bands_print():
    pairs = (
        ("学校", "浐灞第三小学"),
        ("检查范围", "4类40项"),
        ("日期", "2026年11月20日"),
        ("检查组", "刘䶮"),
        ("结果", "符合"),
    )
    for columns in (1, 2):
        fields = Fields(pairs, columns=columns, wide=frozenset({"检查范围"}))
        banded = Table(
            (Column("编号"), Column("内容", 3)),
            (Band("一、消防"), ("01-01", "通道畅通"), Band("二、食堂"), ("02-01", "留样")),
        )
        paper = notice(
            0, blocks=(Heading("一、基本情况"), Heading("（一）经过", 2), fields, banded, *numbered(["甲", "乙"]))
        )
        assert pdf.render_paper(paper)
        assert render_docx(paper)


def test_many_hands_print_at_once():
    wanted = {n: pdf.render_paper(notice(n)) for n in range(1, 5)}
    printed: list[bool] = []

    def hand(n: int) -> None:
        printed.append(pdf.render_paper(notice(n)) == wanted[n])

    hands = [threading.Thread(target=hand, args=(n % 4 + 1,)) for n in range(12)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert printed == [True] * 12


@pytest.mark.parametrize(
    "name", ["nowhere/paper.typ", "printing/nothing.typ", "../config/settings.py", "printing/../x.typ", "paper.typ"]
)
def test_an_unknown_template_is_a_lookup_error(name):
    with pytest.raises(LookupError):
        pdf.render_pdf(name, {})


# --- faces, columns, words ----------------------------------------------------------------------------------------------


def test_no_name_prints_as_an_empty_box():
    """The face that stands last in every list has each common hanzi, and the rare ones that people are called."""
    (path,) = [path for folder in font_dirs() for path in folder.glob("NotoSansCJK*")]
    face = ImageFont.truetype(str(path), 16)
    box = bytes(face.getmask("\U0010fffe"))
    common = [chr(code) for code in range(0x4E00, 0x9FA6, 7)]
    assert [letter for letter in [*common, *"䶮堃喆玥珺㛃龑𬭎𬱖浐灞"] if bytes(face.getmask(letter)) == box] == []


def test_short_columns_keep_their_words_on_one_line_and_the_rest_is_shared():
    table = Table(COLUMNS, (row(1),))
    widths = short_columns(table)
    assert widths[2] is None
    assert all(width is not None for n, width in enumerate(widths) if n != 2)
    assert sum(shares(table)) == pytest.approx(1)
    assert sum(shares(Table((Column("甲"), Column("乙")), (("1", "2"),)))) == pytest.approx(1)
    assert sum(shares(Table((Column("甲"),), ()))) == pytest.approx(1)


def test_a_row_must_have_a_cell_for_each_column():
    with pytest.raises(ValueError, match="2 cells"):
        Table((Column("甲"),), (("1", "2"),))


def test_dates_are_written_without_leading_zeros():
    assert chinese_date(date(2026, 3, 7)) == "2026年3月7日"


# --- check codes --------------------------------------------------------------------------------------------------------


def test_a_check_code_belongs_to_one_paper_and_number():
    code = check_code("019aa1b2", "浐教安督〔2026〕17号")
    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert not set(ALPHABET) & set("01OIL")
    assert code == check_code("019aa1b2", "浐教安督〔2026〕17号")
    for typed in (code, code.lower(), spaced(code), f" {code[:4]} {code[4:]} "):
        assert verify("019aa1b2", "浐教安督〔2026〕17号", typed)
    assert not verify("019aa1b2", "浐教安督〔2026〕18号", code)
    assert not verify("019aa1b3", "浐教安督〔2026〕17号", code)
    assert not verify("019aa1b2", "浐教安督〔2026〕17号", "")
    assert not verify("019aa1b2", "浐教安督〔2026〕17号", "督办单")


def test_another_site_gives_another_code(settings):
    here = check_code("a", "1号")
    settings.SECRET_KEY = "another-site"
    assert check_code("a", "1号") != here


# --- Word ---------------------------------------------------------------------------------------------------------------


def test_word_has_the_same_words_in_office_faces():
    photos = PhotoPairs((PhotoPair("一号通道", Photo(picture("brown"), "整改前照片"), Photo(None)),))
    paper = notice(2, watermark="草稿")
    paper = replace(paper, blocks=(*paper.blocks, photos))
    document = docx.Document(io.BytesIO(render_docx(paper)))
    cells = [cell.text for table in document.tables for line in table.rows for cell in line.cells]
    said = "\n".join([*(line.text for line in document.paragraphs), *cells])
    for words in (paper.head, paper.number, paper.title, paper.addressee, "YH-2026-0002", "陈䶮", "赵堃", "整改前照片",
                  "（未附照片）", "2026年11月21日", "抄送：包抓领导，责任督学。", "签发人：周文博"):  # fmt: skip
        assert words in said
    faces = {element.get(qn("w:eastAsia")) for element in document.element.iter(qn("w:rFonts"))}
    assert faces >= {"方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"}
    assert len(document.inline_shapes) == 1
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert "7KQM-4TXR" in section.footer.paragraphs[0].text
    assert "草稿" in section.header.paragraphs[0].text


def test_word_repeats_table_heads_and_keeps_rows_whole():
    document = docx.Document(io.BytesIO(render_docx(notice(30))))
    table = document.tables[0]
    assert len(table.rows) == 31
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(line._tr.trPr.find(qn("w:cantSplit")) is not None for line in table.rows)


def test_word_survives_control_signs():
    paper = notice(1, title="督办\x00单\x0b二", blocks=(Paragraph("第\x08一\n行"),))
    assert "督办单二" in [line.text for line in docx.Document(io.BytesIO(render_docx(paper))).paragraphs]
