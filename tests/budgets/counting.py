"""How many SQL statements an answer takes: every page and every read of the API, and the commands of a few lived days.

Addresses come from the URL patterns themselves, so that a new page stands here by being there. Nothing is remembered
from one request to the next (packs, people, tokens, sheets): the numbers are those of a process that has just started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from bihuan.engines.cases.queries import lists
from bihuan.engines.responsibility.queries import forget_actors
from bihuan.engines.sheets import queries as sheets
from bihuan.foundation import packs
from bihuan.surfaces.openapi.tokens import forget_tokens

MOST = 12
READERS = ("zhao", "li", "chen", "admin")
"""Who opens every address: the bureau's safety office, a school's safety lead, a sponsor cadre, the bureau's administrator."""
CONTROL = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |PRAGMA|QUERY = '(BEGIN|COMMIT))", re.I)
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
ENDLESS = {"feed/"}
THINGS = {  # the longest beginning of an address that is known says which thing of the lived district stands first in it
    "hazards/": ("reported", "rectifying", "verifying", "closed", "major"),
    "hazards/papers/": ("paper",),
    "net/": ("@school", "@bureau", "@building"),
    "net/import/": ("roster",),
    "net/served/": ("appointment",),
    "net/posts/": ("=safety-lead",),
    "sheets/": ("sheet",),
    "sheets/drafts/": ("draft",),
    "inspections/": ("inspection", "finished"),
    "inspections/papers/": ("inspection-paper",),
    "points/": ("point",),
    "points/map/": ("@school",),
    "patrols/rounds/": ("round",),
    "patrols/routes/": ("route",),
    "patrols/shifts/": ("handover",),
    "api/v1/rounds/": ("round",),
    "api/v1/patrol-routes/": ("route",),
    "tips/desk/": ("tip",),
    "duties/": ("task",),
    "duties/calendar/import/": ("dates", "dates-in"),
    "ledgers/": ("@school",),
    "ledgers/rows/": ("ledger-row",),
    "ledgers/passes/": ("visitor-pass",),
    "periods/": ("period", "period-bureau"),
    "api/v1/periods/": ("period", "period-bureau"),
    "pledges/": ("pledge",),
    "pledges/school/": ("@school",),
    "training/": ("drill", "drill-done"),
    "training/lessons/": ("lesson",),
    "plans/": ("emergency-plan", "plan-draft"),
    "mandates/": ("directive",),
    "mandates/got/": ("mandate", "mandate-answered"),
    "archive/": ("@school",),
    "meetings/": ("meeting", "meeting-closed"),
    "ratings/": ("rating", "rating-open"),
    "ratings/scores/": ("score",),
    "api/v1/ledgers/": ("@school",),
    "api/v1/pledges/": ("pledge",),
    "api/v1/drills/": ("drill", "drill-done"),
    "api/v1/plans/": ("emergency-plan", "plan-draft"),
    "api/v1/mandates/": ("mandate", "mandate-answered"),
    "api/v1/directives/": ("directive",),
    "api/v1/meetings/": ("meeting", "meeting-closed"),
    "api/v1/ratings/": ("rating",),
    "api/v1/phone/photos/": ("=0f",),
    "api/v1/tips/": ("tip",),
    "packs/": ("=chanba-12345n",),
    "evidence/": ("evidence",),
    "notices/": ("notice",),
    "p/": ("code",),
    "api/v1/hazards/": ("reported", "rectifying", "verifying", "closed", "major"),
    "api/v1/papers/": ("paper",),
    "api/v1/evidence/": ("evidence",),
    "api/v1/orgs/": ("@school", "@bureau", "@building"),
    "api/v1/sheets/": ("sheet",),
    "api/v1/sheet-versions/": ("version",),
    "api/v1/submissions/": ("submission",),
    "api/v1/inspection-papers/": ("inspection-paper",),
    "api/v1/inspections/": ("inspection", "finished"),
    "api/v1/points/": ("point",),
    "api/v1/packs/": ("=chanba-12345n",),
}
CODES = {"ledgers/": "visitors", "api/v1/ledgers/": "visitors"}
"""What ``code`` is where it is no chapter of a checklist."""
LATER = {
    "form": ("pdf", "xlsx"),
    "action": ("assign", "rectify", "verify", "grade"),
    "code": ("08",),
    "item": ("08-06",),
    "opinion_id": ("opinion",),
    "plan": ("plan",),
    "other_id": ("draft",),
}
"""What stands in the second and later parameters."""
ASKED = {  # what an address is asked besides: in every way that makes a difference
    "hazards/": ("", "?stage=all", "?time=overdue&level=general", "?q=灭火器", "?whose=turn"),
    "search/": ("?q=灭火器", "?q=灞东"),
    "net/": ("", "?q=李", "?on=2026-10-08"),
    "points/": ("", "?colour=red", "?now=red"),
    "points/map/<uuid:pk>/": ("", "?plan=plan"),
    "points/labels/lives/": ("", "?state=no-photo", "?state=posted", "?state=void"),
    "points/labels/": ("", "?unposted=1", "?school=@school"),
    "tips/desk/": ("", "?state=late", "?state=case"),
    "patrols/": ("", "?state=open", "?school=@school"),
    "patrols/rounds/": ("", "?noticed=1", "?school=@school"),
    "patrols/week/": ("", "?school=@school"),
    "patrols/routes/new/": ("", "?school=@school"),
    "patrols/routes/adopt/": ("", "?school=@school"),
    "patrols/shifts/": ("", "?school=@school"),
    "patrols/month.xlsx": ("?school=@school",),
    "patrols/month.pdf": ("?school=@school",),
    "api/v1/patrol-weeks": ("", "?school=@school"),
    "api/v1/hazards": ("", "?stage=all", "?time=overdue"),
    "api/v1/orgs/<id>/who": ("?post=safety-lead",),
    "api/v1/points/catalogue": ("?org_id=@school", "?school_id=@school", ""),
    "sheets/<uuid:pk>/compare/": ("?old=version&new=draft", "?old=draft&new=version", ""),
    "hazards/new/": ("", "?org=@school"),
    "ledgers/": ("", "?school=@school"),
    "ratings/<uuid:pk>/": ("", "?again=1"),
    "ratings/scores/<uuid:pk>/": ("", "?on=2026-10-20"),
    "plans/": ("", "?school=@school"),
    "training/lessons/": ("", "?school=@school"),
    "training/lessons/new/": ("", "?school=@school"),
    "training/new/": ("?unit=@school", "?school=@school"),
    "plans/new/": ("?unit=@school", "?school=@school"),
    "mandates/": ("", "?state=accepted"),
    "mandates/new/": ("?unit=@bureau", "?unit=@bureau&above=mandate-bureau"),
    "mandates/<uuid:pk>/": ("", "?state=unsigned", "?state=late"),
    "meetings/new/": ("?unit=@school", "?school=@school"),
    "api/v1/ledgers": ("?org_id=@school",),
    "api/v1/plans": ("?org_id=@school",),
    "api/v1/pledges": ("", "?org_id=@school"),
    "api/v1/record-checks": ("?org_id=@school",),
    "api/v1/calendar": ("?first=2026-11-01&last=2026-11-30",),
    "inspections/new/": ("", "?school=@school"),
}
NOBODY = {"sign-in/", "demo/", "tips/"}
"""Pages for people who have not signed in."""


class NoSuchThing(Exception):
    """An address has a parameter of which this file does not know what to put in."""


def addresses() -> list[str]:
    """Every address of the house without the commands, with its parameters in angle brackets."""

    def walk(resolver: Any, above: str = "") -> Iterator[str]:
        for pattern in resolver.url_patterns:
            address = above + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, address)
            else:
                yield address

    return sorted({a for a in walk(get_resolver()) if not a.startswith("api/v1/commands/")} - ENDLESS)


def filled(address: str, lived: Any) -> list[str]:
    """The address with real things of the district in its parameters, in every way that makes a difference."""
    names = [match[2] for match in PARAMETER.finditer(address)]
    if not names:
        return ["/" + address + asked for asked in _asked(address, lived)]
    head = max((known for known in THINGS if address.startswith(known)), key=len, default=None)
    if head is None or any(name not in LATER for name in names[1:]):
        raise NoSuchThing(address)
    found = []
    for thing in THINGS[head]:
        first = thing[1:] if thing[0] == "=" else str(lived.orgs[thing[1:]]) if thing[0] == "@" else lived.kept[thing]
        for choice in range(max(len(LATER.get(name, ("",))) for name in names)):
            values = [first] + [
                CODES[head] if name == "code" and head in CODES else _later(name, choice, lived) for name in names[1:]
            ]
            found.append("/" + PARAMETER.sub("{}", address).format(*values))
    return [path + asked for path in dict.fromkeys(found) for asked in _asked(address, lived)]


def _asked(address: str, lived: Any) -> list[str]:
    def value(match: re.Match[str]) -> str:
        word = match[1]
        return "=" + (str(lived.orgs[word[1:]]) if word[0] == "@" else lived.kept.get(word, word))

    return [re.sub(r"=([^&]+)", value, asked) for asked in ASKED.get(address, ("",))]


def _later(name: str, choice: int, lived: Any) -> str:
    words = LATER[name]
    return lived.kept.get(words[choice % len(words)], words[choice % len(words)])


def forget_everything() -> None:
    """What a process remembers for seconds or for ever, as if it had just started."""
    packs.forget()
    forget_actors()
    forget_tokens()
    sheets._frozen.clear()
    lists._categories.clear()


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of a block, without those that only begin and end transactions."""
    told: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield told
    told += [query["sql"] for query in captured.captured_queries if not CONTROL.match(query["sql"])]


def most_of(address: str, lived: Any) -> tuple[int | None, str]:
    """The most statements that an answer at this address took for any reader, and which; ``None``: nobody may read here."""
    most: int | None = None
    where = ""
    for path in filled(address, lived):
        for who in READERS:
            client = Client()
            if path.startswith("/api/"):
                client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {lived.token(who)}"
            elif address not in NOBODY:
                client.cookies["sessionid"] = lived.cookie(who)
            forget_everything()
            with counted() as told:
                answer = client.get(path)
                if answer.streaming:
                    b"".join(answer.streaming_content)
            if answer.status_code == 200 and (most is None or len(told) > most):
                most, where = len(told), f"{path} as {who}:\n  " + "\n  ".join(sql[:160] for sql in told)
            assert answer.status_code < 500, f"{path} as {who} answered {answer.status_code}"
    return most, where
