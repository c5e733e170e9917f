#!/usr/bin/env python3
"""Everything a stranger needs: `python3 run.py demo` opens a living district, `python3 run.py test` proves it.

Standard library only, and only syntax that an old Python can read, so that it can say what is missing. Whatever is
already done (by the sha256 of what it was made from, in .venv/.stamps) is not done again.

    run.py demo [PACK]        install, build the pages, then `bihuan demo`; reads PORT, HOST, BIHUAN_DATABASE_URL
    run.py test               lint, types, contracts, packs, the suite on SQLite and on PostgreSQL, with a real browser
    run.py test ARGS…         only the suite, on both databases, with these pytest arguments
    run.py setup              install what development needs and build the pages
    run.py lock               compile the locks anew after pyproject.toml or package.json has changed
"""

import ast
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMPS = VENV / ".stamps"
OLDEST, TOO_NEW = (3, 11), (3, 15)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")
UNTIED_TO_A_REGISTRY = ("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header")
COMPILE = ("pip", "compile", "-q", "--universal", "--generate-hashes", "--python-version", "3.11")


class Stop(Exception):
    """The work cannot go on; the text tells the reader why and what to do next."""


def say(text, end="\n"):
    print(text, end=end, flush=True)


# --- doing a thing once ----------------------------------------------------------------------------------------------


def fingerprint(*parts):
    """The sha256 of files, folders and plain values."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path) and part.is_dir():
            for path in sorted(p for p in part.rglob("*") if p.is_file()):
                digest.update(str(path.relative_to(part)).encode() + b"\0" + path.read_bytes())
        elif isinstance(part, Path):
            digest.update(part.read_bytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()


def done_as(name):
    stamp = STAMPS / name
    return stamp.read_text() if stamp.exists() else None


def mark_done(name, print_of_inputs):
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(print_of_inputs)


def environment():
    """The environment of every child: our venv first, UTF-8, a home that can be written to."""
    env = dict(os.environ, VIRTUAL_ENV=str(VENV), PYTHONUTF8="1", UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    env.setdefault("NODE_USE_SYSTEM_CA", "1")  # a school's network often has a certificate of its own
    env["PATH"] = str(BIN) + os.pathsep + env.get("PATH", os.defpath)
    # the last would compile Django at every start
    for foreign in ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        env.pop(foreign, None)
    try:
        home = Path("~").expanduser()
    except RuntimeError:  # a user without a home, as in some containers
        home = None
    if home is None or not os.access(str(home), os.W_OK):
        home = VENV / ".home"
        home.mkdir(parents=True, exist_ok=True)
    if os.name != "nt":
        env["HOME"] = str(home)
    return env


def attempt(title, command, env, more=None):
    """Run a quiet step with visible progress; give back whether it worked, and what it said if it did not."""
    say("  " + title + " ", end="…")
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        try:
            child = subprocess.Popen(
                [str(c) for c in command],
                cwd=str(ROOT),
                env=dict(env, **(more or {})),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        except OSError as problem:
            say(" 未成")
            return False, str(problem)
        with ended_with_us(child):
            while True:
                try:
                    code = child.wait(timeout=5)
                    break
                except subprocess.TimeoutExpired:
                    say("", end="…")
        took = f"{time.monotonic() - began:.1f} 秒"
        say(f" {took}" if code == 0 else f" 未成（{took}）")
        output.seek(0)
        return code == 0, output.read().decode("utf-8", "replace")


def must(title, command, env, otherwise, more=None):
    ok, output = attempt(title, command, env, more)
    if not ok:
        say("\n".join("    | " + line for line in output.strip().splitlines()[-40:]))
        raise Stop(otherwise)


@contextlib.contextmanager
def ended_with_us(child):
    """A child never outlives us: Ctrl-C and SIGTERM end it too, and it may tidy up for ten seconds."""
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextlib.contextmanager
def one_at_a_time():
    """Two terminals that prepare the same folder wait for each other instead of tearing it apart."""
    if os.name == "nt":
        yield
        return
    import fcntl  # not on Windows

    with Path(__file__).open("rb") as own_file:
        try:
            fcntl.flock(own_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("  另一个窗口正在准备同一个文件夹，等它做完 …")
            fcntl.flock(own_file, fcntl.LOCK_EX)
        yield


# --- preparing -------------------------------------------------------------------------------------------------------


def prepare(dev):
    """Python packages, our own package, the pages."""
    with one_at_a_time():
        make_venv()
        env = environment()
        install_packages("dev" if dev else "run", env)
        install_bihuan(env)
        build_pages(env)
    return env


def make_venv():
    wanted = fingerprint(str(ROOT), sys.version_info[:2])
    if done_as("venv") == wanted and PYTHON.exists():
        return
    if not venv_usable():
        if VENV.exists():
            shutil.rmtree(str(VENV))
        must(
            "建立独立的 Python 环境（.venv）",
            [sys.executable, "-m", "venv", VENV],
            dict(os.environ),
            "Python 环境没有建成。Debian、Ubuntu 请先执行：apt-get install python3-venv，然后重新运行本命令。",
        )
    mark_done("venv", wanted)


def venv_usable():
    """A venv made by hand for this folder is taken over; one that was moved here, or was left half made, is not."""
    if not PYTHON.exists() or done_as("venv"):
        return False
    code = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    found = subprocess.run([str(PYTHON), "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return found.stdout.decode().split() == [str(VENV), str(sys.version_info[0]), str(sys.version_info[1])]


def install_packages(wanted, env):
    locks = {name: ROOT / "requirements" / (name + ".txt") for name in ("bootstrap", "run", "dev")}
    enough = ("run", "dev") if wanted == "run" else ("dev",)  # the dev lock holds everything of the run lock
    if any(done_as("packages") == name + fingerprint(locks[name]) for name in enough):
        return
    lock = locks[wanted]
    env = with_pip_mirror(env)
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r"]
    uv = [BIN / "uv", "pip", "install", "-q", "--require-hashes", "-r"]
    count = lock.read_text().count("==")
    installed, _ = attempt("安装安装器 uv", [*pip, locks["bootstrap"]], env)
    if installed:
        installed, _ = attempt(f"安装 {count} 个 Python 软件包", [*uv, lock], env)
    if not installed:
        must(
            f"改用 pip 安装 {count} 个 Python 软件包（较慢）",
            [*pip, lock],
            env,
            "软件包没有装上，多半是网络原因。可先用 pip config set global.index-url 设好您常用的镜像，再运行一次；"
            "已经完成的步骤不会重做。",
        )
    mark_done("packages", wanted + fingerprint(lock))


def with_pip_mirror(env):
    """uv does not read pip's configuration: hand it the mirror, the trusted host and the certificate set there."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    told = {}
    for line in listed.stdout.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in ("global", "install", ":env:"):  # listed in the order in which pip lets one override another
            with contextlib.suppress(ValueError, SyntaxError):
                told[option] = " ".join(str(ast.literal_eval(value)).split())
    passed = {"index-url": "UV_DEFAULT_INDEX", "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE"}
    return dict({passed[option]: value for option, value in told.items() if option in passed and value}, **env)


def install_bihuan(env):
    project = ROOT / "pyproject.toml"
    wanted = fingerprint(str(ROOT), project)
    script = BIN / ("bihuan.exe" if os.name == "nt" else "bihuan")
    if done_as("bihuan") == wanted and script.exists():
        return
    by_uv = [BIN / "uv", "pip", "install", "-q", "--offline", "--no-deps", "--no-build-isolation", "-e", ROOT]
    installed, _ = attempt("装上 bihuan 命令", by_uv, env)
    if not installed:
        must(
            "改用 pip 装上 bihuan 命令",
            [PYTHON, "-m", "pip", "install", "-qq", "--no-deps", "-e", ROOT],
            env,
            "bihuan 命令没有装上，请把上面几行发给维护者。",
        )
    mark_done("bihuan", wanted)


def build_pages(env):
    lock, modules = ROOT / "package-lock.json", ROOT / "node_modules"
    wanted = fingerprint(lock, ROOT / ".npmrc")
    if done_as("node_modules") != wanted or not modules.exists():
        npm = BIN / ("npm.exe" if os.name == "nt" else "npm")
        must(
            "安装网页用的软件包",
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            env,
            "网页用的软件包没有装上，多半是网络原因。可先用 npm config set registry 设好镜像，再运行一次。",
        )
        mark_done("node_modules", wanted)
    manifest = ROOT / "frontend" / "dist" / "manifest.json"
    wanted = fingerprint(lock, ROOT / "vite.config.js", ROOT / "frontend" / "src")
    if done_as("pages") != wanted or not manifest.exists():
        node = BIN / ("node.exe" if os.name == "nt" else "node")
        vite = modules / "vite" / "bin" / "vite.js"
        must("打包网页", [node, vite, "build"], env, "网页没有打包成功，原因见上面几行。")
        mark_done("pages", wanted)


# --- a browser for the tests -----------------------------------------------------------------------------------------


def find_browser():
    """A Chromium that really starts: $CHROMIUM first, then PATH. None if there is none."""
    for name in (os.environ.get("CHROMIUM"), *BROWSERS):
        path = shutil.which(name) if name else None
        if path and "Chrom" in version_of(path):
            return path
    return None


def version_of(path):
    # some systems put a stub on PATH that only says which package to install
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        shown = subprocess.run(
            [path, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        )
        if shown.returncode == 0:
            return shown.stdout.decode("utf-8", "replace").replace("Edg", "Chromium Edg")
    return ""


def playwright_browser(env):
    code = "from playwright.sync_api import sync_playwright as p\nwith p() as w: print(w.chromium.executable_path)"
    shown = subprocess.run(
        [str(PYTHON), "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    path = shown.stdout.decode().strip()
    return path if path and Path(path).exists() and version_of(path) else None


def browser_for_tests(env):
    """Found, or installed; never left out silently."""
    found = find_browser() or playwright_browser(env)
    if found:
        return found
    if os.name != "nt" and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-wqy-microhei"]
        installed, _ = attempt("安装 Chromium 浏览器（测试用）", install, env, quiet)
        if not installed:
            attempt("更新软件目录", ["apt-get", "update"], env, quiet)
            attempt("安装 Chromium 浏览器（测试用）", install, env, quiet)
    else:
        attempt("下载 Chromium 浏览器（测试用）", [PYTHON, "-m", "playwright", "install", "chromium"], env)
    found = find_browser() or playwright_browser(env)
    if found:
        return found
    raise Stop(
        "测试要用真实的浏览器，这台电脑上没有，也没能自动装上。请安装 Chromium 或 Chrome（Debian、Ubuntu：apt-get install "
        "chromium fonts-wqy-microhei），或用环境变量 CHROMIUM 指明它的位置，然后重新运行 python3 run.py test。"
    )


# --- the commands ----------------------------------------------------------------------------------------------------


def demo(arguments):
    say("闭环 Bihuan：准备演示")
    env = prepare(dev=False)
    command = [str(BIN / "bihuan"), "demo", *arguments]
    if os.name == "nt":
        return subprocess.call(command, cwd=str(ROOT), env=env)
    os.chdir(str(ROOT))
    sys.stdout.flush()
    return os.execve(command[0], command, env)  # Ctrl-C and SIGTERM then reach the demo itself


def test(arguments):
    began = time.monotonic()
    results = []
    say("闭环 Bihuan：准备测试")
    try:
        env = prepare(dev=True)
        results.append(("准备", time.monotonic() - began, True))
        with tempfile.TemporaryDirectory(prefix="bihuan-test-") as data:
            run_checks(env, data, arguments, results)
    except Stop as stop:
        say("\n" + str(stop))
        results.append(("（在此停止）", 0.0, False))
    except KeyboardInterrupt:
        say("\n已按您的要求停止。")
        results.append(("（被中断）", 0.0, False))
    summarise(results, time.monotonic() - began)
    return 0 if all(ok for _, _, ok in results) else 1


def run_checks(env, data, arguments, results):
    # a test never touches data that somebody uses
    env = {name: value for name, value in env.items() if not name.startswith("BIHUAN_")}
    env.update(BIHUAN_DATA=data, DJANGO_SETTINGS_MODULE="bihuan.config.settings")
    python = str(PYTHON)

    def check(title, *command):
        say("\n── " + title + " " + "─" * 60)
        began = time.monotonic()
        with ended_with_us(subprocess.Popen(list(command), cwd=str(ROOT), env=env, stdin=subprocess.DEVNULL)) as child:
            code = child.wait()
        results.append((title, time.monotonic() - began, code == 0))

    began = time.monotonic()
    try:
        env["CHROMIUM"] = browser_for_tests(env)
        say("  浏览器：" + version_of(env["CHROMIUM"]).strip())
        results.append(("找到或装上浏览器", time.monotonic() - began, True))
    except Stop as stop:  # the browser tests will fail by name; the rest is still worth knowing
        say("\n" + str(stop))
        results.append(("找到或装上浏览器", time.monotonic() - began, False))

    if not arguments:
        check("写法（ruff check）", python, "-m", "ruff", "check", ".")
        check("排版（ruff format）", python, "-m", "ruff", "format", "--check", ".")
        check("类型（mypy）", python, "-m", "mypy")
        check("分层（import-linter）", str(BIN / "lint-imports"))
        check("迁移无遗漏", python, "-m", "django", "makemigrations", "--check", "--dry-run")
        packs = sorted(str(found.parent.relative_to(ROOT)) for found in (ROOT / "packs").glob("*/pack.yaml"))
        check(f"模型包（{len(packs)} 个）", str(BIN / "bihuan"), "pack", "check", *packs)
    both_suites(env, data, [python, "-m", "pytest", *arguments], results)


def both_suites(env, data, pytest, results):
    """SQLite before your eyes and PostgreSQL beside it, which is shown when both are done; each with data of its own."""
    say("\n── 测试：SQLite（PostgreSQL 同时在后台测，随后显示）" + "─" * 40)
    began, ended = time.monotonic(), {}
    with tempfile.TemporaryFile() as output:
        there = [pytest[0], "-m", "tests.throwaway_postgres", *pytest]
        for name, command, out in (("PostgreSQL", there, output), ("SQLite", pytest, None)):
            own = dict(env, BIHUAN_DATA=str(Path(data) / name))
            Path(own["BIHUAN_DATA"]).mkdir()
            ended[name] = subprocess.Popen(
                command, cwd=str(ROOT), env=own, stdin=subprocess.DEVNULL, stdout=out, stderr=out and subprocess.STDOUT
            )
        with ended_with_us(ended["PostgreSQL"]), ended_with_us(ended["SQLite"]):
            for name in ("SQLite", "PostgreSQL"):
                code = ended[name].wait()
                results.append(("测试：" + name, time.monotonic() - began, code == 0))
        say("\n── 测试：PostgreSQL " + "─" * 60)
        output.seek(0)
        say(output.read().decode("utf-8", "replace"))


def summarise(results, total):
    def width(text):
        return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

    say("\n── 结果 " + "─" * 60)
    for title, seconds, ok in results:
        say(f"  {'通过' if ok else '未过'} {title}{' ' * (40 - width(title))}{seconds:7.1f} 秒")
    failed = [title for title, _, ok in results if not ok]
    say(f"  共 {total:.1f} 秒，" + ("没有通过：" + "、".join(failed) + "。" if failed else "全部通过。"))


def setup(_arguments):
    say("闭环 Bihuan：准备开发环境")
    prepare(dev=True)
    say("准备好了。演示：python3 run.py demo　测试：python3 run.py test")
    return 0


def lock(_arguments):
    """The dev lock first: the other way round a package of the run lock can make the dev lock unsolvable."""
    with one_at_a_time():
        make_venv()
        env = environment()
        must(
            "安装安装器 uv",
            [PYTHON, "-m", "pip", "install", "-qq", "--require-hashes", "-r", "requirements/bootstrap.txt"],
            env,
            "uv 没有装上，多半是网络原因。",
        )
        env = with_pip_mirror(env)
        apart = "锁文件没有编成，原因见上面几行；旧的锁文件没有改动。"
        compile_lock = [BIN / "uv", *COMPILE, *UNTIED_TO_A_REGISTRY, "pyproject.toml"]
        must("requirements/dev.txt", [*compile_lock, "--group", "dev", "-o", "requirements/dev.txt"], env, apart)
        groups = ["--group", "fonts", "--group", "web-build", "-c", "requirements/dev.txt"]
        must("requirements/run.txt", [*compile_lock, *groups, "-o", "requirements/run.txt"], env, apart)
        install_packages("dev", env)
        must("package-lock.json", [BIN / "npm", "install", "--package-lock-only", "--ignore-scripts"], env, apart)
        locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
        for package in locked["packages"].values():
            package.pop("funding", None)  # the only addresses that npm still writes
        text = json.dumps(locked, indent=2, ensure_ascii=False) + "\n"
        (ROOT / "package-lock.json").write_text(text, encoding="utf-8")
    return 0


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese must not stop the work
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        say(
            f"闭环需要 Python {OLDEST[0]}.{OLDEST[1]} 至 {TOO_NEW[0]}.{TOO_NEW[1] - 1}，您现在用的是 "
            f"{sys.version_info[0]}.{sys.version_info[1]}。请安装合适的版本后再运行。"
        )
        return 2
    commands = {"demo": demo, "test": test, "setup": setup, "lock": lock}
    if not arguments or arguments[0] not in commands:
        say(__doc__.strip())
        return 0 if arguments in (["-h"], ["--help"]) else 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up and say how far we came, as on Ctrl-C
    try:
        return commands[arguments[0]](arguments[1:])
    except Stop as stop:
        say("\n" + str(stop))
        return 1
    except KeyboardInterrupt:
        say("\n已按您的要求停止。")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
