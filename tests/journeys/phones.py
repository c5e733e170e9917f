"""One phone in one hand, in a real browser: its storage outlives the browser, its camera sees real labels."""

import contextlib
import os
import select
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import Error, expect

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from tests.journeys.fake_camera import Camera
from tests.journeys.world import PASSWORD, jpeg

PIN = "2719"
CHEAP = 4
"""How many times slower than this machine a guard's phone reckons; for what is about time."""
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
        self.slower = 1
        self.context = self.page = self.tool = None

    def open(self, path="/m/", *, offline=False):
        self.context = self.playwright.chromium.launch_persistent_context(
            self.disk, **{**self.launch, "args": [*self.launch["args"], *self.camera.flags]}, base_url=self.url,
            viewport={"width": 360, "height": 780}, has_touch=True, is_mobile=True, locale="zh-CN",
            timezone_id="Asia/Shanghai", permissions=["camera", "microphone", "geolocation"],
            geolocation={"latitude": 33.07, "longitude": 107.02}, offline=offline,
        )  # fmt: skip
        self.page = self.context.pages[0]
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if _is_fault(said) else None)
        self.tool = self.context.new_cdp_session(self.page)
        self.tool.send("Emulation.setCPUThrottlingRate", {"rate": self.slower})
        self.page.goto(path)
        return self.page

    def kill(self):
        """As a phone does it that wants its memory back: no goodbye."""
        mine = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and self._is_mine(one)]
        assert mine
        for pid in mine:
            _end(pid)
        with contextlib.suppress(Error):  # it may have noticed by now
            self.context.close()

    def _is_mine(self, program):
        try:
            words = (program / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return f"--user-data-dir={self.disk}".encode() in words

    def press(self, pin):
        for digit in pin:
            self.page.get_by_role("button", name=digit, exact=True).click()

    def unlock(self, pin=PIN):
        expect(self.page.get_by_role("button", name="忘了 PIN")).to_be_visible()
        self.press(pin)

    def enrol(self, whose="我自己的", pin=PIN):
        """From nothing to the first screen, with a network."""
        self.page.get_by_role("button", name=whose).click()
        expect(self.page.get_by_role("heading", name="设一个 4 位 PIN")).to_be_visible()
        self.press(pin)
        expect(self.page.get_by_role("heading", name="再输一遍")).to_be_visible()
        self.press(pin)
        expect(self.page.get_by_role("link", name="扫码巡查")).to_be_visible()

    def last_scan(self):
        """Milliseconds from the code in the picture to a point that hears a tap."""
        for _ in range(100):
            if took := self.page.evaluate("performance.getEntriesByName('scan-to-point').at(-1)?.duration ?? 0"):
                self.page.evaluate("performance.clearMeasures()")
                return took
            self.page.wait_for_timeout(50)
        raise AssertionError("no scan was measured")

    def see(self, screen):
        self.page.evaluate("screen => { location.hash = screen }", screen)


def _end(pid):
    """Kill a program and wait until all of it is dead: what still dies may still write."""
    with contextlib.suppress(ProcessLookupError):
        program = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(program, signal.SIGKILL)
            select.select([program], [], [])
        finally:
            os.close(program)


def _is_fault(said):
    return said.type == "error" and not said.text.startswith("Failed to load resource")


@pytest.fixture
def phone(playwright, browser_type_launch_args, site, tmp_path):
    held = Phone(playwright, browser_type_launch_args, tmp_path, site.url)
    yield held
    if held.context:
        held.context.close()
    assert held.complaints == [], held.complaints


def lay(world, points, **more):
    """夜间巡查 along these points, due since an hour."""
    now = timezone.localtime(clock.now())
    window = {
        "name": "夜班",
        "since": f"{now - timedelta(hours=1):%H:%M}",
        "until": f"{now + timedelta(hours=3):%H:%M}",
    }
    world.do(
        "li", "patrols.set_route", id=world.kept["route"], org_id=str(world.orgs["school"]), name="夜间巡查", points=points,
        order="ordered", post="guard", cadence={"every": "day"}, windows=[window], at=clock.now() - timedelta(hours=2), **more,
    )  # fmt: skip


@pytest.fixture
def night(world):
    """The guard may sign in, and has a round of twelve points that is due now."""
    apps.get_model("accounts", "User").objects.filter(pk=world.people["wang"]).update(
        password=make_password(PASSWORD, hasher="argon2")
    )
    world.do("li", "risks.adopt_points", school_id=str(world.orgs["school"]))
    rows = (
        apps.get_model("risks", "RiskPoint").objects.filter(school_id=world.orgs["school"]).order_by("number")[:STOPS]
    )
    points = [str(row.pk) for row in rows]
    assert len(points) == STOPS
    world.do("li", "risks.print_labels", points=points)
    world.kept["route"] = str(uuid7())
    lay(world, points)
    world.kept["points"] = points
    return world


def signed_in(phone, world, key="wang", *, room=None):
    """By name and password, as on the first day; ``room`` bytes are all that the phone has left."""
    page = phone.open("about:blank" if room else "/m/")
    if room:  # before anything is stored: the browser remembers for a while how much fits
        phone.tool.send("Storage.overrideQuotaForOrigin", {"origin": phone.url, "quotaSize": room})
        page.goto("/m/")
    with_password(page, key)
    phone.enrol()
    return page


def with_password(page, key="wang"):
    """From the first screen of a phone that nobody uses to the question whose phone it is."""
    page.get_by_role("button", name="登录").click()
    page.locator("[name=username]").fill(key)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def ready_for_no_network(phone):
    """The scanner and the page lie on the phone."""
    phone.see("/settings")
    expect(phone.page.get_by_text("是，扫码也可以")).to_be_visible(timeout=30_000)
    phone.see("/")


def reported(phone, words, photo=None):
    """随手报 with a photo: three taps when the camera's own and the typing are not counted."""
    page = phone.page
    page.get_by_role("link", name="随手报").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": photo or jpeg(words, (1200, 900))}
    )
    expect(page.get_by_alt_text("第 1 张照片")).to_be_visible()
    page.get_by_label("什么问题").fill(words)
    page.get_by_label("在哪里").fill("东门")
    page.get_by_role("button", name="上报").click()
    expect(page.get_by_role("heading", name="等着上传")).to_be_visible()
    phone.see("/")


def looked_at(page, code, *, leads_to="扫码巡查"):
    """A point by the code under its QR, and 正常."""
    page.evaluate("location.hash = '/scan?typed'")
    page.get_by_label("码旁边的编号").fill(code)
    page.get_by_role("button", name="打开").click()
    page.get_by_role("button", name="正常").click()
    expect(page.get_by_role("heading", name=leads_to)).to_be_visible()
