"""Every write of this room. ``engine.take_step`` is the only writer of a case's state; the commands are thin around it."""

from bihuan.engines.cases.commands.assigning import (
    HandOut,
    assign_case,
    bulk_assign,
    issue_notices,
    issue_supervision_notice,
    list_supervision,
    transfer_case,
)
from bihuan.engines.cases.commands.engine import take_step
from bihuan.engines.cases.commands.issuing import receive_paper, sign_paper
from bihuan.engines.cases.commands.rectifying import (
    decide_extension,
    fill_five,
    rectify_case,
    request_extension,
    submit_plan,
)
from bihuan.engines.cases.commands.reporting import (
    Found,
    Told,
    found_at,
    grade_hazard,
    merge_cases,
    report_hazard,
    withdraw_case,
)
from bihuan.engines.cases.commands.verifying import (
    approve_plan,
    close_review,
    resume_use,
    return_case,
    return_plan,
    send_back,
    verify_case,
)

__all__ = [
    "Found",
    "HandOut",
    "Told",
    "approve_plan",
    "assign_case",
    "bulk_assign",
    "close_review",
    "decide_extension",
    "fill_five",
    "found_at",
    "grade_hazard",
    "issue_notices",
    "issue_supervision_notice",
    "list_supervision",
    "merge_cases",
    "receive_paper",
    "rectify_case",
    "report_hazard",
    "request_extension",
    "resume_use",
    "return_case",
    "return_plan",
    "send_back",
    "sign_paper",
    "submit_plan",
    "take_step",
    "transfer_case",
    "verify_case",
    "withdraw_case",
]
