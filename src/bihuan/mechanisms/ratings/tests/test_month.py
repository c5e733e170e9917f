"""A November lived by the clock: what was due is generated, done, missed and excused, then rated, appealed and improved."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.apps import apps
from PIL import Image

from bihuan.engines.duties.commands import excuse_task, fulfil, generate, keep_duty, miss_over
from bihuan.foundation import clock
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.ratings import commands, queries
from bihuan.mechanisms.ratings.tests.conftest import mark, moment, open_one, score_of

LATE, MISSED, EXCUSED, BACK = 6, (12, 13), 19, 13
WEEKDAYS = [day for day in range(1, 31) if date(2026, 11, day).weekday() < 5]


def live(net, actors):
    """Each school day of November has a round at seven; the guard walks it, but for a few days."""
    start = moment("2026-11-01T06:00")
    with clock.travel(start):
        keep_duty(
            SYSTEM, start, id=uuid7(), org=net.school, code="gate-round", title="校门早巡", act="patrol", subject_id=None,
            post="guard", cadence={"every": "school-day"}, windows=[{"name": "早", "since": "07:00", "until": "07:40"}],
            grace_minutes=30, starts_on=date(2026, 11, 1),
        )  # fmt: skip
    tasks = apps.get_model("duties", "Task").objects
    for day in range(1, 32):
        on = date(2026, 11, 1) + timedelta(days=day - 1)
        now = moment(f"{on.isoformat()}T06:00")
        with clock.travel(now):
            generate(now)
            miss_over(now)
        task = tasks.filter(on=on).first()
        if task is None or day in MISSED or on.month != 11:
            continue
        if day == EXCUSED:
            excuse_task(actors.fang, now, task_id=task.pk, reason="区里培训，门卫由派出所代值")
            continue
        at = moment(f"{on.isoformat()}T{'07:55' if day == LATE else '07:20'}")
        with clock.travel(at):
            fulfil(actors.wang, at, task_id=task.pk, ref_id=None, done_at=at)


def picture(by, at):
    raw = BytesIO()
    Image.new("RGB", (64, 48), (10, 80, 120)).save(raw, "JPEG")
    return str(keep_evidence(by, at, raw=raw.getvalue(), name="1.jpg").pk)


@pytest.mark.django_db
@pytest.mark.clause("XX-18")
def test_a_month_is_lived_rated_appealed_and_improved(schemes, net, cast, actors, settings, tmp_path):
    settings.BIHUAN_MEDIA_ROOT = settings.MEDIA_ROOT = tmp_path
    live(net, actors)
    at = moment("2026-12-01T09:00")
    with clock.travel(at):
        rating = open_one(actors.li, net, on=date(2026, 11, 15), at=at)
        score = score_of(rating, cast.wang)
        due = len(WEEKDAYS) - 1  # one was excused
        assert score.counted["patrols"] == {"good": due - 2, "due": due}
        assert score.counted["on-time"] == {"good": due - 3, "due": due}
        assert len(score.rows["patrols-walked"]) == due
        assert sorted(row["on"] for row in score.rows["patrols-walked"] if not row["good"]) == [
            "2026-11-12",
            "2026-11-13",
        ]
        commands.judge(actors.li, at, score_id=score.pk, revision=0, marks=[mark(mark="18")])
        commands.publish(actors.zhou, at, rating_id=rating.pk, revision=0)
    first = score_of(rating, cast.wang).total
    assert 0 < first < 100

    tuesday = moment("2026-12-02T09:00")
    with clock.travel(tuesday):
        commands.appeal(actors.wang, tuesday, score_id=score.pk, words="13 日走过一遍，手机没有电，没有记上")
    decided = moment("2026-12-03T09:00")
    with clock.travel(decided):
        commands.decide_appeal(
            actors.fang, decided, score_id=score.pk, reason="看了 13 日的录像，走过",
            marks=[mark("patrols", "38.1", "录像里 13 日走过")],
        )  # fmt: skip
        page = queries.score_page(actors.wang, score.pk, on=date(2026, 11, 12))
        assert [one.n for one in page.versions] == [1, 2]
        assert page.score.total > first == page.versions[0].total
        before = next(line for line in page.lines if line.code == "patrols").now
        assert before["due"] < due  # as it stood on 12 November, most of the month had not been due yet
        commands.ask_improvement(
            actors.zhou,
            decided,
            score_id=score.pk,
            words="门卫室备一块充电宝",
            person=cast.qian.pk,
            until=date(2026, 12, 10),
        )

    case = apps.get_model("cases", "Case").objects.get(source="rating")
    late = moment("2026-12-12T09:00")
    with clock.travel(late):
        [line] = queries.score_page(actors.zhou, score.pk).improvements
        assert line["case"]["is_open"]
        assert line["case"]["due_at"] < late
        done = {"case": str(case.pk), "note": "充电宝放在门卫室抽屉", "photos": [picture(actors.qian, late)]}
        execute(actors.qian, late, id=uuid7(), name="cases.rectify_case", args=done)
        checked = {"case": str(case.pk), "note": "看过，能用"}
        execute(actors.fang, late + timedelta(hours=1), id=uuid7(), name="cases.verify_case", args=checked)
        [line] = queries.score_page(actors.zhou, score.pk).improvements
        assert not line["case"]["is_open"]


@pytest.mark.django_db
def test_nothing_due_in_a_month_is_no_result_and_no_shame(schemes, net, cast, actors):
    at = moment("2026-12-01T09:00")
    with clock.travel(at):
        rating = open_one(actors.li, net, on=date(2026, 11, 15), at=at)
        assert score_of(rating, cast.wang).total is None
        commands.publish(actors.zhou, at, rating_id=rating.pk, revision=0)
        assert queries.rating_page(actors.zhou, rating.pk).left_out == 1
        commands.acknowledge(actors.wang, at, score_id=score_of(rating, cast.wang).pk)
    judged = open_one(actors.li, net, on=date(2026, 10, 15), at=at)
    score = score_of(judged, cast.wang)
    commands.judge(actors.li, at, score_id=score.pk, revision=0, marks=[mark(mark="20")])
    assert score_of(judged, cast.wang).total == Decimal(100)
