"""The command line: a stable contract for people, scripts and those who measure from outside."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bihuan.config.settings")

SHOWN_PACK = "chanba-12345n"


def main(argv: Sequence[str] | None = None) -> None:
    """Parse, set Django up, call one function; a refusal is a sentence on stderr and exit status 1."""
    options = _parser().parse_args(argv)
    if options.call is demo:  # decided before Django reads the settings
        os.environ["BIHUAN_DEMO"] = "true"
        if (pack := Path(options.pack).name) != SHOWN_PACK:  # the usual demo is what every other command here speaks of
            os.environ.setdefault("BIHUAN_DATA", str(Path("var") / f"demo-{pack}"))
    import django

    django.setup()
    from bihuan.foundation.refusals import Refusal

    try:
        sys.exit(options.call(options) or 0)
    except Refusal as refusal:
        sys.exit(f"{refusal.sentence}（{refusal.code}）")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bihuan", description="闭环：校园安全责任、检查、整改、复查、销号")
    verbs = parser.add_subparsers(required=True, metavar="命令")

    def add(name: str, call: Callable[..., Any], text: str, into: Any = verbs) -> argparse.ArgumentParser:
        verb: argparse.ArgumentParser = into.add_parser(name, help=text, description=text)
        verb.set_defaults(call=call)
        return verb

    pack = verbs.add_parser("pack", help="模型包：检查、计划、安装、覆盖").add_subparsers(required=True, metavar="动作")
    check = add(
        "check",
        pack_check,
        "列出模型包的全部问题和提醒（文件、行、代码、一句话）；没有问题时退出码为 0，提醒不算问题",
        pack,
    )
    check.add_argument("path", nargs="+")
    check.add_argument("--json", action="store_true")
    for name, call, text in (
        ("plan", pack_plan, "安装会改变什么，逐条列出"),
        ("install", pack_install, "在一个事务里安装，全部成功或全部不装；可以重复"),
    ):
        verb = add(name, call, text, pack)
        verb.add_argument("path")
        verb.add_argument("--bureau", help="教育局的名称或编号；不写则安装给平台")
        verb.add_argument("--json", action="store_true")
    covered = add("coverage", pack_coverage, "逐条列出：在运行、部分、还没有，由什么运行，哪些测试证明", pack)
    covered.add_argument("path")
    covered.add_argument("--json", action="store_true")

    shown = add("demo", demo, "打开示范区")
    shown.add_argument("pack", nargs="?", default=SHOWN_PACK)
    served = add("serve", serve, "启动网页服务（生产环境用 PostgreSQL）")
    served.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    add("work", work, "启动后台工人：提醒、升级、封存").add_argument(
        "--once", action="store_true", help="做完等着的就退出"
    )
    add("migrate", migrate, "升级数据库结构")
    token = add("token", give_token, "给一个账号发接口令牌；只输出令牌本身")
    token.add_argument("user", help="账号名")
    token.add_argument("--days", type=int, default=30)
    token.add_argument("--name", default="命令行")
    token.add_argument("--scope", action="append", choices=["read", "write"], help="默认读写都可以")
    add("doctor", doctor, "检查整套系统：历史、公文编号、佐证、任务").add_argument("--json", action="store_true")
    add("relock", relock, "换过数据密钥以后：把加密保存的内容改用现在的密钥加密；可以重复、可以中断")
    bench = add("bench", benchmark, "测速：与同一次运行里做同样工作的原始 SQL 相比")
    bench.add_argument("work", nargs="*", help="W1 W3 W7in W7out …，不写则全部")
    bench.add_argument("--json", action="store_true")
    bench.add_argument("--rows", type=int, nargs="*", help="案件数，默认 100000 和 1000000")
    return parser


def _print(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def pack_check(options: argparse.Namespace) -> int:
    """Every problem of every pack at once."""
    from bihuan.foundation.packs.loader import find, read_pack

    everything = []
    for path in options.path:
        pack = read_pack(find(path))
        told = {
            name: [vars(one) for one in found] for name, found in (("faults", pack.faults), ("warnings", pack.warnings))
        }
        everything.append({"pack": str(path), **told})
        if not options.json:
            counts = "、".join(f"{name} {len(items)}" for name, items in pack.items.items() if items)
            print(f"{path}：{len(pack.faults)} 处问题" if pack.faults else f"{path}：没有问题（{counts}）")
            for fault in pack.faults:
                print(f"  {fault.file}:{fault.row}  {fault.entry}  {fault.code}  {fault.sentence}")
            for warning in pack.warnings:
                print(f"  提醒  {warning.file}:{warning.row}  {warning.entry}  {warning.code}  {warning.sentence}")
    if options.json:
        _print(everything)
    return int(any(found["faults"] for found in everything))


def _bureau(options: argparse.Namespace) -> Any:
    from bihuan.engines.responsibility.queries import bureau_named

    return bureau_named(options.bureau).pk if options.bureau else None


def pack_plan(options: argparse.Namespace) -> int:
    """A diff that a bureau can read."""
    from bihuan.foundation.packs import PLATFORM
    from bihuan.foundation.packs.loader import find, plan

    changes = plan(find(options.path), _bureau(options) or PLATFORM)
    if options.json:
        _print([vars(change) for change in changes])
        return 0
    signs = {"add": "+", "change": "~", "retire": "-"}
    for change in changes:
        print(f"{signs[change.verb]} {change.section}  {change.code}  {change.words}")
    print(f"共 {len(changes)} 处变化。" if changes else "已经装好，没有变化。")
    return 0


def pack_install(options: argparse.Namespace) -> int:
    """All or nothing."""
    from bihuan.foundation import clock
    from bihuan.foundation.actors import SYSTEM
    from bihuan.foundation.packs.loader import install

    row = install(SYSTEM, clock.now(), pack=options.path, bureau_id=_bureau(options))
    if options.json:
        _print({"id": row.pk, "pack": row.code, "version": row.version, "digest": row.digest})
    else:
        print(f"已安装：{row.name} {row.version}")
    return 0


def pack_coverage(options: argparse.Namespace) -> int:
    """Clause by clause."""
    from bihuan.foundation.packs.coverage import coverage
    from bihuan.foundation.packs.loader import find, read_pack

    clauses = coverage(read_pack(find(options.path)))
    if options.json:
        _print([clause.as_json() for clause in clauses])
        return 0
    words = {"running": "● 在运行", "partly": "◐ 部分", "not-yet": "○ 还没有"}
    for clause in clauses:
        print(f"{clause.code}  {words[clause.state]}  {clause.title}  [{len(clause.tests)} 个测试] {clause.note}")
    return 0


def demo(options: argparse.Namespace) -> int:
    """The living district: database, packs, people, history, server and worker."""
    from bihuan.config.demo.run import run

    return run(options.pack)


def serve(options: argparse.Namespace) -> int:
    """The web server, in the foreground."""
    from bihuan.config.serving import serve as run

    return run(
        host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "8000")), workers=options.workers
    )


def work(options: argparse.Namespace) -> int:
    """The worker, in the foreground."""
    from bihuan.config.work import work as run

    run(once=options.once)
    return 0


def migrate(options: argparse.Namespace) -> int:
    """Bring the database up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
    return 0


def give_token(options: argparse.Namespace) -> int:
    """Print the token alone."""
    from bihuan.accounts.commands import issue_token
    from bihuan.accounts.queries import user_named
    from bihuan.engines.responsibility.queries import actor_of
    from bihuan.foundation import clock
    from bihuan.foundation.refusals import Refusal

    user = user_named(options.user)
    actor = actor_of(user.pk)
    if actor is None:
        raise Refusal("foundation.not_found")
    issued = issue_token(
        actor, clock.now(), name=options.name, scopes=options.scope or ["read", "write"], days=options.days
    )
    print(issued["token"])
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Every check's verdict; exit status 1 when one fails."""
    from bihuan.foundation.doctor import examine

    verdicts = examine()
    if options.json:
        _print({"ok": all(v.ok for v in verdicts), "checks": [vars(v) for v in verdicts]})
    else:
        for verdict in verdicts:
            print(f"{'✓' if verdict.ok else '✗'} {verdict.sentence} {verdict.where}".rstrip())
    return int(not all(v.ok for v in verdicts))


def relock(options: argparse.Namespace) -> int:
    """Bring what is kept encrypted under the key that locks now, and say which key that is."""
    from bihuan.foundation.lockbox import current_key
    from bihuan.mechanisms.ledgers.commands import relock as run

    count = run()
    print(f"已用密钥 {current_key()} 重新加密 {count} 行；其余的本来就是用它加密的。")
    return 0


def benchmark(options: argparse.Namespace) -> int:
    """The benchmarks live beside the package, in ``bench/``."""
    from django.conf import settings

    folder: Path = settings.ROOT / "bench"
    sys.path.insert(0, str(folder.parent))
    from bench.run import run

    return int(run(options.work, as_json=options.json, rows=options.rows))


if __name__ == "__main__":
    main()
