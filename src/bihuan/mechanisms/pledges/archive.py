"""What a school files about its letters of responsibility and its plates; and who has not signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from bihuan.foundation import packs
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks
from bihuan.foundation.evidence import queries as evidence
from bihuan.mechanisms.pledges import printouts, queries
from bihuan.mechanisms.pledges.models import Pledge

REFS = ("page:/pledges/",)
PLATES = ("areas:", "page:/pledges/")
MOST_NAMES = 8


def _pledges(visit: Visit) -> Any:
    """The letters of the year that the span begins in; none for people who do not look after letters."""
    if not queries.may_keep(visit.viewer, visit.school) or not _has_text(visit):
        return Pledge.objects.none()
    year = queries.year_on(visit.school.bureau_id, visit.since)
    rows = Pledge.objects.visible_to(visit.viewer).filter(org_id=visit.school.pk, year=year).exclude(state="void")
    return rows.order_by("post", "user_name", "id")


def _has_text(visit: Visit) -> bool:
    return "default" in packs.entries(visit.school.bureau_id, "pledges")


@archived("pledges")
class Pledges:
    """Letters and plates of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """Whose letters there are."""
        return {"pledges": _pledges(visit).values_list("user_name", "post_name", "state")}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One file a signed letter; one line for everybody who has not signed."""
        if not queries.may_keep(visit.viewer, visit.school) or not _has_text(visit):
            return
        yield Held(PLATES, 1)
        yield Held(REFS, sum(state == "signed" for _, _, state in rows["pledges"]))
        where = f"/pledges/school/{visit.school.pk}/"
        waiting = [f"{name}（{post}）" for name, post, state in rows["pledges"] if state == "waiting"]
        if waiting:
            names = "、".join(waiting[:MOST_NAMES]) + (" 等" if len(waiting) > MOST_NAMES else "")
            yield Gap(REFS, f"{len(waiting)} 份责任书还没有签：{names}", f"{where}?state=waiting")
        elif not rows["pledges"]:
            yield Gap(REFS, "这一年还没有发出责任书", where)

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """The signed letters, then the plates as they hang today."""
        for letters in chunks(_pledges(visit).filter(state="signed")):
            kept = evidence.of_subjects(visit.school.bureau_id, [row.pk for row in letters])
            for row in letters:
                address, found = f"{settings.BIHUAN_URL}/pledges/{row.pk}/", kept.get(row.pk, [])
                yield Piece(
                    REFS, "安全责任书", f"{row.post_name} {row.user_name}.pdf", timezone.localdate(row.signed_at or row.made_at),
                    lambda row=row, address=address, found=found: printouts.letter_pdf(row, address=address, evidence=found),
                )  # fmt: skip
        if queries.may_keep(visit.viewer, visit.school) and _has_text(visit):
            yield Piece(PLATES, "", "区域责任包干牌.pdf", visit.so_far, lambda: _plates(visit))


def _plates(visit: Visit) -> bytes:
    school, plates = queries.plates(visit.viewer, visit.school.pk, on=visit.so_far)
    return printouts.plates_pdf(school, plates, site=settings.BIHUAN_URL, on=visit.so_far)
