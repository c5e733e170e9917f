"""While the rows of a moved unit follow it, everybody sees what they would see if they had arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bihuan.engines.responsibility import jobs, queries
from bihuan.engines.responsibility.commands import moving
from bihuan.engines.responsibility.models import Appointment, Move, Org, RosterImport
from bihuan.engines.responsibility.queries import actor_of, forget_actors, standing_under
from bihuan.engines.responsibility.tests.test_units import create
from bihuan.foundation.actors import SYSTEM, Actor, Hold
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Evidence
from bihuan.foundation.scoping import placed

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def towns(net, actors, cast):
    """Two towns, each with somebody who looks after it; the school stands in the first, and something stands there."""
    left, right = (create(actors.admin, net.bureau, "town", name) for name in ("长乐镇", "洪庆镇"))
    moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=left.pk, revision=1)
    follow(AT)
    assert follow(AT + timedelta(minutes=3)) == 0
    for user, town in (("meng", left), ("gao", right)):
        Appointment.objects.filter(user=getattr(cast, user)).update(org=town, **placed(town))
    Appointment.objects.filter(user=cast.qian).update(org=net.site, **placed(Org.objects.get(pk=net.site.pk)))
    forget_actors()
    rows = [
        RosterImport.objects.create(org=unit, by_name="x", at=AT, **placed(unit))
        for unit in Org.objects.filter(pk__in=(net.school.pk, net.room.pk)).order_by("path")
    ]
    return left, right, rows


def follow(at, **more):
    return moving.follow_moves(at, **more)


def sees(cast, key):
    """What somebody sees, whichever of the three ways in is asked; what a process remembers is half a minute old at most."""
    forget_actors()
    actor = actor_of(getattr(cast, key).pk)
    seen = set(RosterImport.objects.visible_to(actor).values_list("pk", flat=True))
    rows = RosterImport.objects.all()
    assert seen == {row.pk for row in rows if any(hold.covers(row) for hold in actor.holds)}
    assert seen == set(RosterImport.objects.filter(standing_under(actor.holds[0].path)).values_list("pk", flat=True))
    return seen


def test_nobody_sees_more_or_less_while_rows_follow(net, actors, cast, towns):
    _left, right, rows = towns
    both, inner = {row.pk for row in rows}, {rows[1].pk}
    assert (sees(cast, "meng"), sees(cast, "gao"), sees(cast, "qian")) == (both, set(), inner)
    moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=right.pk, revision=2)
    assert {row.path for row in RosterImport.objects.all()} == {row.path for row in rows}, "no row has followed yet"
    assert (sees(cast, "meng"), sees(cast, "gao"), sees(cast, "qian")) == (set(), both, inner)
    with pytest.raises(RuntimeError, match="power"):
        halfway(net)
    assert (
        RosterImport.objects.filter(path=rows[0].path).count() + RosterImport.objects.filter(path=rows[1].path).count()
        == 1
    ), "one row has followed, the other has not"
    assert (sees(cast, "meng"), sees(cast, "gao"), sees(cast, "qian")) == (set(), both, inner)
    assert jobs.follow_moves(AT) == 1
    assert jobs.follow_moves(AT + timedelta(minutes=3)) == 0
    forget_actors()
    assert actor_of(cast.meng.pk).holds[0].spans == ()
    assert (sees(cast, "meng"), sees(cast, "gao"), sees(cast, "qian")) == (set(), both, inner)


def halfway(net):
    """The worker stops after one row."""
    really, done = moving._rewrite, []

    def stopping(model, *args):
        if done:
            raise RuntimeError("power cut")
        if model is RosterImport:
            done.append(really(model, *args))
            return done[0]
        return really(model, *args)

    moving._rewrite = stopping
    try:
        follow(AT, batch=1)
    finally:
        moving._rewrite = really


def test_what_was_written_meanwhile_at_the_old_address_follows_too(net, actors, cast, towns):
    _left, right, rows = towns
    stale = placed(rows[0])
    moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=right.pk, revision=2)
    assert follow(AT) == 2
    late = RosterImport.objects.create(org=net.school, by_name="x", at=AT, **stale)
    photo = Evidence.objects.create(
        kind="image", sha256="0" * 64, original_sha256="0" * 64, media_type="image/webp", size=1, made_at=AT, **stale
    )
    assert late.pk in sees(cast, "gao")
    assert late.pk not in sees(cast, "meng")
    assert follow(AT + timedelta(minutes=1)) == 2
    assert follow(AT + timedelta(minutes=2)) == 0, "quiet for a minute only"
    assert Move.objects.filter(done_at__isnull=True).count() == 1
    assert follow(AT + timedelta(minutes=4)) == 0
    assert not Move.objects.filter(done_at__isnull=True).exists()
    new = Org.objects.get(pk=net.school.pk).path
    photo.refresh_from_db()
    late.refresh_from_db()
    assert (photo.path, late.path) == (new, new)
    assert Event.objects.filter(path__startswith=stale["path"]).exists(), "facts keep the address of their time"


def test_a_unit_that_moves_on_and_a_town_that_moves_with_it(net, actors, cast, towns):
    left, right, rows = towns
    both = {row.pk for row in rows}
    moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=right.pk, revision=2)
    moving.move_org(actors.admin, AT + timedelta(seconds=1), org_id=net.school.pk, parent_id=left.pk, revision=3)
    assert (sees(cast, "meng"), sees(cast, "gao")) == (both, set())
    assert follow(AT) == 4, "first to where it was in between, then home"
    assert {row.school_id for row in RosterImport.objects.all()} == {net.school.pk}
    assert (sees(cast, "meng"), sees(cast, "gao")) == (both, set())


def test_an_address_that_was_left_is_given_to_nobody(net, actors, towns):
    left, right, _rows = towns
    old = Org.objects.get(pk=net.school.pk).path
    moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=right.pk, revision=2)
    next_one = create(actors.admin, left, name="长乐镇中心小学")
    assert next_one.path != old
    back = moving.move_org(actors.admin, AT, org_id=net.school.pk, parent_id=left.pk, revision=3)
    assert back.path not in (old, next_one.path)


def test_a_bureau_that_changes_its_city_is_lost_to_the_old_one_at_once(net, actors):
    other = create(SYSTEM, net.province, "city", "渭南市教育局")
    row = RosterImport.objects.create(org=net.school, by_name="x", at=AT, **placed(net.school))

    def city(org):
        spans = queries.acting.spans_of(org.path, queries.acting.moves_under_way())
        return Actor(None, "市局", holds=(Hold("x", frozenset({"snap"}), "city", org.pk, org.path, spans=spans),))

    assert RosterImport.objects.visible_to(city(net.city)).exists()
    moving.move_org(SYSTEM, AT, org_id=net.bureau.pk, parent_id=other.pk, revision=1)
    for _ in range(2):
        assert not RosterImport.objects.visible_to(city(net.city)).exists()
        assert RosterImport.objects.visible_to(city(other)).get() == row
        assert city(other).may("snap", row)
        assert not city(net.city).may("snap", row)
        follow(AT)
        row.refresh_from_db()
    assert (row.city_id, row.bureau_id) == (other.pk, net.bureau.pk)


def test_the_same_envelope_moves_once(net, actors, towns):
    _left, right, _rows = towns
    envelope, args = uuid7(), {"org_id": str(net.school.pk), "parent_id": str(right.pk), "revision": 2}
    answers = [
        execute(actors.admin, AT, id=envelope, name="responsibility.move_org", args=args).answer for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert Move.objects.filter(new_path__startswith=right.path).count() == 1
