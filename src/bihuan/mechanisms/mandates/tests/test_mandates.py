"""From the leading group to a person of a school and back, and everything that refuses on the way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.db.models import Q

from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.queries import seen
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Notice
from bihuan.foundation.reactions import react
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.mandates import commands, hot, queries, rules
from bihuan.mechanisms.mandates.commands import ShareIn
from bihuan.mechanisms.mandates.models import Assignment, Directive, Share
from bihuan.mechanisms.mandates.tests.conftest import AT, DUE, HOUR, picture

pytestmark = pytest.mark.django_db


def code_of(call):
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


@pytest.mark.clause("CB-17")
def test_down_three_levels_and_back_up(net, cast, actors, ask, part, now):
    # the district's leading group asks the bureau
    top = ask(actors.chief, audience="units", units=[net.bureau.pk], title="秋季护校安园", office="区护校安园领导小组")
    react(datetime.now(UTC))
    assert set(Notice.objects.values_list("user_id", flat=True)) == {
        cast.zhao.pk,
        cast.meng.pk,
        cast.he.pk,
        cast.chief.pk,
    }
    bureau = part(top, net.bureau)
    commands.sign(actors.zhao, AT, assignment_id=bureau.pk)
    # the bureau passes it on to every school, in one statement
    down = ask(actors.zhao, above=bureau.pk)
    assert (down.addressed, down.above_id) == (2, bureau.pk)
    react(datetime.now(UTC))
    assert Notice.objects.filter(kind="mandates.issued", user_id=cast.zhou.pk).count() == 1
    school = part(down)
    assert [line["title"] for line in queries.waiting(actors.zhou)] == ["校园周边隐患集中排查"]
    commands.sign(actors.zhou, AT + HOUR, assignment_id=school.pk)
    # the principal splits it to people, who answer
    shares = [
        ShareIn(person=cast.qian.pk, task="查围墙和摊点"),
        ShareIn(person=cast.wang.pk, task="查校门口五十米", until=AT + timedelta(days=1)),
    ]
    commands.split(actors.zhou, AT + HOUR, assignment_id=school.pk, shares=shares)
    assert queries.waiting(actors.wang)[0]["title"] == "查校门口五十米"
    assert code_of(lambda: commands.feed_back(actors.zhou, AT + HOUR, assignment_id=school.pk, words="办完了")) == (
        "mandates.shares_open"
    )
    for who in ("qian", "wang"):
        share = Share.objects.get(user=getattr(cast, who))
        commands.finish_share(getattr(actors, who), AT + 2 * HOUR, share_id=share.pk, words="看过了，没有问题")
    assert not queries.waiting(actors.wang)
    # the principal feeds back, the bureau judges
    commands.feed_back(actors.zhou, AT + 3 * HOUR, assignment_id=school.pk, words="查出一处占道摊点，已报城管")
    commands.accept(actors.zhao, AT + 4 * HOUR, directive_id=down.pk, assignments=[school.pk])
    assert queries.got(actors.zhao, bureau.pk).passed_on[0][1:] == (2, 1)
    # and answers for itself; nobody accepts their own answer
    commands.feed_back(actors.zhao, AT + 5 * HOUR, assignment_id=bureau.pk, words="两校中一校已办结")
    mine = {"directive_id": top.pk, "assignments": [bureau.pk]}
    assert code_of(lambda: commands.accept(actors.zhao, AT, **mine)) == "mandates.own_answer"
    commands.accept(actors.chief, AT + 6 * HOUR, **mine)
    assert part(top, net.bureau).state == part(down).state == "accepted"
    told = Event.objects.filter(subject_id=school.pk).order_by("at", "id").values_list("name", flat=True)
    assert list(told) == [
        "mandates.signed", "mandates.split", "mandates.share_done", "mandates.share_done", "mandates.fed_back",
        "mandates.accepted",
    ]  # fmt: skip


def test_who_has_not_signed_and_not_answered_is_a_list(net, actors, ask, part):
    directive = ask()
    commands.sign(actors.zhou, AT, assignment_id=part(directive).pk)
    shown = queries.directive_page(actors.zhao, directive.pk, state="unsigned")
    assert ([row.org_id for row in shown.page.rows], shown.line.unsigned, shown.line.owing) == (
        [net.other_school.pk],
        1,
        2,
    )
    commands.feed_back(actors.zhou, AT, assignment_id=part(directive).pk, words="已排查")
    shown = queries.directive_page(actors.zhao, directive.pk, state="unanswered")
    assert ([row.org_id for row in shown.page.rows], shown.line.to_judge, shown.line.owing) == (
        [net.other_school.pk],
        1,
        1,
    )


def test_the_rows_of_one_statement_are_those_of_its_twin(net, actors, ask):
    units = commands.net.units(commands.SYSTEM).filter(bureau_id=net.bureau.pk, tier="school")
    both = []
    for way in (hot.address, hot.address_orm):
        directive = ask(audience="units", units=[net.bureau.pk])
        Assignment.objects.filter(directive=directive).delete()
        assert way(directive, units) == 2
        rows = Assignment.objects.filter(directive=directive).order_by("org_name").values()
        both.append(
            [{name: value for name, value in row.items() if name not in ("id", "directive_id")} for row in rows]
        )
    assert both[0] == both[1]
    assert len({row.pk for row in Assignment.objects.all()}) == 4


def test_what_waits_is_what_the_orm_would_find(net, cast, actors, ask, part):
    one, two = ask(audience="schools"), ask(audience="units", units=[net.bureau.pk])
    commands.sign(actors.zhou, AT, assignment_id=part(one).pk)
    shares = [ShareIn(person=cast.qian.pk, task="查围墙"), ShareIn(person=cast.zhou.pk, task="汇总")]
    commands.split(actors.zhou, AT, assignment_id=part(one).pk, shares=shares)
    Assignment.objects.filter(directive=two).update(due_at=AT - 300 * timedelta(days=1))  # too long ago to be shown
    for schools, bureaus, who in (
        ([net.school.pk], [], cast.zhou), ([], [net.bureau.pk], cast.zhao), ([], [], cast.qian),
        ([net.school.pk, net.other_school.pk], [net.bureau.pk], cast.qian),
    ):  # fmt: skip
        for since in (AT - timedelta(days=180), AT - timedelta(days=400)):
            units = Q(school_id__in=schools) | Q(bureau_id__in=bureaus, school_id__isnull=True)
            turn = Assignment.objects.filter(units, state__in=rules.OPEN, due_at__gt=since)
            own = Share.objects.filter(user_id=who.pk, state="open", assignment__state__in=rules.OPEN)
            wanted = [*turn.values_list("pk", "directive__title", "org_name", "due_at", "state")]
            wanted += [(*row, "share") for row in own.values_list("assignment_id", "task", "user_name", "due_at")]
            found = hot.waiting(schools=schools, bureaus=bureaus, user_id=who.pk, since=since, most=9)
            assert sorted(tuple(row.values()) for row in found) == sorted(wanted)
            assert [row["due_at"] for row in found] == sorted(row["due_at"] for row in found)
    assert len(hot.waiting(schools=[net.school.pk], bureaus=[], user_id=cast.zhou.pk, since=since, most=1)) == 1


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"audience": "kinds", "kinds": ["junior"]}, ["灞东区第二中学"]),
        ({"audience": "schools"}, ["灞东区第一小学", "灞东区第二中学"]),
    ],
)
def test_it_goes_to_whom_it_was_meant(net, actors, ask, given, found):
    directive = ask(**given)
    names = Assignment.objects.filter(directive=directive).order_by("path").values_list("org_name", flat=True)
    assert list(names) == found


def test_nobody_elsewhere_is_addressed(net, actors, ask):
    for units, code in (
        ([net.far_school.pk], "mandates.nobody"),
        ([net.school.pk, net.far_school.pk], "mandates.unknown_unit"),
    ):
        assert code_of(lambda units=units: ask(audience="units", units=units)) == code
    assert code_of(lambda: ask(audience="kinds", kinds=["nothing"])) == "mandates.nobody"
    assert code_of(lambda: ask(due_at=AT)) == "mandates.past"
    assert code_of(lambda: commands.issue(actors.zhao, AT, id=uuid7(), org_id=net.school.pk, title="任务", text="要求", wants="text",
                                          due_at=DUE, audience="schools")) == "mandates.not_a_bureau"  # fmt: skip
    assert not Directive.objects.exists()


def test_a_receipt_is_all_that_was_wanted(actors, ask, part):
    row = commands.sign(actors.li, AT, assignment_id=part(ask(wants="receipt")).pk)
    assert (row.state, row.chase_at) == ("accepted", None)


@pytest.mark.parametrize(("wants", "field"), [("text", "words"), ("number", "amount"), ("photo", "photos")])
def test_an_answer_has_what_was_asked(actors, ask, part, wants, field):
    row = part(ask(wants=wants))
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    with pytest.raises(Refusal) as refused:
        commands.feed_back(actors.zhou, AT, assignment_id=row.pk)
    assert (refused.value.code, list(refused.value.fields)) == ("mandates.answer_lacks", [field])
    given = {
        "text": {"words": "已排查"},
        "number": {"amount": Decimal("3")},
        "photo": {"photos": [picture(actors.zhou, AT)]},
    }
    commands.feed_back(actors.zhou, AT, assignment_id=row.pk, **given[wants])
    assert part(row.directive).state == "answered"


def test_numbers_add_up_and_people_propose_the_sum(net, cast, actors, ask, part):
    directive = ask(wants="number", unit="处")
    row = part(directive)
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    people = [ShareIn(person=getattr(cast, who).pk, task="数一数") for who in ("qian", "wang")]
    commands.split(actors.zhou, AT, assignment_id=row.pk, shares=people)
    for who, amount in (("qian", 2), ("wang", 3)):
        commands.finish_share(
            getattr(actors, who), AT, share_id=Share.objects.get(user=getattr(cast, who)).pk, amount=Decimal(amount)
        )
    assert queries.got(actors.zhou, row.pk).share_sum == 5
    commands.feed_back(actors.zhou, AT, assignment_id=row.pk, amount=Decimal(5))
    assert queries.directive_page(actors.zhao, directive.pk).total == 5


def test_photos_of_the_people_count_as_the_units(cast, actors, ask, part):
    row = part(ask(wants="photo"))
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    commands.split(actors.zhou, AT, assignment_id=row.pk, shares=[ShareIn(person=cast.wang.pk, task="拍校门口")])
    share = Share.objects.get()
    commands.finish_share(actors.wang, AT, share_id=share.pk, photos=[picture(actors.wang, AT)])
    assert commands.feed_back(actors.zhou, AT, assignment_id=row.pk).state == "answered"


def test_sent_back_with_a_reason_and_a_new_moment(cast, actors, ask, part):
    row = part(ask())
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    commands.feed_back(actors.zhou, AT, assignment_id=row.pk, words="好了")
    assert code_of(lambda: commands.send_back(actors.zhou, AT, assignment_id=row.pk, reason="自己退", until=DUE)) == (
        "foundation.not_yours"
    )
    until = DUE + timedelta(days=2)
    commands.send_back(actors.zhao, AT, assignment_id=row.pk, reason="没有写整改人", until=until)
    back = part(row.directive)
    assert (back.state, back.chase_at, back.returns) == ("returned", until, 1)
    assert Notice.objects.get(kind="mandates.sent_back").user_id == cast.zhou.pk
    commands.feed_back(actors.zhou, AT, assignment_id=row.pk, words="整改人王保安，三日内")
    assert part(row.directive).state == "answered"


def test_overdue_is_said_once(net, cast, actors, ask, part):
    directive = ask()
    commands.sign(actors.zhou, AT, assignment_id=part(directive).pk)
    commands.feed_back(actors.zhou, AT, assignment_id=part(directive).pk, words="已排查")
    assert commands.chase(DUE - HOUR) == 0
    assert (commands.chase(DUE + HOUR), commands.chase(DUE + 2 * HOUR)) == (1, 0)
    late = Assignment.objects.get(late=True)
    assert (late.org_id, late.chase_at) == (net.other_school.pk, None)
    assert set(Notice.objects.filter(kind="mandates.overdue").values_list("user_id", flat=True)) == {
        cast.wu.pk,
        cast.zhao.pk,
    }
    assert Event.objects.filter(name="mandates.overdue").count() == 1
    commands.sign(actors.wu, DUE + HOUR, assignment_id=late.pk)
    commands.feed_back(actors.wu, DUE + HOUR, assignment_id=late.pk, words="补上了")
    assert part(directive, net.other_school).late


def test_reminded_at_most_once_a_day(net, cast, actors, ask, part):
    directive = ask()
    commands.sign(actors.zhou, AT, assignment_id=part(directive).pk)
    commands.feed_back(actors.zhou, AT, assignment_id=part(directive).pk, words="已排查")
    assert commands.remind(actors.zhao, AT, directive_id=directive.pk) == {"reminded": 1}
    assert Notice.objects.get(kind="mandates.reminded").user_id == cast.wu.pk
    assert code_of(lambda: commands.remind(actors.meng, AT + HOUR, directive_id=directive.pk)) == "mandates.told_today"
    assert commands.remind(actors.meng, AT + timedelta(days=1), directive_id=directive.pk) == {"reminded": 1}
    commands.sign(actors.wu, AT, assignment_id=part(directive, net.other_school).pk)
    commands.feed_back(actors.wu, AT, assignment_id=part(directive, net.other_school).pk, words="已排查")
    assert code_of(lambda: commands.remind(actors.zhao, AT + timedelta(days=2), directive_id=directive.pk)) == (
        "mandates.nobody_waits"
    )


def test_withdrawn_everywhere_but_where_it_was_accepted(net, cast, actors, ask, part):
    directive = ask()
    commands.sign(actors.zhou, AT, assignment_id=part(directive).pk)
    commands.feed_back(actors.zhou, AT, assignment_id=part(directive).pk, words="已排查")
    commands.accept(actors.zhao, AT, directive_id=directive.pk, assignments=[part(directive).pk])
    commands.withdraw(actors.zhao, AT, directive_id=directive.pk, reason="与另一件合并")
    assert (part(directive).state, part(directive, net.other_school).state) == ("accepted", "withdrawn")
    react(datetime.now(UTC))
    assert set(Notice.objects.filter(kind="mandates.withdrawn").values_list("user_id", flat=True)) == {cast.wu.pk}
    assert commands.chase(DUE + HOUR) == 0
    for attempt in (
        lambda: commands.sign(actors.wu, AT, assignment_id=part(directive, net.other_school).pk),
        lambda: commands.remind(actors.zhao, AT, directive_id=directive.pk),
        lambda: commands.withdraw(actors.zhao, AT, directive_id=directive.pk, reason="再撤一次"),
    ):
        assert code_of(attempt) == "mandates.wrong_state"


def test_a_share_is_its_persons_alone_and_can_be_taken_back(net, cast, actors, ask, part):
    row = part(ask())
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    mine = [ShareIn(person=cast.wang.pk, task="查校门")]
    commands.split(actors.zhou, AT, assignment_id=row.pk, shares=mine)
    share = Share.objects.get()
    assert (
        code_of(lambda: commands.finish_share(actors.qian, AT, share_id=share.pk, words="代他报"))
        == "mandates.not_your_share"
    )
    assert code_of(lambda: commands.split(actors.zhou, AT, assignment_id=row.pk, shares=mine)) == "mandates.has_share"
    stranger = [ShareIn(person=cast.wu.pk, task="查校门")]
    assert (
        code_of(lambda: commands.split(actors.zhou, AT, assignment_id=row.pk, shares=stranger))
        == "mandates.not_serving"
    )
    assert (
        code_of(lambda: commands.drop_share(actors.wang, AT, share_id=share.pk, reason="不想办"))
        == "foundation.not_yours"
    )
    commands.drop_share(actors.zhou, AT, share_id=share.pk, reason="王保安请假")
    assert (
        code_of(lambda: commands.finish_share(actors.wang, AT, share_id=share.pk, words="晚了"))
        == "mandates.wrong_state"
    )
    assert not queries.waiting(actors.wang)
    commands.split(actors.zhou, AT + HOUR, assignment_id=row.pk, shares=mine)
    assert Share.objects.get().state == "open"


def test_who_may_not_speak_changes_nothing(net, actors, ask, part):
    assert code_of(lambda: ask(actors.chen)) in ("foundation.not_found", "foundation.not_yours")
    directive = ask()
    row = part(directive)
    for attempt in (
        lambda: commands.sign(actors.wang, AT, assignment_id=row.pk),
        lambda: commands.sign(actors.zhao, AT, assignment_id=row.pk),
        lambda: commands.withdraw(actors.admin, AT, directive_id=directive.pk, reason="管理员撤回"),
        lambda: commands.remind(actors.admin, AT, directive_id=directive.pk),
        lambda: commands.accept(actors.admin, AT, directive_id=directive.pk, assignments=[row.pk]),
    ):
        assert code_of(attempt) == "foundation.not_yours"
    assert (part(directive).state, Directive.objects.get().state) == ("sent", "issued")


@pytest.mark.parametrize("who", ["wu", "sun", "nobody"])
def test_an_outsider_finds_nothing(net, cast, actors, ask, part, door, who):
    directive = ask(audience="units", units=[net.school.pk], files=[picture(actors.zhao, AT)])
    row, stranger = part(directive), getattr(actors, who)
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    commands.split(actors.zhou, AT, assignment_id=row.pk, shares=[ShareIn(person=cast.wang.pk, task="查校门")])
    share = Share.objects.get()
    file = queries.directive_page(actors.zhao, directive.pk).pictures[0]
    for attempt in (
        lambda: ask(stranger),
        lambda: commands.sign(stranger, AT, assignment_id=row.pk),
        lambda: commands.split(
            stranger, AT, assignment_id=row.pk, shares=[ShareIn(person=cast.wang.pk, task="查校门")]
        ),
        lambda: commands.finish_share(stranger, AT, share_id=share.pk, words="不该成功"),
        lambda: commands.drop_share(stranger, AT, share_id=share.pk, reason="不该成功"),
        lambda: commands.feed_back(stranger, AT, assignment_id=row.pk, words="不该成功"),
        lambda: commands.accept(stranger, AT, directive_id=directive.pk, assignments=[row.pk]),
        lambda: commands.send_back(stranger, AT, assignment_id=row.pk, reason="不该成功", until=DUE),
        lambda: commands.remind(stranger, AT, directive_id=directive.pk),
        lambda: commands.withdraw(stranger, AT, directive_id=directive.pk, reason="不该成功"),
        lambda: queries.got(stranger, row.pk),
        lambda: queries.directive_page(stranger, directive.pk),
        lambda: seen(stranger, file.pk),
    ):
        assert code_of(attempt) == "foundation.not_found"
    for address in (f"/mandates/{directive.pk}/", f"/mandates/got/{row.pk}/"):
        assert door(who).get(address).status_code == 404
    assert not queries.received(stranger).rows
    assert part(directive).state == "signed"


def test_the_file_goes_with_the_task_to_the_person_who_does_it(net, cast, actors, ask, part):
    directive = ask(files=[picture(actors.zhao, AT)])
    file = queries.directive_page(actors.zhao, directive.pk).pictures[0]
    assert seen(actors.wang, file.pk) == seen(actors.zhou, file.pk) == file


def test_sent_twice_is_one_directive(net, actors, ask):
    args = {
        "id": str(uuid7()), "org_id": str(net.bureau.pk), "title": "节前检查", "text": "放假前查一遍", "wants": "receipt",
        "due_at": DUE.isoformat(), "audience": "schools",
    }  # fmt: skip
    envelope = uuid7()
    for replayed in (False, True):
        assert execute(actors.zhao, AT, id=envelope, name="mandates.issue", args=args).replayed is replayed
    assert (Directive.objects.count(), Assignment.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_sign_at_once_and_one_of_them_is_first(actors, ask, part):
    row = part(ask())
    gate, said = Barrier(2), []

    def sign(by):
        gate.wait()
        try:
            commands.sign(by, AT, assignment_id=row.pk)
            said.append("signed")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=sign, args=(by,)) for by in (actors.zhou, actors.li)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert said.count("signed") == 1
    assert set(said) <= {"signed", "mandates.wrong_state", "foundation.changed_meanwhile"}
    assert Event.objects.filter(name="mandates.signed").count() == 1
