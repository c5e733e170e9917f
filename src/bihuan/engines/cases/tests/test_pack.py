"""The chapter cases.yaml: every fault with its row, frozen versions, old versions stay for old work."""

from __future__ import annotations

import pytest
import yaml
from django.conf import settings

from bihuan.engines.cases.pack import Ladders, Levels, Lifecycles, Rules, lifecycle_of
from bihuan.foundation import packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.refusals import Refusal

BASE = settings.BIHUAN_PACKS / "base" / "cases.yaml"


@pytest.fixture
def pack(tmp_path):
    """``pack(change)`` writes a changed cases.yaml and reads one chapter of it."""

    def written(change, chapter=Lifecycles):
        data = yaml.safe_load(BASE.read_text(encoding="utf-8"))
        change(data)
        (tmp_path / "cases.yaml").write_text(
            yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        items, faults = chapter().read(tmp_path)
        codes = frozenset({("lifecycles", "hazard@1"), ("lifecycles", "major-hazard@1"), ("posts", "safety-office")})
        return [f.sentence for f in faults] + [f.sentence for item in items for f in chapter().check(item, codes)]

    return written


@pytest.mark.parametrize("code", ["base", "chanba-12345n"])
def test_the_packs_that_we_ship_have_no_fault_here(code):
    assert [f for f in read_pack(settings.BIHUAN_PACKS / code).faults if f.file == "cases.yaml"] == []


@pytest.mark.parametrize(
    ("chapter", "change", "sentence"),
    [
        (Lifecycles, lambda d: d["lifecycles"][0]["steps"][4].update(needs=["note"]), "「verifying → verify」可以不经整改照片和第二个人就销号"),
        (Lifecycles, lambda d: [step.update(needs=[]) for step in d["lifecycles"][1]["steps"] if "five" in step.get("needs", [])],
         "「listing → list-supervision」没有五落实就进入整改"),
        (Lifecycles, lambda d: d["lifecycles"][0]["steps"][3].update(by=["post:ghost"]), "「reported → withdraw」写的岗位「ghost」没有定义"),
        (Lifecycles, lambda d: d["lifecycles"][0]["steps"][1].update(switches="x@1"), "「reported → grade」改走的「x@1」没有定义"),
        (Levels, lambda d: d["levels"][0].update(lifecycle="x@9"), "没有叫「x@9」的生命周期"),
        (Levels, lambda d: d["levels"][0].update(colour="red"), "colour：不认识这一项，请删去"),
        (Levels, lambda d: d.update(surprise=[]), "不认识「surprise」，只能是：levels、lifecycles、ladder、rules"),
        (Levels, lambda d: d["levels"].append(d["levels"][0]), "代码「general」在 levels 里用了两次"),
        (Levels, lambda d: d["levels"][0].update(within="three days"), "within：填写有误，请检查"),
        (Ladders, lambda d: d["ladder"]["rungs"].reverse(), "后一级必须比前一级晚"),
        (Ladders, lambda d: d["ladder"]["rungs"][0].update(tells=["ghost"]), "「逾期提醒」要告诉的岗位「ghost」没有定义"),
        (Rules, lambda d: d["rules"].update(number_format="{x}"), "编号格式只能用 {year} 和 {n}，例如 {year}-{n:05d}"),
        (Rules, lambda d: d["rules"]["waits"].update(verifier=["ghost"]), "「verifier」等的岗位「ghost」没有定义"),
    ],
)  # fmt: skip
def test_every_fault_has_its_sentence(pack, chapter, change, sentence):
    found = pack(change, chapter)
    assert sentence in found


def test_broken_yaml_is_one_fault_with_its_row(tmp_path):
    (tmp_path / "cases.yaml").write_text("levels:\n  - {code: a\n", encoding="utf-8")
    faults = [f for chapter in (Levels, Lifecycles, Ladders, Rules) for f in chapter().read(tmp_path)[1]]
    assert len(faults) == 1
    assert faults[0].row >= 2


@pytest.mark.django_db
def test_a_published_version_never_changes_and_stays(tmp_path):
    bureau, chapter = uuid7(), Lifecycles()

    def install(change):
        data = yaml.safe_load(BASE.read_text(encoding="utf-8"))
        change(data)
        (tmp_path / "cases.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        chapter.put(bureau, "ours", chapter.read(tmp_path)[0])
        packs.forget()

    install(lambda d: None)
    install(lambda d: None)
    with pytest.raises(Refusal) as no:
        install(lambda d: d["lifecycles"][0]["steps"][4].update(within="P9D"))
    assert no.value.code == "cases.lifecycle_frozen"
    assert "hazard@2" in no.value.sentence
    packs.forget()

    def second(data):
        data["lifecycles"][0]["code"] = "hazard@2"
        data["lifecycles"][0]["steps"][4]["within"] = "P9D"

    install(second)
    assert lifecycle_of(bureau, "hazard@2").find("rectifying", "rectify").within == "P9D"
    assert lifecycle_of(bureau, "hazard@1").find("rectifying", "rectify").within == "P2D"
