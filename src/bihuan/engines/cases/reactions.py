"""Who is told what because of a fact, and the papers that a rung of the ladder brings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from bihuan.engines.cases.commands.issuing import Wanted, print_all
from bihuan.engines.cases.commands.moving import hand_cases_over
from bihuan.engines.cases.models import Case
from bihuan.engines.cases.pack import ladder_of, lifecycle_of
from bihuan.engines.responsibility.queries import who, who_could
from bihuan.foundation import packs, papers
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event, record
from bihuan.foundation.messages import seen, tell
from bihuan.foundation.reactions import reacts_to

TURNS = {
    "cases.reported": "新上报的隐患等你交办",
    "cases.graded": "改定级别的隐患等你交办",
    "cases.assigned": "有一条隐患交给你整改",
    "cases.transferred": "有一条隐患移交给你整改",
    "cases.handed_over": "有一条隐患随岗位交接给你",
    "cases.plan_submitted": "重大隐患整改方案等你审批",
    "cases.plan_returned": "整改方案被退回，请修改后再报",
    "cases.plan_approved": "重大隐患等你挂牌督办",
    "cases.supervision_listed": "重大隐患已挂牌督办，请按方案整改",
    "cases.rectified": "整改已提交，等你复查",
    "cases.returned": "整改被退回，请重新整改",
    "cases.verified": "重大隐患复查合格，等你审核销号",
    "cases.sent_back": "销号审核被退回，请再次复查",
    "cases.review_closed": "重大隐患已审核销号，等你批准恢复使用",
}
"""Facts after which it is somebody's turn: the notice goes to whoever the case now waits for."""

ENDS = {
    "cases.closed": "你上报的隐患已经复查合格、销号",
    "cases.use_resumed": "你上报的重大隐患已经销号，可以恢复使用",
    "cases.merged": "你上报的隐患已并入另一件一起办理",
    "cases.withdrawn": "你上报的隐患已撤回",
}
"""Facts that end a case: its reporter learns what became of it."""

ANSWERS = {"cases.extension_granted": "延期申请已同意", "cases.extension_refused": "延期申请没有同意，请按原期限整改"}


def _case(event: Event) -> Case:
    return Case.objects.select_related("org").get(pk=event.subject_id)


def _send(case: Case, event: Event, users: Iterable[UUID | None], title: str, body: str = "") -> None:
    """Tell these people, except the one who did it."""
    line = f"{case.org_name} · {case.title}"
    _tell(
        event,
        users,
        kind=event.name,
        title=title,
        body=f"{line.rstrip('。')}。{body}" if body else line,
        link=f"/hazards/{case.pk}/",
    )


def _tell(event: Event, users: Iterable[UUID | None], **notice: str) -> None:
    """Whoever acts on a case is not told of it, and has seen what was told before."""
    seen(event)
    tell({user for user in users if user and user != event.by_id}, about=event, **notice)


@reacts_to(*TURNS)
def tell_whose_turn(event: Event) -> None:
    """It is somebody's turn: whose it was made by this very fact, even if others have acted since."""
    turn, due_at = event.facts.get("waits_for"), event.facts.get("due_at")
    due = f"期限 {timezone.localtime(datetime.fromisoformat(due_at)):%m-%d %H:%M}。" if due_at else ""
    _send(_case(event), event, [UUID(turn)] if turn else (), TURNS[event.name], f"{due}{event.facts.get('note') or ''}")


@reacts_to(*ENDS)
def tell_reporter(event: Event) -> None:
    """What became of it."""
    case = _case(event)
    _send(case, event, {case.reporter_id, case.rectifier_id}, ENDS[event.name], str(event.facts.get("note") or ""))


@reacts_to("cases.extension_requested")
def tell_decider(event: Event) -> None:
    """Somebody asks for more time: those who may decide learn of it."""
    case = _case(event)
    posts = packs.entries(case.bureau_id, "posts")
    deciders = [code for code, post in posts.items() if "approve-extension" in post["acts"]]
    _send(case, event, _holders(case, deciders, event), "有一份延期申请等你批复", str(event.facts.get("note") or ""))


@reacts_to(*ANSWERS)
def tell_rectifier(event: Event) -> None:
    """The answer to the one who asked."""
    case = _case(event)
    _send(case, event, [case.rectifier_id], ANSWERS[event.name], str(event.facts.get("note") or ""))


@reacts_to("responsibility.handed_over")
def hand_over(event: Event) -> None:
    """The open work of the leaving person at this place becomes the new one's."""
    facts = event.facts
    hand_cases_over(
        event.at, bureau_id=event.bureau_id, path=facts["place_path"], person_from=UUID(facts["person_from"]),
        person_to=UUID(facts["person_to"]), names=(facts["person_from_name"], facts["person_to_name"]),
    )  # fmt: skip


@reacts_to("cases.paper_drafted")
def tell_who_may_sign(event: Event) -> None:
    """A paper waits for a signature: those of the bureau who may sign learn of it."""
    case = _case(event)
    rows = who_could("issue-paper", case.org, on=timezone.localdate(event.at))
    paper = event.facts["paper"]
    people = {row.user_id for row in rows if row.org_id == case.bureau_id}
    _paper_told(case, event, people, paper, f"有一份{event.facts['name']}文书等签发")


@reacts_to("cases.paper_signed", "cases.notice_issued", "cases.assigned", "cases.supervision_listed")
def tell_who_receives(event: Event) -> None:
    """A delivered paper waits for the school's receipt; those who may give it learn of it, once for each paper."""
    paper = event.facts.get("signed") or event.facts.get("paper")
    found = papers.find(paper["id"]) if paper else None
    if found is None or found.state != "sent" or str(event.subject_id) != found.content["cases"][0]:
        return
    case = _case(event)
    rows = who_could("sign-for-school", case.org, on=timezone.localdate(event.at))
    _paper_told(case, event, {row.user_id for row in rows}, paper, f"收到{found.title}，请签收")


def _paper_told(case: Case, event: Event, people: set[UUID], paper: dict[str, str], title: str) -> None:
    _tell(
        event, people, kind="cases.paper", title=title, body=f"{paper['number']}　{case.org_name} · {case.title}",
        link=f"/hazards/papers/{paper['id']}/",
    )  # fmt: skip


reacts_to("cases.paper_received")(seen)


@reacts_to("cases.escalated")
def climb_one_rung(event: Event) -> None:
    """Tell the people of the rung, and draft its numbered paper (通报、函告、约谈) for somebody to sign."""
    case = _case(event)
    rung = ladder_of(case.bureau_id)[int(event.facts["rung"]) - 1]
    work, name = bool(event.facts["work"]), str(event.facts["name"])
    turn = event.facts.get("waits_for")
    parts = {
        "waits-for": UUID(turn) if turn else None,
        "rectifier": case.rectifier_id,
        "verifier": case.verifier_id,
        "reporter": case.reporter_id,
    }
    tells = rung.tells if work else rung.judges
    people = {parts[who] for who in tells if who in parts} | set(
        _holders(case, [post for post in tells if post not in parts], event)
    )
    state = lifecycle_of(case.bureau_id, case.lifecycle).states[event.facts["state"]].name
    due = timezone.localtime(datetime.fromisoformat(event.facts["due_at"])).strftime("%m-%d %H:%M")
    _send(case, event, people, f"{name}：隐患逾期未办", f"“{state}”的期限 {due} 已过。请立即办理，或说明原因。")
    if work and rung.prints and case.is_open and rung.prints in packs.entries(case.bureau_id, "papers"):
        paper = print_all(SYSTEM, event.at, [Wanted(rung.prints, [case], note=f"逾期{name}")])[0]
        record(case, "cases.paper_drafted", by=SYSTEM, at=event.at, paper=paper, name=name)


def _holders(case: Case, posts: Iterable[str], event: Event) -> list[UUID]:
    return [row.user_id for post in posts for row in who(case.org, post, on=timezone.localdate(event.at))]
