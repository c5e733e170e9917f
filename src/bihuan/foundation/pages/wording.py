"""How moments and deadlines are said on a screen: words first, the exact moment behind them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import get_default_timezone

LAST_HOURS = timedelta(hours=1)


def local(at: datetime) -> datetime:
    """The moment on the wall clocks of the installation (asking for a per-request zone costs more than the words)."""
    return at.astimezone(get_default_timezone())


def moment_words(at: datetime, now: datetime) -> str:
    """``11-22 10:32`` this year, ``2025-11-22 10:32`` otherwise."""
    here = local(at)
    return f"{here:%m-%d %H:%M}" if here.year == local(now).year else f"{here:%Y-%m-%d %H:%M}"


def exact_words(at: datetime) -> str:
    """``2026年11月22日 10:32``."""
    here = local(at)
    return f"{here.year}年{here.month}月{here.day}日 {here:%H:%M}"


def due_words(due_at: datetime, now: datetime) -> tuple[str, str]:
    """The words of a running clock and its urgency: ``late``, ``today`` or ``later``.

    Days are calendar days as people count them: due tomorrow morning is 剩 1 天 although it is fewer than 24 hours.
    """
    days = (local(due_at).date() - local(now).date()).days
    if due_at < now:
        if days < 0:
            return f"逾期 {-days} 天", "late"
        hours = (now - due_at) // LAST_HOURS
        return (f"逾期 {hours} 小时" if hours else "刚刚逾期"), "late"
    if days == 0:
        return "今天到期", "today"
    return f"剩 {days} 天", "later"
