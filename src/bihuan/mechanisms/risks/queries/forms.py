"""What the forms offer: places, people, methods of scoring, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bihuan.engines.responsibility import queries as net
from bihuan.foundation import packs
from bihuan.foundation.actors import Actor
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.risks import rules
from bihuan.mechanisms.risks.commands import fits
from bihuan.mechanisms.risks.models import RiskPoint
from bihuan.mechanisms.risks.pack import colours, kinds, methods, risks_of
from bihuan.mechanisms.risks.scoring import Scoring, scored

MOST_OWNERS = 200


@dataclass(frozen=True)
class Choices:
    """What a point's form offers."""

    kinds: list[tuple[str, str]]
    places: list[tuple[str, str]]
    posts: list[tuple[str, str]]
    owners: list[tuple[str, str]]
    cadences: list[tuple[str, str]]


def form(viewer: Actor, school_id: UUID | None) -> tuple[Any, list[tuple[str, str]], Choices | None]:
    """For a new point: the school, the schools to choose from, and (once a school is known) what the form offers.

    Refusals: ``foundation.not_found``, ``foundation.not_yours``.
    """
    if not viewer.may_anywhere("manage-risks"):
        raise Refusal("foundation.not_yours", act="管理风险点", who="本校安全负责人")
    schools = [s for s in net.schools(viewer) if viewer.may("manage-risks", s)]
    school = next((s for s in schools if s.pk == school_id), None)
    if school is None and school_id is not None:
        raise Refusal("foundation.not_found")
    if school is None and len(schools) == 1:
        school = schools[0]
    return school, [(str(s.pk), s.name) for s in schools], choices(viewer, school) if school else None


def change_form(viewer: Actor, pk: UUID) -> tuple[RiskPoint, Choices]:
    """A point that this person may change, and what its form offers; refusals as above."""
    row = RiskPoint.objects.select_related("org").seen(viewer, pk)
    if not viewer.may("manage-risks", row):
        raise Refusal("foundation.not_yours", act="管理风险点", who="本校安全负责人")
    return row, choices(viewer, net.org(viewer, row.school_id) if row.school_id else row.org)


def choices(viewer: Actor, school: Any) -> Choices:
    """Kinds, places of the school, posts, people who serve there, methods of scoring: for the form of a point."""
    data = risks_of(school.bureau_id)
    places = [
        (str(school.pk), school.name),
        *((str(a.pk), f"{'　' * (a.path.count('.') - school.path.count('.') - 1)}{a.name}") for a in net.areas(school)),
    ]
    posts = [(post["code"], post["name"]) for post in net.posts(school.bureau_id, place=school)]
    owners = [
        (str(one.id), " · ".join([one.name, *one.posts[:2]]))
        for one in net.people(viewer, under_org=school, most=MOST_OWNERS)
    ]
    return Choices(
        kinds=list(kinds(data).items()),
        places=places,
        posts=[("", "未定"), *posts],
        owners=[("", "不指定"), *owners],
        cadences=[("", "按颜色规定"), *((code, words) for code, (words, _) in rules.CADENCES.items())],
    )


@dataclass(frozen=True)
class Trial:
    """The scoring part of a form: the methods, the one in use, and what the choice so far would give."""

    methods: list[tuple[str, str]]
    method: str
    factors: list[tuple[str, str, list[tuple[str, str]]]]
    note: str
    direct: list[tuple[str, str]]
    colours: list[tuple[str, str]]
    score: rules.Score | None
    says: str


def trial(viewer: Actor, bureau_id: UUID | None, method: str, given: Scoring | None) -> Trial:
    """What a score would give, without writing anything: the form's live explanation."""
    data = risks_of(bureau_id or viewer.bureau_id)
    known = methods(data)
    if method not in {*known, "direct", "chosen"}:
        method = next(iter(known))
    used = known.get(method)
    notes = {m["code"]: m for m in data["matrices"]} | ({"lec": data["lec"]} if data.get("lec") else {})
    note = notes.get(method, {})
    proof = "待确认：" if note.get("proof") == "unverified" else ""
    found, says = None, ""
    if given is not None:
        try:
            found = scored(bureau_id or viewer.bureau_id, given)
        except Refusal as refusal:
            says = refusal.sentence
    return Trial(
        methods=[*((code, m.matrix.name) for code, m in known.items()), ("direct", "直接判定"), ("chosen", "已有结论")],
        method=method,
        factors=[(code, word, [("", "请选择"), *((rules.plain(v), f"{rules.plain(v)} 分　{text}") for v, text in allowed.items())]) for code, word, allowed in used.factors]
        if used else [],
        note=proof + note.get("note", "") if note.get("note") else "",
        direct=[(entry["code"], entry["text"]) for entry in data.get("direct_red", ())],
        colours=[(c.code, f"{c.name} · {c.word}") for c in colours(data).values()],
        score=found,
        says=says,
    )  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """A ready-made point of the catalogue, and whether this school has it (or had it and voided it)."""

    code: str
    entry: dict[str, Any]
    state: str


def catalogue(viewer: Actor, school_id: UUID) -> tuple[Any, list[Ready]]:
    """A school inside the viewer's net and the catalogue's points that fit it, reddest first."""
    school = net.org(viewer, school_id)
    adopted = RiskPoint.objects.filter(school_id=school.pk).exclude(catalogue="").values_list("catalogue", "is_active")
    state: dict[str, str] = {}
    for code, active in adopted:
        state[code] = "adopted" if active else state.get(code, "voided")
    found = [
        Ready(code, entry, state.get(code, ""))
        for code, entry in packs.entries(school.bureau_id, "risk-points").items()
        if fits(entry, school)
    ]
    return school, sorted(found, key=lambda ready: rules.COLOURS.index(ready.entry["colour"]))
