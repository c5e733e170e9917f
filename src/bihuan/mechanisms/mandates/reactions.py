"""What was issued or withdrawn is told to whoever answers for the units: a whole county is told by a worker, not by the click."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from bihuan.foundation.events import Event
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.mandates.commands import tell_units
from bihuan.mechanisms.mandates.models import Assignment


@reacts_to("mandates.issued")
def tell_addressees(event: Event) -> None:
    """Every addressee learns what is asked and until when."""
    rows = list(Assignment.objects.filter(bureau_id=event.bureau_id, directive_id=event.subject_id))
    due = timezone.localtime(datetime.fromisoformat(event.facts["due_at"]))
    tell_units(event, rows, kind="mandates.issued", title=f"新任务：{event.facts['title']}",
               body=f"请签收，{due:%m-%d %H:%M} 以前办完。")  # fmt: skip


@reacts_to("mandates.withdrawn")
def tell_withdrawn(event: Event) -> None:
    """Every addressee whose part ended with it learns why."""
    rows = list(Assignment.objects.filter(bureau_id=event.bureau_id, directive_id=event.subject_id, state="withdrawn"))
    tell_units(
        event, rows, kind="mandates.withdrawn", title=f"任务撤回：{event.facts['title']}", body=event.facts["reason"]
    )
