"""Photos come in pieces, in any weather, and only whole ones count."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Evidence
from bihuan.foundation.tests.recordings import mp4, webm
from bihuan.surfaces.mobile import parts
from bihuan.surfaces.mobile.tests.conftest import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.DATA = tmp_path


def waiting() -> list[Path]:
    return list((settings.DATA / "phone-parts").glob("*/*"))


def test_a_photo_in_one_piece_is_evidence_with_the_id_of_the_phone(phone, cast):
    raw, pk = jpeg(), uuid7()
    answer = phone("wang").put(raw, pk)
    assert answer.json() == {"evidence": str(pk)}
    row = Evidence.objects.get()
    assert (row.pk, row.made_by_id, row.original_sha256) == (pk, cast.wang.pk, hashlib.sha256(raw).hexdigest())
    assert waiting() == []


def test_a_photo_goes_on_where_it_was_cut_off(phone):
    mine, raw, pk = phone("wang"), jpeg(), uuid7()
    assert mine.ask(raw, pk).json() == {"have": 0}
    assert mine.put(raw, pk, upto=1000).json() == {"have": 1000}
    assert mine.ask(raw, pk).json() == {"have": 1000}
    assert mine.put(raw, pk, at=500, upto=1500).json() == {"have": 1500}, "what overlaps is written once"
    assert mine.put(raw, pk, at=0, upto=700).json() == {"have": 1500}, "what came twice takes nothing away"
    assert mine.put(raw, pk, at=2000, upto=2500).json() == {"have": 1500}, "no hole is ever left"
    assert mine.put(raw, pk, at=1500).json() == {"evidence": str(pk)}
    assert mine.ask(raw, pk).json() == {"evidence": str(pk)}
    assert mine.put(raw, pk).json() == {"evidence": str(pk)}, "the whole once more is no work"
    assert (Evidence.objects.count(), waiting()) == (1, [])


def test_a_photo_whose_hash_is_wrong_begins_anew(phone):
    mine, raw, pk = phone("wang"), jpeg(), uuid7()
    bent = raw[:-2] + b"xx"
    digest = hashlib.sha256(raw).hexdigest()
    assert mine.put(bent, pk, digest=digest).json() == {"have": 0}
    assert (Evidence.objects.count(), waiting()) == (0, [])
    assert mine.put(raw, pk).json() == {"evidence": str(pk)}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"MZ" + b"\0" * 3000, "evidence.not_an_image"),
        (b"<svg onload=alert(1)>" * 40, "evidence.not_an_image"),
        (b"\xff\xd8\xff" + b"rubbish" * 300, "evidence.broken_image"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 200, "evidence.heic"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_sentence(phone, raw, code):
    answer = phone("wang").put(raw, uuid7())
    assert (answer.json()["code"], Evidence.objects.count(), waiting()) == (code, 0, [])
    assert answer.status_code in (415, 422)
    assert answer.json()["detail"]


def test_what_is_too_large_is_refused_before_it_comes(phone):
    answer = phone("wang").put(b"x" * 1000, uuid7(), total=25_000_000)
    assert (answer.status_code, answer.json()["code"], waiting()) == (413, "evidence.too_large", [])


def test_a_voice_note_comes_by_the_same_way(phone, cast):
    mine, raw, pk = phone("wang"), webm(20), uuid7()
    assert mine.put(raw, pk, upto=1000, kind="audio").json() == {"have": 1000}
    assert mine.put(raw, pk, at=1000, kind="audio").json() == {"evidence": str(pk)}
    assert mine.put(raw, pk, kind="audio").json() == {"evidence": str(pk)}, "the whole once more is no work"
    row = Evidence.objects.get()
    assert (row.kind, row.seconds, row.made_by_id, row.original_sha256) == (
        "audio", 20, cast.wang.pk, hashlib.sha256(raw).hexdigest()
    )  # fmt: skip
    assert phone("wu").put(raw, pk, kind="audio").json()["code"] == "evidence.id_taken"
    assert (Evidence.objects.count(), waiting()) == (1, [])


@pytest.mark.parametrize(
    ("raw", "kind", "code"),
    [
        (jpeg(), "audio", "evidence.not_a_voice"),
        (mp4(handler=b"vide"), "audio", "evidence.not_a_voice"),
        (mp4()[:-1], "audio", "evidence.broken_voice"),
        (webm(), "image", "evidence.not_an_image"),
    ],
)
def test_what_is_no_voice_note_is_refused_with_its_sentence(phone, raw, kind, code):
    answer = phone("wang").put(raw, uuid7(), kind=kind)
    assert (answer.json()["code"], Evidence.objects.count(), waiting()) == (code, 0, [])
    assert answer.json()["detail"]


def test_a_voice_note_that_is_too_large_is_refused_for_good_before_it_comes(phone):
    answer = phone("wang").put(webm(), uuid7(), total=1_500_001, kind="audio")
    assert (answer.status_code, answer.json()["code"], waiting()) == (422, "evidence.voice_too_large", [])
    assert "60 秒" in answer.json()["detail"]


def test_one_person_cannot_fill_the_disk(phone, monkeypatch):
    monkeypatch.setattr(parts, "MOST_BYTES", 5000)
    mine, one, other = phone("wang"), jpeg(), jpeg(30)
    assert mine.put(one, uuid7(), upto=4000).status_code == 200
    answer = mine.put(other, uuid7(), upto=2000)
    assert (answer.status_code, answer.json()["code"]) == (429, "mobile.too_many_parts")
    assert phone("li").put(other, uuid7(), upto=2000).status_code == 200


def test_a_disk_that_is_nearly_full_takes_no_photo(phone, monkeypatch):
    monkeypatch.setattr(parts, "LEAST_FREE", 1 << 60)
    answer = phone("wang").put(jpeg(), uuid7())
    assert (answer.status_code, answer.json()["code"]) == (503, "mobile.no_room")


@pytest.mark.parametrize("digest", ["x", "../../../../etc/passwd", "A" * 64, "0" * 63])
def test_nothing_but_a_hash_becomes_a_path(phone, digest):
    assert phone("wang").put(b"abc", uuid7(), digest=digest).status_code in (404, 422)
    assert waiting() == []


@pytest.mark.parametrize(("at", "total"), [(-1, 10), (0, 0), (0, -5), (0, 2)])
def test_offsets_that_lie_are_refused(phone, at, total):
    mine = phone("wang")
    address = f"/api/v1/phone/photos/{'0' * 64}?offset={at}&total={total}&kind=image"
    answer = mine.client.put(
        address, b"abcdef", content_type="application/octet-stream", **mine._headers(HTTP_X_EVIDENCE_ID=str(uuid7()))
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "mobile.bad_photo_call")


def test_an_outsider_learns_nothing_of_my_photo_and_cannot_take_its_id(phone):
    raw, pk = jpeg(), uuid7()
    phone("wang").put(raw, pk, upto=1000)
    other = phone("wu")
    assert other.ask(raw, pk).json() == {"have": 0}, "my half photo is not theirs"
    phone("wang").put(raw, pk, at=1000)
    assert other.ask(raw, pk).json() == {"have": 0}, "nor is the whole one"
    answer = other.put(raw, pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence.id_taken")
    assert Evidence.objects.get().made_by_name == "王保安"


def test_the_same_id_with_another_photo_is_refused(phone):
    mine, pk = phone("wang"), uuid7()
    mine.put(jpeg(), pk)
    answer = mine.put(jpeg(40), pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence.id_taken")


def test_pieces_that_nobody_finishes_are_thrown_away_after_a_week(phone):
    mine, raw = phone("wang"), jpeg()
    mine.put(raw, uuid7(), upto=1000)
    mine.put(raw, uuid7(), upto=1000)
    old, young = waiting()
    week = (parts.KEPT + timedelta(hours=1)).total_seconds()
    os.utime(old, (time.time() - week, time.time() - week))
    assert parts.forget_old(clock.now()) == 1
    assert waiting() == [young]


def test_a_signed_in_browser_is_no_phone(door):
    answer = door("wang").put(
        f"/api/v1/phone/photos/{'0' * 64}?offset=0&total=3", b"abc", HTTP_X_EVIDENCE_ID=str(uuid7())
    )
    assert answer.status_code == 401
