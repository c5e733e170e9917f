"""The letter as a paper, plates for doors, badges for necks."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from bihuan.foundation.evidence import store
from bihuan.foundation.evidence.queries import of_subject
from bihuan.foundation.printing.paper import (
    Heading,
    Note,
    Paper,
    Paragraph,
    Signature,
    Signatures,
    chinese_date,
    numbered,
)
from bihuan.foundation.printing.pdf import render_paper, render_pdf
from bihuan.foundation.printing.pictures import qr_svg
from bihuan.mechanisms.pledges.models import Pledge
from bihuan.mechanisms.pledges.queries import Plate

PLATES = "pledges/plates.typ"
BADGES = "pledges/badges.typ"


def letter_pdf(row: Pledge, *, address: str, evidence: list[Any] | None = None) -> bytes:
    """One letter as it was made, with the drawn signature when it is signed; *evidence* when it is at hand."""
    said = row.content
    signed_on = timezone.localdate(row.signed_at) if row.signed_at else None
    found = of_subject(row.bureau_id, row.pk) if evidence is None else evidence
    kept = next((one for one in found if one.pk == row.signature_id), None)
    drawn = store.read(kept.sha256) if kept else None
    blocks = (
        Paragraph(said["opening"]),
        Heading("一、岗位职责"), *numbered(said["duties"]),
        Heading("二、责任目标"), *numbered(said["goals"]),
        Heading("三、考核与追究"), *numbered(said["consequences"]),
        Paragraph(said["closing"]),
        Signatures((
            Signature(f"甲方：{said['school']}（盖章）"),
            Signature(f"乙方：{said['post']}", said["name"], drawn, signed_on),
        )),
        Note(f"本责任书内容的校验值：{row.digest[:16]}"),
    )  # fmt: skip
    return render_paper(
        Paper(
            head=said["school"], title=f"{said['year']} 学年{said['title']}", blocks=blocks, qr_url=address,
            watermark="" if row.state == "signed" else "未签" if row.state == "waiting" else "作废",
        )
    )  # fmt: skip


def plates_pdf(school: Any, plates: list[Plate], *, site: str, on: date) -> bytes:
    """Two plates a page; an area that nobody keeps says so in large letters."""
    data = {
        "school": school.name, "on": chinese_date(on), "phone": school.phone,
        "plates": [
            {
                "name": plate.area.name, "place": plate.place, "duties": list(plate.duties),
                "keepers": [{"post": post, "name": name, "phone": phone} for post, name, phone in plate.keepers],
                "qr": qr_svg(f"{site}/net/{plate.area.pk}/"),
            }
            for plate in plates
        ],
    }  # fmt: skip
    return render_pdf(PLATES, data, dated=on)


def badges_pdf(school: Any, people: list[tuple[str, str]], *, until: str, on: date) -> bytes:
    """Ten badges of the size of a bank card a page."""
    data = {"school": school.name, "until": until, "people": [{"name": name, "post": post} for name, post in people]}
    return render_pdf(BADGES, data, dated=on)
