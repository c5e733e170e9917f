"""Every kind of paper as it comes out of the printer: no page is blank, and its QR leads back to the living record."""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from django.apps import apps
from django.conf import settings
from django.test import Client
from PIL import Image

from bihuan.engines.cases import papers as case_papers
from bihuan.engines.cases.jobs import escalate_due
from bihuan.foundation import clock
from bihuan.foundation.printing.pdf import render_paper_pngs
from bihuan.foundation.reactions import react
from bihuan.mechanisms.inspections import papers as inspection_papers
from tests.journeys.papers import words_of

KINDS = {"checklist-record", "supervision-notice", "verification-slip", "circular", "official-letter", "formal-talk"}
LOOK = os.environ.get("BIHUAN_LOOK", "")
"""A folder in which somebody wants to look at the papers."""


@pytest.fixture
def papers(lived):
    """A paper of every kind: those of the lived district, and those that a late rectification brings."""
    case = apps.get_model("cases", "Case").objects.get(pk=lived.kept["rectifying"])
    for days in (0, 1, 3, 7):
        escalate_due(case.due_at + timedelta(days=days, minutes=5))
    for _ in range(4):
        react(clock.now() + timedelta(days=60), most=1000)
    Paper = apps.get_model("foundation", "Paper")
    drafted = Paper.objects.get(code="official-letter", subject_id=case.pk)
    lived.do("zhao", "cases.sign_paper", paper=str(drafted.pk), words={"reply-due-on": "收到后三个工作日内"})
    lived.do("zhou", "cases.receive_paper", paper=str(drafted.pk))
    found = {"official-letter": Paper.objects.get(pk=drafted.pk)}
    for paper in Paper.objects.order_by("-issued_at", "-id"):
        found.setdefault(paper.code, paper)
    return found


def test_every_paper_prints_and_leads_back(lived, papers):
    assert set(papers) == KINDS
    client = Client()
    client.cookies["sessionid"] = lived.cookie("zhao")
    for code, paper in papers.items():
        room = inspection_papers if code == "checklist-record" else case_papers
        pictures = [Image.open(io.BytesIO(raw)).convert("L") for raw in render_paper_pngs(room.typeset(paper), ppi=300)]
        pdf = room.printed(paper, "pdf")
        pages = re.search(rb"/Type/Pages/Count (\d+)", pdf)
        assert pages, code
        assert len(pictures) == int(pages[1]), code
        for n, picture in enumerate(pictures):
            if LOOK:
                picture.save(Path(LOOK) / f"{code}-{n}.png")
            assert abs(picture.width / picture.height - 210 / 297) < 0.01
            dark = (np.asarray(picture) < 128).mean()
            assert 0.004 < dark < 0.4, (code, n, dark)
        wide, high = pictures[0].size  # a phone is held over the corner where the code stands
        (read,) = zxingcpp.read_barcodes(pictures[0].crop((wide // 2, high * 4 // 5, wide, high)))
        assert read.text.startswith(settings.BIHUAN_URL)
        answer = client.get(read.text.removeprefix(settings.BIHUAN_URL))
        assert answer.status_code == 200, (code, read.text)
        assert paper.number in answer.content.decode(), code
        word = room.printed(paper, "docx")
        assert paper.number in words_of(word)
        if LOOK:
            (Path(LOOK) / f"{code}.docx").write_bytes(word)


def test_a_signed_paper_bears_who_signed_and_who_acknowledged(papers):
    letter, talk = papers["official-letter"], papers["formal-talk"]
    words = words_of(case_papers.printed(letter, "docx"))
    assert "赵科员" in words
    assert "收到后三个工作日内" in words
    assert "拟稿" not in words
    assert letter.received_by_name == "周校长"
    assert "【拟稿】" in words_of(case_papers.printed(talk, "docx"))
