"""The minutes of a meeting as a paper."""

from __future__ import annotations

from django.utils import timezone

from bihuan.foundation.printing.paper import Column, Fields, Heading, Paper, Paragraph, Table, numbered
from bihuan.foundation.printing.pdf import render_paper
from bihuan.mechanisms.meetings.queries import MeetingPage


def minutes_pdf(page: MeetingPage, *, address: str) -> bytes:
    """Who came, what was said, what was decided and under which number it goes on."""
    meeting = page.meeting
    held = timezone.localtime(meeting.held_at)
    came = "、".join(seat.user_name for seat in page.seats if seat.came_at)
    away = "、".join(f"{seat.user_name}（{seat.excused_for or '没有说明'}）" for seat in page.seats if not seat.came_at)
    pairs = (
        ("时间", f"{held:%Y-%m-%d %H:%M}"),
        ("地点", meeting.place),
        ("召集人", meeting.by_name),
        ("到会", f"{page.came} / {len(page.seats)} 人"),
    )
    rows = tuple((one["words"], one["name"], one["until"], one["number"]) for one in meeting.resolutions)
    blocks = [
        Fields(pairs),
        Heading("一、议程"),
        *numbered(meeting.agenda),
        Heading("二、到会"),
        Paragraph(came or "无"),
    ]
    if away:
        blocks.append(Paragraph(away, lead="没有到会："))
    blocks += [Heading("三、纪要"), *(Paragraph(line) for line in meeting.minutes.splitlines() if line.strip())]
    if rows:
        blocks += [
            Heading("四、议定事项"),
            Table((Column("事项", 3), Column("谁办"), Column("期限"), Column("编号")), rows),
        ]
    return render_paper(
        Paper(
            head=meeting.org_name, title=f"{meeting.title}纪要", blocks=tuple(blocks), qr_url=address,
            issued_on=held.date(), watermark="" if meeting.state == "closed" else "未定稿",
        )
    )  # fmt: skip
