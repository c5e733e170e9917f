"""A plan from its draft to its receipt: who writes, what is frozen, who knows it, how it is filed, what warns."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.plans import commands, queries, rules
from bihuan.mechanisms.plans.commands import PartIn, RoleIn
from bihuan.mechanisms.plans.models import Knowing, Plan, PlanVersion
from bihuan.mechanisms.plans.tests.conftest import AT

TEXT = "发现情况先报总指挥，再按楼层有序疏散到操场集合点，逐班清点。"


def draft(by, net, kind="fire", **given):
    return commands.draft_plan(by, AT, id=uuid7(), org_id=net.school.pk, kind=kind, **given)


def version_of(plan):
    return PlanVersion.objects.filter(plan=plan).order_by("-n").first()


def write(by, plan, cast, **changes):
    version = version_of(plan)
    sections = [PartIn(title=part["title"], text=TEXT) for part in version.content["sections"]]
    roles = changes.get("roles") or [
        RoleIn(role=one["role"], person=cast.wang.pk if n else cast.zhou.pk, duty="按分工处置")
        for n, one in enumerate(version.content["roles"])
    ]
    return commands.edit_version(
        by, AT, version_id=version.pk, revision=version.revision, sections=sections, roles=roles
    )


def publish(by, plan):
    version = version_of(plan)
    return commands.publish_version(by, AT, version_id=version.pk, revision=version.revision)


@pytest.fixture
def published(kinds, net, cast, actors):
    """A published plan against fire."""
    plan = draft(actors.li, net)
    write(actors.li, plan, cast)
    publish(actors.li, plan)
    return plan


@pytest.mark.django_db
@pytest.mark.clause("XX-05")
def test_nine_special_plans_are_asked_of_a_school(kinds, net, actors, now):
    found = queries.shelf(actors.li, net.school.pk)
    assert found.missing == sum(line.required for line in found.lines) == 9
    draft(actors.li, net)
    assert queries.shelf(actors.li, net.school.pk).missing == 9  # a draft is not yet a plan


@pytest.mark.django_db
@pytest.mark.clause("XX-05")
def test_published_is_frozen_and_the_named_know_it(published, net, cast, actors, now):
    assert queries.shelf(actors.li, net.school.pk).missing == 8
    version = version_of(published)
    with pytest.raises(Refusal) as frozen:
        write(actors.li, published, cast)
    assert frozen.value.code == "plans.not_a_draft"
    assert Notice.objects.filter(kind="plans.to_know").count() == 2
    page = queries.plan_page(actors.li, published.pk)
    assert set(page.left) == {"周校长", "王保安"}
    commands.know_version(actors.wang, AT, version_id=version.pk)
    again = commands.know_version(actors.wang, AT + timedelta(days=1), version_id=version.pk)
    assert again.known_at == AT
    assert queries.plan_page(actors.li, published.pk).left == ("周校长",)
    assert Event.objects.filter(name="plans.known").count() == 1
    with pytest.raises(Refusal) as other:
        commands.know_version(actors.qian, AT, version_id=version.pk)
    assert other.value.code == "plans.not_named"


@pytest.mark.django_db
@pytest.mark.clause("XX-06")
def test_a_new_version_leaves_the_old_one_readable_and_a_plan_can_be_retired(published, net, cast, actors, now):
    commands.start_version(actors.li, AT, id=uuid7(), plan_id=published.pk)
    with pytest.raises(Refusal) as two:
        commands.start_version(actors.li, AT, id=uuid7(), plan_id=published.pk)
    assert two.value.code == "plans.has_draft"
    assert queries.plan_page(actors.wang, published.pk).version.n == 1  # a draft is only for those who write it
    write(actors.li, published, cast)
    publish(actors.li, published)
    assert [one.n for one in queries.plan_page(actors.wang, published.pk).versions] == [2, 1]
    assert queries.plan_page(actors.wang, published.pk, n=1).known == ()
    other = draft(actors.li, net, kind="other", title="食物中毒应急预案")
    commands.retire_plan(actors.li, AT, plan_id=other.pk, reason="并入公共卫生预案")
    with pytest.raises(Refusal) as retired:
        write(actors.li, other, cast)
    assert retired.value.code == "plans.retired"


@pytest.mark.django_db
def test_what_is_not_whole_is_not_published(kinds, net, cast, actors):
    plan = draft(actors.li, net)
    with pytest.raises(Refusal) as empty:
        publish(actors.li, plan)
    assert empty.value.code == "plans.not_whole"
    write(actors.li, plan, cast, roles=[RoleIn(role="总指挥")])
    with pytest.raises(Refusal) as nobody:
        publish(actors.li, plan)
    assert "总指挥" in nobody.value.sentence
    with pytest.raises(Refusal) as stranger:
        write(actors.li, plan, cast, roles=[RoleIn(role="总指挥", person=cast.wu.pk)])
    assert stranger.value.code == "plans.unknown_person"


@pytest.mark.django_db
@pytest.mark.clause("XX-04")
@pytest.mark.clause("XX-16")
def test_filed_returned_filed_again_and_received_with_a_number(published, actors):
    version = version_of(published)
    commands.file_version(actors.li, AT, version_id=version.pk)
    assert [one.pk for one in queries.filings(actors.zhao).rows] == [version.pk]
    with pytest.raises(Refusal) as twice:
        commands.file_version(actors.li, AT, version_id=version.pk)
    assert twice.value.code == "plans.filing_stands"
    with pytest.raises(Refusal) as own:
        commands.receive_version(actors.li, AT, version_id=version.pk)
    assert own.value.code == "foundation.not_yours"
    commands.return_version(actors.zhao, AT, version_id=version.pk, words="集合点离围墙太近，请改到操场中央")
    commands.file_version(actors.li, AT, version_id=version.pk)
    done = commands.receive_version(actors.zhao, AT, version_id=version.pk)
    assert done.receipt == "备案〔2026〕1号"
    assert not queries.filings(actors.zhao).rows
    with pytest.raises(Refusal):
        commands.return_version(actors.zhao, AT, version_id=version.pk, words="已经出过回执了")


@pytest.mark.django_db
@pytest.mark.clause("XX-04")
def test_an_activity_without_a_filed_plan_warns(kinds, net, cast, actors, now):
    with pytest.raises(Refusal) as day:
        draft(actors.li, net, kind="activity", title="秋季运动会")
    assert day.value.code == "plans.no_activity_day"
    plan = draft(actors.li, net, kind="activity", title="秋季运动会", activity_on=date(2026, 9, 8), people=1200)
    far = draft(actors.li, net, kind="activity", title="研学", activity_on=date(2026, 11, 8))
    assert [one.pk for one in queries.unfiled_activities(actors.zhao)] == [plan.pk]
    assert queries.plan_page(actors.li, plan.pk).warning == "soon"
    assert queries.plan_page(actors.li, far.pk).warning == ""
    write(actors.li, plan, cast)
    publish(actors.li, plan)
    commands.file_version(actors.li, AT, version_id=version_of(plan).pk)
    assert queries.unfiled_activities(actors.zhao)
    commands.receive_version(actors.zhao, AT, version_id=version_of(plan).pk)
    assert not queries.unfiled_activities(actors.zhao)


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 60)
)
def test_a_warning_is_about_days_and_never_after_a_receipt(activity, today, days):
    said = rules.warning(activity, "filed", today, days)
    assert said == ("passed" if activity <= today else "soon" if (activity - today).days <= days else "")
    assert rules.warning(activity, "received", today, days) == ""
    assert rules.warning(None, "", today, days) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(published, net, actors, door, who):
    version, stranger = version_of(published), getattr(actors, who)
    for attempt in (
        lambda: draft(stranger, net),
        lambda: commands.start_version(stranger, AT, id=uuid7(), plan_id=published.pk),
        lambda: commands.edit_version(
            stranger, AT, version_id=version.pk, revision=0, sections=[PartIn(title="x")], roles=[]
        ),
        lambda: commands.publish_version(stranger, AT, version_id=version.pk, revision=0),
        lambda: commands.know_version(stranger, AT, version_id=version.pk),
        lambda: commands.file_version(stranger, AT, version_id=version.pk),
        lambda: commands.receive_version(stranger, AT, version_id=version.pk),
        lambda: commands.return_version(stranger, AT, version_id=version.pk, words="不该成功的"),
        lambda: commands.retire_plan(stranger, AT, plan_id=published.pk, reason="不该成功"),
        lambda: queries.plan_page(stranger, published.pk),
        lambda: queries.shelf(stranger, net.school.pk),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_found"
    assert door(who).get(f"/plans/{published.pk}/").status_code == 404
    assert door(who).get(f"/plans/{published.pk}/plan.pdf").status_code == 404
    assert not Knowing.objects.exists()
    assert Plan.objects.get().state == "in_force"


@pytest.mark.django_db
def test_without_the_duty_nothing_is_written(published, net, actors):
    for attempt in (
        lambda: draft(actors.wang, net),
        lambda: commands.file_version(actors.wang, AT, version_id=version_of(published).pk),
        lambda: commands.retire_plan(actors.zhao, AT, plan_id=published.pk, reason="不归区局"),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert refused.value.code == "foundation.not_yours"
    assert Plan.objects.count() == 1


@pytest.mark.django_db
def test_sent_twice_is_published_once(kinds, net, cast, actors):
    plan = draft(actors.li, net)
    version = write(actors.li, plan, cast)
    envelope, args = uuid7(), {"version_id": str(version.pk), "revision": version.revision}
    for replayed in (False, True):
        assert execute(actors.li, AT, id=envelope, name="plans.publish_version", args=args).replayed is replayed
    assert Event.objects.filter(name="plans.published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_of_the_bureau_answer_and_one_receipt_goes_out(kinds, net, cast, actors):
    plan = draft(actors.li, net)
    write(actors.li, plan, cast)
    publish(actors.li, plan)
    version = commands.file_version(actors.li, AT, version_id=version_of(plan).pk)
    gate, said = Barrier(2), []

    def receive(by):
        gate.wait()
        try:
            said.append(commands.receive_version(by, AT, version_id=version.pk).receipt)
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=receive, args=(by,)) for by in (actors.zhao, actors.zhao)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(said) == ["plans.filing_stands", "备案〔2026〕1号"]


@pytest.mark.django_db
def test_written_published_known_and_filed_on_pages(kinds, net, cast, actors, door, now):
    lead, guard, office = door("li"), door("wang"), door("zhao")
    form = {"_id": str(uuid7()), "id": str(uuid7()), "org_id": str(net.school.pk), "kind": "fire"}
    assert lead.post("/plans/new/", form | {"kind": "flood"}).status_code == 422
    address = f"/plans/{form['id']}/"
    shown = lead.post("/plans/new/", form, follow=True)
    assert "适用情形" in shown.content.decode()
    version = PlanVersion.objects.get()
    write_form = {
        "_id": str(uuid7()), "revision": "0", "note": "初稿", "title": [part["title"] for part in version.content["sections"]],
        "text": [TEXT] * 6, "role": ["总指挥"], "person": [str(cast.wang.pk)], "duty": ["指挥"],
    }  # fmt: skip
    stale = lead.post(address, write_form | {"revision": "7"})
    assert stale.status_code == 409
    assert TEXT in stale.content.decode()
    lead.post(address, write_form | {"_id": str(uuid7())})
    step = {"version_id": str(version.pk), "revision": "1"}
    lead.post(f"{address}publish/", step | {"_id": str(uuid7())})
    assert "签知悉" in guard.get(address).content.decode()
    guard.post(f"{address}know/", step | {"_id": str(uuid7())})
    lead.post(f"{address}file/", step | {"_id": str(uuid7())})
    assert "等回执" in office.get("/plans/").content.decode()
    done = office.post(f"{address}receive/", step | {"_id": str(uuid7())}, follow=True)
    assert "备案〔2026〕1号" in done.content.decode()
    assert lead.get(f"{address}plan.pdf").content.startswith(b"%PDF")
    assert "第 1 版" in lead.get("/plans/").content.decode()
