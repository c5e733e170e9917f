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
    "account/password/", "account/sign-out-everywhere/", "account/tokens/", "hazards/bulk/", "points/scoring/", "net/import/template/", "duties/calendar/import/template/",
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


def faults_on(page, path, *, impacts=("serious", "critical")):
    """Findings of these impacts, and whether the page is wider than its screen."""
    page.evaluate("Boolean(window.axe)") or page.evaluate(AXE)
    found = [
        f"{path} {fault['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for fault in json.loads(page.evaluate(RUN))
        if fault["impact"] in impacts
        for node in fault["nodes"]
    ]
    return [*found, *too_wide(page, path)]


def too_wide(page, path):
    """Whether the page is wider than its screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{path} is {wide} px wider than the screen"] if wide > 1 else []


TELLING = {"class", "role", "type", "scope", "hidden", "disabled", "aria-hidden", "aria-expanded", "aria-current"}
"""Attributes whose value can make a finding; of the others it matters that they are there, and whether they are empty."""
ATTRIBUTE = re.compile(r'\s([\w:@.-]+)="([^"]*)"')
TWINS = re.compile(r"(<(li|tr|option|article|fieldset)\b(?:(?!<\2\b).)*?</\2>)(?:\s*\1)+", re.DOTALL)


def shape_of(html):
    """A page's content without its words, ids and repetitions: what has one shape has the same findings."""
    bare = re.sub(r">([^<]*)<", lambda text: ">t<" if text[1].strip() else "><", html)
    bare = ATTRIBUTE.sub(
        lambda said: f" {said[1]}={said[2] if said[1] in TELLING else bool(said[2])}", re.sub(r"\s+", " ", bare)
    )
    return TWINS.sub(r"\1", bare)


@pytest.fixture(scope="session")
def shapes():
    """The shapes that have been looked at, whoever saw them."""
    return set()


@pytest.mark.parametrize(
    ("who", "most", "least"),
    [("zhao", 9, 50), ("zhou", 1, 20), ("wang", 1, 12), ("chen", 1, 12), ("huo", 1, 5), ("", 1, 2)],
)
def test_no_serious_finding_on_any_page(lived, sits, door, shapes, who, most, least):
    """The office, head, guard, sponsor, party and passer-by: every page in every state, each shape of them once."""
    page, asks, faults, seen = sits(lived, who), door(lived, who), [], 0
    for path in pages_of(lived, most=most):
        first = asks.get(path)
        if (
            first.status_code != 200
            or not first.headers["content-type"].startswith("text/html")
            or path.endswith("/row/")
        ):
            continue  # refused to this person, a form's target, or a part of a list
        seen += 1
        new = {f"the frame for {who}", shape_of(first.text.partition("<main")[2])} - shapes
        if not new:
            continue
        shapes |= new
        page.set_viewport_size({"width": 360, "height": 780})
        page.goto(path)
        faults += [f"360: {fault}" for fault in faults_on(page, path)]
        page.set_viewport_size({"width": 1366, "height": 768})
        faults += [f"1366: {fault}" for fault in faults_on(page, path)]
    assert not faults, "\n".join(faults)
    assert seen >= least
