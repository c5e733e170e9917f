"""A rating from its numbers to what is improved: counted, judged, told, appealed, decided by another, put right."""

from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.db import connection

from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import commands, queries
from bihuan.mechanisms.ratings.models import Rating, Score, ScoreVersion
from bihuan.mechanisms.ratings.tests.conftest import AT, OCTOBER, mark, moment, open_one, score_of

WORDS = "14 日那次我在医院，交给同事代的，请查交接班登记"
WHY = "查了交接班登记，当天确有代班，这一项改过来"


def refused(code, attempt):
    with pytest.raises(Refusal) as found:
        attempt()
    assert found.value.code == code, found.value
    return found.value


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_numbers_are_counted_from_what_is_known_and_frozen_with_their_rows(opened, cast, actors):
    score = score_of(opened, cast.wang)
    assert score.counted["patrols"] == {"good": 2, "due": 3}  # the excused one and November's do not count
    assert score.counted["on-time"] == {"good": 1, "due": 3}
    assert score.counted["ledgers"] == {"good": 0, "due": 0}
    assert [row["good"] for row in score.rows["patrols-walked"]] == [True, True, False]
    assert all(row["link"].startswith("/duties/") for row in score.rows["patrols-walked"])
    # ledgers had nothing due and nobody judged: 26.7 of 40 and 6.7 of 20 stand for all 100
    assert score.total == Decimal("55.7")
    assert Event.objects.filter(name="ratings.opened").count() == 1
    apps.get_model("duties", "Task").objects.filter(state="missed").update(
        state="late", done_at=AT + timedelta(days=1), done_by_id=cast.wang.pk, backfilled=True
    )
    assert score_of(opened, cast.wang).counted == score.counted  # what is frozen does not move


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_each_number_is_counted_again_for_any_day(opened, cast, actors, now):
    score = score_of(opened, cast.wang)
    page = queries.score_page(actors.li, score.pk, on=AT.date())
    assert not any(line.differs for line in page.lines)
    early = queries.score_page(actors.li, score.pk, on=date(2026, 10, 13))
    patrols = next(line for line in early.lines if line.code == "patrols")
    assert (patrols.now, patrols.differs) == ({"good": 2, "due": 2}, True)
    apps.get_model("duties", "Task").objects.filter(state="missed").update(
        state="late", done_at=AT - timedelta(days=1), done_by_id=cast.wang.pk, backfilled=True
    )
    late = queries.score_page(actors.li, score.pk, on=AT.date())
    assert next(line for line in late.lines if line.code == "patrols").now == {"good": 3, "due": 3}


@pytest.mark.django_db
def test_what_nobody_in_particular_left_undone_is_held_against_nobody(schemes, net, cast, actors, task, serve, now):
    serve("qian", "guard")
    task("2026-10-12", "guard")
    task("2026-10-13", "guard", done="07:10", by=cast.qian)
    rating = open_one(actors.li, net)
    assert score_of(rating, cast.wang).counted["patrols"] == {"good": 0, "due": 0}
    assert score_of(rating, cast.wang).total is None
    assert score_of(rating, cast.qian).counted["patrols"] == {"good": 1, "due": 1}
    assert score_of(rating, cast.qian).total == 100


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_departments_are_rated_by_the_deeds_of_their_posts(schemes, net, cast, actors, task, now):
    task("2026-10-12", "logistics-lead", done="07:50", by=cast.qian, act="act")
    task("2026-10-13", "safety-lead", who=cast.li, act="act")
    rating = open_one(actors.fang, net, "departments")
    assert set(Score.objects.filter(rating=rating).values_list("subject", "user_id")) == {
        ("general-affairs", cast.qian.pk), ("vice-head", cast.fang.pk),
    }  # fmt: skip
    logistics = score_of(rating, "general-affairs")
    assert (logistics.counted["done"], logistics.counted["on-time"]) == ({"good": 1, "due": 1}, {"good": 0, "due": 1})
    assert score_of(rating, "vice-head").counted["done"] == {"good": 0, "due": 1}
    commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=0)
    assert set(Notice.objects.filter(kind="ratings.published").values_list("user_id", flat=True)) == {
        cast.qian.pk,
        cast.fang.pk,
    }
    commands.acknowledge(actors.qian, AT, score_id=logistics.pk)


@pytest.mark.django_db
def test_hazards_letters_and_meetings_count_too(schemes, net, cast, actors, now):
    case = apps.get_model("cases", "Case")
    columns = {name: getattr(net.school, name) for name in ("bureau_id", "province_id", "city_id", "school_id", "path")}
    for n, done in enumerate((moment("2026-10-20T10:00"), moment("2026-10-25T10:00"), None)):
        case.objects.create(
            number=f"隐{n}", kind="hazard", lifecycle="hazard@1", state="rectifying", level="general", title="门锁坏了", org=net.school,
            org_name="一小", source="snap", reporter_name="李安", rectifier=cast.li, reported_at=moment("2026-10-10T10:00"),
            state_since=moment("2026-10-10T10:00"), due_at=moment("2026-10-22T18:00"), rectify_due_at=moment("2026-10-22T18:00"),
            rectified_at=done, **columns,
        )  # fmt: skip
    meeting = apps.get_model("meetings", "Meeting").objects.create(
        org=net.school,
        org_name="一小",
        title="会商",
        held_at=moment("2026-10-15T15:00"),
        state="closed",
        by_name="周校长",
        **columns,
    )
    seats = apps.get_model("meetings", "Seat").objects
    seats.create(meeting=meeting, user=cast.li, user_name="李安", came_at=moment("2026-10-15T15:00"), **columns)
    letters = apps.get_model("pledges", "Pledge").objects
    letters.create(
        org=net.school, org_name="一小", user=cast.li, user_name="李安", post="safety-lead", post_name="安全负责人", year="2026-2027",
        content={}, digest="", made_at=moment("2026-09-02T10:00"), **columns,
    )  # fmt: skip
    scheme = {**schemes["safety-lead"], "code": "monthly", "period": "month"}
    scheme["items"] = [
        *scheme["items"],
        {"code": "letters", "name": "责任书", "full": "10", "measure": "letters-signed"},
    ]
    apps.get_model("foundation", "PackEntry").objects.create(
        bureau_id=net.bureau.pk, section="ratings", code="monthly", data=scheme, pack="own"
    )
    commands.packs.forget()
    counted = score_of(open_one(actors.zhou, net, "monthly"), cast.li).counted
    assert counted["hazards"] == {"good": 1, "due": 3}
    assert counted["meetings"] == {"good": 1, "due": 1}
    assert counted["letters"] == {"good": 0, "due": 1}
    assert counted["drills"] == {"good": 0, "due": 0}


@pytest.mark.django_db
def test_a_rating_is_begun_once_and_after_its_time(schemes, net, actors, now):
    refused("ratings.not_over", lambda: open_one(actors.li, net, on=date(2026, 11, 1)))
    refused("ratings.not_over", lambda: open_one(actors.li, net, "safety-lead"))
    refused("ratings.no_span", lambda: open_one(actors.li, net, "safety-lead", on=date(2020, 8, 1)))
    refused("ratings.no_scheme", lambda: open_one(actors.li, net, "nobody"))
    refused("ratings.nobody", lambda: open_one(actors.li, net, "class-teacher"))
    refused("foundation.not_yours", lambda: open_one(actors.wang, net))
    refused("foundation.not_yours", lambda: open_one(actors.zhao, net))
    refused("ratings.not_a_school", lambda: open_one(actors.zhao, net, org_id=net.bureau.pk))
    assert not Rating.objects.exists()
    open_one(actors.li, net)
    refused("ratings.there_already", lambda: open_one(actors.zhou, net, on=OCTOBER + timedelta(days=20)))
    assert Rating.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_judged_marks_need_a_reason_and_lie_in_range(opened, cast, actors):
    score = score_of(opened, cast.wang)

    def judge(by=actors.li, revision=0, **given):
        return lambda: commands.judge(by, AT, score_id=score.pk, revision=revision, marks=[mark(**given)])

    refused("ratings.bad_item", judge(item="patrols"))
    refused("ratings.unknown_item", judge(item="looks"))
    refused("ratings.bad_mark", judge(mark="20.1"))
    refused("foundation.not_yours", judge(by=actors.qian))
    refused("ratings.own", judge(by=actors.wang))
    assert score_of(opened, cast.wang).marks == {}
    done = judge()()
    assert done.total == Decimal("61.8")  # 26.7 + 6.7 + 16 of 80
    refused("foundation.changed_meanwhile", judge(revision=0, mark="3"))
    commands.publish(actors.zhou, AT, rating_id=opened.pk, revision=0)
    refused("ratings.not_open", judge(revision=2))
    assert score_of(opened, cast.wang).marks["post-work"]["by_name"] == "李安"


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_each_person_is_told_the_own_result_and_nobody_sees_another(published, net, cast, actors, now):
    score = score_of(published, cast.wang)
    assert list(Notice.objects.filter(kind="ratings.published").values_list("user_id", flat=True)) == [cast.wang.pk]
    assert [one.pk for one in queries.mine(actors.wang)] == [score.pk]
    own = queries.score_page(actors.wang, score.pk)
    assert own.is_mine
    assert own.may_appeal
    assert not own.may_keep
    assert not own.people
    refused("foundation.not_found", lambda: queries.score_page(actors.qian, score.pk))  # a colleague with see-net
    refused("foundation.not_found", lambda: queries.score_page(actors.zhao, score.pk))  # the bureau
    assert queries.rating_page(actors.zhao, published.pk).scores == ()
    assert queries.rating_page(actors.qian, published.pk).scores == ()
    assert len(queries.rating_page(actors.fang, published.pk).scores) == 1
    assert queries.rating_page(actors.wang, published.pk).mine.pk == score.pk
    assert queries.rating_page(actors.wang, published.pk).bands == ()  # one result: no spread
    assert ScoreVersion.objects.get(score=score).total == score.total


@pytest.mark.django_db
def test_before_it_is_told_the_person_sees_nothing(opened, cast, actors):
    score = score_of(opened, cast.wang)
    refused("foundation.not_found", lambda: queries.score_page(actors.wang, score.pk))
    refused("foundation.not_found", lambda: queries.rating_page(actors.wang, opened.pk))
    refused("foundation.not_found", lambda: commands.acknowledge(actors.wang, AT, score_id=score.pk))
    refused("foundation.not_found", lambda: commands.appeal(actors.wang, AT, score_id=score.pk, words=WORDS))
    assert queries.mine(actors.wang) == []


@pytest.mark.django_db
def test_nobody_publishes_the_own_result(schemes, net, cast, actors, serve, now):
    serve("li", "guard")
    rating = open_one(actors.li, net)
    refused("ratings.own_among", lambda: commands.publish(actors.li, AT, rating_id=rating.pk, revision=0))
    refused("foundation.not_yours", lambda: commands.publish(actors.wang, AT, rating_id=rating.pk, revision=0))
    refused("foundation.changed_meanwhile", lambda: commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=7))
    assert Rating.objects.get().state == "open"
    assert not ScoreVersion.objects.exists()
    assert not Notice.objects.exists()
    commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=0)
    refused("ratings.not_open", lambda: commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=1))


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_an_appeal_is_decided_by_somebody_else_and_the_old_result_stays(published, cast, actors, now):
    score = score_of(published, cast.wang)
    first = score.total
    commands.acknowledge(actors.wang, AT, score_id=score.pk)
    assert commands.acknowledge(actors.wang, AT + timedelta(days=1), score_id=score.pk).acknowledged_at == AT
    refused("ratings.not_the_person", lambda: commands.acknowledge(actors.li, AT, score_id=score.pk))
    refused("ratings.not_the_person", lambda: commands.appeal(actors.li, AT, score_id=score.pk, words=WORDS))
    refused("foundation.not_found", lambda: commands.appeal(actors.qian, AT, score_id=score.pk, words=WORDS))
    refused("ratings.no_appeal", lambda: commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason=WHY))
    commands.appeal(actors.wang, AT + timedelta(days=7), score_id=score.pk, words=WORDS)
    refused("ratings.appealed_already", lambda: commands.appeal(actors.wang, AT, score_id=score.pk, words=WORDS))
    told = Notice.objects.filter(kind="ratings.appealed").values_list("user_id", flat=True)
    assert list(told) == [cast.fang.pk]  # neither who judged (李安) nor who told it (周校长)
    for first_one in (actors.li, actors.zhou):
        refused(
            "ratings.same_appraiser", lambda by=first_one: commands.decide_appeal(by, AT, score_id=score.pk, reason=WHY)
        )
        assert queries.score_page(first_one, score.pk).not_decide
    refused("ratings.own", lambda: commands.decide_appeal(actors.wang, AT, score_id=score.pk, reason=WHY))
    refused("foundation.not_yours", lambda: commands.decide_appeal(actors.qian, AT, score_id=score.pk, reason=WHY))
    assert queries.score_page(actors.fang, score.pk).may_decide
    given = [mark("patrols", "40", "代班有登记，三次都到位")]
    refused(
        "ratings.bad_mark",
        lambda: commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason=WHY, marks=[mark("patrols", "41")]),
    )
    done = commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason=WHY, marks=given)
    assert done.standing == "changed"
    assert done.total > first
    page = queries.score_page(actors.wang, score.pk)
    assert [(one.n, one.total, one.by_name) for one in page.versions] == [
        (1, first, "周校长"),
        (2, done.total, "方副校长"),
    ]
    assert page.score.counted["patrols"] == {"good": 2, "due": 3}  # what was counted stays as it was
    assert Notice.objects.get(kind="ratings.decided").user_id == cast.wang.pk
    refused("ratings.no_appeal", lambda: commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason=WHY))


@pytest.mark.django_db
def test_an_appeal_may_be_turned_down_and_comes_in_time(published, cast, actors, now):
    score = score_of(published, cast.wang)
    late = AT + timedelta(days=8)
    refused("ratings.too_late", lambda: commands.appeal(actors.wang, late, score_id=score.pk, words=WORDS))
    commands.appeal(actors.wang, AT, score_id=score.pk, words=WORDS)
    done = commands.decide_appeal(actors.fang, AT, score_id=score.pk, reason="登记里没有代班的记录，维持原结果")
    assert (done.standing, done.total, ScoreVersion.objects.count()) == ("kept", score.total, 1)


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_what_is_to_improve_is_a_case_with_a_person_and_a_day(published, net, cast, actors, now):
    score = score_of(published, cast.wang)

    def ask(by=actors.li, person=cast.qian, until=date(2026, 11, 20)):
        return lambda: commands.ask_improvement(
            by, AT, score_id=score.pk, words="给门卫室装打卡提醒器", person=person.pk, until=until
        )

    refused("ratings.until_past", ask(until=date(2026, 11, 2)))
    refused("ratings.cannot_improve", ask(person=cast.wang))  # a guard only reports
    refused("ratings.cannot_improve", ask(person=cast.wu))
    refused("foundation.not_yours", ask(by=actors.qian))
    refused("ratings.own", ask(by=actors.wang))
    assert not apps.get_model("cases", "Case").objects.exists()
    ask()()
    case = apps.get_model("cases", "Case").objects.get()
    assert (case.source, case.rectifier_id, case.rectify_due_at.date()) == ("rating", cast.qian.pk, date(2026, 11, 20))
    assert case.is_open
    assert "王保安" not in f"{case.title}{case.description}"
    [line] = queries.score_page(actors.wang, score.pk).improvements
    assert line["number"] == case.number
    assert line["case"]["state"] == "rectifying"


@pytest.mark.django_db
def test_nothing_is_asked_to_improve_before_it_is_told(opened, cast, actors):
    score = score_of(opened, cast.wang)
    refused(
        "ratings.not_published",
        lambda: commands.ask_improvement(
            actors.li,
            AT,
            score_id=score.pk,
            words="给门卫室装打卡提醒器",
            person=cast.qian.pk,
            until=date(2026, 11, 20),
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(published, net, cast, actors, door, who):
    score, stranger = score_of(published, cast.wang), getattr(actors, who)
    before = list(Score.objects.values())
    for attempt in (
        lambda: open_one(stranger, net),
        lambda: commands.judge(stranger, AT, score_id=score.pk, revision=0, marks=[mark()]),
        lambda: commands.publish(stranger, AT, rating_id=published.pk, revision=0),
        lambda: commands.acknowledge(stranger, AT, score_id=score.pk),
        lambda: commands.appeal(stranger, AT, score_id=score.pk, words=WORDS),
        lambda: commands.decide_appeal(stranger, AT, score_id=score.pk, reason=WHY),
        lambda: commands.ask_improvement(
            stranger, AT, score_id=score.pk, words="不该成功的事", person=cast.qian.pk, until=date(2026, 11, 20)
        ),
        lambda: queries.rating_page(stranger, published.pk),
        lambda: queries.score_page(stranger, score.pk),
    ):
        refused("foundation.not_found", attempt)
    assert queries.mine(stranger) == []
    assert not queries.ratings(stranger).rows
    assert list(Score.objects.values()) == before
    for address in (f"/ratings/{published.pk}/", f"/ratings/{published.pk}/rating.xlsx", f"/ratings/scores/{score.pk}/",
                    f"/ratings/scores/{score.pk}/score.pdf"):  # fmt: skip
        assert door(who).get(address).status_code == 404


@pytest.mark.django_db
def test_said_twice_it_is_one_fact(schemes, net, cast, actors, now):
    id = uuid7()
    args = {"id": str(uuid7()), "org_id": str(net.school.pk), "scheme": "guard", "on": "2026-10-01"}
    for _ in range(3):
        execute(actors.li, AT, id=id, name="ratings.open_rating", args=args)
    rating = Rating.objects.get()
    score = score_of(rating, cast.wang)

    def thrice(by, name, said):
        envelope = uuid7()
        replays = [execute(by, AT, id=envelope, name=f"ratings.{name}", args=said).replayed for _ in range(3)]
        assert replays == [False, True, True]

    this = {"score_id": str(score.pk)}
    marks = [{"item": "post-work", "mark": "16", "reason": "都在位"}]
    thrice(actors.li, "judge", this | {"revision": 0, "marks": marks})
    thrice(actors.zhou, "publish", {"rating_id": str(rating.pk), "revision": 0})
    thrice(actors.wang, "acknowledge", this)
    thrice(actors.wang, "appeal", this | {"words": WORDS})
    thrice(actors.fang, "decide_appeal", this | {"reason": WHY, "marks": marks})
    improvement = {"words": "给门卫室装提醒器", "person": str(cast.qian.pk), "until": "2026-11-20"}
    thrice(actors.li, "ask_improvement", this | improvement)
    names = Event.objects.filter(name__startswith="ratings.").values_list("name", flat=True)
    assert len(names) == len(set(names)) == 7
    assert len(score_of(rating, cast.wang).improvements) == apps.get_model("cases", "Case").objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins(published, cast, actors, serve):
    serve("qian", "line-leader")
    forget_actors()
    second = actor_of(cast.qian.pk)
    score = score_of(published, cast.wang)
    commands.appeal(actors.wang, AT, score_id=score.pk, words=WORDS)
    gate, ended = Barrier(2), []

    def decide(by, points):
        gate.wait()
        try:
            commands.decide_appeal(by, AT, score_id=score.pk, reason=WHY, marks=[mark("patrols", points)])
            ended.append("won")
        except Refusal as refusal:
            ended.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=decide, args=given) for given in ((actors.fang, "40"), (second, "30"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["ratings.no_appeal", "won"]
    assert list(ScoreVersion.objects.order_by("n").values_list("n", flat=True)) == [1, 2]
    score.refresh_from_db()
    assert score.total == ScoreVersion.objects.get(n=2).total


@pytest.mark.django_db(transaction=True)
def test_of_two_who_begin_at_once_one_rating_comes(schemes, net, cast, actors):
    gate, ended = Barrier(2), []

    def begin(by):
        gate.wait()
        try:
            args = {"id": str(uuid7()), "org_id": str(net.school.pk), "scheme": "guard", "on": "2026-10-01"}
            execute(by, AT, id=uuid7(), name="ratings.open_rating", args=args)
            ended.append("won")
        except Refusal as refusal:
            ended.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=begin, args=(by,)) for by in (actors.li, actors.zhou)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["ratings.there_already", "won"]
    assert Rating.objects.count() == 1
