"""The lifecycle: a table that a safety officer can read aloud, and the only place that says who may do what next.

Pure: no Django, no clock. A step names the state it starts from, the action, who does it, who must not, what it needs,
where it leads, how long the next person has and on which clock. Rectifier ≠ verifier ≠ approver is a column of the
table (``not_by``), and ``faults`` proves that no path of a table reaches a closed state without evidence and a second
person (领域规则：整改人不能自证；销号不等于可恢复使用).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Clock = Literal["working", "hours", "none"]
End = Literal["", "closed", "dropped"]

ROLES = ("reporter", "rectifier", "verifier", "approver")
"""Who stands in the case itself; everything else in ``by`` is an act of a post, or ``post:<code>``."""
NEEDS = ("photo", "note", "basis", "rectifier", "five", "evidence", "due", "target")
FIVE = ("duty", "measures", "funds", "deadline", "plan")
"""五落实: 责任、措施、资金、时限、预案."""


@dataclass(frozen=True, slots=True)
class State:
    """A state with its word; ``end`` says whether it is over: proven (closed) or set aside (dropped)."""

    code: str
    name: str
    end: End = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table."""

    state: str
    action: str
    name: str
    by: tuple[str, ...]
    to: str
    not_by: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    within: str = ""
    clock: Clock = "none"
    waits_for: str = ""
    prints: str = ""
    when: tuple[str, ...] = ()
    switches: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wants to take a step: the acts and posts that cover the case, and the parts already played in it."""

    id: UUID | None
    acts: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    played: frozenset[str] = frozenset()
    """Roles of ``ROLES`` and actions of earlier steps taken by this very person."""
    has: frozenset[str] = frozenset()
    """Roles held now: the rectifier of today, not the one of last week."""

    def fits(self, by: str) -> bool:
        """Whether one entry of a step's ``by`` names this person."""
        if by in ROLES:
            return by in self.has
        return by.removeprefix("post:") in self.posts if by.startswith("post:") else by in self.acts


class NotTaken(Exception):
    """A step was not taken; the kinds below say why. Commands turn them into refusals."""


class NotFromHere(NotTaken):
    """The table has no such step from this state (for this level)."""


@dataclass
class NotYours(NotTaken):
    """Nothing in ``by`` names the person."""

    step: Step


@dataclass
class SamePerson(NotTaken):
    """The person already played a part that excludes them."""

    step: Step
    part: str


@dataclass
class Lacking(NotTaken):
    """Something that the step needs was not given."""

    step: Step
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a viewer is offered: a step they may take, or one they may not, with the reason."""

    step: Step
    refusal: NotTaken | None = None


@dataclass(frozen=True)
class Lifecycle:
    """A frozen version of a table, for example ``hazard@1``."""

    code: str
    name: str
    initial: str
    states: Mapping[str, State]
    steps: tuple[Step, ...]
    _from: dict[str, list[Step]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for step in self.steps:
            self._from.setdefault(step.state, []).append(step)

    def step(self, state: str, action: str, *, person: Person, given: Collection[str], level: str = "") -> Step:
        """The row that *person* takes from *state*, or ``NotTaken``."""
        step = self.find(state, action, level)
        if step is None:
            raise NotFromHere(action)
        self.check(step, person)
        lacking = tuple(need for need in step.needs if need not in given)
        if lacking:
            raise Lacking(step, lacking)
        return step

    def find(self, state: str, action: str, level: str = "") -> Step | None:
        """The row of an action from a state for this level; a row that names the level wins."""
        rows = [s for s in self._from.get(state, ()) if s.action == action and (not s.when or level in s.when)]
        return max(rows, key=lambda s: bool(s.when), default=None)

    @staticmethod
    def check(step: Step, person: Person) -> None:
        """Raise unless the person is one of those named and none of those excluded. The system is nobody's second person."""
        barred = next((part for part in step.not_by if part in person.played), "")
        if barred:
            raise SamePerson(step, barred)
        if person.id is None or not any(person.fits(by) for by in step.by):
            raise NotYours(step)

    def allowed(self, state: str, *, person: Person, level: str = "") -> list[Choice]:
        """Every action of the state once, in the table's order: open to this person, or closed with the reason."""
        choices = []
        for action in dict.fromkeys(step.action for step in self._from.get(state, ())):
            step = self.find(state, action, level)
            if step is None:
                continue
            try:
                self.check(step, person)
            except NotTaken as refusal:
                choices.append(Choice(step, refusal))
            else:
                choices.append(Choice(step))
        return choices

    def is_work(self, state: str) -> bool:
        """Whether it is the rectifier who must act in this state."""
        return any("rectifier" in step.by for step in self._from.get(state, ()))

    def is_open(self, state: str) -> bool:
        """Whether a case in this state is still to be worked on."""
        return not self.states[state].end

    def faults(self, *, needs_five: bool = False) -> Iterator[str]:
        """What is wrong with the table, one Chinese sentence each."""
        yield from self._unknown()
        yield from self._unreachable()
        yield from self._dead_ends()
        yield from self._unproven(needs_five)

    def _unknown(self) -> Iterator[str]:
        if self.initial not in self.states:
            yield f"起始状态「{self.initial}」没有定义"
        for step in self.steps:
            at = f"「{step.state} → {step.action}」"
            for state in (step.state, *(() if step.switches else (step.to,))):
                if state not in self.states:
                    yield f"{at}里的状态「{state}」没有定义"
            if (source := self.states.get(step.state)) and source.end:
                yield f"{at}从已经结束的状态出发"
            yield from (f"{at}需要「{need}」，系统不认识" for need in step.needs if need not in NEEDS)
            actions = {s.action for s in self.steps}
            yield from (
                f"{at}排除「{part}」，它既不是角色也不是动作"
                for part in step.not_by
                if part not in ROLES and part not in actions
            )
            if step.within and step.clock == "none":
                yield f"{at}写了期限「{step.within}」，没有写按工作日（working）还是按钟点（hours）"

    def _unreachable(self) -> Iterator[str]:
        reached = _reach({self.initial}, {(s.state, s.to) for s in self.steps if not s.switches})
        yield from (f"状态「{code}」永远到不了" for code in self.states if code not in reached)

    def _dead_ends(self) -> Iterator[str]:
        ends = {code for code, state in self.states.items() if state.end == "closed"}
        if not ends:
            yield "没有销号状态"
        back = _reach(ends, {(s.to, s.state) for s in self.steps if not s.switches})
        yield from (
            f"状态「{code}」走不到销号" for code, state in self.states.items() if not state.end and code not in back
        )

    def _unproven(self, needs_five: bool) -> Iterator[str]:
        """Walk every path with what has been proven so far: ``(evidence by the rectifier, a second person, 五落实)``."""
        work = {s.state for s in self.steps if "rectifier" in s.by and "photo" in s.needs}
        closed = {code for code, state in self.states.items() if state.end == "closed"}
        seen: set[tuple[str, bool, bool, bool]] = set()
        waiting = [(self.initial, False, False, False)]
        told: set[str] = set()
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            state, evidence, second, five = here
            for step in self._from.get(state, ()):
                if step.switches or step.to == state:
                    continue
                has_five = five or "five" in step.needs
                proves = state in work and "photo" in step.needs and step.by == ("rectifier",)
                has_evidence = step.to not in work and (evidence or proves)
                has_second = (
                    step.to not in work and not proves and (second or (evidence and "rectifier" in step.not_by))
                )
                at = f"「{step.state} → {step.action}」"
                if step.to in work and needs_five and not has_five:
                    told.add(f"{at}没有五落实就进入整改")
                if step.to in closed and not (has_evidence and has_second):
                    told.add(f"{at}可以不经整改照片和第二个人就销号")
                waiting.append((step.to, has_evidence, has_second, has_five))
        yield from sorted(told)


def _reach(start: Iterable[str], arrows: set[tuple[str, str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        here = waiting.pop()
        for source, target in arrows:
            if source == here and target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def missing_of_five(five: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the 五落实 are still empty."""
    return tuple(name for name in FIVE if not str(five.get(name) or "").strip())
