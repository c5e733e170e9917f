"""``bihuan demo``: from nothing to the first page, then a term of history behind it."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.core.management import call_command

from bihuan.config.demo import building, chance, people, plan
from bihuan.config.demo.building import District
from bihuan.config.serving import command, free_port
from bihuan.foundation.packs.loader import find
from bihuan.foundation.packs.notes import note, noted


def run(pack: str) -> int:
    """Build what is missing, serve, write history, then work; until Ctrl-C or SIGTERM."""
    folder = find(pack)
    if not (folder / "demo" / "district.yaml").is_file():
        known = "、".join(sorted(path.parent.parent.name for path in folder.parent.glob("*/demo/district.yaml")))
        sys.exit(f"模型包「{pack}」没有示范数据（{folder.name}/demo/district.yaml）。现在可用：{known}。")
    district = District(folder.name)
    call_command("migrate", interactive=False, verbosity=0)
    _build(district)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    port = free_port(host, port)
    environment = {**os.environ, "BIHUAN_DEMO": "true", "BIHUAN_URL": f"http://{host}:{port}", "PYTHONUTF8": "1"}
    children = [subprocess.Popen(command(host=host, port=port, workers=1), env=environment)]
    _stop_on(signal.SIGTERM, signal.SIGINT)
    try:
        _greet(district, host, port)
        grower = subprocess.Popen([sys.executable, "-m", "bihuan.config.demo.history", district.pack], env=environment)
        children.append(grower)
        while children[0].poll() is None:
            # the worker's clock is the real one, so it waits until history has caught up with the present
            if grower and grower.poll() is not None:
                children.append(subprocess.Popen([sys.executable, "-m", "bihuan.config.cli", "work"], env=environment))
                grower = None  # type: ignore[assignment]
            time.sleep(0.3)
        return children[0].returncode
    except _Stopped:
        print("\n示范区已关闭，数据还在，下次打开接着用。", flush=True)
        return 0
    finally:
        for child in children:
            with suppress(ProcessLookupError):
                child.terminate()
        for child in children:
            try:
                child.wait(6)
            except subprocess.TimeoutExpired:
                child.kill()


def _build(district: District) -> None:
    made_from = hashlib.sha256(b"".join(Path(p).read_bytes() for p in _sources(district))).hexdigest()
    if noted("demo", district.pack).get("built") == made_from:
        return
    for words, step in district.steps():
        began = time.monotonic()
        print(f"  {words} …", end="", flush=True)
        step()
        print(f" {time.monotonic() - began:.1f} 秒", flush=True)
    note("demo", district.pack, built=made_from)


def _sources(district: District) -> list[str]:
    code = [module.__file__ for module in (building, chance, people, plan) if module.__file__]
    return [*code, *map(str, sorted(district.folder.glob("*.yaml")))]


def _greet(district: District, host: str, port: int) -> None:
    accounts = district.plan.accounts
    lines = "\n".join(f"    {account.username:<13} {account.role}" for account in accounts)
    print(
        f"\n  {district.plan.name}已打开：http://{host}:{port}/\n\n  登录页上点一下就能进，共 {len(accounts)} 个账号：\n{lines}\n\n"
        "  一学期的流转正在后台生成，页面可以先用。按 Ctrl-C 关闭。\n",
        flush=True,
    )


class _Stopped(Exception):
    """Somebody asked the demo to stop."""


def _stop_on(*numbers: int) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped

    for number in numbers:
        signal.signal(number, stop)
