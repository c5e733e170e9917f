"""What a school files about its ratings: each that was told, the five qualities month by month; and what is not told yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, plain_day
from bihuan.mechanisms.ratings import printouts, qualities, queries, rules
from bihuan.mechanisms.ratings.models import Rating, Score
from bihuan.mechanisms.ratings.pack import schemes_of

REFS = ("page:/ratings/",)
FIVE = ("page:/ratings/five/", "page:/ratings/")
FOLDER = "安全考评"


def _ratings(visit: Visit) -> Any:
    """The ratings of what lay in the span; none for people who do not see that ratings take place."""
    if not queries.may_look(visit.viewer):
        return Rating.objects.none()
    rows = Rating.objects.visible_to(visit.viewer).filter(school_id=visit.school.pk).exclude(state="cancelled")
    return rows.filter(until__gte=visit.since, since__lte=visit.so_far).order_by("since", "id")


@archived("ratings")
class Ratings:
    """Ratings of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """The ratings with their state; how many appeals wait in each."""
        waiting = Score.objects.filter(
            rating__in=_ratings(visit).order_by(), rating__state="published", standing="waiting"
        )
        return {
            "ratings": _ratings(visit).values_list("id", "title", "code", "state", "since"),
            "appeals": waiting.order_by("rating_id").values_list("rating_id").annotate(n=Count("pk")),
        }

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One paper (for appraisers also a workbook) for each that was told; lines for what is not done, and for months left out."""
        keeper = rules.keeps(visit.viewer, visit.school)
        yield Held(REFS, (2 if keeper else 1) * sum(state == "published" for _, _, _, state, _ in rows["ratings"]))
        if _five(visit):
            yield Held(FIVE, 1)
        appeals = {UUID(pk): n for pk, n in rows["appeals"]} if keeper else {}
        for pk, title, _, state, _ in rows["ratings"]:
            where = f"/ratings/{UUID(pk)}/"
            if state == "open":
                yield Gap(REFS, f"「{title}」还没有公布", where)
            elif n := appeals.get(UUID(pk)):
                yield Gap(REFS, f"「{title}」有 {n} 份申诉等着决定", where)
        yield from _left_out(visit, rows)

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Each rating with its results and their basis, in the order of time; then the five qualities."""
        keeper = rules.keeps(visit.viewer, visit.school)
        for ratings in chunks(_ratings(visit).filter(state="published"), 20):
            rows = Score.objects.filter(bureau_id=visit.school.bureau_id, rating__in=ratings).defer("rows")
            ordered = rows.order_by("rating_id", "post_name", "name", "id")
            scores = {pk: list(some) for pk, some in groupby(ordered, key=lambda one: one.rating_id)}
            for rating in ratings:
                page = queries.page_of(visit.viewer, rating, scores.get(rating.pk, []))
                address, on = f"{settings.BIHUAN_URL}/ratings/{rating.pk}/", min(rating.until, visit.so_far)
                yield Piece(
                    REFS, FOLDER, f"{rating.title}.pdf", on, lambda page=page, address=address: printouts.rating_pdf(page, address=address)
                )  # fmt: skip
                if keeper:
                    yield Piece(REFS, FOLDER, f"{rating.title}.xlsx", on, lambda page=page: printouts.rating_xlsx(page))
        if _five(visit):
            yield Piece(FIVE, "", "五项指标.pdf", visit.so_far, lambda: _printed(visit))


def _left_out(visit: Visit, rows: Rows) -> Iterator[Gap]:
    """The months that have ended without a rating by a scheme that the school uses every month."""
    ended = [
        first for first, last in visit.months() if first.day == 1 and rules.span_of("month", first, ())[1] < visit.today
    ]  # type: ignore[index]
    schemes = schemes_of(visit.school.bureau_id)
    used: dict[str, set[Any]] = {}
    for _, _, code, _, since in rows["ratings"]:
        used.setdefault(code, set()).add(plain_day(since))
    for code in used.keys() & {code for code, one in schemes.items() if one["period"] == "month"}:
        if months := [first for first in ended if first not in used[code]]:
            words = "、".join(f"{first.month}月" for first in months)
            yield Gap(REFS, f"{words}没有办「{schemes[code]['name']}」", "/ratings/")


def _five(visit: Visit) -> bool:
    return qualities.may_see(visit.viewer, visit.school)


def _printed(visit: Visit) -> bytes:
    found = qualities.months(visit.viewer, visit.school, visit.since, visit.so_far)
    return printouts.five_pdf(visit.school, found)
