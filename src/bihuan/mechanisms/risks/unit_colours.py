"""Which units bear a risk point of which colour today: duties may be for them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from bihuan.engines.duties.colours import unit_colours
from bihuan.mechanisms.risks.models import RiskPoint

WORDS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}


@unit_colours(WORDS)
def shown_colours(bureau_id: UUID, school_id: UUID | None) -> Iterable[tuple[str, str]]:
    """The colours that the points show today, open hazards and missed rounds included."""
    rows = RiskPoint.objects.filter(bureau_id=bureau_id, is_active=True)
    rows = rows.filter(school_id=school_id) if school_id else rows
    return rows.order_by().values_list("path", "shown_colour").distinct()
