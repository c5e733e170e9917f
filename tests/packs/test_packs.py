"""Packs: every problem at once, a plan that can be read, all or nothing, and the same again changes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from django.apps import apps

from bihuan.config import cli
from bihuan.foundation import clock, packs
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, InstalledPack, PackEntry
from bihuan.foundation.packs.coverage import coverage
from bihuan.foundation.packs.loader import find, install, plan, read_pack
from bihuan.foundation.refusals import Refusal

PACKS = Path(__file__).resolve().parents[2] / "packs"
CHANBA = "chanba-12345n"
HANYIN = "hanyin-333"


@pytest.fixture
def copy(tmp_path):
    """The two packs in a folder of their own, to be broken."""
    for name in ("base", CHANBA):
        shutil.copytree(PACKS / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", ["base", CHANBA, HANYIN, "primary-seven"])
def test_our_packs_have_no_fault(name, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["pack", "check", str(PACKS / name)])
    said = capsys.readouterr().out
    assert (left.value.code, "没有问题" in said, "提醒" in said) == (0, True, False)


def test_a_duty_that_breaks_a_budget_is_warned_of_and_is_no_fault(copy, capsys):
    change(copy / CHANBA / "ledgers.yaml", "usual_rows: 6", "usual_rows: 30")
    with pytest.raises(SystemExit) as left:
        cli.main(["pack", "check", str(copy / CHANBA)])
    said = capsys.readouterr().out
    assert left.value.code == 0
    assert "提醒  duties.yaml:" in said
    assert "duties.over_budget  「保安」每周预计" in said
    assert "最费时的是：来访登记" in said
    with pytest.raises(SystemExit):
        cli.main(["pack", "check", str(copy / CHANBA), "--json"])
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["faults"], [one["code"] for one in told["warnings"]]) == ([], ["duties.over_budget"])


def test_all_problems_come_at_once_with_file_row_code_and_sentence(copy, capsys):
    pack = copy / CHANBA
    change(pack / "clauses.yaml", "state: running", "state: perfect")
    change(pack / "papers.yaml", "{n}号", "{nummer}号")
    change(pack / "sheets" / "campus-checklist.csv", "general", "gut")
    change(pack / "net.yaml", "post: bureau-head", "post: bureau-boss")
    (pack / "post.yaml").write_text("[]", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        cli.main(["pack", "check", str(pack), "--json"])
    assert left.value.code == 1
    (told,) = json.loads(capsys.readouterr().out)
    found = {(fault["file"], fault["code"].split(".")[0]) for fault in told["faults"]}
    assert {("clauses.yaml", "packs"), ("papers.yaml", "papers"), ("post.yaml", "packs")} <= found
    assert {file for file, _ in found} >= {"net.yaml", "sheets/campus-checklist.csv"}
    assert all(fault["row"] >= 1 and fault["sentence"] for fault in told["faults"])


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("terms.yaml", "yes: {label: 是}\n", "packs.bad_code"),
        ("terms.yaml", "hazard: {label: 隐患, colour: red}\n", "packs.bad_value"),
        ("terms.yaml", "hazard: {label: 隐患}\nhazard: {label: 隐患}\n", "packs.twice"),
        ("terms.yaml", "hazard: [\n", "packs.not_yaml"),
        ("terms.yaml", "- just a list\n", "packs.bad_code"),
        ("pack.yaml", "id: Bad Id\n", "packs.bad_value"),
    ],
)
def test_what_yaml_can_do_to_a_writer(copy, file, text, code):
    (copy / "base" / file).write_text(text, encoding="utf-8")
    assert code in {fault.code for fault in read_pack(copy / "base").faults}


@pytest.mark.django_db
def test_a_pack_with_one_bad_row_installs_nothing(copy):
    install(SYSTEM, clock.now(), pack=str(PACKS / "base"))
    before = PackEntry.objects.count()
    change(copy / CHANBA / "sheets" / "campus-checklist.csv", "01-01,01", "01-01,99")
    with pytest.raises(Refusal) as refused:
        install(SYSTEM, clock.now(), pack=str(copy / CHANBA), bureau_id=uuid7())
    assert refused.value.code == "packs.faulty"
    assert PackEntry.objects.count() == before
    assert InstalledPack.objects.count() == 1


@pytest.mark.django_db
def test_installing_again_changes_nothing_and_a_change_is_planned_in_words(copy, net):
    bureau = net.bureau.pk
    install(SYSTEM, clock.now(), pack=str(copy / "base"))
    first = install(SYSTEM, clock.now(), pack=str(copy / CHANBA), bureau_id=bureau)
    entries = sorted(PackEntry.objects.values_list("bureau_id", "section", "code"))
    assert packs.entries(bureau, "papers")["supervision-notice"]["series"] == "浐教安督"
    assert plan(copy / CHANBA, bureau) == []
    again = install(SYSTEM, clock.now(), pack=str(copy / CHANBA), bureau_id=bureau)
    assert again.pk == first.pk
    assert sorted(PackEntry.objects.values_list("bureau_id", "section", "code")) == entries
    assert Event.objects.filter(name="packs.installed").count() == 2
    change(copy / CHANBA / "papers.yaml", "series: 浐教安督", "series: 浐教督")
    (line,) = plan(copy / CHANBA, bureau)
    assert (line.section, line.code, line.verb) == ("papers", "supervision-notice", "change")
    install(SYSTEM, clock.now(), pack=str(copy / CHANBA), bureau_id=bureau)
    assert packs.entries(bureau, "papers")["supervision-notice"]["series"] == "浐教督"
    assert InstalledPack.objects.filter(bureau_id=bureau, is_current=True).count() == 1


@pytest.mark.django_db
def test_the_county_installs_its_duties_sheets_and_routes_and_again_changes_nothing(net):
    bureau = net.bureau.pk
    install(SYSTEM, clock.now(), pack=str(PACKS / "base"))
    assert {line.verb for line in plan(PACKS / HANYIN, bureau)} == {"add"}
    first = install(SYSTEM, clock.now(), pack=str(PACKS / HANYIN), bureau_id=bureau)
    assert plan(PACKS / HANYIN, bureau) == []
    assert install(SYSTEM, clock.now(), pack=str(PACKS / HANYIN), bureau_id=bureau).pk == first.pk
    duties = apps.get_model("duties", "Duty").objects.filter(bureau_id=bureau, pack=HANYIN, is_active=True)
    assert {"health-round", "duty-report", "joint-check", "cadre-visit"} <= set(duties.values_list("code", flat=True))
    assert packs.entries(bureau, "routes")["gate-rounds"]["post"] == "guard"
    assert packs.entries(bureau, "papers")["verification-slip"]["series"] == "汉教体安复"
    assert {"grid-warden", "town-committee-head", "guard"} <= set(packs.entries(bureau, "posts"))


@pytest.mark.django_db
def test_a_pack_needs_its_base_first():
    with pytest.raises(Refusal, match="需要先安装"):
        install(SYSTEM, clock.now(), pack=str(PACKS / CHANBA), bureau_id=uuid7())


@pytest.mark.django_db
def test_only_who_may_manage_packs_installs_one(net, actors):
    with pytest.raises(Refusal) as refused:
        install(actors.zhao, clock.now(), pack="base", bureau_id=net.bureau.pk)
    assert refused.value.code == "packs.not_yours"
    assert not InstalledPack.objects.exists()


@pytest.mark.django_db
def test_from_outside_a_pack_is_named_not_pointed_at(net, actors, tmp_path):
    shutil.copytree(PACKS / "base", tmp_path / "base")
    with pytest.raises(Refusal) as refused:
        install(actors.admin, clock.now(), pack=str(tmp_path / "base"), bureau_id=net.bureau.pk)
    assert refused.value.code == "packs.no_such_pack"


@pytest.mark.parametrize(("pack", "prefix"), [(CHANBA, "CB"), (HANYIN, "HY")])
def test_every_clause_of_the_policy_is_there_once_and_honest(pack, prefix):
    rows = coverage(read_pack(find(pack)))
    assert [row.code for row in rows] == [f"{prefix}-{n:02d}" for n in range(1, 25)]
    assert all(row.tests for row in rows if row.state == "running")
    assert all(row.note for row in rows if row.state != "running")


def test_what_nobody_proved_is_not_called_running(copy):
    (copy / "exercised.json").unlink(missing_ok=True)
    assert {row.state for row in coverage(read_pack(copy / CHANBA))} == {"partly", "not-yet"}


def test_the_guides_thirty_nine_posts_are_all_there():
    posts = yaml.safe_load((PACKS / "base" / "posts.yaml").read_text(encoding="utf-8"))
    assert sum(bool(post.get("guide_2013")) for post in posts) == 39
    assert all(len(post["duties"]) >= 2 for post in posts)


def test_nobody_holds_both_ends_of_a_hazard():
    posts = yaml.safe_load((PACKS / "base" / "posts.yaml").read_text(encoding="utf-8"))
    both = [post["code"] for post in posts if {"rectify", "verify"} <= set(post["acts"])]
    assert both == []
    gates = ("plan-approve", "list-supervise", "close-review", "resume-use")
    assert [p["code"] for p in posts if sum(gate in p["acts"] for gate in gates) > 1] == []
