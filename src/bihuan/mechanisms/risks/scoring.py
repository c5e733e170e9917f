"""A bureau's own words and tables around the pure scoring of ``rules``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import events, rules  # noqa: F401 - events declares the refusals
from bihuan.mechanisms.risks.pack import colours, methods, risks_of

Factor = Annotated[Decimal, Field(gt=0, le=1000)]


class Scoring(BaseModel):
    """How a point gets its colour: by a matrix and its factors, by direct criteria, or chosen with a stated basis."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    matrix: Annotated[str, Field(max_length=60)] = ""
    likelihood: Factor | None = None
    severity: Factor | None = None
    exposure: Factor | None = None
    consequence: Factor | None = None
    direct: Annotated[list[str], Field(max_length=10)] = []
    colour: Literal["", "red", "orange", "yellow", "blue"] = ""
    basis: Annotated[str, Field(max_length=120)] = ""


def scored(bureau_id: UUID | None, given: Scoring) -> rules.Score:
    """The frozen score, or a refusal that names what is missing."""
    data = risks_of(bureau_id)
    four = colours(data)
    criteria = {entry["code"]: entry["text"] for entry in data.get("direct_red", ())}
    for code in given.direct:
        if code not in criteria:
            raise Refusal("risks.no_such_criterion", code=code, fields={"direct": "请从列表里选择。"})
    direct = {code: criteria[code] for code in given.direct}
    try:
        if given.matrix:
            method = methods(data).get(given.matrix)
            if method is None:
                raise Refusal("risks.no_such_matrix", matrix=given.matrix, fields={"matrix": "请从列表里选择。"})
            factors = {code: getattr(given, code) for code, _, _ in method.factors}
            return rules.score(method, factors, four, direct=direct)
        if direct:
            return rules.direct_red(four, direct)
        if given.colour and given.basis:
            return rules.chosen_colour(four, given.colour, f"依据「{given.basis}」")
    except rules.BadScore as bad:
        raise Refusal("risks.bad_score", sentence=str(bad), fields={"scoring": f"{bad}。"}) from None
    raise Refusal(
        "risks.score_missing",
        fields={"basis" if given.colour else "scoring": "请写明依据。" if given.colour else "请评级。"},
    )
