"""Where each room's door is."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

from bihuan.surfaces.mobile.pages import worker as phone_worker

_DOORS = {  # looked through in this order: what machines ask most stands first
    "api/v1/": "bihuan.surfaces.openapi.web",
    "": "bihuan.surfaces.workbench.web",
    "hazards/": "bihuan.engines.cases.web",
    "net/": "bihuan.engines.responsibility.web",
    "sheets/": "bihuan.engines.sheets.web",
    "inspections/": "bihuan.mechanisms.inspections.web",
    "points/": "bihuan.mechanisms.risks.web",
    "duties/": "bihuan.engines.duties.web",
    "ledgers/": "bihuan.mechanisms.ledgers.web",
    "mandates/": "bihuan.mechanisms.mandates.web",
    "meetings/": "bihuan.mechanisms.meetings.web",
    "plans/": "bihuan.mechanisms.plans.web",
    "periods/": "bihuan.mechanisms.periods.web",
    "pledges/": "bihuan.mechanisms.pledges.web",
    "patrols/": "bihuan.mechanisms.patrols.web",
    "ratings/": "bihuan.mechanisms.ratings.web",
    "training/": "bihuan.mechanisms.training.web",
    "tips/": "bihuan.mechanisms.tips.web",
    "archive/": "bihuan.surfaces.archive.web",
    "m/": "bihuan.surfaces.mobile.web",
    "packs/": "bihuan.foundation.packs.web",
    "evidence/": "bihuan.foundation.evidence.web",
}
urlpatterns = [path(at, include(door)) for at, door in _DOORS.items() if find_spec(door)]
if find_spec("bihuan.mechanisms.tips.web"):
    from bihuan.mechanisms.tips.web import wall_patterns

    urlpatterns.append(path("p/", include(wall_patterns)))
if find_spec("bihuan.mechanisms.patrols.web"):
    from bihuan.mechanisms.patrols.web import wall_patterns as arrive_patterns

    urlpatterns.append(path("p/", include(arrive_patterns)))
if find_spec("bihuan.mechanisms.risks.web"):
    from bihuan.mechanisms.risks.web import point_patterns

    urlpatterns.append(path("p/", include(point_patterns)))
urlpatterns.append(path("sw.js", phone_worker))

handler400 = "bihuan.config.errors.bad_request"
handler404 = "bihuan.config.errors.no_such_page"
handler500 = "bihuan.config.errors.broken"
