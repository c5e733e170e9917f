"""A real Chromium on a real server: `page.goto("/hazards/")` opens the page that granian serves."""

import contextlib
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from bihuan.config.serving import command as server_command
from run import find_browser
from tests.own_data import environment_of_programs
from tests.throwaway_postgres import free_port

STARTS_WITHIN = 30.0  # seconds
ANSWERS_WITHIN = 10.0  # seconds
LAUNCH = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@dataclass(frozen=True)
class Site:
    """A server of ours on this run's database; `process` is there for tests that kill it."""

    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright):
    args = {**browser_type_launch_args, "args": [*browser_type_launch_args.get("args", []), *LAUNCH.split()]}
    if browser := find_browser():
        args["executable_path"] = browser
    elif not Path(playwright.chromium.executable_path).exists():
        pytest.fail(
            "没有找到浏览器：请运行 python3 run.py test（它会安装），或用环境变量 CHROMIUM 指明位置。", pytrace=False
        )
    return args


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def base_url(site):
    return site.url


@pytest.fixture(scope="session")
def site(data_folder, django_db_setup, django_db_blocker, tmp_path_factory):
    """One server for the whole run, a program of its own as in production: live pages need an ASGI server."""
    log = tmp_path_factory.mktemp("site") / "log"
    with django_db_blocker.unblock():
        environment = environment_of_programs(data_folder)
    with serving(environment, log) as running:
        yield running


@pytest.fixture(autouse=True)
def _committed_for_the_site(request):
    """The server sees only what is committed."""
    if "site" in request.fixturenames:
        request.getfixturevalue("transactional_db")


@contextlib.contextmanager
def serving(environment, log):
    """Start granian on a free port and stop it afterwards; also for tests that want a server to kill."""
    port = free_port()
    command = [*server_command(host="127.0.0.1", port=port, workers=1)[:-1], "tests.served:application"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(port, process, log)
            yield Site(f"http://127.0.0.1:{port}", process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(port, process, log):
    patience = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < patience and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            try:
                urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=ANSWERS_WITHIN).close()
            except HTTPError as answer:
                answer.close()
            except (URLError, TimeoutError):
                continue
            return
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')[-4000:]}", pytrace=False)
