"""The round of a sponsor cadre: open, judge, find something wrong, close, sign."""

from __future__ import annotations

import pytest

from bihuan.engines.cases import queries as cases
from bihuan.engines.sheets.commands import AnswerIn
from bihuan.foundation import clock
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.inspections.commands import HazardIn, answer, close_inspection, sign_inspection
from bihuan.mechanisms.inspections.queries import detail, paper

pytestmark = pytest.mark.django_db


@pytest.mark.clause("CB-10", "CB-14")
def test_a_round_goes_from_the_first_item_to_the_papers(opened, actors, photo, signature, net):
    chen, at = actors.chen, clock.now()
    first, second, third = [view.code for view in detail(chen, opened.pk).sections[0].items[:3]]
    answer(chen, at, inspection_id=opened.pk, answers={first: AnswerIn(result="pass"), second: AnswerIn(result="na")})
    said = answer(
        chen, at, inspection_id=opened.pk,
        answers={third: AnswerIn(result="fail", note="近三个月没有研判记录", place="办公室", photos=[photo(chen)])},
        hazards={third: HazardIn(level="general")},
    )  # fmt: skip
    assert said["wrong"] == [third]
    number = said["hazards"][0]["number"]
    found = detail(chen, opened.pk)
    assert (found.tally.passed, found.tally.failed, found.tally.not_applicable) == (1, 1, 1)
    (hazard,) = found.hazards
    assert hazard["number"] == number
    assert (hazard["item"], hazard["place"], hazard["source"]) == (third, "办公室", "sponsor-round")
    case = cases.seen(chen, hazard["id"])
    assert case.basis == found.find(third)[1].item.basis
    assert len(case.before) == 1
    assert case.rectifier_name == "李安"

    ended = close_inspection(chen, at, inspection_id=opened.pk, summary="总体较好，研判记录要补。")
    assert ended["notice"]["number"].startswith("浐教安督")
    assert ended["paper"] is None
    assert cases.seen(chen, hazard["id"]).notice_number == ended["notice"]["number"]
    row = sign_inspection(chen, at, inspection_id=opened.pk, signature=signature(chen), signed_by_name="周校长")
    (record,) = detail(actors.zhou, row.pk).papers
    assert record.number.startswith("浐教安检")
    assert paper(actors.zhou, record.pk).content["rows"][0][4] == "近三个月没有研判记录"
    with pytest.raises(Refusal, match="inspections.not_open"):
        answer(chen, at, inspection_id=opened.pk, answers={first: AnswerIn(result="na")})
