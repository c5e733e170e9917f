"""What a school files about its ledgers: each ledger month by month, as paper and as Excel; and the pages left empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from bihuan.engines.duties.queries import calendar_of
from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, named, plain_day
from bihuan.mechanisms.ledgers import printouts, rules
from bihuan.mechanisms.ledgers.models import Entry, Leaf
from bihuan.mechanisms.ledgers.queries import ledgers_at, shown
from bihuan.mechanisms.ledgers.rules import Ledger

FORMS = ("pdf", "xlsx")


def _kept(visit: Visit) -> dict[str, Ledger]:
    """The ledgers that the school keeps and that this viewer may read: restricted ones are not even named to others."""
    return ledgers_at(visit.viewer, visit.school)


def _leaves(visit: Visit) -> Any:
    rows = Leaf.objects.visible_to(visit.viewer).filter(bureau_id=visit.school.bureau_id, org_id=visit.school.pk)
    first = min(rules.page_day(every, visit.since) for every in rules.EVERY)
    return rows.filter(ledger__in=list(_kept(visit)), on__range=(first, visit.so_far)).order_by("ledger", "on")


def _refs(code: str) -> tuple[str, ...]:
    return (f"ledgers:{code}", f"sheets:ledger-{code}", f"duties:ledger-{code}", "ledgers:", "page:/ledgers/")


@archived("ledgers")
class Ledgers:
    """The ledgers of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """The pages that were begun."""
        return {"leaves": _leaves(visit).values_list("ledger", "on")}

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """Two files for each month with a page; one line for each ledger with empty pages."""
        begun: dict[str, set[date]] = {}
        for code, on in rows["leaves"]:
            begun.setdefault(code, set()).add(plain_day(on))
        days = calendar_of(visit.school.bureau_id, visit.school.pk, on=visit.since).school_days(
            visit.since, visit.so_far
        )
        for code, ledger in _kept(visit).items():
            filled = begun.get(code, set())
            months = sum(any(first <= on <= last for on in filled) for first, last in _spans(visit))
            if months:
                yield Held(_refs(code), months * len(FORMS))
            if empty := _empty(ledger, filled, days, visit.today):
                yield Gap(_refs(code), _said(ledger, empty, visit.today), _where(visit, ledger, empty))

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Month by month (two statements for all ledgers of a month), each ledger as PDF and as Excel."""
        ledgers = _kept(visit)
        for since, until in _spans(visit):
            scope = {"bureau_id": visit.school.bureau_id, "org_id": visit.school.pk, "on__range": (since, until)}
            written: dict[str, list[Entry]] = {}
            nil: dict[str, list[date]] = {}
            for row in (
                Entry.objects.visible_to(visit.viewer).filter(ledger__in=list(ledgers), **scope).order_by("on", "id")
            ):
                written.setdefault(row.ledger, []).append(row)
            begun = set()
            for code, on, state in _leaves(visit).filter(on__range=(since, until)).values_list("ledger", "on", "state"):
                begun.add(code)
                if state == "nil":
                    nil.setdefault(code, []).append(on)
            for code, ledger in ledgers.items():
                if code in begun:
                    rows = shown(visit.viewer, ledger, visit.school, written.get(code, []))
                    yield from _books(visit, ledger, rows, nil.get(code, []), since, until)


def _spans(visit: Visit) -> Iterator[tuple[date, date]]:
    """Months, the first one from the day that names a page begun before the span (a week's, a term's)."""
    for n, (first, last) in enumerate(visit.months()):
        yield (first if n else min(rules.page_day(every, first) for every in rules.EVERY)), last


def _books(
    visit: Visit, ledger: Ledger, rows: list[Entry], nil: list[date], since: date, until: date
) -> Iterator[Piece]:
    folder = f"{ledger.number:02} {ledger.title}"
    for form in FORMS:
        yield Piece(
            _refs(ledger.code), folder, f"{ledger.title} {until:%Y-%m}.{form}", until,
            lambda form=form: printouts.bound(visit.school, ledger, rows, nil, since=since, until=until, form=form),
        )  # fmt: skip


def _empty(ledger: Ledger, filled: set[date], days: Sequence[date], today: date) -> list[date]:
    """The pages that were due on days with school, are over, and were not begun."""
    pages = dict.fromkeys(rules.page_day(ledger.every, day) for day in days)
    return [page for page in pages if page not in filled and rules.last_day(ledger.every, page) < today]


def _said(ledger: Ledger, empty: Sequence[date], today: date) -> str:
    daily = ledger.every == "day"
    what = f"{named(empty)}没有登记" if daily else f"{ledger.every_words}，缺 {len(empty)} 页（{named(empty)}）"
    locked = sum(rules.locked_from(ledger, page) <= today for page in empty)
    return f"《{ledger.title}》{what}" + (f"（其中 {locked} 页已过补录期限）" if locked else "")


def _where(visit: Visit, ledger: Ledger, empty: Sequence[date]) -> str:
    """The first page that may still be written; when all are locked, the last one."""
    still = [page for page in empty if rules.locked_from(ledger, page) > visit.today]
    return f"/ledgers/{visit.school.pk}/{ledger.code}/?on={(still[0] if still else empty[-1]):%Y-%m-%d}"
