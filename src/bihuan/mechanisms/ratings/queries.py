"""Reading ratings: my own results, a school's rounds, one result with every row behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases import queries as cases
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.packs.deeds import kinds
from bihuan.foundation.pages.keyset import Page, page
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import rules
from bihuan.mechanisms.ratings.counting import Anew, Tallied, count, counted_anew, subjects
from bihuan.mechanisms.ratings.models import Rating, Score, ScoreVersion
from bihuan.mechanisms.ratings.pack import schemes_of, terms_of

OUTCOMES = {
    "tasks-on-time": ("按时", "没有按时"), "hazards-in-time": ("按期", "没有按期"), "letters-signed": ("已签", "没有签"),
    "meetings-attended": ("到会", "没有到会"), "patrols-walked": ("走到", "没有走"),
}  # fmt: skip


def mine(viewer: Actor, *, most: int = 12) -> list[Score]:
    """My own results that were told, the latest first."""
    if viewer.id is None:
        return []
    rows = Score.objects.filter(user_id=viewer.id, rating__published_at__isnull=False).select_related("rating")
    return list(rows.defer("rows", "rating__scheme").order_by("-id")[:most])


def ratings(viewer: Actor, *, state: str = "", school: UUID | None = None, cursor: str = "", size: int = 25) -> Page:
    """The ratings inside the net of whoever appraises or looks after one, the latest first (of one state, of one school); to
    others none."""
    rows = Rating.objects.visible_to(viewer) if may_look(viewer) else Rating.objects.none()
    if state in rules.STATES:
        rows = rows.filter(state=state)
    if school:
        rows = rows.filter(school_id=school)
    return page(rows.defer("scheme"), order=("-since", "-id"), cursor=cursor, size=size)


def may_look(viewer: Actor) -> bool:
    """Whether a person sees that ratings take place, beyond the own result."""
    return viewer.may_anywhere("sign-for-school") or viewer.may_anywhere("see-net")


@dataclass(frozen=True, slots=True)
class Openable:
    """What can be begun at one school: schemes, and for each kind of period those that have ended."""

    org_id: UUID
    org_name: str
    schemes: tuple[tuple[str, str], ...]


def openable(viewer: Actor) -> list[Openable]:
    """The schools at which this person may begin a rating, each scheme with each period that has ended."""
    today = timezone.localdate(clock.now())
    found = []
    homes = {
        hold.org_id: hold.org_name for hold in viewer.holds if "sign-for-school" in hold.acts and hold.level == "school"
    }
    for org_id, name in homes.items():
        schemes = schemes_of(viewer.bureau_id)
        terms = terms_of(viewer.bureau_id)
        choices = [("", "请选")] if schemes else []
        choices += [
            (f"{code}/{day.isoformat()}", f"{words} {one['name']}")
            for code, one in schemes.items()
            for day, words in rules.spans_before(one["period"], today, terms, most=2)
        ]
        found.append(Openable(org_id, name, tuple(choices)))
    return found


@dataclass(frozen=True, slots=True)
class RatingPage:
    """One rating: how its results lie, and, for whoever appraises, each of them."""

    rating: Rating
    scores: tuple[Score, ...]
    bands: tuple[rules.Band, ...]
    rated: int
    left_out: int
    full: Decimal
    mine: Score | None
    may_keep: bool
    may_cancel: bool
    waiting: int
    again: Anew | None

    @property
    def state_words(self) -> str:
        """The state in words."""
        return rules.STATES[self.rating.state]

    @property
    def recounts(self) -> tuple[Mapping[str, Any], ...]:
        """What changed each time that it was counted anew, the latest first; to others than appraisers nothing."""
        found = self.rating.recounts[::-1] if self.may_keep else ()
        return tuple({**one, "at": datetime.fromisoformat(one["at"])} for one in found)

    @property
    def unjudged(self) -> int:
        """How many results lack a judged mark."""
        return sum(not score.is_judged for score in self.scores)


def rating_page(viewer: Actor, pk: UUID, *, again: bool = False) -> RatingPage:
    """One rating: all results for whoever appraises there, only the spread (once told) and the own one for others.

    With *again* what is not told yet is counted once more, and the page says what would change.
    """
    rating: Rating = Rating.objects.select_related("org").seen(viewer, pk)
    anew = again and rating.state == "open" and rules.keeps(viewer, rating)
    scores = Score.objects.filter(bureau_id=rating.bureau_id, rating=rating).order_by("post_name", "name", "id")
    return page_of(viewer, rating, list(scores if anew else scores.defer("rows")), again=anew)


def page_of(viewer: Actor, rating: Rating, rows: Sequence[Score], *, again: bool = False) -> RatingPage:
    """The page of a rating that was found visible, from all of its scores in their order; no statement unless *again*."""
    own = next((one for one in rows if one.user_id == viewer.id and rating.was_told), None)
    keeper = rules.keeps(viewer, rating)
    if not keeper and own is None and not may_look(viewer):
        raise Refusal("foundation.not_found")
    for row in rows:
        row.rating = rating
    totals = [one.total for one in rows if one.total is not None]
    told = keeper or rating.state == "published"
    bands = rules.spread(totals, full_of(rating), fewest=rating.scheme["fewest"]) if told else []
    return RatingPage(
        rating, tuple(rows) if keeper else (), tuple(bands), len(totals), len(rows) - len(totals), full_of(rating), own, keeper,
        keeper and rating.state != "cancelled" and all(one.user_id != viewer.id for one in rows),
        sum(one.standing == "waiting" for one in rows) if keeper and rating.state == "published" else 0,
        counted_anew(rating, rows, as_of=clock.now()) if again else None,
    )  # fmt: skip


def full_of(rating: Rating) -> Decimal:
    """What a rating's items add up to."""
    return sum(rules.full_marks(rating.scheme["items"]).values(), Decimal(0))


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a result: what was counted or judged, why, and the rows behind it; ``now`` is what counting again says."""

    code: str
    name: str
    text: str
    full: Decimal
    measure: str
    good: int
    due: int
    mark: Decimal | None
    said: Mapping[str, Any] | None
    rows: Sequence[Mapping[str, Any]]
    now: Mapping[str, int] | None

    @property
    def outcomes(self) -> tuple[str, str]:
        """What a row is called that is good, and one that is not."""
        return OUTCOMES.get(self.measure, ("办了", "没有办"))

    @property
    def differs(self) -> bool:
        """Whether counting again says something else than was frozen."""
        return self.now is not None and (self.now["good"], self.now["due"]) != (self.good, self.due)


@dataclass(frozen=True, slots=True)
class ScorePage:
    """One result with its items, its versions and what this person may do about it."""

    score: Score
    rating: Rating
    lines: tuple[Line, ...]
    full: Decimal
    bands: tuple[rules.Band, ...]
    versions: tuple[ScoreVersion, ...]
    improvements: tuple[Mapping[str, Any], ...]
    people: tuple[tuple[str, str], ...]
    is_mine: bool
    may_keep: bool
    may_decide: bool
    not_decide: str
    last_day: date | None
    on: date | None

    @property
    def judged(self) -> tuple[Line, ...]:
        """The items that a person judges."""
        return tuple(line for line in self.lines if not line.measure)

    @property
    def may_judge(self) -> bool:
        """Whether marks may still be given by this person."""
        return self.may_keep and not self.is_mine and self.rating.state == "open"

    @property
    def may_appeal(self) -> bool:
        """Whether the person may still object."""
        in_time = self.last_day is not None and timezone.localdate(clock.now()) <= self.last_day
        return self.is_mine and self.score.standing == "none" and in_time and self.rating.state == "published"

    @property
    def state_words(self) -> str:
        """The state of its rating in words."""
        return rules.STATES[self.rating.state]

    @property
    def standing_words(self) -> str:
        """What became of an appeal, in words."""
        return rules.STANDINGS[self.score.standing]


def score_page(viewer: Actor, pk: UUID, *, on: date | None = None) -> ScorePage:
    """One result: the own one once it is told, or any of a school where one appraises; else ``foundation.not_found``.

    With *on* every number is counted again as things stood at the end of that day, and only those are shown.
    """
    score, keeper = _seen(viewer, pk)
    rating, own = score.rating, score.user_id == viewer.id
    again = recounted(score, on) if on else None
    told = keeper or rating.state == "published"
    totals = Score.objects.filter(bureau_id=rating.bureau_id, rating=rating, total__isnull=False)
    shown = told and not on  # counting again is a view of its own: it leaves out what it would not change
    fewest = rating.scheme["fewest"]
    bands = rules.spread(list(totals.values_list("total", flat=True)), full_of(rating), fewest=fewest) if shown else []
    versions = ScoreVersion.objects.filter(bureau_id=score.bureau_id, score=score).order_by("n")
    decides = keeper and not own and score.standing == "waiting" and rating.state == "published"
    first = decides and str(viewer.id) in rules.first_appraisers(rating.published_by_id, score.marks)
    last = (
        rules.appeal_until(timezone.localdate(rating.published_at), rating.scheme["appeal_days"])
        if rating.published_at
        else None
    )
    return ScorePage(
        score, rating, tuple(lines_of(score, again)), full_of(rating), tuple(bands), tuple(versions), tuple(_improvements(viewer, score)) if not on else (),
        _people(score) if keeper and not own and not on and rating.state == "published" else (), own, keeper, decides and not first,
        "这份结果是你打分或公布的，由另一位负责人决定。" if first else "", last, on,
    )  # fmt: skip


def recounted(score: Score, on: date) -> Tallied | None:
    """What one subject did in the rating's span, as it stood at the end of a day; nothing where the subject is unknown now."""
    rating: Any = score.rating
    rated = subjects(rating.scheme, rating.org, since=rating.since, until=rating.until)
    as_of = clock.midnight(net.sensible_day(on) + timedelta(days=1))
    return count(rating, rated, as_of=min(as_of, clock.now())).get(score.subject)


def ratings_told(viewer: Actor) -> Any:
    """The ratings inside the viewer's net whose results were told, to be counted."""
    return Rating.objects.visible_to(viewer).filter(state="published")


def lines_of(score: Score, again: Tallied | None = None, *, plain: bool = False) -> list[Line]:
    """The items of a result; *plain* without the rows behind them."""
    marks = rules.marks(score.rating.scheme["items"], score.counted, score.marks)
    found = []
    for item in score.rating.scheme["items"]:
        code, kind = item["code"], item.get("measure", "")
        said = score.counted.get(code, {"good": 0, "due": 0})
        found.append(Line(
            code, item["name"], item.get("text", "") or kinds().get(kind, ""), Decimal(str(item["full"])), kind, said["good"],
            said["due"], marks[code], score.marks.get(code), () if plain else sorted(score.rows.get(kind, ()), key=lambda row: row["good"]),
            again.counted.get(code) if again else None,
        ))  # fmt: skip
    return found


# --- inside ----------------------------------------------------------------------------------------------------------


def _seen(viewer: Actor, pk: UUID) -> tuple[Any, bool]:
    score = Score.objects.select_related("rating", "rating__org").seen(viewer, pk)
    keeper = rules.keeps(viewer, score)
    if not keeper and not (score.user_id == viewer.id and score.rating.was_told):
        raise Refusal("foundation.not_found")
    return score, keeper


def _improvements(viewer: Actor, score: Score) -> list[dict[str, Any]]:
    """What was asked, each with the state of its case where the viewer may see that."""
    if not score.improvements:
        return []
    there = {str(row["id"]): row for row in cases.by_source(viewer, score.bureau_id, score.pk)}
    return [{**one, "case": there.get(one["case_id"])} for one in score.improvements]


def _people(score: Score) -> tuple[tuple[str, str], ...]:
    """Who may be asked to improve something at the school: whoever may put things right there or in an own room."""
    posts = packs.entries(score.bureau_id, "posts")
    people = {"": "请选"}
    rows = net.appointments(SYSTEM, on=timezone.localdate(clock.now()), org_id=score.rating.org_id)
    for row in rows.order_by("user__name")[:600]:
        if "rectify" in posts.get(row.post, {}).get("acts", ()):
            people.setdefault(str(row.user_id), f"{row.user.name} · {posts[row.post]['name']}")
    return tuple(people.items())
