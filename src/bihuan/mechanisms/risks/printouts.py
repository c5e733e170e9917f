"""What hangs on the wall: sheets of QR labels, and the notice card (风险告知卡)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from bihuan.foundation.printing.labels import Label, render_labels_pdf, render_labels_pngs
from bihuan.foundation.printing.paper import chinese_date
from bihuan.foundation.printing.pdf import render_pdf
from bihuan.foundation.printing.pictures import qr_svg
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.pack import colours, risks_of
from bihuan.mechanisms.risks.queries import PointPage

PER_SHEET = 24
INKS = {"red": "#c4161c", "orange": "#e07000", "yellow": "#e8b800", "blue": "#1f66c0"}
"""Print colours of the shapes; the word and the shape say the same in black and white."""
CARD = "risks/notice_card.typ"


def address_of(site: str, code: str, n: int = 0) -> str:
    """What the QR of a label holds; *n* is the serial of the print."""
    return f"{site}/p/{code}?n={n}" if n else f"{site}/p/{code}"


def tag_address_of(site: str, code: str, n: int = 0) -> str:
    """What is written on an NFC tag: by ``via`` a round knows that the tag was tapped and no picture of it scanned."""
    return f"{address_of(site, code, n)}{'&' if n else '?'}via=nfc"


def _labels(rows: Iterable[Mapping[str, Any]], site: str, four: Mapping[str, rules.Colour]) -> list[Label]:
    return [
        Label(
            url=address_of(site, row["code"], row.get("n", 0)),
            name=row["name"],
            word=f"{four[row['colour']].word}风险",
            shape=four[row["colour"]].shape,  # type: ignore[arg-type]
            colour=INKS[row["colour"]],
            place=row["place"],
            unit=row["school_name"],
            code=row["code"],
        )
        for row in rows
    ]


def labels_pdf(rows: list[dict[str, Any]], site: str) -> bytes:
    """Labels of these points, 24 a sheet; refusal ``risks.no_points_chosen`` for none."""
    if not rows:
        raise Refusal("risks.no_points_chosen")
    return render_labels_pdf(_labels(rows, site, colours(risks_of(rows[0]["bureau_id"]))))


def labels_png(rows: list[dict[str, Any]], site: str, *, ppi: float = 100) -> bytes:
    """The first sheet as a picture; refusal ``risks.no_points_chosen`` for none."""
    if not rows:
        raise Refusal("risks.no_points_chosen")
    return render_labels_pngs(_labels(rows[:PER_SHEET], site, colours(risks_of(rows[0]["bureau_id"]))), ppi=ppi)[0]


def card_pdf(page: PointPage, site: str, *, on: date) -> bytes:
    """The notice card of a point: one A4 page, readable in black and white."""
    return render_pdf(CARD, card_data(page, site, on=on), dated=on)


def card_data(page: PointPage, site: str, *, on: date) -> dict[str, Any]:
    """What the card says."""
    point = page.point
    main = next((keeper for keeper in page.keepers if keeper.main), None)
    measures = [(word, text) for word, text in page.measures if word != rules.MEASURES["emergency"]]
    return {
        "name": point.name, "number": point.number, "unit": point.school_name, "place": point.place, "kind": page.kind,
        "colour_name": page.colour.name, "word": page.colour.word, "shape": page.colour.shape, "ink": INKS[page.colour.code],
        "hazard_source": point.hazard_source, "accident": point.accident,
        "measures": [{"word": word, "text": text} for word, text in measures],
        "emergency": point.measures.get("emergency", ""), "cadence": page.cadence,
        "keeper": f"{main.post} {main.name}".strip() if main else "", "phone": page.phone, "qr": qr_svg(address_of(site, point.code)), "code": point.code, "on": chinese_date(on),
    }  # fmt: skip
