"""SIGKILL in the middle: of the worker, of the server. Nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import requests
from django.apps import apps
from django.db import connections
from playwright.sync_api import expect

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from tests.journeys.doors import Machine
from tests.real_browser import serving

BIHUAN = str(Path(sys.executable).with_name("bihuan"))
FACTS = 20


def test_a_worker_killed_in_the_middle_tells_everybody_exactly_once(world, program_environment):
    """Real facts about hazards wait for the real worker; it is killed while at it, and another one finishes."""
    reactions, notices = apps.get_model("foundation", "Reaction"), apps.get_model("foundation", "Notice")
    for n in range(FACTS):
        world.assign(world.report(title=f"第 {n} 处插座松动", photos=[]), notice="later")
    waiting = reactions.objects.filter(done_at__isnull=True).count()
    assert waiting >= 2 * FACTS
    kills = 0
    while kills < 3:
        done = reactions.objects.filter(done_at__isnull=False).count()
        worker = subprocess.Popen([BIHUAN, "work"], env=program_environment, stderr=subprocess.DEVNULL)
        patience = time.monotonic() + 30
        while (
            reactions.objects.filter(done_at__isnull=False).count() <= done
            and time.monotonic() < patience
            and worker.poll() is None
        ):
            time.sleep(0.005)
        worker.kill()
        worker.wait()
        kills += 1
        if not reactions.objects.filter(done_at__isnull=True).exists():
            break
    # whoever was killed had leased some; the lease runs out by itself, which is not waited for here
    reactions.objects.filter(done_at__isnull=True).update(next_at=clock.now())
    finished = subprocess.run(
        [BIHUAN, "work", "--once"], env=program_environment, capture_output=True, timeout=60, check=False
    )
    assert finished.returncode == 0, finished.stderr.decode()
    assert not reactions.objects.filter(done_at__isnull=True).exists()
    assert not reactions.objects.exclude(last_error="").exists()
    told = notices.objects.filter(user_id=world.people["li"])
    facts = list(told.values_list("event_id", flat=True))
    assert len(facts) == len(set(facts))
    assert len(facts) >= FACTS


def test_a_server_killed_during_writes_keeps_every_acknowledged_one(world, program_environment, tmp_path):
    """Threads report hazards and hand them over; the server dies by SIGKILL, is started again, and the doctor is content."""
    acknowledged: list[str] = []
    tried: list[str] = []
    stop, lock = threading.Event(), threading.Lock()
    tokens = {key: world.token(key) for key in ("wang", "chen")}

    def go_on(url: str) -> None:
        wang, chen = Machine(url, tokens["wang"]), Machine(url, tokens["chen"])
        with contextlib.suppress(requests.RequestException):
            while not stop.is_set():
                id = str(uuid7())
                with lock:
                    tried.append(id)
                answer = wang.send("cases.report_hazard", id, id=id, org=str(world.orgs["school"]), title="井盖松动")
                if answer.status_code == 200:
                    with lock:
                        acknowledged.append(id)
                    chen.send("cases.assign_case", case=id, rectifier=str(world.people["li"]))

    for _ in range(2):
        aim = len(acknowledged) + 12
        stop.clear()
        with serving(program_environment, tmp_path / "log") as server:
            hands = [threading.Thread(target=go_on, args=(server.url,)) for _ in range(4)]
            for hand in hands:
                hand.start()
            patience = time.monotonic() + 30
            while len(acknowledged) < aim and time.monotonic() < patience:
                time.sleep(0.01)
            kill_with_children(server.process)
            stop.set()
            for hand in hands:
                hand.join(30)
        assert len(acknowledged) >= aim
    connections.close_all()

    with serving(program_environment, tmp_path / "log") as server:
        examined = subprocess.run(
            [BIHUAN, "doctor", "--json"], env=program_environment, capture_output=True, timeout=60, check=False
        )
        verdict = json.loads(examined.stdout)
        assert [check for check in verdict["checks"] if not check["ok"]] == []
        assert verdict["ok"]
        # what was not acknowledged is sent again from the outbox, as a phone would: at most one of each
        wang = Machine(server.url, tokens["wang"])
        for id in set(tried) - set(acknowledged):
            assert (
                wang.send("cases.report_hazard", id, id=id, org=str(world.orgs["school"]), title="井盖松动").status_code
                == 200
            )
    events, cases = apps.get_model("foundation", "Event"), apps.get_model("cases", "Case")
    reported = [str(pk) for pk in events.objects.filter(name="cases.reported").values_list("subject_id", flat=True)]
    assert sorted(reported) == sorted(tried)
    assert {str(pk) for pk in cases.objects.values_list("pk", flat=True)} == set(tried)
    numbers = list(cases.objects.values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers)


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the server and its worker process: a machine that loses its power asks nobody."""
    import psutil

    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


def test_the_page_says_that_the_network_is_gone_and_keeps_what_was_typed(world, sits):
    case = world.report()
    page = sits(world, "chen")
    page.goto(f"/hazards/{case}/")
    page.locator("#steps").get_by_role("link", name="交办").click()
    form = page.locator("form[id^=step-]")
    form.get_by_label("说明").fill("今天换好")
    form.get_by_label("整改人").select_option(str(world.people["li"]))
    page.context.set_offline(True)
    form.get_by_role("button", name="交办").click()
    expect(page.locator("#messages")).to_contain_text("网络不通")
    page.context.set_offline(False)
    expect(form.get_by_label("说明")).to_have_value("今天换好")
    form.get_by_role("button", name="交办").click()
    expect(page.locator(f"#standing-{case}")).to_contain_text("整改中")
