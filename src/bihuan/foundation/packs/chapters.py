"""The chapters that need no room of their own: clauses, user words, paper series, the working calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from bihuan.foundation.packs.measures import names
from bihuan.foundation.packs.sections import Codes, Fault, Item, Proof, Section, Spec, section, sections

State = Literal["running", "partly", "not-yet"]


class ClauseSpec(Spec):
    """One clause of the policy: what must run, what runs it, and what is still missing."""

    code: str
    group: str
    title: str
    text: str
    state: State
    runs: tuple[str, ...] = ()
    note: str = ""
    measure: str = ""


@section("clauses", file="clauses.yaml", after=("sheets", "lifecycles", "papers", "posts"))
class Clauses(Section):
    """The policy, clause by clause."""

    Spec = ClauseSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        spec = item.spec
        if spec.state != "not-yet" and not spec.runs:
            yield item.fault("clauses.nothing_runs", "说它在运行，却没有写由什么运行（runs）")
        if spec.measure and spec.measure not in names():
            yield item.fault("clauses.no_measure", f"没有叫「{spec.measure}」的度量")
        if spec.state == "partly" and not spec.note:
            yield item.fault("clauses.no_note", "说它部分运行，请在 note 里写明还缺什么")
        chapters = {one.name: one.name for one in sections()} | {
            "lifecycle": "lifecycles",
            "ladder": "ladders",
            "paper": "papers",
        }
        for ref in spec.runs:
            kind, _, code = ref.partition(":")
            chapter = chapters.get(kind)
            if chapter is None and kind not in {"gaps", "units", "page"}:
                yield item.fault("clauses.bad_ref", f"「{ref}」不是认识的一类")
            elif (
                chapter
                and kind not in {"net", "risks"}
                and not any(s == chapter and c.partition("@")[0] == code for s, c in codes)
            ):
                yield item.fault("clauses.no_such", f"「{ref}」没有定义")


class TermSpec(Spec):
    """A user word."""

    label: str
    plural: str = ""
    help: str = ""


@section("terms", file="terms.yaml")
class Terms(Section):
    """What this bureau calls things."""

    Spec = TermSpec
    shape = "map"


class Part(Spec):
    """A field, a column or a signature of a paper: the value's name in the system and the words on paper."""

    code: str
    label: str
    width: int = 1


class PaperLayout(Spec):
    """How a paper is set; every label may be changed, reordered or left out by the bureau."""

    paper: Literal["A4"] = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    red_head: bool = True
    five_provisions: bool = False
    photos: str = ""
    opening: str = ""
    closing: str = ""
    fields: tuple[Part, ...] = ()
    columns: tuple[Part, ...] = ()
    signatures: tuple[Part, ...] = ()


class PaperSpec(Spec):
    """A series of official papers: how it is numbered, how it is laid out, and who stands on it.

    ``receipt``: the school must acknowledge it (签收). ``verifiers``: how many people a 复查单 needs.
    """

    code: str
    name: str
    series: str
    number_format: str
    title: str
    issuer: str
    copy_to: tuple[str, ...] = ()
    footer: str = ""
    receipt: bool = False
    verifiers: Annotated[int, Field(ge=1, le=5)] = 1
    layout: PaperLayout = PaperLayout()
    source: str = ""
    proof: Proof = "own"


@section("papers", file="papers.yaml")
class Papers(Section):
    """Paper series; the number's form may use ``{series}``, ``{year}`` and ``{n}`` only."""

    Spec = PaperSpec

    def check(self, item: Item, codes: Codes) -> Iterable[Fault]:
        try:
            sample = item.spec.number_format.format(series="甲", year=2026, n=1)
        except (KeyError, IndexError, ValueError):
            yield item.fault("papers.bad_number", "编号格式只能用 {series}、{year}、{n}")
            return
        if "{n" not in item.spec.number_format or len(sample) > 60:
            yield item.fault("papers.bad_number", "编号格式必须有 {n}，且不超过 60 个字")


class TermSpan(Spec):
    """A school term."""

    code: str
    name: str
    starts_on: date
    ends_on: date
    source: str = ""
    proof: Proof = "own"


class SchoolYear(Spec):
    """A school year with its terms."""

    code: str
    name: str
    terms: tuple[TermSpan, ...]


class Holiday(Spec):
    """A span of days off, with the make-up days that are worked for it."""

    name: str
    starts_on: date
    ends_on: date
    makeup_days: tuple[date, ...] = ()
    source: str = ""
    proof: Proof


class Hours(Spec):
    """Working hours: ISO weekdays and the spans of a day."""

    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    spans: tuple[tuple[time, time], ...]
    source: str = ""
    proof: Proof = "own"


class CalendarSpec(Spec):
    """The dated data from which working days and hours follow; no algorithm can know next year's holidays."""

    school_years: tuple[SchoolYear, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    working_hours: Hours | None = None

    @model_validator(mode="after")
    def _spans(self) -> CalendarSpec:
        spans = [*self.holidays, *(term for year in self.school_years for term in year.terms)]
        if wrong := next((span for span in spans if span.ends_on < span.starts_on), None):
            raise ValueError(f"「{wrong.name}」结束早于开始")
        return self


@section("calendar", file="calendar.yaml")
class Calendar(Section):
    """Terms, holidays and working hours."""

    Spec = CalendarSpec
    shape = "whole"
