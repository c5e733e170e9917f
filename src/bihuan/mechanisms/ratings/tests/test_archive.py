"""What a school files about its ratings, and what the page of the inspection visit says is missing."""

import io
from datetime import date

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from bihuan.foundation import archives, hot
from bihuan.foundation.archives import Gap, Held, Visit
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.ratings import commands, printouts, queries
from bihuan.mechanisms.ratings.archive import FIVE, REFS, Ratings
from bihuan.mechanisms.ratings.tests.conftest import AT, open_one, score_of

pytestmark = pytest.mark.django_db
TERM = (date(2026, 9, 1), date(2027, 1, 22))


@pytest.fixture
def visit(net, actors):
    """``visit("zhou")``: the archive as that person opens it."""
    return lambda who: Visit(getattr(actors, who), net.school, *TERM, AT)


def told(visit):
    room = Ratings()
    found = list(room.told(visit, hot.gathered(room.asked(visit), most=archives.MOST_ROWS)))
    held = {one.refs: one.count for one in found if isinstance(one, Held)}
    return held, {one.words: one.href for one in found if isinstance(one, Gap)}


def opened(visit):
    return {piece.name: piece.open() for piece in Ratings().pieces(visit)}


@pytest.mark.clause("XX-16")
@pytest.mark.clause("XX-18")
@pytest.mark.clause("XX-19")
def test_a_rating_is_filed_with_marks_and_basis_once_it_is_told(opened_rating, net, cast, actors, visit, now):
    held, gaps = told(visit("zhou"))
    assert (held[REFS], held[FIVE]) == (0, 1)
    title = "2026年10月保安月度安全考评"
    assert gaps[f"「{title}」还没有公布"] == f"/ratings/{opened_rating.pk}/"
    assert gaps["9月没有办「保安月度安全考评」"] == "/ratings/"
    assert list(opened(visit("zhou"))) == ["五项指标.pdf"]
    commands.publish(actors.zhou, AT, rating_id=opened_rating.pk, revision=0)
    score = score_of(opened_rating, cast.wang)
    commands.appeal(actors.wang, AT, score_id=score.pk, words="14 日我在医院，有人代班")
    held, gaps = told(visit("fang"))
    assert held[REFS] == 2
    assert gaps[f"「{title}」有 1 份申诉等着决定"] == f"/ratings/{opened_rating.pk}/"
    files = opened(visit("fang"))
    assert list(files) == [f"{title}.pdf", f"{title}.xlsx", "五项指标.pdf"]
    assert all(content.startswith(b"%PDF") for name, content in files.items() if name.endswith("pdf"))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(files[f"{title}.xlsx"])).get_sheet_by_index(0).to_python()
    assert rows[3][1] == "王保安"
    [chapter] = [one for one in sections() if one.name == "clauses"]
    clauses = [item.spec for item in chapter.read(settings.BIHUAN_PACKS / "primary-seven")[0]]
    assert [one.code for one in clauses if set(REFS) & set(one.runs)] == ["XX-18"]
    assert [one.code for one in clauses if FIVE[0] in one.runs] == ["XX-19"]


@pytest.fixture
def opened_rating(request):
    """October of the guard, still open."""
    return request.getfixturevalue("opened")


def test_whoever_may_not_see_results_files_the_rating_without_them(published, actors, visit, now, monkeypatch):
    held, gaps = told(visit("zhao"))
    assert held[REFS] == 1
    assert not any("申诉" in words for words in gaps)
    printed = []
    monkeypatch.setattr(printouts, "render_paper", lambda paper: printed.append(paper) or b"%PDF")
    files = opened(visit("zhao"))
    assert list(files) == ["2026年10月保安月度安全考评.pdf", "五项指标.pdf"]
    assert "王保安" not in repr(printed)
    opened(visit("zhou"))
    assert "王保安" in repr(printed)
    assert "走到的巡查：2 / 3" in repr(printed)


def test_what_was_called_off_is_not_filed(published, actors, visit, now):
    commands.cancel_rating(actors.zhou, AT, rating_id=published.pk, revision=1, reason="名单里少了夜班的保安")
    held, gaps = told(visit("zhou"))
    assert (held[REFS], gaps) == (0, {})
    assert list(opened(visit("zhou"))) == ["五项指标.pdf"]


def test_more_ratings_take_no_more_statements(published, net, cast, actors, visit, now):
    def statements():
        with CaptureQueriesContext(connection) as said:
            count = len(opened(visit("zhou")))
        return count, len(said)

    first, took = statements()
    for month in (8, 9):
        rating = open_one(actors.li, net, on=date(2026, month, 1))
        commands.publish(actors.zhou, AT, rating_id=rating.pk, revision=0)
    assert queries.ratings(actors.zhou).rows
    assert (first, statements()) == (3, (5, took))


def test_outsiders_find_nothing_to_file(published, actors, visit, now):
    for who in ("wu", "sun", "nobody"):
        assert told(visit(who))[0] == {REFS: 0}
        assert list(Ratings().pieces(visit(who))) == []
