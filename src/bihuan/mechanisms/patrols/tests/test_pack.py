"""The pack's chapters of patrols: what is wrong is said with its place, what is right is installed."""

from __future__ import annotations

import shutil

import pytest
import yaml
from django.conf import settings

from bihuan.foundation import packs
from bihuan.foundation.packs.loader import read_pack
from bihuan.foundation.packs.sections import sections
from bihuan.mechanisms.patrols.indicators import SIGNALS
from bihuan.mechanisms.patrols.pack import PatrolsSpec, thresholds

BASE = settings.BIHUAN_PACKS / "base"


@pytest.fixture
def copy(tmp_path):
    """The base pack in a folder of its own, to be broken."""
    return shutil.copytree(BASE, tmp_path / "base")


def faults_of(folder):
    read = read_pack(folder)
    found = list(read.faults)
    for chapter in sections():
        if chapter.name in ("routes", "patrols"):
            found += [fault for item in read.items[chapter.name] for fault in chapter.check(item, read.codes())]
    return [(fault.file, fault.entry, fault.code) for fault in found if fault.file in ("routes.yaml", "patrols.yaml")]


def broken(folder, file, change):
    path = folder / file
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return faults_of(folder)


def test_ours_are_right_and_say_where_every_number_comes_from(copy):
    assert faults_of(copy) == []
    data = yaml.safe_load((BASE / "patrols.yaml").read_text(encoding="utf-8"))
    figures = [value for value in data.values() if isinstance(value, dict)]
    assert all(figure["source"] and figure["proof"] == "own" and len(figure["text"]) >= 8 for figure in figures)
    assert len(figures) == len(PatrolsSpec.model_fields) - 2  # two are lists of words


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"post": "boss"}, "routes.post"),
        ({"source": "hearsay"}, "packs.no_source"),
        ({"points": {"catalogue": ["gate-rush", "no-such-point"]}}, "routes.catalogue"),
        ({"points": {"areas": ["moon"]}}, "routes.areas"),
        ({"points": {}}, "routes.no_points"),
        ({"points": {"colours": ["red", "blue"]}, "cadence": {"every": "colour"}, "windows": []}, "routes.cadence"),
        ({"cadence": {"every": "full-moon"}}, "routes.cadence"),
        ({"cadence": None}, "routes.cadence"),
        ({"windows": [{"name": "整天", "since": "08:00", "until": "08:00"}]}, "routes.cadence"),
        ({"windows": [{"name": "早", "since": "7:00", "until": "08:00"}]}, "packs.bad_value"),
        ({"order": "random"}, "packs.bad_value"),
        ({"speed": "fast"}, "packs.bad_value"),
    ],
)
def test_a_wrong_route_is_a_fault_with_its_code(copy, change, code):
    found = broken(copy, "routes.yaml", lambda data: data[0].update(change))
    assert (("routes.yaml", "gate-peak", code)) in found


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("least_percent", {"value": 101, "text": "超过一百", "source": "own", "proof": "own"}, "patrols.percent"),
        ("far_metres", {"value": 80, "text": "离多远算远", "source": "hearsay", "proof": "own"}, "packs.no_source"),
        ("far_metres", {"value": -1, "text": "离多远算远", "source": "own", "proof": "own"}, "packs.bad_value"),
        ("same_photo_bits", {"value": 33, "text": "什么都算一样", "source": "own", "proof": "own"}, "patrols.bits"),
        ("missed_notice_posts", ["boss"], "patrols.post"),
        ("mood", {"value": 1, "text": "没有这一项", "source": "own", "proof": "own"}, "packs.bad_value"),
    ],
)
def test_a_wrong_threshold_is_a_fault_with_its_code(copy, name, value, code):
    assert ("patrols.yaml", "default", code) in broken(copy, "patrols.yaml", lambda data: data.update({name: value}))


@pytest.mark.django_db
def test_a_bureaus_own_thresholds_win_and_the_same_again_changes_nothing(net, posts):
    assert thresholds(net.bureau.pk) is None
    read = read_pack(BASE)
    (chapter,) = (one for one in sections() if one.name == "patrols")
    chapter.put(packs.PLATFORM, "base", read.items["patrols"])
    packs.forget()
    assert thresholds(net.bureau.pk).far_metres == 80
    assert list(chapter.plan(packs.PLATFORM, "base", read.items["patrols"])) == []
    (item,) = read.items["patrols"]
    own = item.spec.model_copy(update={"far_metres": item.spec.far_metres.model_copy(update={"value": 30})})
    chapter.put(net.bureau.pk, "own", [type(item)(item.file, 1, "default", own)])
    packs.forget()
    assert (thresholds(net.bureau.pk).far_metres, thresholds(net.other_bureau.pk).far_metres) == (30, 80)
    assert set(SIGNALS) >= {"same_photo", "clock_drift"}
