"""Who hears that a visitor is over time: the guards of the gate, whoever gave the pass, and the person visited."""

from __future__ import annotations

from django.utils import timezone

from bihuan.engines.responsibility import queries as net
from bihuan.foundation.actors import SYSTEM
from bihuan.foundation.events import Event
from bihuan.foundation.messages import tell
from bihuan.foundation.reactions import reacts_to
from bihuan.mechanisms.ledgers.queries import over_time


@reacts_to("ledgers.visitor_over_time")
def tell_gate_and_host(event: Event) -> None:
    """One notice each, without the visitor's name: that stands on the pass, for those who may read it."""
    late = over_time(event.subject_id)
    if late is None:  # left, or void, before anybody could be told
        return
    school = net.org(SYSTEM, late.org_id)
    holders = net.holders(school, {net.own_post(school, post) for post in late.posts}, on=timezone.localdate(event.at))
    people = {row.user_id for rows in holders.values() for row in rows} | {late.issuer_id, late.host_id}
    tell(
        people - {None}, about=event, kind="ledgers.visitor_over_time", title=f"访客证 {late.number} 超时未离校",
        body=f"受访人{late.host or '（没有写）'}，应在 {timezone.localtime(late.due_at):%H:%M} 前离校。请联系核实，离校时扫证登记。",
        link=f"/ledgers/passes/{event.subject_id}/",
    )  # fmt: skip
