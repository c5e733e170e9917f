"""W3, the hazards list: 25 open, overdue rows by deadline inside the viewer's net, and deep pages of it and of history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from bench.direct import Direct
from bench.metering import Figure, Meter, compare
from bench.site import Site
from bench.world import World
from bihuan.engines.cases import hot
from bihuan.engines.cases.queries.lists import LINE
from bihuan.foundation import clock

SIZE = 25
DEEP = 2000
SCOPES = ("province", "city", "bureau", "school")
LISTS = {  # name: address, condition, column, order
    "overdue": ("stage=open&time=overdue", "is_open AND due_at < {now}", "due_at", "ASC"),
    "history": ("stage=all", "1 = 1", "reported_at", "DESC"),
}
PAGE, API = "/hazards/", "/api/v1/hazards"
TARGETS = {"page": 10_000.0, "api": 2_000.0}


class Lists:
    """The lists of one filled database, as the product and as raw SQL answer them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.site = Site()
        self.direct = Direct()
        self.now = clock.now()

    def close(self) -> None:
        """Give connections and threads back."""
        self.site.close()
        self.direct.close()

    def sql(self, scope: str, kind: str, after: bool) -> str:
        """One page as raw SQL."""
        _, condition, column, order = LISTS[kind]
        beyond = ">" if order == "ASC" else "<"
        where = f"{scope}_id = %s AND {condition.format(now='%s')}"
        if after:
            where += f" AND ({column}, id) {beyond} (%s, %s)"
        return f"SELECT {', '.join(LINE)} FROM cases_case WHERE {where} ORDER BY {column} {order}, id {order} LIMIT {SIZE + 1}"

    def values(self, scope: str, kind: str, after: tuple[datetime, UUID] | None) -> list[Any]:
        """What that SQL is given."""
        unit = self.world.home[scope].pk
        found: list[Any] = [self.direct.uuid(unit)]
        if "{now}" in LISTS[kind][1]:
            found.append(self.moment(self.now))
        if after:
            found += [self.moment(after[0]), self.direct.uuid(after[1])]
        return found

    def moment(self, at: datetime) -> Any:
        """A moment as this database keeps it."""
        return at if self.direct.postgres else at.astimezone(UTC).replace(tzinfo=None).isoformat(" ")

    def edge(self, scope: str, kind: str, page: int) -> tuple[int, tuple[datetime, UUID] | None]:
        """The page asked for, or the last full one before it; and the row after which it begins."""
        _, condition, column, order = LISTS[kind]
        where = f"{scope}_id = %s AND {condition.format(now='%s')}"
        values = self.values(scope, kind, None)
        count = self.direct.rows(f"SELECT count(*) FROM cases_case WHERE {where}", values)[0][0]
        page = max(1, min(page, count // SIZE))
        if page == 1:
            return 1, None
        row = self.direct.rows(
            f"SELECT {column}, id FROM cases_case WHERE {where} ORDER BY {column} {order}, id {order} LIMIT 1 OFFSET {SIZE * (page - 1) - 1}",
            values,
        )[0]
        if not self.direct.postgres:
            return page, (datetime.fromisoformat(row[0]).replace(tzinfo=UTC), UUID(row[1]))
        return page, (row[0], row[1])

    def address(self, door: str, kind: str, after: tuple[datetime, UUID] | None) -> str:
        """The page's or the API's address."""
        cursor = f"&cursor={hot.cursor_after(*after)}" if after else ""
        size = f"&limit={SIZE}" if door == "api" else ""
        return f"{API if door == 'api' else PAGE}?{LISTS[kind][0]}{size}{cursor}"

    def ask(self, door: str, scope: str, kind: str, after: tuple[datetime, UUID] | None) -> bytes:
        """The product's answer."""
        looker = self.world.lookers[scope]
        who = {"token": looker.token} if door == "api" else {"session": looker.session}
        status, body = self.site.get(self.address(door, kind, after), **who)
        if status != 200:
            raise RuntimeError(
                f"{self.address(door, kind, after)} answered {status}: {body[:300].decode(errors='replace')}"
            )
        return body

    def raw(self, scope: str, kind: str, after: tuple[datetime, UUID] | None) -> list[tuple[Any, ...]]:
        """The raw answer."""
        return self.direct.rows(self.sql(scope, kind, after is not None), self.values(scope, kind, after))

    def answer(self, door: str, scope: str, kind: str, after: tuple[datetime, UUID] | None) -> Any:
        """The answer by page, by API or as raw SQL."""
        return self.raw(scope, kind, after) if door == "raw" else self.ask(door, scope, kind, after)

    def check(self, scope: str, kind: str, after: tuple[datetime, UUID] | None) -> int:
        """Page, API and raw SQL show the same rows in the same order; how many."""
        wanted = [str(UUID(str(row[0]))) for row in self.raw(scope, kind, after)][:SIZE]
        items = [item["id"] for item in json.loads(self.ask("api", scope, kind, after))["items"]]
        if [str(UUID(item)) for item in items] != wanted:
            raise AssertionError(f"the API's {kind} list for {scope} is not what raw SQL finds")
        page = self.ask("page", scope, kind, after).decode()
        places = [page.find(f'id="hazard-{pk}"') for pk in wanted]
        if -1 in places or places != sorted(places):
            raise AssertionError(f"the page's {kind} list for {scope} is not what raw SQL finds")
        return len(wanted)


def check(world: World) -> None:
    """Product and raw show the same rows, for every scope and list, on the first page and a later one."""
    lists = Lists(world)
    try:
        for scope in SCOPES:
            for kind in LISTS:
                if not lists.check(scope, kind, None):
                    raise AssertionError(f"no rows to compare in the {kind} list for {scope}")
                page, after = lists.edge(scope, kind, DEEP)
                if page > 1:
                    lists.check(scope, kind, after)
    finally:
        lists.close()


def figures(world: World, meter: Meter, rows: int) -> Iterator[Figure]:
    """CPU of the page and of the API for every scope and list, first and deep page.

    All of them by turns, so that a slow half minute of the machine touches one repetition of each list and not every
    repetition of one.
    """
    lists = Lists(world)
    try:
        places = [
            (scope, kind, page, after)
            for scope in SCOPES
            for kind in LISTS
            for page, after in dict([(1, None), lists.edge(scope, kind, DEEP)]).items()
        ]
        shown = [lists.check(scope, kind, after) for scope, kind, _, after in places]
        sides = {
            (n, door): partial(lists.answer, door, scope, kind, after)
            for n, (scope, kind, _, after) in enumerate(places)
            for door in ("page", "api", "raw")
        }
        costs = compare(meter, sides)
        for n, (scope, kind, page, _) in enumerate(places):
            for door, limit in TARGETS.items():
                yield Figure.of(
                    "W3", f"{door} {scope} {kind} p{page}", rows, costs[n, door], costs[n, "raw"], limit=limit,
                    notes={"door": door, "scope": scope, "list": kind, "page": page, "shown": shown[n]},
                )  # fmt: skip
    finally:
        lists.close()


def flatness(found: list[Figure]) -> Iterator[Figure]:
    """How CPU grows from the smallest to the largest number of rows, for every list on its first page and its deep one."""
    groups: dict[tuple[Any, ...], list[Figure]] = {}
    for figure in found:
        if figure.work == "W3":
            note = figure.notes
            groups.setdefault(
                (figure.database, note["door"], note["scope"], note["list"], note["page"] > 1), []
            ).append(figure)
    for (database, door, scope, kind, deep), members in groups.items():
        small, large = min(members, key=lambda f: f.rows), max(members, key=lambda f: f.rows)
        if small.rows < large.rows:
            growth = large.product / small.product
            yield Figure(
                "W3", f"{door} {scope} {kind} {'deep' if deep else 'p1'}: growth from {small.rows:,}", database, large.rows, "x", growth,
                target="<= 1.5x", met=growth <= 1.5,
            )  # fmt: skip
