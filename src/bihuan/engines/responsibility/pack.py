"""The chapters of a pack that this room understands: kinds of units, tags, posts with their duties, the five-level net."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from bihuan.engines.responsibility.rules.posts import ACTS
from bihuan.engines.responsibility.rules.tree import Tier
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, section

SCHOOL_TIERS = ("school", "site", "area")


class KindSpec(Spec):
    """A kind of unit: a bureau may add its own, the tiers are the system's."""

    code: str
    name: str = Field(min_length=1, max_length=40)
    tier: Tier
    parents: tuple[str, ...] = ()


@section("unit-kinds", file="unit-kinds.yaml")
class UnitKinds(Section):
    """What a unit may be, and below what it may stand."""

    Spec = KindSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        for parent in item.spec.parents:
            if ("unit-kinds", parent) not in codes:
                yield item.fault("unit-kinds.no_such", f"上级类型「{parent}」没有定义")
        if not item.spec.parents and item.spec.tier in SCHOOL_TIERS:
            yield item.fault("unit-kinds.no_parent", f"「{item.spec.name}」必须写明放在哪种单位下面（parents）")


class TagSpec(Spec):
    """A word that a bureau hangs on units: 重点防火单位, 临水."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1, max_length=20)
    text: str = Field(default="", max_length=120)
    source: str
    proof: Proof


@section("tags", file="tags.yaml")
class Tags(Section):
    """The tags that units may bear; which unit bears which is said on the unit's page."""

    Spec = TagSpec


class DutySpec(Spec):
    """One thing that a post has to do."""

    text: str = Field(min_length=4, max_length=200)
    source: str
    proof: Proof


class PostSpec(Spec):
    """A post: what it is called, what it may do here, and its duty list; ``most_schools`` that one person may hold it at."""

    code: str
    name: str = Field(min_length=1, max_length=40)
    group: str
    tier: Literal["bureau", "school", "kindergarten", "outsourced", "partner"]
    sort: int = 0
    acts: tuple[str, ...] = ()
    duties: tuple[DutySpec, ...] = Field(min_length=1)
    guide_2013: bool = False
    most_schools: int | None = Field(default=None, ge=1, le=100)
    source: str
    proof: Proof


@section("posts", file="posts.yaml")
class Posts(Section):
    """Posts; what they may do is chosen from a closed list."""

    Spec = PostSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        spec = item.spec
        for act in spec.acts:
            if act not in ACTS:
                yield item.fault("posts.unknown_act", f"动作「{act}」不在可用的动作里：{'、'.join(ACTS)}")
        if len(set(spec.acts)) != len(spec.acts):
            yield item.fault("posts.act_twice", "同一个动作写了两遍")
        if spec.tier != "bureau" and (
            reserved := sorted({"manage-packs", "close-review", "resume-use", "list-supervise"} & set(spec.acts))
        ):
            yield item.fault("posts.reserved_act", f"只有教育局的岗位能有：{'、'.join(reserved)}")
        texts = [duty.text for duty in spec.duties]
        if len(set(texts)) != len(texts):
            yield item.fault("posts.duty_twice", "同一条职责写了两遍")
        for duty in spec.duties:
            if ("sources", duty.source) not in codes:
                yield item.fault("packs.no_source", f"来源「{duty.source}」没有写在 pack.yaml 的 sources 里")


class LevelSpec(Spec):
    """One level of the grid."""

    n: int = Field(ge=1, le=9)
    name: str
    tier: Tier
    post: str
    text: str
    source: str
    proof: Proof


class SponsorChain(Spec):
    """包抓领导 → 包片科室 → 包校干部: the posts held at each sponsored school."""

    leader: str
    office: str
    cadre: str


class NetSpec(Spec):
    """The five-level net. ``required`` are the posts that every school must fill besides those of its levels."""

    levels: tuple[LevelSpec, ...] = Field(min_length=1)
    sponsor_chain: SponsorChain | None = None
    required: tuple[str, ...] = ("line-leader", "safety-lead")
    post_for_kind: dict[str, dict[str, str]] = {}


@section("net", file="net.yaml", after=("posts", "unit-kinds"))
class Net(Section):
    """The levels of the grid, the sponsor chain, and the posts without which there is a gap."""

    Spec = NetSpec
    shape = "whole"

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        spec = item.spec
        named = [level.post for level in spec.levels] + list(spec.required)
        if spec.sponsor_chain:
            named += [spec.sponsor_chain.leader, spec.sponsor_chain.office, spec.sponsor_chain.cadre]
        for kind, swaps in spec.post_for_kind.items():
            if ("unit-kinds", kind) not in codes:
                yield item.fault("net.no_such_kind", f"post_for_kind 里的单位类型「{kind}」没有定义")
            named += [*swaps, *swaps.values()]
        for post in dict.fromkeys(named):
            if ("posts", post) not in codes:
                yield item.fault("net.no_such_post", f"岗位「{post}」没有定义")
        if [level.n for level in spec.levels] != list(range(1, len(spec.levels) + 1)):
            yield item.fault("net.levels", "levels 的 n 应从 1 起逐级加一")
