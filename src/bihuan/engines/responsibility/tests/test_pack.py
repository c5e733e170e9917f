"""The chapters of a pack: what is read, and every fault across files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from bihuan.engines.responsibility.rules.posts import ACTS
from bihuan.foundation.packs.loader import read_pack

MANIFEST = """
id: sample
name: 样例
version: "1.0.0"
summary: 样例
sources: [{code: own, title: 本项目建议, year: 2026, proof: own}]
"""
KINDS = """
- {code: bureau, name: 教育局, tier: bureau}
- {code: primary, name: 小学, tier: school, parents: [bureau]}
- {code: kindergarten, name: 幼儿园, tier: school, parents: [bureau]}
"""
POST = "- {{code: {code}, name: {name}, group: 校, tier: {tier}, acts: [{acts}], duties: [{{text: 每天巡查一遍, source: own, proof: own}}], source: own, proof: own}}\n"
POSTS = POST.format(code="head", name="校长", tier="school", acts="snap, rectify") + POST.format(
    code="chief", name="局长", tier="bureau", acts="see-net, close-review"
)
NET = """
levels:
- {n: 1, name: 局级, tier: bureau, post: chief, text: 总负责, source: own, proof: own}
- {n: 2, name: 校级, tier: school, post: head, text: 具体负责, source: own, proof: own}
required: [head]
"""


def faults(tmp_path: Path, *, kinds: str = KINDS, posts: str = POSTS, net: str = NET) -> list[tuple[str, str]]:
    for name, text in (("pack.yaml", MANIFEST), ("unit-kinds.yaml", kinds), ("posts.yaml", posts), ("net.yaml", net)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [(fault.file, fault.code) for fault in read_pack(tmp_path).faults]


def test_a_sound_pack_has_no_fault(tmp_path):
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("chapter", "text", "expected"),
    [
        (
            "kinds",
            KINDS + "- {code: town, name: 镇, tier: village, parents: []}\n",
            ("unit-kinds.yaml", "packs.bad_value"),
        ),
        (
            "kinds",
            KINDS + "- {code: site, name: 校区, tier: site, parents: [college]}\n",
            ("unit-kinds.yaml", "unit-kinds.no_such"),
        ),
        ("kinds", KINDS + "- {code: site, name: 校区, tier: site}\n", ("unit-kinds.yaml", "unit-kinds.no_parent")),
        (
            "kinds",
            KINDS + "- {code: on, name: 校区, tier: site, parents: [primary]}\n",
            ("unit-kinds.yaml", "packs.bad_code"),
        ),
        (
            "kinds",
            KINDS + "- {code: site, name: 校区, tier: site, parents: [no]}\n",
            ("unit-kinds.yaml", "packs.bad_value"),
        ),
        (
            "posts",
            POSTS + POST.format(code="x", name="甲", tier="school", acts="fly"),
            ("posts.yaml", "posts.unknown_act"),
        ),
        (
            "posts",
            POSTS + POST.format(code="x", name="甲", tier="school", acts="snap, snap"),
            ("posts.yaml", "posts.act_twice"),
        ),
        (
            "posts",
            POSTS + POST.format(code="x", name="甲", tier="school", acts="close-review"),
            ("posts.yaml", "posts.reserved_act"),
        ),
        (
            "posts",
            POSTS + POST.format(code="x", name="甲", tier="school", acts="yes"),
            ("posts.yaml", "packs.bad_value"),
        ),
        (
            "posts",
            POSTS.replace("source: own, proof: own}]", "source: law, proof: own}]", 1),
            ("posts.yaml", "packs.no_source"),
        ),
        ("posts", POSTS.replace("name: 校长", "name: 校长, nickname: 老大"), ("posts.yaml", "packs.bad_value")),
        (
            "posts",
            POSTS.replace("duties: [{text: 每天巡查一遍, source: own, proof: own}]", "duties: []", 1),
            ("posts.yaml", "packs.bad_value"),
        ),
        ("net", NET.replace("post: head", "post: nobody"), ("net.yaml", "net.no_such_post")),
        ("net", NET.replace("n: 2", "n: 3"), ("net.yaml", "net.levels")),
        ("net", NET + "post_for_kind: {castle: {head: head}}\n", ("net.yaml", "net.no_such_kind")),
        (
            "net",
            NET + "sponsor_chain: {leader: chief, office: chief, cadre: ghost}\n",
            ("net.yaml", "net.no_such_post"),
        ),
    ],
)
def test_each_fault_is_found(tmp_path, chapter, text, expected):
    assert expected in faults(tmp_path, **{chapter: text})


def test_the_packs_of_this_repository_use_only_known_acts():
    pack = read_pack(settings.BIHUAN_PACKS / "base")
    posts = {item.code: item.spec for item in pack.items["posts"]}
    assert {act for post in posts.values() for act in post.acts} <= set(ACTS)
    assert sum(post.guide_2013 for post in posts.values()) == 39
    assert all(len(post.duties) >= 3 for post in posts.values())
