"""The pages of risk points: the desk's (``points/``) and the one behind a code on the wall (``p/``)."""

from django.urls import path

from bihuan.mechanisms.risks.web import desk, maps, prints, wall

urlpatterns = [
    path("", desk.points, name="points"),
    path("new/", desk.new, name="point-new"),
    path("scoring/", desk.scoring, name="point-scoring"),
    path("adopt/", desk.adopt, name="points-adopt"),
    path("labels/", prints.choose_labels, name="point-labels"),
    path("labels/print/", prints.print_labels, name="point-labels-print"),
    path("labels/lives/", prints.label_lives, name="point-label-lives"),
    path("labels.pdf", prints.labels_pdf, name="point-labels-pdf"),
    path("labels.png", prints.labels_png, name="point-labels-png"),
    path("map/", maps.county, name="point-county"),
    path("map/<uuid:pk>/", maps.school, name="point-map"),
    path("map/<uuid:pk>/sketch.svg", maps.sketch, name="point-sketch"),
    path("map/<uuid:pk>/plans/new/", maps.new_plan, name="plan-new"),
    path("map/<uuid:pk>/plans/<uuid:plan>/drop/", maps.drop_plan, name="plan-drop"),
    path("<uuid:pk>/", desk.point, name="point"),
    path("<uuid:pk>/place/", maps.place, name="point-place"),
    path("<uuid:pk>/change/", desk.change, name="point-change"),
    path("<uuid:pk>/check/", desk.check, name="point-check"),
    path("<uuid:pk>/renew/", desk.renew, name="point-renew"),
    path("<uuid:pk>/void/", desk.void, name="point-void"),
    path("<uuid:pk>/card.pdf", prints.card_pdf, name="point-card"),
]
point_patterns = [
    path("<str:code>", wall.page, name="wall"),
    path("<str:code>/", wall.page),
    path("<str:code>/check/", wall.check, name="wall-check"),
    path("<str:code>/report/", wall.report, name="wall-report"),
    path("<str:code>/post/", wall.post, name="wall-post"),
]
