"""What a school files about its plans: the versions in force; and what is missing, not known by all, or not filed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from bihuan.foundation.archives import Gap, Held, Piece, Rows, Visit, archived, chunks, plain_day
from bihuan.mechanisms.plans import printouts
from bihuan.mechanisms.plans.models import Knowing, Plan, PlanVersion
from bihuan.mechanisms.plans.pack import ACTIVITY, kinds_of
from bihuan.mechanisms.plans.queries import Filed, left_of


def _versions(visit: Visit) -> Any:
    """The newest published version, as of the span's end, of each plan that is in force or whose activity lies in it."""
    _, until = visit.moments
    newest = PlanVersion.objects.filter(plan=OuterRef("plan"), published_at__lt=until).order_by("-n")
    rows = PlanVersion.objects.visible_to(visit.viewer).filter(
        plan__org_id=visit.school.pk, pk=Subquery(newest.values("pk")[:1])
    )
    rows = rows.filter(Q(plan__activity_on__isnull=True) | Q(plan__activity_on__range=(visit.since, visit.until)))
    return rows.exclude(plan__state="retired").select_related("plan").order_by("plan__kind", "plan__made_at", "id")


def _refs(kind: str) -> tuple[str, ...]:
    return (f"plans:{kind}", "page:/plans/")


@archived("plans")
class Plans:
    """Plans of a school."""

    def asked(self, visit: Visit) -> Mapping[str, Any]:
        """The versions, who knows them, and the activities of the span."""
        knowing = Knowing.objects.filter(
            bureau_id=visit.school.bureau_id, version_id__in=_versions(visit).order_by().values("pk")
        )
        activities = Plan.objects.visible_to(visit.viewer).filter(
            org_id=visit.school.pk, kind=ACTIVITY, activity_on__range=(visit.since, visit.until)
        )
        return {
            "versions": _versions(visit).values_list("id", "plan_id", "plan__kind", "filing", "content"),
            "knowing": knowing.values_list("version_id", "user_id"),
            "activities": activities.exclude(state="retired").order_by("activity_on", "id").values_list("id", "title", "activity_on"),
        }  # fmt: skip

    def told(self, visit: Visit, rows: Rows) -> Iterator[Held | Gap]:
        """One file a version; lines for kinds without a plan, for names that are missing, for what was not filed."""
        known: dict[str, list[Any]] = {}
        for version, user in rows["knowing"]:
            known.setdefault(version, []).append(Knowing(user_id=UUID(user)))
        titles = {code: kind["name"] for code, kind in kinds_of(visit.school.bureau_id).items()}
        there = {kind for _, _, kind, _, _ in rows["versions"]}
        for pk, plan, kind, _, content in rows["versions"]:
            yield Held(_refs(kind), 1)
            if left := left_of(_json(content), known.get(pk, ())):
                yield Gap(
                    _refs(kind), f"《{titles.get(kind, '预案')}》还有 {len(left)} 人没有签知悉：{'、'.join(left[:5])}{' 等' if len(left) > 5 else ''}",
                    f"/plans/{UUID(plan)}/",
                )  # fmt: skip
        for code, entry in kinds_of(visit.school.bureau_id).items():
            if entry["required"] and code not in there:
                yield Gap(_refs(code), f"缺《{entry['name']}》", f"/plans/?school={visit.school.pk}")
        filed = {plan: filing for _, plan, _, filing, _ in rows["versions"]}
        for pk, title, on in rows["activities"]:
            if filed.get(pk) != "received":
                words = "的预案还没有备案" if pk in filed else "还没有预案"
                yield Gap(_refs(ACTIVITY), f"{plain_day(on):%m-%d} 的「{title}」{words}", f"/plans/{UUID(pk)}/")

    def pieces(self, visit: Visit) -> Iterator[Piece]:
        """Each version with who knows it."""
        for versions in chunks(_versions(visit)):
            known: dict[UUID, list[Knowing]] = {}
            rows = Knowing.objects.filter(bureau_id=visit.school.bureau_id, version_id__in=[one.pk for one in versions])
            for row in rows.order_by("known_at"):
                known.setdefault(row.version_id, []).append(row)
            for version in versions:
                said = tuple(known.get(version.pk, ()))
                page = Filed(version.plan, version, said, left_of(version.content, said))
                address = f"{settings.BIHUAN_URL}/plans/{version.plan_id}/"
                yield Piece(
                    _refs(version.plan.kind), "应急预案", f"{version.plan.title}.pdf", timezone.localdate(version.published_at),
                    lambda page=page, address=address: printouts.plan_pdf(page, address=address),
                )  # fmt: skip


def _json(content: Any) -> Mapping[str, Any]:
    """What a version says: SQLite keeps it as text inside the gathered answer."""
    import json

    found: Mapping[str, Any] = json.loads(content) if isinstance(content, str) else content
    return found
