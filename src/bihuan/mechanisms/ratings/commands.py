"""Every write of this room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from bihuan.engines.cases.commands import Found, HandOut, found_at
from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import SYSTEM, Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record, record_all
from bihuan.foundation.ids import uuid7
from bihuan.foundation.messages import tell
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed
from bihuan.mechanisms.ratings import events, rules  # noqa: F401 - declares facts and refusals
from bihuan.mechanisms.ratings.counting import count, counted_anew, rows_of, subjects
from bihuan.mechanisms.ratings.models import Rating, Score, ScoreVersion
from bihuan.mechanisms.ratings.pack import scheme_of, terms_of

Reason = Annotated[str, Field(min_length=4, max_length=400)]


class MarkIn(BaseModel):
    """What a person gives for one item, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    item: Annotated[str, Field(max_length=40)]
    mark: Annotated[Decimal, Field(ge=0, le=1000, max_digits=5, decimal_places=1)]
    reason: Annotated[str, Field(min_length=2, max_length=200)]


@command("ratings.open_rating")
def open_rating(
    by: Actor, at: datetime, *, id: UUID, org_id: UUID, scheme: Annotated[str, Field(max_length=60)], on: date
) -> Rating:
    """Begin a rating of the month or term that *on* lies in: the numbers and the rows behind them are frozen now.

    Refusals: ``foundation.not_found`` · ``not_yours``, ``ratings.not_a_school`` · ``no_scheme`` · ``no_span`` · ``not_over`` ·
    ``nobody`` · ``there_already``.
    """
    school = net.org(by, org_id)
    if school.tier != "school":
        raise Refusal("ratings.not_a_school", fields={"org_id": "请选一所学校。"})
    _require(by, school)
    found = scheme_of(school.bureau_id, scheme)
    span = rules.span_of(found["period"], net.sensible_day(on), terms_of(school.bureau_id))
    if span is None:
        raise Refusal("ratings.no_span", fields={"on": "请从列表里选。"})
    since, until, words = span
    if until >= timezone.localdate(at):
        raise Refusal("ratings.not_over", words=words, day=f"{until:%m-%d}", fields={"on": "请选已经过完的一段。"})
    rated = subjects(found, school, since=since, until=until)
    if not rated.people:
        raise Refusal("ratings.nobody", words=words)
    rating = Rating(
        id=id, **placed(school), org_id=school.pk, org_name=school.short_name or school.name, code=scheme,
        title=f"{words}{found['name']}", scheme=found, since=since, until=until, opened_at=at, opened_by_name=by.name,
    )  # fmt: skip
    try:
        with transaction.atomic():
            rating.save(force_insert=True)
    except IntegrityError:
        begun = Rating.objects.filter(bureau_id=school.bureau_id, org_id=school.pk, code=scheme, since=since)
        there = begun.exclude(state="cancelled").first()
        raise Refusal(
            "ratings.there_already", words=words, who=there.opened_by_name if there else "另一位负责人"
        ) from None
    deeds = count(rating, rated, as_of=at)
    scores = [
        Score(
            **placed(school), rating=rating, subject=one.subject, name=one.name, post_name=one.post_name, user_id=one.user_id,
            counted=deeds[one.subject].counted, rows=rows_of(deeds[one.subject]),
            total=rules.result(found["items"], deeds[one.subject].counted, {}),
        )
        for one in rated.people
    ]  # fmt: skip
    Score.objects.bulk_create(scores)
    record(rating, "ratings.opened", by=by, at=at, scheme=scheme, since=since, until=until, count=len(scores))
    return rating


@command("ratings.judge")
def judge(
    by: Actor, at: datetime, *, score_id: UUID, revision: int,
    marks: Annotated[list[MarkIn], Field(min_length=1, max_length=20)],
) -> Score:  # fmt: skip
    """Give the marks that a person has to judge, each with a reason, before the results are told; said again, the last counts.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``ratings.own`` · ``not_open`` · ``cancelled`` · ``bad_item`` ·
    ``unknown_item`` · ``bad_mark``.
    """
    score = _kept(by, score_id)
    _require_open(score.rating)
    items = {one["code"]: one for one in score.rating.scheme["items"]}
    for n, one in enumerate(marks):
        if items.get(one.item, {}).get("measure"):
            raise Refusal(
                "ratings.bad_item", item=items[one.item]["name"], fields={f"marks.{n}.item": "这一项由系统计算。"}
            )
    given = _given(by, items, marks)
    score.marks = score.marks | given
    score.total = _result(score, score.marks)
    won = Score.objects.filter(pk=score.pk, revision=revision).update(
        marks=score.marks, total=score.total, revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="另一位负责人")
    score.revision = revision + 1
    record(score, "ratings.judged", by=by, at=at, items=sorted(given), rating=score.rating_id)
    return score


@command("ratings.count_anew")
def count_anew(by: Actor, at: datetime, *, rating_id: UUID, revision: int) -> Rating:
    """Count once more what is not told yet, as it stands now; judged marks stay, and what changed is kept with the rating.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``ratings.not_open`` · ``cancelled`` · ``nothing_changed``.
    """
    rating = _rating(by, rating_id)
    _require_open(rating)
    scores = Score.objects.filter(bureau_id=rating.bureau_id, rating=rating).order_by("post_name", "name", "id")
    anew = counted_anew(rating, scores, as_of=at)
    if not anew.found:
        raise Refusal("ratings.nothing_changed")
    said = {"at": at.isoformat(), "by_name": by.name, "changes": anew.changes}
    _swap(rating, revision, recounts=[*rating.recounts, said])
    read = Q()
    for score, now, change in anew.found:
        read |= Q(pk=score.pk, revision=score.revision)
        score.counted, score.rows, score.total, score.revision = (
            now.counted,
            rows_of(now),
            change.after,
            score.revision + 1,
        )
    unchanged = Score.objects.filter(read)  # who was judged meanwhile has another revision, and the whole act is undone
    fields = ["counted", "rows", "total", "revision"]
    if unchanged.bulk_update([score for score, _, _ in anew.found], fields) != len(anew.found):
        raise Refusal("foundation.changed_meanwhile", who="另一位负责人")
    record(rating, "ratings.counted_anew", by=by, at=at, changed=len(anew.found))
    return rating


@command("ratings.cancel_rating")
def cancel_rating(
    by: Actor, at: datetime, *, rating_id: UUID, revision: int, reason: Annotated[str, Field(min_length=4, max_length=200)]
) -> Rating:  # fmt: skip
    """Call a rating off, told or not: everything in it stays to be read and counts for nothing; it can be begun again.

    Whoever was told learns why. Not for whoever has a result in it.
    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``ratings.cancelled`` · ``own_among``.
    """
    rating = _rating(by, rating_id)
    _refuse_cancelled(rating)
    people = set(Score.objects.filter(bureau_id=rating.bureau_id, rating=rating).values_list("user_id", flat=True))
    if by.id in people:
        raise Refusal("ratings.own_among", act="作废")
    _swap(rating, revision, state="cancelled", cancelled_at=at, cancelled_by_name=by.name, cancelled_for=reason)
    event = record(rating, "ratings.cancelled", by=by, at=at, reason=reason, told=rating.was_told)
    if rating.was_told:
        tell(
            people - {None},
            about=event,
            kind="ratings.cancelled",
            title=f"考评作废：{rating.title}",
            body=reason,
            link="/ratings/",
        )
    return rating


@command("ratings.publish")
def publish(by: Actor, at: datetime, *, rating_id: UUID, revision: int) -> Rating:
    """Freeze the results and tell each person the own one; items that nobody judged are left out.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``ratings.not_open`` · ``cancelled`` · ``own_among``.
    """
    rating = _rating(by, rating_id)
    _require_open(rating)
    _swap(rating, revision, state="published", published_at=at, published_by_id=by.id, published_by_name=by.name)
    # from now on nobody judges: a judgement that came at the same moment finds another revision
    rows = Score.objects.filter(bureau_id=rating.bureau_id, rating=rating)
    rows.update(revision=F("revision") + 1)
    scores = list(rows.defer("rows"))
    if any(one.user_id == by.id for one in scores):
        raise Refusal("ratings.own_among", act="公布")
    ScoreVersion.objects.bulk_create(_version(one, 1, one.marks, one.total, by=by, at=at) for one in scores)
    event = record(rating, "ratings.published", by=by, at=at, count=len(scores))
    last = rules.appeal_until(timezone.localdate(at), rating.scheme["appeal_days"])
    tell({one.user_id for one in scores if one.user_id}, about=event, kind="ratings.published", title=f"考评结果：{rating.title}",
         body=f"看看你的结果。有异议的，{last:%m-%d} 以前可以申诉。", link="/ratings/")  # fmt: skip
    return rating


@command("ratings.acknowledge")
def acknowledge(by: Actor, at: datetime, *, score_id: UUID) -> Score:
    """Say that one has seen the own result; said again, the first time stays.

    Refusals: ``foundation.not_found``, ``ratings.not_the_person`` · ``cancelled``.
    """
    score = _own(by, score_id)
    if Score.objects.filter(pk=score.pk, acknowledged_at__isnull=True).update(acknowledged_at=at):
        score.acknowledged_at = at
        record(score, "ratings.acknowledged", by=by, at=at, rating=score.rating_id)
    return score


@command("ratings.appeal")
def appeal(by: Actor, at: datetime, *, score_id: UUID, words: Reason) -> Score:
    """Object to the own result, once and within the days of the scheme.

    Refusals: ``foundation.not_found``, ``ratings.not_the_person`` · ``cancelled`` · ``too_late`` · ``appealed_already``.
    """
    score = _own(by, score_id)
    last = rules.appeal_until(timezone.localdate(score.rating.published_at), score.rating.scheme["appeal_days"])
    if timezone.localdate(at) > last:
        raise Refusal("ratings.too_late", day=f"{last:%m-%d}")
    won = Score.objects.filter(pk=score.pk, standing="none").update(standing="waiting", appeal=words, appealed_at=at)
    if not won:
        raise Refusal("ratings.appealed_already")
    score.standing, score.appeal, score.appealed_at = "waiting", words, at
    event = record(score, "ratings.appealed", by=by, at=at, rating=score.rating_id)
    judges = {row.user_id for row in net.who_could("sign-for-school", _school(score), on=timezone.localdate(at))}
    barred = {by.id, *_first_appraisers(score)}
    tell({one for one in judges if str(one) not in {str(two) for two in barred}}, about=event, kind="ratings.appealed",
         title="有一份考评申诉等你决定", body=score.rating.title, link=f"/ratings/scores/{score.pk}/")  # fmt: skip
    return score


@command("ratings.decide_appeal")
def decide_appeal(
    by: Actor, at: datetime, *, score_id: UUID, reason: Reason,
    marks: Annotated[list[MarkIn], Field(max_length=20)] = [],  # noqa: B006 - read only
) -> Score:  # fmt: skip
    """Decide an appeal: keep the result (no marks), or change items of it as a new version; the old one stays.

    Not for whoever judged or published it. Refusals: ``foundation.not_found`` · ``not_yours``, ``ratings.own`` · ``cancelled`` · ``no_appeal`` ·
    ``same_appraiser`` · ``unknown_item`` · ``bad_mark``.
    """
    score = _kept(by, score_id)
    _refuse_cancelled(score.rating)
    if score.standing != "waiting":
        raise Refusal("ratings.no_appeal")
    if str(by.id) in _first_appraisers(score):
        raise Refusal("ratings.same_appraiser")
    changed = _given(by, {one["code"]: one for one in score.rating.scheme["items"]}, marks)
    decided: dict[str, Any] = {
        "standing": "changed" if changed else "kept", "decided_at": at, "decided_by_name": by.name, "decision": reason,
    }  # fmt: skip
    if changed:
        decided["marks"] = score.marks | changed
        decided["total"] = _result(score, decided["marks"])
    won = Score.objects.filter(pk=score.pk, standing="waiting").update(revision=F("revision") + 1, **decided)
    if not won:
        raise Refusal("ratings.no_appeal")
    for name, value in decided.items():
        setattr(score, name, value)
    if changed:
        _version(score, 2, score.marks, score.total, by=by, at=at, reason=reason).save(force_insert=True)
    event = record(score, "ratings.appeal_decided", by=by, at=at, standing=score.standing, items=sorted(changed))
    if score.user_id:
        tell({score.user_id}, about=event, kind="ratings.decided", title=f"考评申诉已决定：{rules.STANDINGS[score.standing]}",
             body=reason[:200], link=f"/ratings/scores/{score.pk}/")  # fmt: skip
    return score


@command("ratings.ask_improvement")
def ask_improvement(
    by: Actor, at: datetime, *, score_id: UUID, words: Annotated[str, Field(min_length=4, max_length=120)], person: UUID,
    until: date,
) -> Score:  # fmt: skip
    """What is to improve, by whom, until which day: a case, put right with proof and verified like any other.

    Refusals: ``foundation.not_found`` · ``not_yours`` · ``changed_meanwhile``, ``ratings.own`` · ``cancelled`` · ``not_published`` · ``until_past`` ·
    ``cannot_improve``,
    those of reporting and assigning a case.
    """
    score = _kept(by, score_id)
    _refuse_cancelled(score.rating)
    if not score.rating.was_told:
        raise Refusal("ratings.not_published")
    if until < timezone.localdate(at):
        raise Refusal("ratings.until_past", fields={"until": "请选今天以后的日期。"})
    due = max(timezone.make_aware(datetime.combine(net.sensible_day(until), time(18))), at + timedelta(hours=1))
    # the case is open to whoever sees cases of the school: it says what to do and neither whose result nor how many points
    wanted = Found(uuid7(), words, "安全考评改进", hand_out=HandOut(person, due))
    [case], told = found_at(
        by, at, unit=_desk(score, person, timezone.localdate(at)), found=[wanted], source="rating", source_id=score.pk
    )
    line = {
        "words": words, "name": case.rectifier_name, "until": until.isoformat(), "case_id": str(case.pk), "number": case.number,
    }  # fmt: skip
    won = Score.objects.filter(pk=score.pk, revision=score.revision).update(
        improvements=[*score.improvements, line], revision=F("revision") + 1
    )
    if not won:
        raise Refusal("foundation.changed_meanwhile", who="另一位负责人")
    score.improvements, score.revision = [*score.improvements, line], score.revision + 1
    record_all([*told, (score, "ratings.improvement_asked", {"case_id": case.pk})], by=by, at=at)
    return score


# --- inside ----------------------------------------------------------------------------------------------------------


def _result(score: Score, marks: Mapping[str, Mapping[str, Any]]) -> Decimal | None:
    """The result of a score with these judged or changed marks."""
    return rules.result(score.rating.scheme["items"], score.counted, marks)


def _first_appraisers(score: Score) -> set[str]:
    return rules.first_appraisers(score.rating.published_by_id, score.marks)


def _require(by: Actor, place: Any) -> None:
    if not rules.keeps(by, place):
        raise Refusal("foundation.not_yours", act="办理安全考评", who="校（园）长、分管副校长或安全负责人")


def _rating(by: Actor, rating_id: UUID) -> Rating:
    """A rating of a school that this person appraises."""
    rating: Rating = Rating.objects.select_related("org").seen(by, rating_id)
    _require(by, rating)
    return rating


def _require_open(rating: Rating) -> None:
    _refuse_cancelled(rating)
    if rating.was_told:
        raise Refusal("ratings.not_open")


def _refuse_cancelled(rating: Rating) -> None:
    if rating.state == "cancelled":
        raise Refusal("ratings.cancelled", who=rating.cancelled_by_name, reason=rating.cancelled_for)


def _swap(rating: Rating, revision: int, **fresh: Any) -> None:
    """Change a rating that stands as whoever acts has seen it."""
    rows = Rating.objects.filter(pk=rating.pk, state=rating.state, revision=revision)
    if not rows.update(**fresh, revision=F("revision") + 1):
        raise Refusal("foundation.changed_meanwhile", who="另一位负责人")
    for name, value in fresh.items():
        setattr(rating, name, value)
    rating.revision = revision + 1


def _kept(by: Actor, score_id: UUID) -> Any:
    """A score whose school this person appraises, and that is not their own."""
    score = Score.objects.select_related("rating").seen(by, score_id)
    if score.user_id == by.id:
        raise Refusal("ratings.own")
    _require(by, score)
    return score


def _own(by: Actor, score_id: UUID) -> Any:
    """The person's own told score; to colleagues that of others does not exist."""
    score = Score.objects.select_related("rating").defer("rows").seen(by, score_id)
    if score.user_id != by.id:
        raise (
            Refusal("ratings.not_the_person", who=score.name)
            if rules.keeps(by, score)
            else Refusal("foundation.not_found")
        )
    if not score.rating.was_told:
        raise Refusal("foundation.not_found")
    _refuse_cancelled(score.rating)
    return score


def _school(score: Score) -> Any:
    return net.org(SYSTEM, score.rating.org_id)


def _desk(score: Score, person: UUID, on: date) -> Any:
    """Where a person works at the school and may put things right: the school, or their own class or room."""
    posts = packs.entries(score.bureau_id, "posts")
    rows = net.appointments(SYSTEM, on=on, org_id=score.rating.org_id, user_id=person)
    able = [row for row in rows if "rectify" in posts.get(row.post, {}).get("acts", ())]
    if not able:
        raise Refusal("ratings.cannot_improve", fields={"person": "请从名单里选。"})
    return min(able, key=lambda row: len(row.org.path)).org


def _given(by: Actor, items: Mapping[str, Mapping[str, Any]], marks: Iterable[MarkIn]) -> dict[str, dict[str, str]]:
    found = {}
    for n, one in enumerate(marks):
        item = items.get(one.item)
        if item is None:
            raise Refusal("ratings.unknown_item", item=one.item, fields={f"marks.{n}.item": "请从列表里选。"})
        if one.mark > Decimal(str(item["full"])):
            raise Refusal(
                "ratings.bad_mark",
                name=item["name"],
                full=item["full"],
                fields={f"mark-{one.item}": f"最高 {item['full']} 分。"},
            )
        found[one.item] = {"mark": str(one.mark), "reason": one.reason, "by": str(by.id), "by_name": by.name}
    return found


def _version(
    score: Score, n: int, marks: Mapping[str, Any], total: Decimal | None, *, by: Actor, at: datetime, reason: str = ""
) -> ScoreVersion:
    return ScoreVersion(
        **placed(score),
        score=score,
        n=n,
        marks=dict(marks),
        total=total,
        reason=reason,
        at=at,
        by_id=by.id,
        by_name=by.name,
    )
