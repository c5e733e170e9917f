"""Everybody can use every page: axe finds nothing serious or critical, on a phone and on a desk, with the CSP in force."""

import json
import re

import pytest
from django.conf import settings

from tests.journeys.test_outsider import PARAMETER, addresses, ids_for

AXE = (settings.ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN = "() => axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))"
NO_PAGES = (
    "api/", "feed/", "evidence/", "static/", "demo/", "kit/", "sign-out/", "views/", "notices/bell/", "notices/read/",
    "account/password/", "account/sign-out-everywhere/", "account/tokens/", "hazards/bulk/", "points/scoring/", "net/import/template/",
)  # fmt: skip
"""Machines' answers, and addresses that only take forms."""
FILES = (".pdf", ".png", ".xlsx", ".csv", ".docx", ".webp", "/report/")
STEPS = {
    "reported": ("assign", "grade", "merge", "withdraw"), "rectifying": ("rectify", "request-extension", "transfer"),
    "verifying": ("verify", "return"), "major": ("fill-five", "submit-plan"),
}  # fmt: skip


def pages_of(lived, *, most):
    """Every page of the house, with up to *most* things of the district in it."""
    paths = []
    for address in addresses():
        if address.startswith(NO_PAGES) or (address.endswith(FILES) and "<" not in address):
            continue
        if "/steps/" in address:
            paths += [
                f"/hazards/{lived.kept[name]}/steps/{action}/"
                for name, actions in STEPS.items()
                for action in actions[:most]
            ]
        elif address.startswith("p/"):
            paths.append("/" + PARAMETER.sub(lived.kept["code"], address))
        elif address.startswith("net/posts/<"):
            paths.append("/net/posts/safety-lead/")
        elif address.startswith("packs/<"):
            paths.append("/packs/chanba-12345n/")
        elif "<" in address:
            if not address.endswith(FILES):
                paths += [real for real, _ in ids_for(address, lived)[:most]]
        else:
            paths.append(f"/{address}")
    return sorted(set(paths))


def faults_on(page, path):
    """Serious and critical findings, and whether the page is wider than its screen."""
    page.evaluate("window.axe || 0") or page.evaluate(AXE)
    found = [
        f"{path} {fault['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for fault in json.loads(page.evaluate(RUN))
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{path} is {wide} px wider than the screen"] if wide > 1 else [])]


def shape_of(html):
    """A page without its words and ids: two pages of one shape have the same findings."""
    bare = re.sub(r">[^<]+<", "><", html.partition("<main")[2])
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<==\")[^\"<>]*(?=\")|\s+", "", bare)


@pytest.mark.parametrize(
    ("who", "most", "least"),
    [("zhao", 9, 50), ("zhou", 1, 20), ("wang", 1, 12), ("chen", 1, 12), ("huo", 1, 5), ("", 1, 2)],
)
def test_no_serious_finding_on_any_page(lived, sits, door, who, most, least):
    """The office sees every page in every state; head, guard, sponsor, party and passer-by each shape of theirs once."""
    shapes = set()
    page, asks, faults, seen = sits(lived, who), door(lived, who), [], 0
    for path in pages_of(lived, most=most):
        if who != "zhao" and path.startswith("/sheets/"):
            continue  # nothing in them depends on who reads, and the largest take seconds
        first = asks.get(path)
        if (
            first.status_code != 200
            or not first.headers["content-type"].startswith("text/html")
            or path.endswith("/row/")
        ):
            continue  # refused to this person, a form's target, or a part of a list
        seen += 1
        shape = shape_of(first.text)
        if who != "zhao" and shape in shapes:
            continue
        shapes.add(shape)
        page.set_viewport_size({"width": 360, "height": 780})
        page.goto(path)
        faults += [f"360: {fault}" for fault in faults_on(page, path)]
        page.set_viewport_size({"width": 1366, "height": 768})
        faults += [f"1366: {fault}" for fault in faults_on(page, path)]
    assert not faults, "\n".join(faults)
    assert seen >= least
