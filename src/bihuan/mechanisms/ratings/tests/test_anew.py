"""What is not told yet is counted anew when the facts behind it have changed; a rating is called off and stays to be read."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection

from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import commands, queries
from bihuan.mechanisms.ratings.models import Rating, Score
from bihuan.mechanisms.ratings.tests.conftest import AT, mark, open_one, score_of

WHY = "名单里少了夜班的保安"


def refused(code, attempt):
    with pytest.raises(Refusal) as found:
        attempt()
    assert found.value.code == code, found.value
    return found.value


@pytest.fixture
def backfilled(opened, cast):
    """The missed round of the 14th was walked after all and written down after the rating was begun."""
    apps.get_model("duties", "Task").objects.filter(state="missed").update(
        state="late", done_at=AT - timedelta(days=1), done_by_id=cast.wang.pk, backfilled=True
    )
    return opened


def anew(by, rating, revision=0):
    return commands.count_anew(by, AT, rating_id=rating.pk, revision=revision)


def call_off(by, rating, revision=0, reason=WHY):
    return commands.cancel_rating(by, AT, rating_id=rating.pk, revision=revision, reason=reason)


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_what_changed_since_is_shown_first_and_taken_over_then(backfilled, cast, actors, now):
    score = score_of(backfilled, cast.wang)
    commands.judge(actors.li, AT, score_id=score.pk, revision=0, marks=[mark()])
    before = score_of(backfilled, cast.wang)
    page = queries.rating_page(actors.zhou, backfilled.pk, again=True)
    [change] = page.again.changes
    assert change["items"] == [["巡查到位", 2, 3, 3, 3]]
    assert (Decimal(change["before"]), score_of(backfilled, cast.wang).total) == (
        before.total,
        before.total,
    )  # a look only
    anew(actors.zhou, backfilled)
    after = score_of(backfilled, cast.wang)
    assert after.counted["patrols"] == {"good": 3, "due": 3}
    assert all(row["good"] for row in after.rows["patrols-walked"])
    assert after.marks == before.marks  # what people judged stays
    assert after.total == Decimal(change["after"]) > before.total
    page = queries.rating_page(actors.zhou, backfilled.pk, again=True)
    assert not page.again.found
    [kept] = page.recounts
    assert (kept["by_name"], kept["at"], kept["changes"]) == ("周校长", AT, [change])
    assert Event.objects.get(name="ratings.counted_anew").facts == {"changed": 1}  # neither names nor points
    assert queries.rating_page(actors.zhao, backfilled.pk, again=True).recounts == ()
    assert queries.rating_page(actors.zhao, backfilled.pk, again=True).again is None


@pytest.mark.django_db
def test_nothing_is_taken_over_where_nothing_changed_or_where_it_was_told(opened, cast, actors, now):
    before = list(Score.objects.values())
    refused("ratings.nothing_changed", lambda: anew(actors.li, opened))
    refused("foundation.changed_meanwhile", lambda: _changed() or anew(actors.li, opened, revision=3))
    refused("foundation.not_yours", lambda: anew(actors.wang, opened))
    refused("foundation.not_yours", lambda: anew(actors.zhao, opened))
    assert list(Score.objects.values()) == before
    assert Rating.objects.get().recounts == []
    commands.publish(actors.zhou, AT, rating_id=opened.pk, revision=0)
    told = list(Score.objects.values())
    refused("ratings.not_open", lambda: anew(actors.li, opened, revision=1))
    assert queries.rating_page(actors.li, opened.pk, again=True).again is None
    assert list(Score.objects.values()) == told


def _changed():
    apps.get_model("duties", "Task").objects.filter(state="missed").update(
        state="done", done_at=AT - timedelta(days=30)
    )


@pytest.mark.django_db
def test_the_list_of_people_stays_and_the_page_says_who_it_lacks(backfilled, cast, actors, serve, now):
    serve("qian", "guard")
    apps.get_model("responsibility", "Appointment").objects.filter(user=cast.wang).update(
        ends_on=AT.date().replace(month=10, day=20)
    )
    page = queries.rating_page(actors.zhou, backfilled.pk, again=True)
    assert (page.again.lacks, page.again.extra) == (("钱主任",), ("王保安",))
    anew(actors.zhou, backfilled)
    assert Score.objects.get(rating=backfilled).user_id == cast.wang.pk


@pytest.mark.django_db(transaction=True)
def test_of_a_judgement_and_a_recount_at_once_neither_is_lost(backfilled, cast, actors):
    score = score_of(backfilled, cast.wang)
    gate, ended = Barrier(2), []

    def act(attempt):
        gate.wait()
        try:
            attempt()
            ended.append("done")
        except Refusal as refusal:
            ended.append(refusal.code)
        finally:
            connection.close()

    both = (
        lambda: execute(actors.zhou, AT, id=uuid7(), name="ratings.count_anew", args={"rating_id": str(backfilled.pk), "revision": 0}),
        lambda: execute(
            actors.li, AT, id=uuid7(), name="ratings.judge",
            args={"score_id": str(score.pk), "revision": 0, "marks": [{"item": "post-work", "mark": "16", "reason": "都在位"}]},
        ),
    )  # fmt: skip
    threads = [Thread(target=act, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    score.refresh_from_db()
    marks, counted = bool(score.marks), score.counted["patrols"]["good"] == 3
    assert sorted(ended) in (["done", "done"], ["done", "foundation.changed_meanwhile"])
    assert ended.count("done") == marks + counted
    share = Decimal("40.0") if counted else Decimal("26.7")
    judged = Decimal(16) if marks else Decimal(0)
    weight = 80 if marks else 60
    on_time = Decimal("6.7")
    assert score.total == ((share + on_time + judged) * 100 / weight).quantize(Decimal("0.1"))


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_a_rating_is_called_off_before_it_was_told_and_begun_again(opened, net, cast, actors, serve, now):
    refused("foundation.not_yours", lambda: call_off(actors.wang, opened))
    refused("foundation.not_yours", lambda: call_off(actors.zhao, opened))
    refused("foundation.changed_meanwhile", lambda: call_off(actors.zhou, opened, revision=4))
    assert Rating.objects.get().state == "open"
    call_off(actors.zhou, opened)
    page = queries.rating_page(actors.li, opened.pk)
    assert (page.state_words, page.rating.cancelled_by_name, page.rating.cancelled_for) == ("已作废", "周校长", WHY)
    assert len(page.scores) == 1  # everything stays to be read
    assert not Notice.objects.filter(kind="ratings.cancelled").exists()  # nobody had been told
    score = score_of(opened, cast.wang)
    for attempt in (
        lambda: call_off(actors.zhou, opened, revision=1),
        lambda: anew(actors.zhou, opened, revision=1),
        lambda: commands.publish(actors.zhou, AT, rating_id=opened.pk, revision=1),
        lambda: commands.judge(actors.li, AT, score_id=score.pk, revision=score.revision, marks=[mark()]),
    ):
        assert WHY in refused("ratings.cancelled", attempt).sentence
    refused("foundation.not_found", lambda: queries.score_page(actors.wang, score.pk))
    serve("qian", "guard")
    again = open_one(actors.li, net)
    assert Score.objects.filter(rating=again).count() == 2
    refused("ratings.there_already", lambda: open_one(actors.fang, net))


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_whoever_was_told_reads_why_it_does_not_count_any_more(published, cast, actors, door, now):
    score = score_of(published, cast.wang)
    commands.appeal(actors.wang, AT, score_id=score.pk, words="14 日我在医院，有人代班")
    call_off(actors.zhou, published, revision=published.revision)
    [notice] = Notice.objects.filter(kind="ratings.cancelled")
    assert (notice.user_id, notice.body) == (cast.wang.pk, WHY)
    body = door("wang").get(f"/ratings/scores/{score.pk}/").content.decode()
    assert WHY in body
    assert "作废了这次考评" in body
    assert "我知悉这份结果" not in body
    assert "已作废" in door("wang").get("/ratings/").content.decode()
    assert door("wang").get(f"/ratings/scores/{score.pk}/score.pdf").status_code == 200
    page = queries.score_page(actors.fang, score.pk)
    assert not page.may_decide
    for attempt in (
        lambda: commands.acknowledge(actors.wang, AT, score_id=score.pk),
        lambda: commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason="不再决定了", marks=[]),
        lambda: commands.ask_improvement(
            actors.li, AT, score_id=score.pk, words="给门卫室装提醒器", person=cast.qian.pk, until=AT.date()
        ),
    ):
        refused("ratings.cancelled", attempt)
    assert score_of(published, cast.wang).total == score.total
    assert not queries.ratings_told(actors.zhou).exists()


@pytest.mark.django_db
def test_nobody_calls_off_the_own_result(schemes, net, cast, actors, serve, now):
    serve("li", "guard")
    rating = open_one(actors.zhou, net)
    refused("ratings.own_among", lambda: call_off(actors.li, rating))
    assert not queries.rating_page(actors.li, rating.pk).may_cancel
    assert queries.rating_page(actors.zhou, rating.pk).may_cancel
    call_off(actors.zhou, rating)


@pytest.mark.django_db
def test_the_scheme_that_asks_most_rooms_keeps_the_limit_of_statements(schemes, net, cast, actors, task, serve, now):
    serve("qian", "class-teacher")
    task("2026-10-12", "class-teacher", who=cast.qian, act="act")
    rating = open_one(actors.zhou, net, "class-teacher")
    _changed()
    anew(actors.zhou, rating)  # whoever takes more than twelve is told by the watch over every command
    assert score_of(rating, cast.qian).counted["on-time"] == {"good": 1, "due": 1}


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_to_an_outsider_there_is_nothing_to_count_or_call_off(backfilled, actors, door, who):
    before = list(Rating.objects.values()), list(Score.objects.values())
    stranger = getattr(actors, who)
    refused("foundation.not_found", lambda: anew(stranger, backfilled))
    refused("foundation.not_found", lambda: call_off(stranger, backfilled))
    for part in ("count-anew/", "cancel/"):
        assert door(who).post(f"/ratings/{backfilled.pk}/{part}", {"revision": 0, "reason": WHY}).status_code == 404
    assert (list(Rating.objects.values()), list(Score.objects.values())) == before


@pytest.mark.django_db
def test_said_thrice_it_is_counted_and_called_off_once(backfilled, actors, now):
    for name, more in (("count_anew", {"revision": 0}), ("cancel_rating", {"revision": 1, "reason": WHY})):
        envelope, args = uuid7(), {"rating_id": str(backfilled.pk), **more}
        done = [execute(actors.zhou, AT, id=envelope, name=f"ratings.{name}", args=args).replayed for _ in range(3)]
        assert done == [False, True, True]
    assert len(Rating.objects.get().recounts) == 1
    assert list(Event.objects.filter(subject_id=backfilled.pk).order_by("id").values_list("name", flat=True)) == [
        "ratings.opened", "ratings.counted_anew", "ratings.cancelled",
    ]  # fmt: skip


@pytest.mark.django_db
def test_the_page_shows_what_would_change_and_keeps_what_was_typed(backfilled, door, now):
    address, zhou = f"/ratings/{backfilled.pk}/", door("zhou")
    body = zhou.get(address + "?again=1").content.decode()
    assert "巡查到位：3 件里 2 件，现在 3 件里 3 件" in body
    answer = zhou.post(address + "count-anew/", {"revision": 0, "envelope": str(uuid7())}, follow=True)
    assert "重算记录" in answer.content.decode()
    assert "没有一个数变了" in zhou.get(address + "?again=1").content.decode()
    again = zhou.post(address + "count-anew/", {"revision": 1, "envelope": str(uuid7())})
    assert (again.status_code, "没有一个数变了" in again.content.decode()) == (409, True)
    wrong = zhou.post(address + "cancel/", {"revision": 0, "reason": WHY, "envelope": str(uuid7())})
    assert (wrong.status_code, WHY in wrong.content.decode()) == (409, True)
    done = zhou.post(address + "cancel/", {"revision": 1, "reason": WHY, "envelope": str(uuid7())}, follow=True)
    assert "作废了这次考评" in done.content.decode()
    assert "公布结果" not in done.content.decode()
