"""``bihuan doctor``: is this installation whole? Every check has a name, a verdict and a Chinese sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from bihuan.foundation import clock
from bihuan.foundation.evidence.store import is_kept
from bihuan.foundation.models import Event, Evidence, InstalledPack, Job, Paper, PaperSeries, Reaction
from bihuan.foundation.packs import entries
from bihuan.foundation.sealing import breaks, seal_history


@dataclass(frozen=True)
class Verdict:
    """One check's answer; ``where`` names the first broken row when there is one."""

    check: str
    ok: bool
    sentence: str
    where: str = ""


def examine() -> list[Verdict]:
    """Run every check in order; the first failure of a check names its row."""
    structure = list(migrations())
    if not all(verdict.ok for verdict in structure):  # the other checks read tables that may not be there yet
        return structure
    return structure + [verdict for check in CHECKS for verdict in check()]


def migrations() -> Iterator[Verdict]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Verdict(
        "migrations",
        not waiting,
        "数据库结构是最新的。" if not waiting else f"还有 {len(waiting)} 步数据库升级没有做，请运行 bihuan migrate。",
    )


def history() -> Iterator[Verdict]:
    seal_history(clock.now())
    found = next(breaks(), None)
    if found is None:
        yield Verdict("history", True, "封存的历史完整，没有被改动。")
    else:
        yield Verdict(
            "history", False, f"{found.what}（第 {found.serial} 段）。", where=str(found.event_id or found.serial)
        )


def triggers() -> Iterator[Verdict]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled <> 'D'")
            there = cursor.fetchone()[0] == 2
        else:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'")
            there = cursor.fetchone()[0] == 4
    yield Verdict(
        "append-only", there, "历史只能增加：数据库在看守。" if there else "看守历史的触发器不见了或被关掉了。"
    )


def papers() -> Iterator[Verdict]:
    for series in PaperSeries.objects.order_by("bureau_id", "code", "year"):
        if series.code not in entries(series.bureau_id, "papers"):
            continue  # the numbers of a room's own rows (hazards), which are no papers
        serials = Paper.objects.filter(bureau_id=series.bureau_id, code=series.code, year=series.year)
        kept = list(serials.order_by("serial").values_list("serial", flat=True))
        if kept != list(range(1, series.last + 1)):
            missing = next((n for n in range(1, series.last + 1) if n not in set(kept)), series.last)
            yield Verdict(
                "papers",
                False,
                f"公文 {series.code} {series.year} 年第 {missing} 号缺号或重号。",
                where=f"{series.code}/{series.year}/{missing}",
            )
            return
    yield Verdict("papers", True, "公文编号连续，没有缺号和重号。")


def evidence() -> Iterator[Verdict]:
    for row in Evidence.objects.order_by("id").values_list("pk", "sha256").iterator():
        if not is_kept(row[1]):
            yield Verdict("evidence", False, "有一份佐证的文件不见了。", where=str(row[0]))
            return
    yield Verdict("evidence", True, "佐证文件都在。")


def reactions() -> Iterator[Verdict]:
    given_up = Reaction.objects.filter(done_at__isnull=True, next_at__isnull=True).order_by("id").first()
    if given_up:
        yield Verdict(
            "reactions", False, f"有一个后续动作多次失败：{given_up.last_error[:120]}", where=str(given_up.pk)
        )
        return
    late = Reaction.objects.filter(next_at__lt=clock.now() - timedelta(minutes=10)).count()
    yield Verdict(
        "reactions",
        late == 0,
        "后续动作都在及时处理。"
        if not late
        else f"有 {late} 个后续动作等了十分钟以上，请检查 bihuan work 是否在运行。",
    )


def jobs() -> Iterator[Verdict]:
    failing = Job.objects.exclude(last_error="").first()
    if failing:
        yield Verdict("jobs", False, f"定时任务 {failing.name} 失败：{failing.last_error[:120]}", where=failing.name)
    else:
        yield Verdict("jobs", True, "定时任务都正常。")


def packs() -> Iterator[Verdict]:
    there = InstalledPack.objects.filter(is_current=True).count()
    yield Verdict(
        "packs",
        there > 0,
        f"安装了 {there} 个模型包。" if there else "还没有安装模型包，请运行 bihuan pack install base。",
    )


def clocks() -> Iterator[Verdict]:
    ahead = Event.objects.filter(recorded_at__gt=clock.now() + timedelta(minutes=5)).order_by("id").first()
    yield Verdict(
        "clock",
        ahead is None,
        "服务器时钟没有倒走。" if ahead is None else "有记录的时间在未来：服务器时钟曾经走快。",
        where=str(ahead.pk) if ahead else "",
    )


CHECKS: tuple[Callable[[], Iterator[Verdict]], ...] = (
    triggers,
    history,
    papers,
    evidence,
    reactions,
    jobs,
    packs,
    clocks,
)
