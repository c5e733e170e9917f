"""``bihuan bench [W…] [--json] [--rows N …]``: the works on a throw-away PostgreSQL and a throw-away SQLite file."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORKS = ("W1", "W1p", "W3", "W5", "W5todo", "W6", "W7in", "W7out")
ROWS = [100_000, 1_000_000]
ROWS_SQLITE = 100_000
DURABLE = ("max_wal_size=2GB", "shared_buffers=256MB", "jit=off", "random_page_cost=1.1")
"""The throw-away server is set as a bureau's would be: everything that makes a commit safe stays on."""
HOW = (
    "CPU time (user and system) of this process with its threads plus all processes of the database server, by turns with raw "
    "SQL that does the same work in the same run; medians of the repetitions. SQLite works inside the process."
)


def run(work: list[str], as_json: bool = False, rows: list[int] | None = None) -> int:
    """Measure and print; 0 when every figure that has a target meets it, 1 when one misses, 2 for an unknown work."""
    unknown = [name for name in work if name not in WORKS]
    if unknown:
        print(f"没有这样的测速项目：{'、'.join(unknown)}。可以用的：{'、'.join(WORKS)}", file=sys.stderr)
        return 2
    works = work or list(WORKS)
    sizes = sorted(rows or ROWS)
    found = []
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for database, address in _databases():
            print(f"{database}：{'、'.join(works)}", file=sys.stderr)
            asked = (
                sizes
                if database == "postgresql" or rows
                else [size for size in sizes if size <= ROWS_SQLITE] or sizes[:1]
            )
            for figure in _measured(address, works, asked):
                found.append(figure)
                if not as_json:
                    print(_line(figure), flush=True)
    except KeyboardInterrupt:
        print("已中断，临时数据库和文件已清理。", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)
    if as_json:
        print(
            json.dumps(
                {"measured_at": datetime.now(UTC).isoformat(), "how": HOW, "machine": _machine(), "figures": found},
                ensure_ascii=False,
                indent=2,
            )
        )
    missed = [figure for figure in found if figure["met"] is False]
    if not as_json:
        print(f"\n{len(found)} 项，{len(missed)} 项未达目标。{HOW}")
    return int(bool(missed))


def _databases() -> Iterator[tuple[str, str]]:
    """A fresh PostgreSQL, then a fresh SQLite file (the address is made by whoever has a data folder)."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tests.throwaway_postgres import NoPostgres, throwaway_postgres

    try:
        with throwaway_postgres(DURABLE) as address:
            yield "postgresql", address
    except NoPostgres as problem:
        print(f"没有可用的 PostgreSQL，只测 SQLite：{problem}", file=sys.stderr)
    yield "sqlite", ""


def _measured(address: str, works: list[str], rows: list[int]) -> Iterator[dict[str, Any]]:
    """The figures of one database, from a process of its own with a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")},
            "BIHUAN_DATA": folder,
            "BIHUAN_DATABASE_URL": address or f"sqlite:///{folder}/bench.sqlite3",
            "BIHUAN_BENCH": "bihuan-bench",
            "DJANGO_SETTINGS_MODULE": "bihuan.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]).strip(
                os.pathsep
            ),
        }
        asked = json.dumps({"works": works, "rows": rows})
        child = subprocess.Popen(
            [sys.executable, "-m", "bench.child", asked], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
        )
        try:
            assert child.stdout
            for line in child.stdout:
                yield json.loads(line)
            if child.wait() != 0:
                raise SystemExit(f"测速进程出错退出（{child.returncode}），原因见上。")
        finally:
            if child.poll() is None:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=10)
                child.kill()
                child.wait()


def _line(figure: dict[str, Any]) -> str:
    """One figure for people."""
    verdict = {True: "✓", False: "✗", None: " "}[figure["met"]]
    raw = f"raw {figure['raw']:>11,.1f}" if figure["raw"] else " " * 15
    ratio = f"{figure['ratio']:>6.2f}x" if figure["ratio"] else " " * 7
    parts = (
        f"app {figure['product_app']:,.0f} + db {figure['product_db']:,.0f}"
        if figure["product_app"] is not None
        else ""
    )
    return (
        f"{verdict} {figure['work']:<5} {figure['database']:<10} {figure['rows']:>9,}  {figure['what']:<44} "
        f"{figure['product']:>11,.1f} {figure['unit']:<14} {raw} {ratio}  {figure['target']:<18} {parts}"
    )


def _machine() -> dict[str, Any]:
    """What it was measured on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "",
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
