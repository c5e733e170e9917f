"""A guard with a cheap phone and no network: the phone client in a real browser, with a camera that sees real labels."""

import gzip
import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.surfaces.mobile.pages import files
from tests.journeys.conftest import tap
from tests.journeys.fake_camera import Camera, printed
from tests.journeys.test_axe import faults_on
from tests.journeys.world import PASSWORD, jpeg

PIN = "2719"
SLOWER = 4
LIGHT = 80_000
"""Bytes, compressed, of everything that must arrive before the scanner is asked for."""
SOON = 1000
"""Milliseconds from the code that the camera saw to a point that can be tapped."""
STOPS = 12


class Phone:
    """One phone in one hand: its storage outlives its browser, as a disk does."""

    def __init__(self, playwright, launch, folder, url):
        self.playwright, self.launch, self.url = playwright, launch, url
        self.disk, self.camera = folder / "disk", Camera(folder)
        self.complaints = []
        self.context = self.page = None

    def open(self, path="/m/", *, offline=False):
        self.context = self.playwright.chromium.launch_persistent_context(
            self.disk, **{**self.launch, "args": [*self.launch["args"], *self.camera.flags]}, base_url=self.url,
            viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True, locale="zh-CN",
            timezone_id="Asia/Shanghai", permissions=["camera", "geolocation"],
            geolocation={"latitude": 33.07, "longitude": 107.02}, offline=offline,
        )  # fmt: skip
        self.page = self.context.pages[0]
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if _is_fault(said) else None)
        tool = self.context.new_cdp_session(self.page)
        tool.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        self.page.goto(path)
        return self.page

    def kill(self):
        """As a phone does it that wants its memory back: no goodbye."""
        mine = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_mine(pid)]
        assert mine
        for pid in mine:
            os.kill(pid, signal.SIGKILL)
        self.context.close()

    def _is_mine(self, pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return f"--user-data-dir={self.disk}".encode() in words

    def press(self, pin):
        for digit in pin:
            self.page.get_by_role("button", name=digit, exact=True).click()

    def unlock(self):
        expect(self.page.get_by_role("button", name="忘了 PIN")).to_be_visible()
        self.press(PIN)

    def enrol(self, whose="我自己的"):
        """From nothing to the first screen, with a network."""
        self.page.get_by_role("button", name=whose).click()
        expect(self.page.get_by_role("heading", name="设一个 4 位 PIN")).to_be_visible()
        self.press(PIN)
        expect(self.page.get_by_role("heading", name="再输一遍")).to_be_visible()
        self.press(PIN)
        expect(self.page.get_by_role("link", name="扫码巡查")).to_be_visible()

    def last_scan(self):
        """Milliseconds from the code in the picture to a point that hears a tap."""
        for _ in range(100):
            if took := self.page.evaluate("performance.getEntriesByName('scan-to-point').at(-1)?.duration ?? 0"):
                self.page.evaluate("performance.clearMeasures()")
                return took
            self.page.wait_for_timeout(50)
        raise AssertionError("no scan was measured")

    def see(self, hash):
        self.page.evaluate("hash => { location.hash = hash }", hash)


def _is_fault(said):
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture
def phone(playwright, browser_type_launch_args, site, tmp_path):
    held = Phone(playwright, browser_type_launch_args, tmp_path, site.url)
    yield held
    if held.context:
        held.context.close()
    assert held.complaints == []


@pytest.fixture
def night(world):
    """The guard may sign in, and has a round of twelve points that is due now."""
    apps.get_model("accounts", "User").objects.filter(pk=world.people["wang"]).update(
        password=make_password(PASSWORD, hasher="argon2")
    )
    world.do("li", "risks.adopt_points", school_id=str(world.orgs["school"]))
    rows = apps.get_model("risks", "RiskPoint").objects.filter(school_id=world.orgs["school"]).order_by("number")[:STOPS]
    points = [str(row.pk) for row in rows]
    assert len(points) == STOPS
    world.do("li", "risks.print_labels", points=points)
    now = timezone.localtime(clock.now())
    window = {"name": "夜班", "since": f"{now - timedelta(hours=1):%H:%M}", "until": f"{now + timedelta(hours=3):%H:%M}"}
    world.kept["route"] = str(uuid7())
    world.do(
        "li", "patrols.set_route", id=world.kept["route"], org_id=str(world.orgs["school"]), name="夜间巡查", points=points,
        order="ordered", post="guard", cadence={"every": "day"}, windows=[window], at=clock.now() - timedelta(hours=2),
    )  # fmt: skip
    world.kept["points"] = points
    return world


def signed_in(phone, world, key="wang"):
    """By name and password, as on the first day."""
    page = phone.open("/m/")
    page.get_by_role("button", name="登录").click()
    page.locator("[name=username]").fill(key)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    phone.enrol()
    return page


def ready_for_no_network(phone):
    """The scanner and the page lie on the phone."""
    phone.see("/settings")
    expect(phone.page.get_by_text("是，扫码也可以")).to_be_visible(timeout=30_000)
    phone.see("/")


@pytest.mark.clause("HY-17")
@pytest.mark.clause("XX-08")
def test_a_round_of_twelve_points_without_a_network(phone, night, site):
    """Sign in, airplane mode, twelve labels by camera, two hazards with photos, the phone kills the page, network back."""
    labels = printed(night.actor("li"), site.url, night.kept["points"])
    names = {str(row.pk): row.name for row in apps.get_model("risks", "RiskPoint").objects.filter(pk__in=night.kept["points"])}
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    phone.context.set_offline(True)

    troubles = {3: "灭火器指针在红区", 8: "应急灯不亮"}
    phone.camera.look_at(labels[night.kept["points"][0]])
    page.get_by_role("link", name="扫码巡查").click()
    seen, taps = [], 0
    for n, point in enumerate(night.kept["points"]):
        expect(page.get_by_role("heading", name=names[point], level=1)).to_be_visible()
        seen.append(phone.last_scan())
        if n + 1 < STOPS:
            phone.camera.look_at(labels[night.kept["points"][n + 1]])
        if n in troubles:
            page.get_by_role("link", name="有问题").click()
            page.locator("input[type=file]").set_input_files(
                {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": jpeg(f"现场{n}", (2000, 1500))}
            )
            expect(page.get_by_alt_text("第 1 张照片")).to_be_visible()
            page.get_by_label("什么问题").fill(troubles[n])
            page.get_by_role("button", name="上报").click()
        else:
            page.get_by_role("button", name="正常").click()
            taps += 1
        if n == 5:  # in the middle of the round the phone needs its memory
            expect(page.get_by_role("heading", name=names[night.kept["points"][6]], level=1)).to_be_visible()
            phone.kill()
            page = phone.open("/m/", offline=True)
            phone.unlock()
            expect(page.get_by_text("正在走，已查 6/12")).to_be_visible()
            page.get_by_role("link", name="扫码巡查").click()
    expect(page.get_by_text("12/12")).to_be_visible()
    assert max(seen) <= SOON, seen
    assert taps == STOPS - len(troubles)  # one tap a point once the first scan has begun
    page.get_by_role("button", name="交这一趟").click()
    expect(page.get_by_text("3 条待上传")).to_be_visible()
    walked = clock.now()

    phone.kill()
    page = phone.open("/m/#/outbox", offline=True)
    phone.unlock()
    expect(page.get_by_role("heading", name="等着上传 3")).to_be_visible()
    for words in troubles.values():
        expect(page.get_by_text(words)).to_be_visible()
    assert apps.get_model("patrols", "Round").objects.count() == 0

    phone.context.set_offline(False)
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible(timeout=60_000)

    row = apps.get_model("patrols", "Round").objects.get()
    hazards = list(apps.get_model("cases", "Case").objects.filter(school_id=night.orgs["school"]).order_by("pk"))
    assert (row.result, row.found_count, str(row.route_id), row.by_id) == ("found", 2, night.kept["route"], night.people["wang"])
    assert [check["point_id"] for check in row.checks] == night.kept["points"]
    assert [check["n"] for check in row.checks] == list(range(1, STOPS + 1))
    assert {check["how"] for check in row.checks} == {"scan"}
    assert [check["phone_at"] for check in row.checks] == sorted(check["phone_at"] for check in row.checks)
    assert {str(one.pk) for one in hazards} == {check["hazard_id"] for check in row.checks if check["result"] == "found"}
    assert sorted(one.description for one in hazards) == sorted(troubles.values())
    assert row.ended_at <= walked <= row.received_at
    photos = apps.get_model("foundation", "Evidence").objects.filter(subject_id__in=[one.pk for one in hazards])
    assert [max(one.width, one.height) for one in photos] == [1600, 1600]
    assert all(one.taken_at for one in photos)
    task = apps.get_model("duties", "Task").objects.get(ref_id=row.pk)
    assert task.state == "done"
    receipts = apps.get_model("foundation", "Receipt").objects
    for envelope in (row.pk, *(one.pk for one in hazards)):
        receipt = receipts.get(pk=envelope)
        assert receipt.sent_at < walked + timedelta(seconds=1) <= receipt.at + timedelta(seconds=1)
    verbs = ("cases.reported", "patrols.round_submitted")
    facts = apps.get_model("foundation", "Event").objects.filter(bureau_id=night.orgs["bureau"], name__in=verbs).order_by("id")
    assert [fact.name for fact in facts] == ["cases.reported", "cases.reported", "patrols.round_submitted"]


def test_what_comes_before_the_scanner_is_light():
    """Everything that the first screen needs, compressed as a server sends it."""
    now, later = files()
    built = [settings.ROOT / "frontend" / "dist" / one.removeprefix(settings.STATIC_URL) for one in now if one.startswith("/static/")]
    weight = sum(len(gzip.compress(path.read_bytes(), 9)) for path in built)
    assert built
    assert weight <= LIGHT, f"{weight / 1000:.1f} kB"
    assert any(one.endswith(".wasm") for one in later)
    assert not any("zxing" in one for one in now)
