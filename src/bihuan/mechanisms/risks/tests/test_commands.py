"""Every write of the room: success, refusal without the right, outsider, replay, races."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from bihuan.foundation import clock, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.commands import adopt_points, change_point, check_point, renew_code, void_point
from bihuan.mechanisms.risks.models import PointCode, RiskPoint
from bihuan.mechanisms.risks.scoring import Scoring

pytestmark = pytest.mark.django_db


def refused(code):
    return pytest.raises(Refusal, match=re.escape(code))


def facts(point):
    return [event.name for event in Event.objects.filter(subject_id=point.pk).order_by("recorded_at", "id")]


def test_a_point_gets_number_code_colour_and_a_frozen_score(net, point):
    assert point.number == "FX00001"
    assert re.fullmatch(f"[{rules.CODE_ALPHABET}]{{10}}", point.code)
    assert (point.colour, point.colour_rank, point.method, point.cadence) == ("orange", 2, "ls", "weekly")
    assert point.factors["words"] == "可能性 3 × 严重性 4 = 12，按「LS 口径乙（四级）」为较大，橙色（较大）"
    assert point.factors["matrix"] == "ls-b"
    assert (point.place, point.school_name, point.school_id, point.path) == (
        "食堂后厨",
        "灞东区第一小学",
        net.school.pk,
        net.canteen.path,
    )
    assert point.review_on > point.scored_on
    assert PointCode.objects.get(point=point).code == point.code
    assert facts(point) == ["risks.point_made"]


def test_another_matrix_later_scores_nothing_anew(point, risks):
    stricter = {
        **risks,
        "matrices": [
            {**m, "bands": [{"colour": "red", "grade": "1", "word": "重大", "min": 1, "max": 25}]}
            for m in risks["matrices"]
        ],
    }
    PackEntry.objects.filter(section="risks").update(data=stricter)
    packs.forget()
    point.refresh_from_db()
    assert (point.colour, point.factors["value"], point.factors["grade"]) == ("orange", "12", "2")


def test_a_direct_criterion_is_red_whatever_the_score(make):
    point = make(scoring=Scoring(matrix="ls-b", likelihood=1, severity=1, direct=["killed-before"]))
    assert (point.colour, point.factors["direct"]) == ("red", ["killed-before"])
    alone = make(scoring=Scoring(direct=["breaks-mandatory"]))
    assert (alone.colour, alone.method) == ("red", "direct")
    chosen = make(scoring=Scoring(colour="yellow", basis="2026年第三方评估报告"))
    assert (chosen.colour, chosen.method) == ("yellow", "chosen")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scoring": Scoring()}, "risks.score_missing"),
        ({"scoring": Scoring(colour="red")}, "risks.score_missing"),
        ({"scoring": Scoring(matrix="mine", likelihood=1)}, "risks.no_such_matrix"),
        ({"scoring": Scoring(matrix="ls-b", likelihood=3)}, "risks.bad_score"),
        ({"scoring": Scoring(matrix="ls-b", likelihood=9, severity=1)}, "risks.bad_score"),
        ({"scoring": Scoring(direct=["bad-luck"])}, "risks.no_such_criterion"),
        ({"kind": "ghost"}, "risks.no_such_kind"),
        ({"owner_post": "wizard"}, "risks.no_such_post"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(make, given, code):
    with refused(code):
        make(**given)
    assert not RiskPoint.objects.exists()
    assert not PointCode.objects.exists()


def test_the_owner_serves_there(make, cast):
    assert make(owner_id=cast.wang.pk).owner_id == cast.wang.pk
    said = set()
    for stranger in (cast.wu.pk, cast.nobody.pk, uuid7()):
        with refused("risks.wrong_owner") as refusal:
            make(owner_id=stranger)
        said.add(refusal.value.sentence)
    assert len(said) == 1, "a name is no answer to an id that somebody tries"


def test_points_stand_in_schools(net, actors, make):
    with refused("risks.wrong_place"):
        make(actors.zhao, org_id=net.bureau.pk)


def test_who_may_not_manage_risks_makes_none(actors, make):
    for clerk in (actors.wang, actors.zhou, actors.chief, actors.chen):
        with refused("foundation.not_yours"):
            make(clerk)
    for outsider in (actors.wu, actors.sun, actors.nobody, actors.huo):
        with refused("foundation.not_found"):
            make(outsider)
    assert not RiskPoint.objects.exists()
    assert make(actors.zhao).changed_by_name == "赵科"


def test_the_same_envelope_is_one_point(net, actors, risks):
    args = {
        "id": str(uuid7()), "org_id": str(net.school.pk), "name": "楼梯间放学人流", "kind": "activity",
        "scoring": {"matrix": "lec", "likelihood": "3", "exposure": "6", "consequence": "15"},
    }  # fmt: skip
    envelope = uuid7()
    first = execute(actors.li, clock.now(), id=envelope, name="risks.make_point", args=args)
    again = execute(actors.li, clock.now(), id=envelope, name="risks.make_point", args=args)
    assert (first.answer, again.replayed) == (again.answer, True)
    assert RiskPoint.objects.get().colour == "orange"
    with refused("risks.id_taken"):
        execute(actors.li, clock.now(), id=uuid7(), name="risks.make_point", args=args)


def test_a_change_says_what_changed_and_keeps_the_old_score(actors, point, cast):
    changed = change_point(
        actors.li, clock.now(), point_id=point.pk, revision=0, name="燃气灶台与管线", owner_id=cast.qian.pk,
        scoring=Scoring(matrix="ls-b", likelihood=2, severity=3), measures={"training": "每学期练一次关阀"},
    )  # fmt: skip
    assert (changed.colour, changed.revision, changed.place) == ("yellow", 1, "食堂后厨")
    stored = RiskPoint.objects.get(pk=point.pk)
    assert (stored.name, stored.colour_rank, stored.owner_id, stored.measures) == (
        "燃气灶台与管线",
        3,
        cast.qian.pk,
        {"training": "每学期练一次关阀"},
    )
    said = Event.objects.get(name="risks.point_changed").facts
    assert said["changed"]["colour"] == ["orange", "yellow"]
    assert "= 12" in said["score_before"]
    assert change_point(actors.li, clock.now(), point_id=point.pk, revision=1, without_owner=True).owner_id is None


def test_two_clerks_change_one_point_and_one_wins(actors, point):
    change_point(actors.li, clock.now(), point_id=point.pk, revision=0, name="甲的名字")
    with refused("foundation.changed_meanwhile") as told:
        change_point(actors.qian, clock.now(), point_id=point.pk, revision=0, name="乙的名字")
    assert "李安" in str(told.value)
    assert RiskPoint.objects.get().name == "甲的名字"
    assert facts(point).count("risks.point_changed") == 1


def test_a_voided_point_is_remembered_and_takes_no_more(actors, point):
    void_point(actors.li, clock.now(), point_id=point.pk, revision=0, reason="灶台已拆除，改为电磁灶")
    stored = RiskPoint.objects.get()
    assert not stored.is_active
    assert PointCode.objects.get().voided_at
    for act in (
        lambda: change_point(actors.li, clock.now(), point_id=point.pk, revision=1, name="复活"),
        lambda: renew_code(actors.li, clock.now(), point_id=point.pk, revision=1),
        lambda: check_point(actors.li, clock.now(), point_id=point.pk),
        lambda: void_point(actors.li, clock.now(), point_id=point.pk, revision=1, reason="再停用一次"),
    ):
        with refused("risks.voided"):
            act()
    assert facts(point) == ["risks.point_made", "risks.point_voided"]


def test_a_new_code_voids_the_old_label(actors, point):
    old = point.code
    renewed = renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    assert renewed.code != old
    codes = {row.code: row.voided_at for row in PointCode.objects.all()}
    assert codes[old] is not None
    assert codes[renewed.code] is None


def test_a_guard_says_normal_with_one_tap(actors, point):
    at = clock.now()
    check_point(actors.wang, at, point_id=point.pk)
    assert RiskPoint.objects.get().checked_at == at
    check_point(actors.wang, at - timedelta(hours=5), point_id=point.pk)
    assert RiskPoint.objects.get().checked_at == at, (
        "a check that arrives late from a phone is kept, but is not the last"
    )
    assert facts(point).count("risks.point_checked") == 2
    assert RiskPoint.objects.get().revision == 0, "a check never makes somebody's edit fail"


def test_who_may_not_touch_a_point_changes_nothing(actors, point):
    acts = [
        lambda by: change_point(by, clock.now(), point_id=point.pk, revision=0, name="改名"),
        lambda by: void_point(by, clock.now(), point_id=point.pk, revision=0, reason="没有理由"),
        lambda by: renew_code(by, clock.now(), point_id=point.pk, revision=0),
    ]
    for act in acts:
        for clerk in (actors.wang, actors.zhou):
            with refused("foundation.not_yours"):
                act(clerk)
    for act in [*acts, lambda by: check_point(by, clock.now(), point_id=point.pk)]:
        for outsider in (actors.wu, actors.sun, actors.nobody, actors.huo):
            with refused("foundation.not_found"):
                act(outsider)
    with refused("foundation.not_yours"):
        check_point(actors.admin, clock.now(), point_id=point.pk)
    assert facts(point) == ["risks.point_made"]
    assert RiskPoint.objects.get().revision == 0


# --- the catalogue --------------------------------------------------------------------------------------------------------


def test_a_school_adopts_what_fits_it_once(net, actors, risks):
    said = adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    points = RiskPoint.objects.all()
    assert said["adopted"] == len(points) > 60
    catalogue = packs.entries(net.bureau.pk, "risk-points")
    for point in points:
        entry = catalogue[point.catalogue]
        assert {"all", "primary"} & set(entry["stages"])
        assert not entry.get("facets"), "the school has none of the special facilities"
        assert point.colour == entry["colour"]
    assert {p.number for p in points} == {f"FX{n:05d}" for n in range(1, len(points) + 1)}
    assert len({p.code for p in points}) == PointCode.objects.count() == len(points)
    assert adopt_points(actors.li, clock.now(), school_id=net.school.pk) == {"adopted": 0, "kept": len(points)}
    assert Event.objects.filter(name="risks.point_adopted").count() == len(points)


def test_a_ready_made_point_stands_in_the_area_of_its_name(net, actors, risks):
    net.school.facets = ["canteen", "gas"]
    net.school.save()
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    kitchen = RiskPoint.objects.filter(place="食堂后厨")
    assert kitchen.exists()
    assert {point.org_id for point in kitchen} == {net.canteen.pk}


def test_a_voided_adoption_returns_only_when_it_is_asked_for(net, actors, risks):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk, codes=["stair-crush"])
    point = RiskPoint.objects.get()
    void_point(actors.li, clock.now(), point_id=point.pk, revision=0, reason="只有一层，没有楼梯")
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    assert not RiskPoint.objects.filter(catalogue="stair-crush", is_active=True).exists()
    assert adopt_points(actors.li, clock.now(), school_id=net.school.pk, codes=["stair-crush"])["adopted"] == 1


def test_who_may_not_adopt_adopts_nothing(net, actors, risks):
    with refused("foundation.not_yours"):
        adopt_points(actors.wang, clock.now(), school_id=net.school.pk)
    for outsider in (actors.wu, actors.sun, actors.nobody):
        with refused("foundation.not_found"):
            adopt_points(outsider, clock.now(), school_id=net.school.pk)
    with refused("risks.wrong_place"):
        adopt_points(actors.li, clock.now(), school_id=net.canteen.pk)
    with refused("risks.no_such_entry"):
        adopt_points(actors.li, clock.now(), school_id=net.school.pk, codes=["ghost"])
    for_others = next(
        code for code, entry in packs.entries(None, "risk-points").items() if entry.get("facets") == ["boarding"]
    )
    with refused("risks.no_such_entry"):
        adopt_points(actors.li, clock.now(), school_id=net.school.pk, codes=[for_others])
    assert not RiskPoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_clerks_adopting_at_once_double_nothing(net, actors, risks):
    start, said = Barrier(2), []

    def adopt(by):
        start.wait()
        try:
            said.append(adopt_points(by, clock.now(), school_id=net.school.pk)["adopted"])
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=adopt, args=(by,)) for by in (actors.li, actors.zhao)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    points = RiskPoint.objects.all()
    assert len(points) == len({p.catalogue for p in points}) > 60
    assert len({p.number for p in points}) == len(points)
    assert len(points) in said
    assert set(said) <= {len(points), 0, "risks.adopted_meanwhile"}
