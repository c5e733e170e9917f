"""Official papers about cases: what they say is frozen as plain JSON at issue, how they look is printing's business.

督办单 (supervision-notice), 复查单 (verification-slip), 通报 (circular), 函告 (official-letter), 约谈记录 (formal-talk). The
wording, the columns and the places to sign come from the pack's ``papers.yaml``; this file knows what value each name has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from bihuan.engines.cases.lifecycle import FIVE, Step
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import levels_of, rules_of
from bihuan.engines.responsibility.queries import holders_at, names_of
from bihuan.foundation.actors import Actor
from bihuan.foundation.printing.paper import (
    Block,
    Column,
    Fields,
    Heading,
    Note,
    Paper,
    Paragraph,
    Photo,
    PhotoPair,
    PhotoPairs,
    Signature,
    Signatures,
    Table,
    chinese_date,
    framed,
)

LEADERS = ("line-leader", "care-director", "head", "kindergarten-head")
HEADS = ("head", "kindergarten-head")
FIVE_LABELS = dict(zip(FIVE, ("责任", "措施", "资金", "时限", "预案"), strict=True))
CONCLUSIONS = {"done": "已改", "partly": "部分改", "not-done": "未改", "relapsed": "反弹"}
WIDE = {"problem", "requirement", "reply"}


@dataclass(frozen=True)
class Around:
    """What papers name besides their cases: the schools by their full names, and who answers for them on the day."""

    names: Mapping[Any, str]
    people: Mapping[str, Mapping[str, Sequence[Any]]]

    def school(self, case: Case) -> str:
        """The full name: an official paper has no short names."""
        return self.names.get(case.school_id) or str(case.org.name)

    def holder(self, case: Case, posts: Sequence[str]) -> str:
        """The first of these posts that somebody holds for the case's place."""
        held = self.people.get(case.org.path, {})
        return next((str(held[post][0].user.name) for post in posts if held.get(post)), "")


def around(wanted: Sequence[tuple[Mapping[str, Any], Case]], at: datetime) -> Around:
    """What the papers with these layouts about these cases need to know: at most two statements."""
    cases = [case for _, case in wanted]
    named = {
        field["code"]
        for layout, _ in wanted
        for part in ("fields", "columns")
        for field in (layout.get("layout") or {}).get(part, ())
    }
    posts = [*(LEADERS if "responsible-leader" in named else ()), *(HEADS if "talked-to" in named else ())]
    people = holders_at([case.org for case in cases], posts, on=timezone.localdate(at)) if posts else {}
    return Around(names_of({case.school_id for case in cases if case.school_id not in (None, case.org_id)}), people)


def content_of(
    code: str,
    layout: Mapping[str, Any],
    cases: Sequence[Case],
    *,
    by: Actor,
    at: datetime,
    around: Around,
    step: Step | None = None,
    note: str = "",
    conclusion: str = "",
    second: str = "",
) -> dict[str, Any]:
    """Everything that the paper says, as JSON: a later change of pack, name or case changes nothing on it."""
    form = layout.get("layout") or {}
    values = _values(cases, by, at, around, step, note, second)
    return {
        "code": code,
        "head": layout.get("issuer", ""),
        "title": layout.get("title", ""),
        "issuer": layout.get("issuer", ""),
        "copy_to": list(layout.get("copy_to", ())),
        "footer": layout.get("footer", ""),
        "opening": form.get("opening", ""),
        "closing": form.get("closing", ""),
        "addressee": values["school"],
        "issued_on": timezone.localdate(at).isoformat(),
        "draft": by.is_system,
        "fields": [[f["label"], values.get(f["code"], "")] for f in form.get("fields", ())],
        "field_codes": [f.get("code", "") for f in form.get("fields", ())],
        "signature_codes": [s.get("code", "") for s in form.get("signatures", ())],
        "signer": by_name_of(by),
        "wide": [f["label"] for f in form.get("fields", ()) if f["code"] in WIDE],
        "columns": [[c["label"], c.get("width", 1)] for c in form.get("columns", ())],
        "rows": [_row(form, n, case, by, at, around, step, note, conclusion) for n, case in enumerate(cases, 1)]
        if form.get("columns")
        else [],
        "five": [_five(case) for case in cases if case.five] if form.get("five_provisions") else [],
        "photos": [pair for case in cases for pair in _pairs(case)] if form.get("photos") == "before-after" else [],
        "note": note,
        "signatures": [s["label"] for s in form.get("signatures", ())],
        "cases": [str(case.pk) for case in cases],
    }


def _values(
    cases: Sequence[Case], by: Actor, at: datetime, around: Around, step: Step | None, note: str, second: str
) -> dict[str, str]:
    first = cases[0]
    several = len(cases) > 1
    due = min(_promised(case, by) for case in cases)
    sources = rules_of(first.bureau_id)["sources"]
    today = chinese_date(timezone.localdate(at))
    by_name = by_name_of(by)
    return {
        "school": (school := around.school(first)),
        "addressee": school,
        "inspection-number": "、".join(dict.fromkeys(sources.get(case.source, case.source) for case in cases)),
        "issued-on": today,
        "issued-by": by_name,
        "as-of": _moment(at),
        "verified-on": today,
        "verifiers": "、".join(filter(None, (by_name, second))),
        "responsible-leader": around.holder(first, LEADERS),
        "talked-to": around.holder(first, HEADS),
        "responsible-person": "、".join(
            dict.fromkeys(c.rectifier_name or c.party_name for c in cases if c.rectifier_name or c.party_name)
        ),
        "rectified-by": first.rectifier_name or first.party_name,
        "due-at": f"{'见下表，最早 ' if several else ''}{_moment(due)}",
        "due-on": chinese_date(timezone.localdate(due)),
        "notice-number": first.notice_number or "—",
        "second-due-at": _moment(first.due_at) if step and step.action == "return" else "—",
        "hazard-number": "、".join(case.number for case in cases),
        "problem": "；".join(_problem(case) for case in cases),
        "overdue-days": f"{_overdue(first, at)} 天",
        "requirement": note,
    }


def by_name_of(by: Actor) -> str:
    """Whose name stands on a paper: never the system's."""
    return "" if by.is_system else by.name


SIGNER = ("issued-by", "talker")
"""Fields that the name of whoever signs a draft fills."""


def blanks(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a draft leaves open, for whoever signs it: (code, label)."""
    pairs = zip(content.get("field_codes", ()), content["fields"], strict=False)
    return [
        (code, label)
        for code, (label, value) in pairs
        if not value and code not in {*SIGNER, "received-at", "issued-on"}
    ]


def signed(content: Mapping[str, Any], *, by: Actor, at: datetime, words: Mapping[str, str]) -> dict[str, Any]:
    """The draft's content as it is signed: its open fields filled, the signer named, the day of the signature."""
    filled = dict.fromkeys(SIGNER, by.name) | dict(words)
    codes = content.get("field_codes", [""] * len(content["fields"]))
    fields = [
        [label, value or filled.get(code, "")] for code, (label, value) in zip(codes, content["fields"], strict=True)
    ]
    return {
        **content,
        "fields": fields,
        "draft": False,
        "signer": by.name,
        "issued_on": timezone.localdate(at).isoformat(),
    }


def _row(
    form: Mapping[str, Any], n: int, case: Case, by: Actor, at: datetime, around: Around, step: Step | None, note: str,
    conclusion: str,
) -> list[str]:  # fmt: skip
    values = {
        "serial": str(n),
        "hazard-number": case.number,
        "school": case.org_name,
        "problem": _problem(case),
        "basis": case.basis,
        "level": levels_of(case.bureau_id).get(case.level, {}).get("name", case.level),
        "requirement": note if step is None or step.action in {"assign", "list-supervision"} else "",
        "due-on": timezone.localtime(_promised(case, by)).strftime("%m-%d %H:%M"),
        "measure": case.rectification,
        "conclusion": CONCLUSIONS.get(conclusion, ""),
        "recurrence": "是" if case.recurrence_of_id else "否",
        "opinion": note,
        "overdue-days": str(_overdue(case, at)),
        "responsible-leader": around.holder(case, LEADERS),
    }
    return [values.get(column["code"], "") for column in form["columns"]]


def _promised(case: Case, by: Actor) -> datetime:
    """The deadline a paper names: the rectification's; on a draft of the ladder, the one that has passed."""
    return case.due_at if by.is_system else case.rectify_due_at or case.due_at


def _problem(case: Case) -> str:
    """Title and words, said once: whoever reports in a hurry writes the same in both."""
    title = case.title.rstrip("。")
    said = case.description if case.description.startswith(title) else f"{title}。{case.description}"
    return f"{said.rstrip('。')}（{case.place}）。" if case.place else said


def _five(case: Case) -> dict[str, Any]:
    return {"number": case.number, "pairs": [[FIVE_LABELS[name], str(case.five.get(name, ""))] for name in FIVE]}


def _pairs(case: Case) -> list[dict[str, str]]:
    many = max(len(case.before), len(case.after))
    at = lambda ids, n: ids[n] if n < len(ids) else ""  # noqa: E731 - one expression, used twice
    return [
        {"title": case.number, "before": at(case.before, n), "after": at(case.after, n)} for n in range(min(many, 3))
    ]


def _overdue(case: Case, at: datetime) -> int:
    return max(0, (timezone.localdate(at) - timezone.localdate(case.due_at)).days)


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{chinese_date(local.date())}{local:%H:%M}"


def paper_of(
    content: Mapping[str, Any],
    *,
    number: str,
    qr_url: str = "",
    check_code: str = "",
    image: Callable[[str], bytes | None] = lambda _: None,
    received: tuple[str, datetime] | None = None,
    voices: int = 0,
) -> Paper:
    """The frozen content as a printable paper; ``image`` gives the bytes of an evidence id, *received* by whom and when.

    ``voices``: how many voice notes came with the hazard; they are there before any paper is.
    """
    blocks: list[Block] = []
    if content["fields"]:
        codes = content.get("field_codes", [""] * len(content["fields"]))
        at = _moment(received[1]) if received else ""
        blocks.append(
            Fields(
                tuple(
                    (label, value or (at if code == "received-at" else ""))
                    for code, (label, value) in zip(codes, content["fields"], strict=True)
                ),
                wide=frozenset(content["wide"]),
            )
        )
    if content["opening"]:
        blocks.append(Paragraph(content["opening"]))
    if content["rows"]:
        columns = tuple(Column(label, float(width)) for label, width in content["columns"])
        blocks.append(Table(columns, tuple(tuple(row) for row in content["rows"])))
    for five in content["five"]:
        blocks.append(Heading(f"隐患 {five['number']} 的五落实", 2))
        blocks.append(Fields(tuple((label, value) for label, value in five["pairs"]), columns=1))
    if content["photos"]:
        blocks.append(PhotoPairs(tuple(
            PhotoPair(pair["title"], Photo(image(pair["before"]) if pair["before"] else None), Photo(image(pair["after"]) if pair["after"] else None))
            for pair in content["photos"]
        )))  # fmt: skip
    if voices:
        blocks.append(Note(f"附语音说明 {voices} 段，扫二维码可在系统里听。"))
    if content["closing"]:
        blocks.append(Paragraph(content["closing"]))
    if content["signatures"]:
        blocks.append(Signatures(tuple(_slots(content, received))))
    if content["footer"]:
        blocks.append(Note(content["footer"]))
    if content["draft"]:
        blocks.append(Note("本文书由系统在逾期后自动拟出，签发人核对、签字盖章后生效。"))
    watermark = "拟稿" if content["draft"] else ""
    paper = framed(content, blocks, number=number, qr_url=qr_url, check_code=check_code, watermark=watermark)
    return replace(paper, signer="" if content["draft"] else content.get("signer", ""))


def _slots(content: Mapping[str, Any], received: tuple[str, datetime] | None) -> Iterator[Signature]:
    """Who signed and who acknowledged, with the day; the other places stay empty for a pen."""
    labels = content["signatures"]
    signer = "" if content["draft"] else content.get("signer", "")
    for code, label in zip(content.get("signature_codes", [""] * len(labels)), labels, strict=True):
        if code in {"issuer", "talker"} and signer:
            yield Signature(label, signer, signed_on=date.fromisoformat(content["issued_on"]))
        elif code in {"receiver", "school"} and received:
            yield Signature(label, received[0], signed_on=timezone.localdate(received[1]))
        else:
            yield Signature(label)
