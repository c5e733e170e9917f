"""The pages of the net: the tree of a day, a unit, gaps, posts, sponsors, rosters."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from bihuan.engines.responsibility import printouts, queries
from bihuan.engines.responsibility.rules.posts import ACTS, GROUPS
from bihuan.engines.responsibility.rules.roster import FIELDS, REQUIRED, WORDS
from bihuan.engines.responsibility.rules.spans import said_briefly
from bihuan.engines.responsibility.rules.tree import TIER_WORDS
from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.reading import xlsx
from bihuan.foundation.refusals import Refusal

SPANS = {"0": "当天", "30": "今后30天", "90": "今后90天", "180": "今后半年"}
STAGES = {
    "kindergarten": "学前",
    "primary": "小学",
    "junior": "初中",
    "senior": "高中",
    "vocational": "中职",
    "special": "特教",
}
_FIRST_GAPS = 5
_REPORTED = 200


def _today() -> date:
    return timezone.localdate(clock.now())


def _on(request: HttpRequest) -> date:
    """The day that the whole page is turned to."""
    asked = request.GET.get("on", "")
    if not asked:
        return _today()
    try:
        return queries.sensible_day(date.fromisoformat(asked))
    except ValueError:
        raise Refusal("responsibility.bad_day", day=asked[:20]) from None


@signed_in
def net(request: HttpRequest) -> HttpResponse:
    """The tree as of a day, with what is missing in words."""
    on, tier = _on(request), request.GET.get("tier", "")
    tree = queries.net_as_of(
        request.actor, on=on, q=request.GET.get("q", "").strip(), tier=tier if tier in TIER_WORDS else ""
    )
    gaps = queries.gaps(request.actor, since=on, until=on + queries.LOOK_AHEAD)
    context = {
        "tree": tree, "on": on, "is_today": on == _today(), "gaps": said_briefly(gaps, on)[:_FIRST_GAPS],
        "gap_count": len(gaps), "may_manage": request.actor.may_anywhere("manage-net"), "tiers": [(tier, TIER_WORDS[tier]) for tier in ("office", "town", "school", "department")],
    }  # fmt: skip
    return render(request, "responsibility/net.html", context)


@signed_in
def gaps(request: HttpRequest) -> HttpResponse:
    """Every place and post without anybody responsible, for a stretch of days."""
    on = _on(request)
    days = request.GET.get("days", "30")
    place = queries.org(request.actor, _uuid(request.GET["unit"])) if request.GET.get("unit") else None
    found = queries.gaps(
        request.actor, since=on, until=on + timedelta(days=int(days) if days in SPANS else 30), under_org=place
    )
    context = {
        "gaps": [(gap, gap.where() or place, gap.when(on)) for gap in found], "on": on, "spans": SPANS.items(), "days": days,
        "place": place, "units": [(str(school.pk), school.name) for school in queries.schools(request.actor)[:300]],
    }  # fmt: skip
    return render(request, "responsibility/gaps.html", context)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("foundation.not_found") from None


@signed_in
def unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One unit: its people now and before, its chain, its areas, the duty lists of its posts."""
    on = _on(request)
    page = queries.unit_page(request.actor, pk, on=on)
    context = {
        "page": page,
        "org": page.org,
        "tags": queries.tag_words(page.org),
        "on": on,
        "is_today": on == _today(),
        "tier": TIER_WORDS[page.org.tier],
    }
    context |= {"gaps": [gap.sentence(on) for gap in page.gaps[:_FIRST_GAPS]], "gap_count": len(page.gaps)}
    return render(request, "responsibility/unit.html", context)


# --- units: new, change, move, close ----------------------------------------------------------------------------------


@signed_in
def new_unit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add a unit below this one."""
    page = queries.unit_page(request.actor, pk, on=_today())
    context = {"org": page.org, "kinds": [(kind.code, kind.name) for kind in page.kinds], "stages": STAGES.items()}
    if request.method != "POST":
        return render(request, "responsibility/new_unit.html", context)
    args = _given(request, "kind", "name", "short_name", "code", "address", "phone", "students", "sort", "active_from")
    args |= {"id": str(uuid7()), "parent_id": str(pk), "stages": request.POST.getlist("stages")}
    try:
        made = send(request, "responsibility.create_org", args)
    except Refusal as refusal:
        return again(request, "responsibility/new_unit.html", refusal, context)
    return done(request, f"/net/{made.answer['id']}/", say=f"已新建「{args['name']}」。")


@signed_in
def change_unit(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """Change what is known about a unit, put it elsewhere, or close it."""
    page = queries.unit_page(request.actor, pk, on=_today())
    org = page.org
    parents = [(str(one.pk), one.name) for one in queries.possible_parents(request.actor, org)] if act == "move" else []
    tags = queries.tag_choices(org)
    context = {
        "tags": tags,
        "org": org,
        "act": act,
        "parents": parents,
        "stages": STAGES.items(),
        "today": _today(),
        "page": page,
    }
    template = f"responsibility/{act}_unit.html"
    if request.method != "POST":
        return render(request, template, context)
    given = {"org_id": str(pk), "revision": request.POST.get("revision", "")}
    if act == "move":
        name, args, say = (
            "responsibility.move_org",
            given | _given(request, "parent_id"),
            f"「{org.name}」已调整上级单位。",
        )
    elif act == "close":
        name, args, say = (
            "responsibility.close_org",
            given | _given(request, "on"),
            f"「{org.name}」已撤销，历史记录都还在。",
        )
    else:
        fields = ("name", "students", "boarders", "staff_count", "sort")
        args = (
            given
            | _given(request, *fields)
            | {key: request.POST.get(key, "") for key in ("short_name", "code", "address", "phone")}
        )
        name, say = "responsibility.change_org", "已保存。"
        if tags:
            args["tags"] = request.POST.getlist("tags")
        if org.tier == "school":
            args["stages"] = request.POST.getlist("stages")
    try:
        send(request, name, args)
    except Refusal as refusal:
        return again(request, template, refusal, context)
    return done(request, f"/net/{pk}/", say=say)


def _given(request: HttpRequest, *names: str) -> dict[str, Any]:
    """What was filled in; an empty control is left to the command's default."""
    return {name: value for name in names if (value := request.POST.get(name, "").strip())}


# --- people -----------------------------------------------------------------------------------------------------------


def _person(post: Mapping[str, str]) -> dict[str, Any]:
    names = ("name", "phone", "staff_no")
    return {"person": {name: post.get(f"person.{name}", "").strip() for name in names}}


@signed_in
def appoint(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let somebody hold a post here."""
    page = queries.unit_page(request.actor, pk, on=_today())
    context = {
        "org": page.org, "posts": [(post["code"], post["name"]) for post in page.posts], "today": _today(), "people": _names(page),
        "ranks": [(1, "第一责任人"), (2, "第二责任人"), (3, "第三责任人")],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "responsibility/appoint.html", context)
    args = (
        _given(request, "post", "starts_on", "ends_on", "rank")
        | _person(request.POST)
        | {"id": str(uuid7()), "org_id": str(pk)}
    )
    try:
        send(request, "responsibility.appoint", args)
    except Refusal as refusal:
        return again(request, "responsibility/appoint.html", refusal, context)
    return done(request, f"/net/{pk}/", say=f"{args['person']['name']}的任职已登记。")


def _names(page: queries.UnitPage) -> list[tuple[str, str]]:
    return sorted({(row.user.name, row.user.phone) for row in page.now})


@signed_in
def serve(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """Hand an appointment over, arrange a stand-in for it, or end it."""
    held = queries.appointment(request.actor, pk)
    page = queries.unit_page(request.actor, held.org_id, on=_today())
    context = {"held": held, "org": held.org, "act": act, "today": _today(), "people": _names(page)}
    template = f"responsibility/{act.replace('-', '_')}.html"
    if request.method != "POST":
        return render(request, template, context)
    if act == "end":
        name, args = (
            "responsibility.end_appointment",
            _given(request, "ends_on", "reason") | {"appointment_id": str(pk)},
        )
        say = f"{held.user.name}的任职已登记结束。"
    elif act == "stand-in":
        name, args = "responsibility.stand_in", _given(request, "starts_on", "ends_on") | _person(request.POST)
        args |= {"id": str(uuid7()), "stands_for_id": str(pk)}
        say = f"已安排{args['person']['name']}代班。"
    else:
        name, args = "responsibility.hand_over", _given(request, "on", "note") | _person(request.POST)
        args |= {"id": str(uuid7()), "appointment_id": str(pk)}
        say = f"已交接给{args['person']['name']}，没办完的事随岗位移交，办过的事仍记在{held.user.name}名下。"
    try:
        send(request, name, args)
    except Refusal as refusal:
        return again(request, template, refusal, context)
    return done(request, f"/net/{held.org_id}/", say=say)


@signed_in
def sponsors(request: HttpRequest) -> HttpResponse:
    """包抓领导、包片科室、包校干部 of every school, changed for many schools at once."""
    on = _on(request)
    rows, posts = queries.sponsors(request.actor, on=on)
    context = {
        "rows": rows, "posts": posts, "on": on, "today": _today(), "options": [(post["code"], post["name"]) for post in posts],
        "may_change": request.actor.may_anywhere("manage-net"),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "responsibility/sponsors.html", context)
    args = (
        _given(request, "post")
        | _person(request.POST)
        | {"schools": request.POST.getlist("schools"), "on": request.POST.get("from", "")}
    )
    try:
        if not args["schools"]:
            raise Refusal("responsibility.no_schools")
        made = send(request, "responsibility.assign_sponsor", args)
    except Refusal as refusal:
        return again(request, "responsibility/sponsors.html", refusal, context)
    return done(request, "/net/sponsors/", say=f"已调整{len(made.answer['items'])}所学校。")


@signed_in
def posts(request: HttpRequest) -> HttpResponse:
    """The posts by group, each opening its duty list."""
    found = queries.posts(request.actor.bureau_id)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        groups.setdefault(one.get("group") or GROUPS[one["tier"]], []).append(one)
    return render(
        request,
        "responsibility/posts.html",
        {"groups": groups.items(), "mine": {hold.post for hold in request.actor.holds}},
    )


@signed_in
def post(request: HttpRequest, code: str) -> HttpResponse:
    """One post's handbook page: its duties and what it may do here; printable."""
    found = queries.post(request.actor, code)
    return render(
        request,
        "responsibility/post.html",
        {"post": found, "acts": [ACTS[act] for act in found["acts"]], "may_see": request.actor.may_anywhere("see-net")},
    )


@signed_in
def post_holders(request: HttpRequest, code: str) -> HttpResponse:
    """Who holds a post at which school, and which schools have nobody."""
    found = queries.post_roster(request.actor, code, on=_on(request))
    return render(request, "responsibility/holders.html", {"found": found, "on": _on(request)})


# --- rosters ----------------------------------------------------------------------------------------------------------


@signed_in
def rosters(request: HttpRequest) -> HttpResponse:
    """Send a roster from Excel; the ones sent before."""
    homes = queries.roster_homes(request.actor)
    context = {"rosters": queries.rosters(request.actor), "homes": [(str(one.pk), one.name) for one in homes]}
    if request.method != "POST":
        return render(request, "responsibility/rosters.html", context)
    file = request.FILES.get("file")
    args = _given(request, "org_id") | {"id": str(uuid7())}
    try:
        if file is None:
            raise Refusal("responsibility.unreadable", sentence="还没有选择文件")
        args |= {"file_name": (file.name or "名册")[-160:], "content": base64.b64encode(file.read()).decode()}
        made = send(request, "responsibility.upload_roster", args)
    except Refusal as refusal:
        return again(request, "responsibility/rosters.html", refusal, context)
    return done(request, f"/net/import/{made.answer['id']}/")


@signed_in
def roster(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the columns mean, the dry run of every row, and the one button that installs."""
    row = queries.roster(request.actor, pk)
    columns, header_row = _columns(request.POST if request.method == "POST" else request.GET, row)
    on = _today()
    if request.method == "POST":
        args = {"import_id": str(pk), "header_row": header_row, "columns": columns, "on": on.isoformat()}
        try:
            made = send(request, "responsibility.install_roster", args)
        except Refusal as refusal:
            return again(
                request, "responsibility/roster.html", refusal, _roster_context(request, row, columns, header_row, on)
            )
        return done(request, f"/net/import/{made.answer['id']}/", say="名册已导入。")
    return render(request, "responsibility/roster.html", _roster_context(request, row, columns, header_row, on))


def _columns(given: Mapping[str, str], row: Any) -> tuple[dict[str, int], int]:
    """The meaning of the columns as chosen on the page, else as recognised."""
    if "header_row" not in given:
        return row.columns, row.header_row
    chosen = {name: int(given[name]) for name in FIELDS if given.get(name, "").isdecimal()}
    return chosen, int(given["header_row"]) - 1 if given["header_row"].isdecimal() else row.header_row


def _roster_context(
    request: HttpRequest, row: Any, columns: dict[str, int], header_row: int, on: date
) -> dict[str, Any]:
    context: dict[str, Any] = {"row": row, "verdicts": printouts.VERDICTS}
    if row.installed_at:
        return context
    head = row.table[header_row] if 0 <= header_row < len(row.table) else []
    options = [(number, f"第{number + 1}列 {word}".strip()) for number, word in enumerate(head) if word] or [
        (number, f"第{number + 1}列") for number in range(max(map(len, row.table), default=0))
    ]
    context |= {
        "fields": [(name, WORDS[name], columns.get(name, ""), name in REQUIRED, options) for name in FIELDS],
        "columns": columns, "header_row": header_row + 1, "samples": row.table[header_row + 1 : header_row + 4], "head": head,
    }  # fmt: skip
    try:
        found = queries.roster_check(request.actor, row, header_row=header_row, columns=columns, on=on)
    except Refusal as refusal:
        return context | {"unclear": refusal.sentence}
    order = {"error": 0, "warning": 1, "ok": 2}
    rows = sorted(found.rows, key=lambda one: (order[one.verdict], one.row.number))
    ready = found.counts["error"] == 0 and found.counts["appointments"] > 0
    return context | {"found": rows[:_REPORTED], "counts": found.counts, "ready": ready, "cut": len(rows) > _REPORTED}


@signed_in
def roster_report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The verdict on every row as a spreadsheet."""
    row = queries.roster(request.actor, pk)
    columns, header_row = _columns(request.GET, row)
    if row.installed_at:
        raise Refusal("responsibility.installed_already")
    found = queries.roster_check(request.actor, row, header_row=header_row, columns=columns, on=_today())
    return xlsx(printouts.report(found, row.file_name), "名册逐行核对")


@signed_in
def roster_template(request: HttpRequest) -> HttpResponse:
    """An empty roster with the bureau's own post names."""
    homes = queries.roster_homes(request.actor)
    names = [one["name"] for one in queries.posts(request.actor.bureau_id)]
    schools = [one.name for one in homes if one.tier == "school"] or [one.name for one in homes]
    return xlsx(printouts.template(schools[0] if schools else "", names), "名册模板")


@signed_in
def undo_roster(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an installed roster back."""
    row = queries.roster(request.actor, pk)
    if request.method != "POST":
        return done(request, f"/net/import/{pk}/")
    try:
        send(request, "responsibility.undo_roster", {"import_id": str(pk)})
    except Refusal as refusal:
        return again(request, "responsibility/roster.html", refusal, {"row": row, "verdicts": printouts.VERDICTS})
    return done(request, "/net/import/", say=f"《{row.file_name}》已撤回。")


urlpatterns = [
    path("", net, name="net"),
    path("gaps/", gaps, name="gaps"),
    path("posts/", posts, name="posts"),
    path("posts/<slug:code>/", post, name="post"),
    path("posts/<slug:code>/holders/", post_holders, name="post-holders"),
    path("sponsors/", sponsors, name="sponsors"),
    path("import/", rosters, name="rosters"),
    path("import/template/", roster_template, name="roster-template"),
    path("import/<uuid:pk>/", roster, name="roster"),
    path("import/<uuid:pk>/report/", roster_report, name="roster-report"),
    path("import/<uuid:pk>/undo/", undo_roster, name="roster-undo"),
    path("<uuid:pk>/", unit, name="unit"),
    path("<uuid:pk>/new/", new_unit, name="unit-new"),
    path("<uuid:pk>/change/", change_unit, {"act": "change"}, name="unit-change"),
    path("<uuid:pk>/move/", change_unit, {"act": "move"}, name="unit-move"),
    path("<uuid:pk>/close/", change_unit, {"act": "close"}, name="unit-close"),
    path("<uuid:pk>/appoint/", appoint, name="unit-appoint"),
    path("served/<uuid:pk>/hand-over/", serve, {"act": "hand-over"}, name="hand-over"),
    path("served/<uuid:pk>/stand-in/", serve, {"act": "stand-in"}, name="stand-in"),
    path("served/<uuid:pk>/end/", serve, {"act": "end"}, name="end-appointment"),
]
