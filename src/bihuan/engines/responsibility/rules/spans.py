"""Spans of days and the gaps between them: where, when and at which post nobody is responsible.

Days are inclusive at both ends; ``ends_on=None`` means until further notice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from bihuan.engines.responsibility.rules.tree import steps_to

DAY = timedelta(days=1)
Span = tuple[date, date]


@dataclass(frozen=True)
class Place:
    """A unit where somebody must be: its words are everything below the school (``"东校区 实验楼 三层"``)."""

    path: str
    words: str
    tier: str = "school"
    school: str = ""


@dataclass(frozen=True)
class Need:
    """A place that needs somebody at a post; without a post anybody responsible for the place will do."""

    place: Place
    post: str = ""
    post_name: str = ""


@dataclass(frozen=True)
class Served:
    """An appointment seen as what it covers."""

    path: str
    post: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class Gap:
    """A need that nobody meets from a day to a day; ``open_start``/``open_end``: it reaches beyond the looked-at days."""

    need: Need
    starts_on: date
    ends_on: date
    open_start: bool
    open_end: bool

    def sentence(self, on: date) -> str:
        """The gap in words, read on a day: ``9月3日至9月9日 安全负责人空缺``."""
        return f"{self.where()} {self.when(on)}".strip()

    def where(self) -> str:
        """The place, with the school's name in front when it is not the school itself."""
        return " ".join(part for part in (self.need.place.school, self.need.place.words) if part)

    def when(self, on: date) -> str:
        """Since when, until when, and what is missing."""
        what = f"{self.need.post_name}空缺" if self.need.post else "无人负责"
        if self.open_start and self.open_end:
            return what
        if self.open_start or self.open_end:
            edge = f"{day_words(self.ends_on, on)}以前" if self.open_start else f"{day_words(self.starts_on, on)}起"
            return f"{edge} {what}"
        if self.starts_on == self.ends_on:
            return f"{day_words(self.starts_on, on)} {what}"
        return f"{day_words(self.starts_on, on)}至{day_words(self.ends_on, on)} {what}"


def day_words(day: date, on: date) -> str:
    """``9月3日``, with the year when it is another one."""
    return f"{day.month}月{day.day}日" if day.year == on.year else f"{day.year}年{day.month}月{day.day}日"


def uncovered(since: date, until: date, spans: Iterable[tuple[date, date | None]]) -> list[Span]:
    """The days of ``since … until`` that no span covers, as the fewest spans."""
    found: list[Span] = []
    free_from = since
    for starts_on, ends_on in sorted(spans, key=lambda span: span[0]):
        if starts_on > until:
            break
        if starts_on > free_from:
            found.append((free_from, starts_on - DAY))
        if ends_on is None or ends_on >= until:
            return found
        free_from = max(free_from, ends_on + DAY)
    if free_from <= until:
        found.append((free_from, until))
    return found


def gaps(needs: Iterable[Need], served: Iterable[Served], *, since: date, until: date) -> list[Gap]:
    """Every need with the days on which nobody meets it, in the order of the needs.

    A post is met by its holder at the place or anywhere above it; a place without a post by anybody at it or at an
    area above it (the caller says which by what it passes as ``served``).
    """
    by_post: dict[tuple[str, str], list[tuple[date, date | None]]] = defaultdict(list)
    anybody: dict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for row in served:
        by_post[row.post, row.path].append((row.starts_on, row.ends_on))
        anybody[row.path].append((row.starts_on, row.ends_on))
    found = []
    for need in needs:
        steps = steps_to(need.place.path)
        if need.post:
            spans = [span for step in steps for span in by_post.get((need.post, step), ())]
        else:
            spans = [span for step in steps for span in anybody.get(step, ())]
        found += [
            Gap(need, first, last, open_start=first == since, open_end=last == until)
            for first, last in uncovered(since, until, spans)
        ]
    return found


def merged_areas(found: Sequence[Gap], areas: Sequence[Place]) -> list[Gap]:
    """Gaps of areas said once, for the highest area in which every leaf lacks somebody on the same days.

    ``areas`` are all areas that were looked at, leaves and those above them; other gaps pass through unchanged.
    """
    leaves_below: dict[str, set[str]] = defaultdict(set)
    by_path = {place.path: place for place in areas}
    paths = sorted(by_path)
    is_leaf = {path for path, after in pairwise([*paths, "~"]) if not after.startswith(path)}
    for leaf in is_leaf:
        for step in steps_to(leaf):
            if step in by_path:
                leaves_below[step].add(leaf)
    missing: dict[Span, set[str]] = defaultdict(set)
    for gap in found:
        if not gap.need.post:
            missing[gap.starts_on, gap.ends_on].add(gap.need.place.path)
    said: list[Gap] = []
    done: set[tuple[str, Span]] = set()
    for gap in found:
        if gap.need.post:
            said.append(gap)
            continue
        span = (gap.starts_on, gap.ends_on)
        steps = [step for step in steps_to(gap.need.place.path) if step in by_path]
        highest = next(step for step in steps if leaves_below[step] <= missing[span])
        if (highest, span) not in done:
            done.add((highest, span))
            said.append(Gap(Need(by_path[highest]), *span, gap.open_start, gap.open_end))
    return said


def leaf_areas(areas: Sequence[Place]) -> list[Place]:
    """The areas that have no area below them, in tree order: the finest places that need a person."""
    ordered = sorted(areas, key=lambda place: place.path)
    return [place for place, after in pairwise([*ordered, Place("~", "")]) if not after.path.startswith(place.path)]


def said_briefly(found: Sequence[Gap], on: date) -> list[str]:
    """The gaps as sentences for a page with many schools: missing posts first, the areas of one school together."""
    sentences = [gap.sentence(on) for gap in found if gap.need.post]
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for gap in found:
        if not gap.need.post:
            together[gap.need.place.school, gap.when(on)].append(gap.need.place.words)
    for (school, when), places in together.items():
        if school and len(places) > 2:
            sentences.append(f"{school} {places[0]}、{places[1]}等{len(places)}处 {when}")
        else:
            sentences += [f"{school} {words} {when}".strip() for words in places]
    return sentences
