"""Who sees an inspection's photos and signature: whoever sees the inspection."""

from __future__ import annotations

from uuid import UUID

from bihuan.foundation.actors import Actor
from bihuan.foundation.evidence.queries import shown_with
from bihuan.mechanisms.inspections.models import Inspection


def sees_inspection(viewer: Actor, inspection_id: UUID) -> bool:
    """Whether the inspection lies in the viewer's net, or the viewer carries it out."""
    return bool(Inspection.objects.visible_to(viewer).filter(pk=inspection_id).exists())


shown_with(Inspection._meta.label_lower, sees_inspection)
