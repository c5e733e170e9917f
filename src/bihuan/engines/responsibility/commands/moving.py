"""Units that move: the tree at once, the rows below it table by table, so that a county's school does not wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from bihuan.engines.responsibility.commands.units import (
    ancestors_below,
    greatest_address,
    last_hand,
    require_manager,
)
from bihuan.engines.responsibility.models import Appointment, Move, Org
from bihuan.engines.responsibility.queries.acting import forget_actors
from bihuan.engines.responsibility.queries.places import unit_kinds
from bihuan.engines.responsibility.rules.tree import BUREAU_TIERS, TreeFull, next_path, parent_fault
from bihuan.foundation import hot
from bihuan.foundation.actors import Actor
from bihuan.foundation.commands import command
from bihuan.foundation.events import record
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import ScopedModel, under

BATCH = 2_000
SETTLED = timedelta(minutes=2)
"""No request lives longer: what was begun before a move and carries the old address has been written by then."""
_HISTORY = ("foundation.event", "foundation.paper")


@command("responsibility.move_org")
def move_org(by: Actor, at: datetime, *, org_id: UUID, parent_id: UUID, revision: int) -> Org:
    """Put a unit with everything below it under another parent.

    The tree and the appointments change at once, and with them who sees what; the addresses of all other rows follow
    batch by batch (``follow_moves``). A row never changes its bureau, nor an area its school: refusal
    ``responsibility.move_across``. History keeps the old address. Further refusals: ``foundation.not_found`` ·
    ``not_yours`` · ``changed_meanwhile``, ``responsibility.move_into_itself`` · ``wrong_parent`` · ``name_taken``.
    """
    both = {row.pk: row for row in Org.objects.visible_to(by).filter(pk__in={org_id, parent_id})}
    if not both.keys() >= {org_id, parent_id}:
        raise Refusal("foundation.not_found")
    unit, above = both[org_id], both[parent_id]
    require_manager(by, unit, "调整上级单位")
    require_manager(by, above, "调整上级单位")
    kinds = unit_kinds(unit.bureau_id)
    if above.path.startswith(unit.path):
        raise Refusal("responsibility.move_into_itself", name=unit.name, above=above.name)
    own_kind = kinds.get(unit.kind)
    if own_kind and (fault := parent_fault(own_kind, above.kind, kinds)):
        raise Refusal("responsibility.wrong_parent", sentence=fault)
    own = ancestors_below(unit.pk, unit.tier, above)
    for tier, what in (("bureau", "教育局"), ("school", "学校")):
        if own[f"{tier}_id"] != getattr(unit, f"{tier}_id"):
            raise Refusal("responsibility.move_across", name=unit.name, what=what)
    old, old_parent = unit.path, unit.parent_id
    new = _address(unit, above)
    move = Move(
        bureau_id=unit.bureau_id,
        org=unit,
        old_parent_id=old_parent,
        old_path=old,
        new_path=new,
        moved_at=at,
        changed_at=at,
    )
    try:
        with transaction.atomic():
            won = hot.changed(
                Org.objects.filter(pk=unit.pk, revision=revision), parent=above, revision=F("revision") + 1
            )
            if won:
                for model in (Org, Appointment):
                    _rewrite(model, under(old), old, new, own)
                hot.insert([move])
    except IntegrityError:
        raise Refusal("foundation.too_slow") from None
    if not won:
        raise Refusal("foundation.changed_meanwhile", who=last_hand(unit))
    unit = won[0]
    unit.parent, unit.path, unit.province_id, unit.city_id = above, new, own["province_id"], own["city_id"]
    record(
        unit, "responsibility.org_moved", by=by, at=at, old_path=old, new_path=new, old_parent=old_parent,
        parent=above.pk,
    )  # fmt: skip
    transaction.on_commit(forget_actors)
    return unit


def _address(unit: Org, above: Org) -> str:
    """The next address below *above* that no unit has or has ever left; refuses a second unit of the same name."""
    there = Org.objects.filter(parent=above).exclude(pk=unit.pk)
    found = there.aggregate(last=models.Max("path"), taken=models.Count("pk", filter=Q(name=unit.name)))
    if found["taken"]:
        raise Refusal("responsibility.name_taken", above=above.name, name=unit.name, fields={"name": "已有同名单位"})
    try:
        return next_path(above.path, greatest_address(above, found["last"]))
    except TreeFull:
        raise Refusal("responsibility.tree_full", above=above.name) from None


def _rewrite(model: type[models.Model], where: Q, old: str, new: str, own: dict[str, UUID | None]) -> int:
    path = Concat(Value(new), Substr("path", len(old) + 1), output_field=models.CharField())
    rows = model._default_manager.filter(where)
    return rows.update(path=path, province_id=own["province_id"], city_id=own["city_id"])


def follow_moves(at: datetime, *, batch: int = BATCH) -> int:
    """Give the rows of moved units their new address, each batch its own transaction; returns how many.

    It may stop anywhere and be run by anybody again: what is left to do stands at the old address. A move is done when
    nothing was found there for longer than any request lives.
    """
    changed = 0
    for move in Move.objects.filter(done_at__isnull=True).select_related("org").order_by("moved_at", "id"):
        found = sum(_follow(move, model, batch) for model in placed_models())
        changed += found
        if found:
            Move.objects.filter(pk=move.pk).update(changed_at=at)
        elif at - move.changed_at >= SETTLED:
            Move.objects.filter(pk=move.pk, done_at__isnull=True).update(done_at=at)
            forget_actors()
    return changed


def _follow(move: Move, model: type[models.Model], batch: int) -> int:
    unit, old = move.org, move.old_path
    there = under(old)
    if unit.tier not in BUREAU_TIERS:  # what stands below bears these ids, and indexes begin with them
        there &= Q(bureau_id=unit.bureau_id)
    if unit.school_id:
        there &= Q(school_id=unit.school_id)
    own = {"province_id": unit.province_id, "city_id": unit.city_id}
    total = 0
    while True:
        some = model._default_manager.filter(there).order_by().values("pk")[:batch]
        with transaction.atomic():
            total += (done := _rewrite(model, Q(pk__in=some), old, move.new_path, own))
        if done < batch:
            return total


def placed_models() -> list[type[models.Model]]:
    """Every table whose rows stand somewhere; facts and numbered papers are history and keep their address."""
    return [
        model
        for model in apps.get_models()
        if model is Org or (issubclass(model, ScopedModel) and model._meta.label_lower not in _HISTORY)
    ]
