"""外校老吴 and 外局老孙: what is not theirs answers exactly like what does not exist, everywhere, and nothing changes."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.urls import get_resolver

from bihuan.foundation.commands import commands
from bihuan.foundation.ids import uuid7

KINDS = {  # the first part of an address and its parameter → what of ``lived`` may stand there
    "hazards/papers": ("paper",),
    "hazards": ("reported", "rectifying", "verifying", "closed", "major"),
    "net/import": ("roster",),
    "net/served": ("appointment",),
    "net": ("@school", "@building", "@kindergarten"),
    "sheets/drafts": ("draft",),
    "sheets": ("sheet",),
    "inspections/papers": ("inspection-paper",),
    "inspections": ("inspection", "finished"),
    "points": ("point",),
    "points/map": ("@school",),
    "patrols/rounds": ("round",),
    "patrols/routes": ("route",),
    "patrols/shifts": ("handover",),
    "api/v1/rounds": ("round",),
    "api/v1/patrol-routes": ("route",),
    "tips/desk": ("tip",),
    "api/v1/tips": ("tip",),
    "ledgers": ("@school",),
    "ledgers/rows": ("ledger-row",),
    "ledgers/passes": ("visitor-pass",),
    "periods": ("period",),
    "api/v1/periods": ("period",),
    "pledges": ("pledge",),
    "pledges/school": ("@school",),
    "training": ("drill",),
    "training/lessons": ("lesson",),
    "plans": ("emergency-plan",),
    "mandates": ("directive",),
    "mandates/got": ("mandate",),
    "archive": ("@school",),
    "meetings": ("meeting",),
    "ratings": ("rating",),
    "ratings/scores": ("score",),
    "duties": ("task",),
    "duties/calendar/import": ("dates",),
    "api/v1/ledgers": ("@school",),
    "api/v1/pledges": ("pledge",),
    "api/v1/drills": ("drill",),
    "api/v1/plans": ("emergency-plan",),
    "api/v1/mandates": ("mandate",),
    "api/v1/directives": ("directive",),
    "api/v1/meetings": ("meeting",),
    "api/v1/ratings": ("rating",),
    "api/v1/points": ("point",),
    "evidence": ("evidence",),
    "notices": ("notice",),
    "api/v1/hazards": ("reported", "rectifying", "verifying", "closed", "major"),
    "api/v1/papers": ("paper",),
    "api/v1/evidence": ("evidence",),
    "api/v1/orgs": ("@school", "@building", "@kindergarten"),
    "api/v1/sheets": ("sheet",),
    "api/v1/sheet-versions": ("version",),
    "api/v1/submissions": ("submission",),
    "api/v1/inspection-papers": ("inspection-paper",),
    "api/v1/inspections": ("inspection", "finished"),
}
PUBLIC = ("p/", "net/posts/", "packs/", "api/v1/packs/", "api/v1/phone/photos/", "static/")
"""What stands behind these belongs to nobody (wall codes, the platform's posts and packs), or is only ever one's own."""
SHARED = {"sheet", "version", "draft", "period-bureau"}
"""A bureau's checklists and periods are read by all of its schools, so only the other bureau is an outsider to them."""
WORDS = {
    "action": "verify",
    "code": "08",
    "item": "08-06",
    "form": "pdf",
    "opinion_id": "opinion",
    "other_id": "version",
    "plan": "plan",
}
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def addresses() -> list[str]:
    """Every address of the house, with its parameters in angle brackets."""

    def walk(resolver: Any, above: str = "") -> Iterator[str]:
        for pattern in resolver.url_patterns:
            address = above + str(pattern.pattern)
            yield from walk(pattern, address) if hasattr(pattern, "url_patterns") else (address,)

    return sorted({address.replace("^", "").replace("$", "") for address in walk(get_resolver())})


def with_ids() -> list[str]:
    return [address for address in addresses() if "<" in address and not address.startswith(PUBLIC)]


def ids_for(address: str, lived: Any) -> list[tuple[str, str]]:
    """Pairs of addresses: with an id that exists (somewhere else), and with one that does not exist at all."""
    head = address.partition("<")[0].rstrip("/")
    words = WORDS | ({"code": "visitors"} if head.endswith("ledgers") else {})
    pairs = []
    for name in KINDS[head]:
        real = str(lived.orgs[name[1:]]) if name.startswith("@") else lived.kept[name]

        def filled(first: str) -> str:
            seen: list[str] = []

            def value(match: re.Match[str]) -> str:
                seen.append(match[2])
                word = words.get(match[2], "")
                return first if len(seen) == 1 else lived.kept.get(word, word or first)

            return "/" + PARAMETER.sub(value, address) + ("?post=head" if address.endswith("/who") else "")

        pairs.append((filled(real), filled(str(uuid7()))))
    return pairs


def without_ids(body: str) -> str:
    """An answer without what differs on every request: ids, the page's token, the moment."""
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", body)
    body = re.sub(r"""(csrfmiddlewaretoken" value="|X-CSRFToken": ")[A-Za-z0-9]+""", r"\1TOKEN", body)
    return re.sub(r"(csrfmiddlewaretoken=|X-CSRFToken&quot;: &quot;)[A-Za-z0-9]+", r"\1TOKEN", body)


def everything() -> dict[str, Any]:
    """How many rows every table has, and how often each case was changed: to see that nothing happened."""
    counted = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counted[table] = cursor.fetchone()[0]
    for name in ("cases.Case", "inspections.Inspection", "risks.RiskPoint"):
        model = apps.get_model(*name.split("."))
        counted[name] = sorted((str(pk), revision) for pk, revision in model.objects.values_list("pk", "revision"))
    return counted


def test_the_map_of_addresses_is_complete():
    """A new kind of address must say what stands in it, or the crawl below would pass it by."""
    heads = {address.partition("<")[0].rstrip("/") for address in with_ids()}
    assert heads == set(KINDS)


@pytest.mark.parametrize("who", ["wu", "sun"])
def test_every_page_and_file_of_others_is_not_there(lived, door, machine, who):
    theirs, api = door(lived, who), machine(lived, who)
    before, looked, differing = everything(), 0, []
    for address in with_ids():
        for real, absent in ids_for(address, lived):
            if who == "wu" and any(lived.kept[name] in real for name in SHARED):
                continue
            if real.startswith("/api/v1"):
                here, there = (api.get(path.removeprefix("/api/v1")) for path in (real, absent))
            else:
                here, there = theirs.get(real), theirs.get(absent)
            looked += 1
            same = (here.status_code, without_ids(here.text)) == (there.status_code, without_ids(there.text))
            if not same or here.status_code not in (404, 405):
                differing.append((real, here.status_code, there.status_code))
            assert here.headers.keys() == there.headers.keys()
    assert not differing, differing
    assert looked > 60
    assert everything() == before


@pytest.mark.parametrize("who", ["wu", "sun"])
def test_no_list_search_or_export_tells_of_others(lived, door, machine, who):
    theirs, api = door(lived, who), machine(lived, who)
    own = {"后墙裂开三指宽"} if who == "wu" else set()
    titles = set(apps.get_model("cases", "Case").objects.values_list("title", flat=True)) - own
    numbers = set(apps.get_model("cases", "Case").objects.exclude(title__in=own).values_list("number", flat=True))
    telling = titles | {"灞东一小", "灞东区第一小学", "李安全", "王保安", "周校长", "陈包校", lived.kept["code"]}
    telling |= {value for name, value in lived.kept.items() if name not in SHARED and name not in ("others", "opinion")}
    if who == "sun":
        telling |= numbers
    lists = [
        f"/{address}" for address in addresses() if "<" not in address and not address.startswith(("api/", "feed"))
    ]
    lists += [f"/hazards/?stage=all&q={word}" for word in ("灭火器", "灞东一小")] + [
        "/search/?q=灭火器",
        "/search/?q=灞东区第一小学",
    ]
    lists += [
        f"/hazards/?school={lived.orgs['school']}",
        f"/inspections/?school={lived.orgs['school']}",
        f"/points/?school={lived.orgs['school']}",
    ]
    lists += [f"/points/labels/lives/?state={state}" for state in ("unposted", "no-photo", "posted", "void")]
    lists += [
        f"/patrols/{part}?school={lived.orgs['school']}" for part in ("", "rounds/", "routes/", "week/", "shifts/")
    ]
    lists += [f"/points/labels/?school={lived.orgs['school']}", f"/points/labels.pdf?point={lived.kept['point']}"]
    told = []
    for path in lists:
        answer = theirs.get(path)
        assert answer.status_code < 500, path
        words = answer.text.replace("".join(re.findall(r'value="[^"]*灞东[^"]*"', answer.text)), "")
        told += [(path, word) for word in telling if word in words and word not in path]
    for path in (
        "/hazards?stage=all&limit=200",
        "/orgs?limit=200",
        "/appointments?limit=200",
        "/gaps",
        "/submissions?limit=200",
        "/inspections?limit=200",
        "/ledger-rows/running",
        "/drills",
        "/mandates",
        "/directives",
        "/meetings",
        "/ratings",
        "/plan-filings",
        "/tasks?whose=all&state=any",
    ):
        answer = api.get(path)
        assert answer.status_code == 200, (path, answer.text)
        told += [(path, word) for word in telling if word in answer.text]
    assert not told, told


@pytest.mark.parametrize("who", ["wu", "sun"])
def test_every_command_refuses_what_is_not_theirs_like_what_is_not_there(lived, machine, who):
    """Each command gets ids of the other school in every place for an id, then ids that nobody has."""
    api, before = machine(lived, who), everything()
    school, person = str(lived.orgs["school"]), str(lived.people["li"])
    real = {
        "case": lived.kept["verifying"], "cases": [lived.kept["reported"]], "into": lived.kept["rectifying"], "org": school, "org_id": school,
        "school": school, "schools": [school], "school_id": school, "parent_id": school, "inspection_id": lived.kept["inspection"],
        "point_id": lived.kept["point"], "submission_id": lived.kept["submission"], "import_id": lived.kept["roster"],
        "appointment_id": lived.kept["appointment"], "stands_for_id": lived.kept["appointment"], "user_id": person, "rectifier": person, "to_id": person,
        "assignee_id": person, "owner_id": person,
        "view": lived.kept["view"], "notices": [lived.kept["notice"]], "photos": [lived.kept["evidence"]], "signature": lived.kept["evidence"],
        "route_id": lived.kept["route"], "round_id": lived.kept["round"], "handover_id": lived.kept["handover"],
        "entry_id": lived.kept["ledger-row"], "pass_id": lived.kept["visitor-pass"], "pledge_id": lived.kept["pledge"], "drill_id": lived.kept["drill"],
        "lesson_id": lived.kept["lesson"],
        "directive_id": lived.kept["directive"], "assignment_id": lived.kept["mandate"], "share_id": lived.kept["share"],
        "assignments": [lived.kept["mandate"]],
        "rating_id": lived.kept["rating"], "score_id": lived.kept["score"],
        "meeting_id": lived.kept["meeting"], "task_id": lived.kept["task"], "duty_id": lived.kept["duty"],
        "plan_id": lived.kept["plan"], "tip_id": lived.kept["tip"], "picture": lived.kept["evidence"], "points": [lived.kept["point"]],
        "version_id": lived.kept["draft"], "sheet_id": lived.kept["sheet"], "opinion_id": lived.kept["opinion"], "bureau_id": str(lived.orgs["bureau"]),
    }  # fmt: skip
    plain = {
        "note": "看一看", "title": "别人的隐患", "level": "serious", "basis": "依据", "reason": "试一试别人的", "grant": True, "post": "guard", "kind": "sponsor_round",
        "on": "2026-11-01", "ends_on": "2026-12-01", "starts_on": "2026-11-01", "name": "试一试", "revision": 1, "item": "01-01", "section": "01",
        "signed_by_name": "老吴", "text": "试一试", "reply": "试一试", "version": "9.9", "change": "remove", "code": "01-01", "effective_on": "2027-01-01",
        "header_row": 0, "columns": {"name": 1}, "file_name": "a.xlsx", "content": "", "seen": ["01-02"], "asked": None, "due": "2027-01-01T10:00:00+08:00",
        "answers": {"01-02": {"result": "pass"}}, "rows": [{"row": 1, "cells": ["a"]}], "mapping": {"title": 0}, "person": None, "pack": "base",
        "checks": [{"n": 1, "how": "chosen", "result": "normal", "at": "2026-11-20T08:00:00+08:00"}], "signal": "typed_code", "words": "试一试",
        "started_at": "2026-11-20T08:00:00+08:00", "ended_at": "2026-11-20T08:01:00+08:00",
        "ledger": "visitors", "year": "2026-2027", "checked_on": "2026-11-01", "planned_at": "2026-12-01T10:00:00+08:00",
        "held_at": "2026-12-01T10:00:00+08:00", "minutes": "试一试别人的", "verdict": "试一试别人的", "group": "01", "came": 1,
        "sections": [{"title": "试一试", "text": "试一试"}], "roles": [], "result": "clear", "people": [person],
        "wants": "text", "audience": "schools", "due_at": "2027-01-01T10:00:00+08:00", "until": "2027-01-01T10:00:00+08:00",
        "shares": [{"person": person, "task": "试一试"}],
        "scheme": "guard", "act": "act", "cadence": {"every": "day"},
        "answer": "已经处理", "scoring": {"direct": ["x"]}, "count": 1, "hidden_until": "2026-12-20T10:00:00+08:00",
    }  # fmt: skip
    kept, row = lived.kept, {"id": str(uuid7()), "answers": {"name": "老吴"}}
    special = {"ledgers.write_rows": {"rows": [row]}, "training.hold_lesson": {"minutes": 45}, "plans.return_version": {"words": "试一试别人的"},
               "duties.set_duty": {"code": "try-it"}, "duties.set_day": {"kind": "holiday"}, "ratings.appeal": {"words": "试一试别人的"},
               "ratings.judge": {"marks": [{"item": "post-work", "mark": "1", "reason": "试一试"}]},
               "ratings.ask_improvement": {"words": "试一试别人的", "until": "2027-01-01", "person": person}}  # fmt: skip
    theirs = {
        "plans": {"plan_id": kept["emergency-plan"], "version_id": kept["plan-version"]},
        "duties": {"import_id": kept["dates"]},
    }
    own = {
        "accounts.issue_token",
        "accounts.revoke_token",
        "messages.mark_read",
        "workbench.save_view",
        "inspections.draw_inspections",
    }
    done, differing = [], []
    for name, command in commands().items():
        fields = command.arguments.model_fields
        if name in own or not set(fields) & set(real):
            continue
        if who == "wu" and name.startswith("sheets.") and set(fields) & {"version_id", "sheet_id", "opinion_id"}:
            continue
        answers = []
        for other in (False, True):
            args = {}
            for field, info in fields.items():
                if field in special.get(name, ()):
                    args[field] = special[name][field]
                elif field in real:
                    known = theirs.get(name.partition(".")[0], {}).get(field, real[field])
                    args[field] = ([str(uuid7())] if isinstance(known, list) else str(uuid7())) if other else known
                elif field == "id":
                    args[field] = str(uuid7())
                elif info.is_required() or field in ("note", "basis", "due"):
                    args[field] = plain[field]
            answers.append(api.send(name, **args))
        here, there = answers
        done.append(name)
        allowed = (200,) if name == "cases.bulk_assign" else (403, 404)  # each of a bulk is refused by itself
        same = (here.status_code, without_ids(here.text)) == (there.status_code, without_ids(there.text))
        if not same or here.status_code not in allowed:
            differing.append((name, here.status_code, here.text[:160], there.status_code, there.text[:160]))
    assert not differing, differing
    assert len(done) > 40
    after = everything()
    receipts = after.pop("foundation_receipt"), before.pop("foundation_receipt")
    assert after == before
    assert receipts[0] - receipts[1] <= 2  # a bulk that assigned nothing is an answered envelope


class Tail(threading.Thread):
    """The live feed of one person, line by line."""

    def __init__(self, door: Any) -> None:
        super().__init__(daemon=True)
        self.line = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=60)
        self.line.connect()
        self.socket = self.line.sock
        self.line.request("GET", "/feed/", headers={"Cookie": f"sessionid={door.cookie}"})
        self.heard: list[str] = []
        self.news = threading.Condition()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            for line in self.line.getresponse():
                with self.news:
                    self.heard.append(line.decode())
                    self.news.notify_all()

    def hang_up(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)

    def wait_for(self, words: str) -> None:
        with self.news:
            assert self.news.wait_for(lambda: any(words in line for line in self.heard), 20), self.heard


def test_the_live_feed_tells_outsiders_nothing(lived, door):
    """What happens at the school reaches its office at once, and never those of elsewhere."""
    zhao, wu, sun = (Tail(door(lived, key)) for key in ("zhao", "wu", "sun"))
    for tail in (zhao, wu, sun):
        tail.wait_for("hello")
    here = lived.report(title="实验楼窗户掉落")
    lived.assign(here)
    zhao.wait_for(here)
    # their own facts come, so that a silent feed would not pass for a discreet one
    lived.report("wu", org="other_school", title="本校的事")
    lived.report("far", org="far_school", title="外区的事")
    wu.wait_for(str(apps.get_model("cases", "Case").objects.get(title="本校的事").pk))
    sun.wait_for(str(apps.get_model("cases", "Case").objects.get(title="外区的事").pk))
    for tail in (wu, sun):
        assert not [line for line in tail.heard if here in line]
    assert not [
        line for line in sun.heard if str(apps.get_model("cases", "Case").objects.get(title="本校的事").pk) in line
    ]
    for tail in (zhao, wu, sun):
        tail.hang_up()
    assert door(lived).get("/feed/").status_code == 204
