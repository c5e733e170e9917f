"""A ledger as schools file it: a titled table for paper, and the same as Excel."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.sheets.rules import Item
from bihuan.foundation.actors import Actor
from bihuan.foundation.printing.paper import Band, Column, Note, Paper, Signature, Signatures, Table, chinese_date
from bihuan.foundation.printing.pdf import render_paper, render_pdf
from bihuan.foundation.printing.pictures import qr_svg
from bihuan.foundation.printing.workbook import Leaf, Struck, workbook
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import queries
from bihuan.mechanisms.ledgers.models import Entry
from bihuan.mechanisms.ledgers.rules import Ledger

SLIP = "ledgers/visitor_pass.typ"


def pass_pdf(view: queries.PassView) -> bytes:
    """A visitor's pass for a label printer, 80 mm wide; its QR holds the random code and nothing else."""
    return render_pdf(SLIP, pass_data(view), dated=view.taken.on)


def pass_picture(view: queries.PassView) -> str:
    """The QR of a pass as an address that a page can show."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr_svg(view.taken.code).encode()).decode()


def pass_data(view: queries.PassView) -> dict[str, Any]:
    """What is printed on a pass."""
    due, code = timezone.localtime(view.taken.due_at), view.taken.code
    return {
        "school": view.taken.org.name, "number": view.number, "who": view.who, "host": view.host, "why": view.why,
        "on": chinese_date(view.taken.on), "came": view.came,
        "due": f"{due:%H:%M}" if due.date() == view.taken.on else f"{due:%m-%d %H:%M}",
        "code": f"{code[:5]} {code[5:]}", "qr": qr_svg(code), "void": view.state == "void",
    }  # fmt: skip


def book(viewer: Actor, org_id: UUID, code: str, *, since: date, until: date, form: str) -> tuple[str, bytes]:
    """A file's name and the rows from a day to a day as ``pdf`` or ``xlsx``; other versions of the sheet keep their columns.

    Refusals: ``foundation.not_found``, ``ledgers.no_such_ledger``.
    """
    if form not in ("pdf", "xlsx"):
        raise Refusal("foundation.not_found")
    org, ledger, rows = queries.entries_between(viewer, org_id, code, since=since, until=until)
    nil = queries.nil_days(org, code, since=since, until=until)
    name = f"{org.short_name or org.name} {ledger.title} {since:%Y%m%d}-{until:%Y%m%d}"
    return name, bound(org, ledger, rows, nil, since=since, until=until, form=form)


def bound(
    org: Any, ledger: Ledger, rows: list[Entry], nil: list[date], *, since: date, until: date, form: str
) -> bytes:
    """Rows and nil reports that are at hand, as a file."""
    versions = queries.versions_of(rows)
    parts = [
        (versions[pk].version, versions[pk].content.items, [row for row in rows if row.version_id == pk])
        for pk in sorted(versions, key=lambda pk: versions[pk].effective_on)
    ]
    span = f"{chinese_date(since)}至{chinese_date(until)}"
    note = f"{ledger.nil or '零报告'}：{'、'.join(f'{day:%m-%d}' for day in nil)}" if nil else ""
    if form == "xlsx":
        title, above = f"{org.name}　{ledger.title}", f"登记期间：{span}　{note}"
        leaves = [_leaf(title, above, *part) for part in parts or [("", (), [])]]
        return workbook(leaves)
    paper = Paper(
        head=org.name, title=ledger.title, addressee="",
        blocks=(
            Note(f"登记期间：{span}　共 {sum(row.struck_at is None for row in rows)} 行"),
            *(Table(_columns(items), tuple(_lines(items, some)) or (Band("这段时间没有登记"),)) for _, items, some in parts),
            *((Note(note),) if note else ()),
            *(() if parts or note else (Note("这段时间没有登记，也没有零报告。"),)),
            Signatures((Signature("登记人"), Signature("审核人"))),
        ),
    )  # fmt: skip
    return render_paper(paper)


def _columns(items: tuple[Item, ...]) -> tuple[Column, ...]:
    return (
        Column("日期"),
        *(Column(_head(item), 2.0 if item.kind == "text" else 1.0) for item in items),
        Column("登记人"),
    )


def _head(item: Item) -> str:
    return f"{item.title}（{item.unit}）" if item.unit else item.title


def _lines(items: tuple[Item, ...], rows: list[Entry]) -> list[tuple[str, ...] | Band]:
    found: list[tuple[str, ...] | Band] = []
    for row in rows:
        found.append((f"{row.on:%m-%d}", *(row.answers.get(item.code, "") for item in items), _by(row)))
        if row.struck_at:
            found.append(Band(f"上面一行已由{row.struck_by_name}划去：{row.struck_for}"))
    return found


def _by(row: Entry) -> str:
    return f"{row.by_name}（补）" if row.is_late else row.by_name


def _leaf(title: str, note: str, version: str, items: tuple[Item, ...], rows: list[Entry]) -> Leaf:
    heads = (("日期", 12), *((_head(item), 16) for item in items), ("登记人", 12), ("补记", 12), ("划去的原因", 12))
    tab = f"第{version}版" if version else "没有登记"
    return Leaf(tab, title, heads, [_cells(items, row) for row in rows], note=note, fixed=1)


def _cells(items: tuple[Item, ...], row: Entry) -> Sequence[Any]:
    values = [_value(item, row.answers.get(item.code, "")) for item in items]
    cells = (row.on, *values, row.by_name, "补记" if row.is_late else "", row.struck_for)
    return Struck(cells) if row.struck_at else cells


def _value(item: Item, answer: str) -> str | float:
    return float(answer) if item.kind == "number" and answer else answer
