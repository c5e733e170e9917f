"""What a school files about tasks from above, and what the page of the inspection visit says is missing."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.foundation import archives, hot
from bihuan.foundation.archives import Gap, Held, Visit
from bihuan.mechanisms.mandates import commands
from bihuan.mechanisms.mandates.archive import Mandates
from bihuan.mechanisms.mandates.commands import ShareIn
from bihuan.mechanisms.mandates.tests.conftest import AT, DUE, HOUR, picture

pytestmark = pytest.mark.django_db
TERM = (date(2026, 9, 1), date(2027, 1, 22))


@pytest.fixture
def visit(net, actors):
    """``visit("zhou", at)``: the archive as that person opens it at that moment."""
    return lambda who, at=AT + HOUR: Visit(getattr(actors, who), net.school, *TERM, at)


def told(visit):
    room = Mandates()
    found = list(room.told(visit, hot.gathered(room.asked(visit), most=archives.MOST_ROWS)))
    return sum(one.count for one in found if isinstance(one, Held)), {
        one.words: one.href for one in found if isinstance(one, Gap)
    }


@pytest.mark.clause("XX-16")
@pytest.mark.clause("CB-17")
def test_a_task_is_filed_with_its_directive_answer_and_proof(net, cast, actors, ask, part, visit, now):
    asked = ask(actors.zhao, wants="photo", files=[picture(actors.zhao, AT, "red")])
    row = part(asked)
    unsigned = "上级任务「校园周边隐患集中排查」还没有签收"
    assert told(visit("zhou")) == (2, {unsigned: f"/mandates/got/{row.pk}/"})
    commands.sign(actors.zhou, AT, assignment_id=row.pk)
    assert told(visit("zhou"))[1] == {}
    late = "上级任务「校园周边隐患集中排查」过了期限还没有反馈"
    assert list(told(visit("zhou", DUE + HOUR))[1]) == [late]
    commands.split(actors.zhou, AT, assignment_id=row.pk, shares=[ShareIn(person=cast.wang.pk, task="查校门口")])
    [share] = commands.Share.objects.all()
    commands.finish_share(
        actors.wang, AT, share_id=share.pk, words="看过了", photos=[picture(actors.wang, AT, "green")]
    )
    photos = [picture(actors.zhou, AT, "blue")]
    commands.feed_back(actors.zhou, AT, assignment_id=row.pk, words="东门两侧没有摊点", photos=photos)
    commands.accept(actors.chief, AT, directive_id=asked.pk, assignments=[row.pk])
    assert told(visit("zhou", DUE + HOUR)) == (4, {})
    names = [(piece.folder, piece.name) for piece in Mandates().pieces(visit("zhou"))]
    assert names == [
        ("上级任务", "09-03 校园周边隐患集中排查.pdf"),
        ("上级任务附件和照片", "09-03 校园周边隐患集中排查 附件.webp"),
        ("上级任务附件和照片", "09-03 校园周边隐患集中排查 反馈.webp"),
        ("上级任务附件和照片", "09-03 校园周边隐患集中排查 反馈.webp"),
    ]
    for piece in Mandates().pieces(visit("zhou")):
        content = piece.open()
        content = content if isinstance(content, bytes) else b"".join(content)
        assert content.startswith((b"%PDF", b"RIFF"))


def test_what_was_withdrawn_or_asked_of_others_is_not_filed(net, actors, ask, visit, now):
    dropped = ask(actors.zhao)
    commands.withdraw(actors.zhao, AT, directive_id=dropped.pk, reason="与另一件合并")
    ask(actors.zhao, audience="units", units=[net.other_school.pk])
    ask(actors.chief, audience="units", units=[net.bureau.pk])
    assert told(visit("zhou")) == (0, {})
    assert told(visit("zhao")) == (0, {})
    assert list(Mandates().pieces(visit("zhao"))) == []


def test_many_tasks_take_no_more_statements_than_one(net, actors, ask, visit, now):
    def statements():
        with CaptureQueriesContext(connection) as said:
            count = sum(bool(piece.open()) for piece in Mandates().pieces(visit("zhou")))
        return count, len(said)

    ask(actors.zhao)
    one, took = statements()
    for n in range(5):
        ask(actors.zhao, title=f"第 {n} 件任务", due_at=DUE + timedelta(days=n))
    assert (one, statements()) == (1, (6, took))


def test_outsiders_find_nothing_to_file(actors, ask, visit, now):
    ask(actors.zhao)
    for who in ("wu", "sun", "nobody"):
        assert told(visit(who)) == (0, {})
        assert list(Mandates().pieces(visit(who))) == []
