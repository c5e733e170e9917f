"""Voice notes: what is kept, what is refused, who hears them, and how they leave the house."""

import struct
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bihuan.foundation import clock
from bihuan.foundation.evidence import queries, store
from bihuan.foundation.evidence.commands import Attached, attach_evidence, attach_many, fingerprints, keep_evidence
from bihuan.foundation.evidence.voices import MAX_BYTES, clean_voice
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Evidence
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.recordings import mp4, ogg, webm
from bihuan.foundation.tests.test_evidence_doors import PDF, Thing, photo

ATTACHED = b"\x19\x41\xa4\x69\x10\x00\x00\x04evil"
WHERE = struct.pack(">I4s", 20, b"\xa9xyz") + b"+33.07+107.0"


def kept(by, raw=None, **more):
    return keep_evidence(by, clock.now(), raw=raw or webm(), kind="audio", **more)


@pytest.mark.parametrize(
    ("raw", "kind", "seconds"),
    [
        (webm(2), "audio/webm", 2),
        (webm(30), "audio/webm", 30),
        (ogg(7), "audio/ogg", 7),
        (mp4(12), "audio/mp4", 12),
        (mp4(0), "audio/mp4", None),
    ],
)
def test_what_phones_record_is_kept_as_it_is(raw, kind, seconds):
    clean = clean_voice(raw)
    assert (clean.audio, clean.media_type, clean.seconds) == (raw, kind, seconds)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "evidence.empty"),
        (photo(), "evidence.not_a_voice"),
        (PDF, "evidence.not_a_voice"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "evidence.not_a_voice"),
        (b"ID3\x04" + bytes(60), "evidence.not_a_voice"),
        (b"<html><script>alert(1)</script>" * 9, "evidence.not_a_voice"),
        (webm(kind=1), "evidence.not_a_voice"),
        (webm(codec=b"V_VP8"), "evidence.not_a_voice"),
        (webm(more=ATTACHED), "evidence.not_a_voice"),
        (webm()[:-3], "evidence.broken_voice"),
        (webm() + b"<script>", "evidence.broken_voice"),
        (b"\x1aE\xdf\xa3", "evidence.broken_voice"),
        (b"\x1aE\xdf\xa3" + bytes(50), "evidence.broken_voice"),
        (ogg().replace(b"OpusHead", b"\x01vorbis "), "evidence.not_a_voice"),
        (ogg(stream=b"\x02\0\0\0"), "evidence.not_a_voice"),
        (ogg()[:-3], "evidence.broken_voice"),
        (ogg() + b"<script>", "evidence.not_a_voice"),
        (mp4(handler=b"vide"), "evidence.not_a_voice"),
        (mp4(entry=b"avc1"), "evidence.not_a_voice"),
        (mp4(udta=WHERE), "evidence.voice_says_where"),
        (mp4()[:-3], "evidence.broken_voice"),
        (mp4() + b"<script>", "evidence.broken_voice"),
        (webm() + bytes(MAX_BYTES), "evidence.voice_too_large"),
    ],
)
def test_what_is_no_voice_note_is_refused(raw, code):
    with pytest.raises(Refusal) as refused:
        clean_voice(raw)
    assert refused.value.code == code
    assert "{" not in refused.value.sentence


@pytest.mark.parametrize("make", [webm, ogg, mp4])
def test_any_damage_is_kept_or_refused_and_nothing_else(make):
    raw = make(1)
    for at in range(0, len(raw), 3):
        for damaged in (raw[:at], raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :]):
            with suppress(Refusal):  # any other error fails the test
                assert clean_voice(damaged).audio == damaged


@pytest.mark.django_db
def test_a_voice_note_is_its_makers_until_attached_and_the_same_again(actors):
    mine = uuid7()
    row = kept(actors.wang, webm(5), id=mine, name="灭火器.webm")
    assert (row.kind, row.media_type, row.seconds, row.size) == ("audio", "audio/webm", 5, len(webm(5)))
    assert store.read(row.sha256) == webm(5)
    assert kept(actors.wang, webm(5), id=mine) == row
    assert kept(actors.wang, webm(5)) == row
    assert Evidence.objects.count() == 1
    with pytest.raises(Refusal, match=r"evidence\.id_taken"):
        kept(actors.wu, webm(5), id=mine)
    for other in (actors.li, actors.wu, actors.nobody):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            queries.seen(other, mine)


@pytest.mark.django_db
def test_a_disguised_one_leaves_nothing(actors):
    with pytest.raises(Refusal, match=r"evidence\.not_a_voice"):
        kept(actors.wang, photo(), name="录音.m4a")
    with pytest.raises(Refusal, match=r"evidence\.not_an_image"):
        keep_evidence(actors.wang, clock.now(), raw=webm(), name="照片.jpg")
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_it_goes_with_what_was_found_and_proves_no_rectification(net, actors):
    subject, row = Thing(net.school), kept(actors.wang)
    with pytest.raises(Refusal, match=r"evidence\.no_voice_here"):
        attach_evidence(subject, [row.pk], actors.wang)
    attached = attach_many([Attached(subject, (row.pk,), actors.wang.id, voices=True)])[0]
    assert fingerprints(attached) == [{"id": str(row.pk), "sha256": row.sha256}]
    assert queries.seen(actors.li, row.pk) == row
    for outsider in (actors.wu, actors.nobody):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            queries.seen(outsider, row.pk)


@pytest.mark.django_db
def test_the_door_gives_it_as_a_download_in_pieces_that_players_want(door):
    client, raw = door("wang"), webm(3)
    file = SimpleUploadedFile("现场.html", raw, content_type="text/html")
    said = client.post("/evidence/", {"file": file, "kind": "audio"}, headers={"accept": "application/json"}).json()
    address = f"/evidence/{said['id']}/"
    whole = client.get(address)
    assert b"".join(whole.streaming_content) == raw
    assert (whole["Content-Type"], whole["X-Content-Type-Options"]) == ("audio/webm", "nosniff")
    assert whole["Content-Disposition"] == f'attachment; filename="{said["id"]}.webm"'
    assert whole["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert whole["Cache-Control"].startswith("private")
    piece = client.get(address, headers={"range": "bytes=2-5"})
    assert (piece.status_code, piece.content, piece["Content-Range"]) == (206, raw[2:6], f"bytes 2-5/{len(raw)}")
    assert piece["Content-Disposition"] == whole["Content-Disposition"]
    assert piece["X-Content-Type-Options"] == "nosniff"
    assert client.get(address, headers={"range": "bytes=0-"}).content == raw
    beyond = client.get(address, headers={"range": f"bytes={len(raw)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(raw)}")
    for outsider in ("wu", "li"):
        assert door(outsider).get(address, headers={"range": "bytes=0-1"}).status_code == 404


@pytest.mark.django_db
def test_pages_may_play_what_the_house_serves_and_nothing_else(door):
    policy = door("wang").get("/")["Content-Security-Policy"]
    assert "media-src 'self' blob:" in policy
