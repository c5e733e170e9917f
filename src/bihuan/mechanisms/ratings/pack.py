"""The pack chapter ``ratings``: who is rated by what. Weights and limits are the bureau's to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from bihuan.foundation import packs
from bihuan.foundation.packs import Codes, Fault, Item, Proof, Section, Spec, section
from bihuan.foundation.packs.deeds import unknown
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ratings import events  # noqa: F401 - declares facts and refusals

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Name = Annotated[str, Field(min_length=2, max_length=60)]


class RatedItem(Spec):
    """One line of a rating: counted by a kind of deeds (``measure``), or judged by a person where that is empty."""

    code: Code
    name: Name
    full: Annotated[Decimal, Field(gt=0, le=100, max_digits=4, decimal_places=1)]
    measure: str = ""
    text: Annotated[str, Field(max_length=200)] = ""


class Department(Spec):
    """A department of a school: its posts; the first post's holder answers for it."""

    code: Code
    name: Name
    posts: Annotated[tuple[str, ...], Field(min_length=1)]


class RatingSpec(Spec):
    """One scheme of ``ratings.yaml``. ``fewest``: with fewer results no spread is shown."""

    code: Code
    name: Name
    subject: Literal["post", "department"]
    posts: tuple[str, ...] = ()
    departments: tuple[Department, ...] = ()
    period: Literal["month", "term"]
    appeal_days: Annotated[int, Field(ge=1, le=60)]
    fewest: Annotated[int, Field(ge=3, le=50)]
    items: Annotated[tuple[RatedItem, ...], Field(min_length=1, max_length=20)]
    source: str
    proof: Proof


@section("ratings", file="ratings.yaml", after=("posts",))
class Ratings(Section):
    """The rating schemes of a bureau's schools."""

    Spec = RatingSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        """Posts and kinds of deeds exist, and nothing is named twice."""
        spec: RatingSpec = item.spec
        named = [*spec.posts, *(post for department in spec.departments for post in department.posts)]
        for post in named:
            if ("posts", post) not in codes:
                yield item.fault("ratings.post", f"没有「{post}」这个岗位")
        for kind in unknown({one.measure for one in spec.items if one.measure}):
            yield item.fault("ratings.measure", f"没有「{kind}」这种可以计算的记录")
        if bool(spec.posts) != (spec.subject == "post") or bool(spec.departments) != (spec.subject == "department"):
            yield item.fault("ratings.subject", "考评岗位的写 posts，考评部门的写 departments，只写一种")
        for words, given in (("考评项", spec.items), ("部门", spec.departments)):
            listed = [one.code for one in given]
            for code in sorted({code for code in listed if listed.count(code) > 1}):
                yield item.fault("ratings.twice", f"{words}「{code}」写了两次")


def terms_of(bureau_id: UUID | None) -> list[Mapping[str, Any]]:
    """The terms of the bureau's calendar."""
    return [term for year in packs.calendar(bureau_id).get("school_years", ()) for term in year["terms"]]


def schemes_of(bureau_id: UUID | None) -> dict[str, dict[str, Any]]:
    """The bureau's schemes in the pack's order."""
    return packs.entries(bureau_id, "ratings")


def scheme_of(bureau_id: UUID | None, code: str) -> dict[str, Any]:
    """One scheme; refusal ``ratings.no_scheme``."""
    found = schemes_of(bureau_id).get(code)
    if found is None:
        raise Refusal("ratings.no_scheme", fields={"scheme": "请从列表里选。"})
    return found
