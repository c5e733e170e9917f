"""The pack chapter: exactly 21 categories and 379 items; every fault at its row; a published version is never edited."""

from __future__ import annotations

import shutil

import pytest
from django.conf import settings

from bihuan.engines.sheets.models import SheetVersion
from bihuan.engines.sheets.pack import Sheets
from bihuan.engines.sheets.rules import Content
from bihuan.foundation.refusals import Refusal

CHECKLIST = "sheets/campus-checklist.csv"


@pytest.fixture
def pack(tmp_path):
    """A copy of the pack's checklist that a test may spoil."""
    shutil.copytree(settings.BIHUAN_PACKS / "chanba-12345n" / "sheets", tmp_path / "sheets")
    return tmp_path


def spoil(pack, old, new, file=CHECKLIST):
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Sheets().read(pack)[1]


@pytest.mark.clause("CB-10")
def test_the_checklist_has_exactly_21_categories_and_379_items(items):
    (found,) = items
    content = Content.from_json(found.spec.content)
    assert found.spec.items_expected == len(content.items) == 379
    assert len(content.sections) == 21
    assert len({item.title for item in content.items}) == 379
    assert all(item.standard and item.basis and item.ways for item in content.items)


@pytest.mark.parametrize(
    ("old", "new", "code", "row"),
    [
        ("01-02,01,", "01-01,01,", "sheets.bad_item", 3),
        ("01-02,01,", "01-02,99,", "sheets.bad_item", 3),
        (",records;ask,", ",smell,", "sheets.bad_item", 3),
        (",third-party\n", ",hearsay\n", "sheets.bad_item", 2),
        ("应急工作组分组到人", "安全工作领导小组由校（园）长任组长", "sheets.bad_item", 3),
        ("code,section,title", "code,section,name", "sheets.no_column", 1),
        ("01-02,01,应急工作组分组到人,", "01-02,01,", "sheets.bad_row", 3),
    ],
)
def test_a_spoilt_row_is_told_with_its_row(pack, old, new, code, row):
    faults = spoil(pack, old, new)
    assert any(f.code == code and f.row == row and f.file == CHECKLIST and f.sentence for f in faults), faults


def test_a_missing_item_is_counted(pack):
    path = pack / CHECKLIST
    path.write_text("\n".join(path.read_text(encoding="utf-8").split("\n")[:-2]) + "\n", encoding="utf-8")
    faults = Sheets().read(pack)[1]
    assert [(f.code, f.entry) for f in faults] == [("sheets.count", "21")]


def test_a_missing_table_is_a_fault(pack):
    (pack / CHECKLIST).unlink()
    assert "sheets.no_items" in {f.code for f in Sheets().read(pack)[1]}


@pytest.mark.django_db
def test_installing_again_changes_nothing_and_other_content_is_refused(items, net, pack):
    chapter = Sheets()
    (change,) = chapter.plan(net.bureau.pk, "chanba-12345n", items)
    assert (change.verb, "21 类 379 项" in change.words) == ("add", True)
    chapter.put(net.bureau.pk, "chanba-12345n", items)
    chapter.put(net.bureau.pk, "chanba-12345n", items)
    assert SheetVersion.objects.count() == 1
    assert list(chapter.plan(net.bureau.pk, "chanba-12345n", items)) == []
    assert spoil(pack, "应急工作组分组到人", "应急工作组分组到每个人") == []
    changed = chapter.read(pack)[0]
    with pytest.raises(Refusal, match="sheets.version_frozen"):
        chapter.put(net.bureau.pk, "chanba-12345n", changed)
    assert "请换版本号" in next(iter(chapter.plan(net.bureau.pk, "chanba-12345n", changed))).words
    spoil(pack, 'version: "1.0"', 'version: "1.1"', file="sheets/campus-checklist.yaml")
    newer = chapter.read(pack)[0]
    assert "修改 1 项" in next(iter(chapter.plan(net.bureau.pk, "chanba-12345n", newer))).words
    chapter.put(net.bureau.pk, "chanba-12345n", newer)
    assert set(SheetVersion.objects.values_list("version", "state")) == {("1.0", "published"), ("1.1", "published")}
