"""Evidence from the upload to the subject it proves, and who may see it on the way."""

import hashlib
import io
import re
from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image, ImageDraw

from bihuan.foundation import clock
from bihuan.foundation.evidence import queries
from bihuan.foundation.evidence.commands import attach_evidence, fingerprints, keep_evidence
from bihuan.foundation.evidence.likeness import alike, alike_among
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Evidence, InstalledPack
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.scoping import placed

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def photo(seed: int = 0, *, kind: str = "JPEG", side: int = 640) -> bytes:
    """A picture with something on it; pictures of two seeds look different."""
    picture = Image.new("RGB", (640, 480), (200, 210, 220))
    draw = ImageDraw.Draw(picture)
    for n in range(9):
        left = (n * 67 + seed * 131) % 550
        top = (n * 41 + seed * 89) % 320
        draw.rectangle(
            (left, top, left + 80, top + 60), fill=((n * 29 + seed * 53) % 255, (n * 83) % 255, (seed * 97) % 255)
        )
    buffer = io.BytesIO()
    picture.resize((side, side * 3 // 4)).save(buffer, kind)
    return buffer.getvalue()


class Thing:
    """A subject of another room: anything placed, with an id."""

    def __init__(self, place):
        self.pk = uuid7()
        for name, value in placed(place).items():
            setattr(self, name, value)
        self._meta = InstalledPack._meta


def kept(by, seed=0, **more):
    return keep_evidence(by, clock.now(), raw=photo(seed), name="现场.jpg", **more)


@pytest.mark.django_db
def test_what_is_kept_is_clean_and_only_its_makers(actors):
    row = kept(actors.li)
    assert (row.media_type, row.kind, row.made_by_name, row.width) == ("image/webp", "image", "李安", 640)
    assert queries.seen(actors.li, row.pk) == row
    for other in (actors.zhou, actors.zhao, actors.chief, actors.wu, actors.sun, actors.nobody):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            queries.seen(other, row.pk)


@pytest.mark.django_db
def test_the_same_upload_is_the_same_row(actors):
    mine = uuid7()
    first = kept(actors.li, 1, id=mine)
    assert first.pk == mine
    assert kept(actors.li, 1, id=mine) == first
    assert kept(actors.li, 1) == first, "the same picture, not yet attached"
    assert kept(actors.wang, 1) != first, "somebody else's upload is theirs"
    assert Evidence.objects.count() == 2
    for thief in (actors.wu, actors.wang):
        with pytest.raises(Refusal, match=r"evidence\.id_taken"):
            kept(thief, 1, id=mine)
    with pytest.raises(Refusal, match=r"evidence\.id_taken"):
        kept(actors.li, 2, id=mine)


@pytest.mark.django_db
def test_somebody_without_a_post_keeps_nothing(actors):
    with pytest.raises(Refusal, match=r"evidence\.no_post"):
        kept(actors.nobody)
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_attached_evidence_follows_its_subject(net, actors):
    subject, rows = Thing(net.canteen), [kept(actors.wang, 1), kept(actors.wang, 2)]
    ids = [rows[1].pk, rows[0].pk]
    attached = attach_evidence(subject, ids, actors.wang)
    assert [row.pk for row in attached] == ids
    assert {(row.school_id, row.path, row.subject_kind) for row in attached} == {
        (net.school.pk, net.canteen.path, "foundation.installedpack")
    }
    assert attach_evidence(subject, ids, actors.wang) == attached, "twice is once"
    assert queries.of_subject(subject.bureau_id, subject.pk) == [rows[0], rows[1]]
    assert queries.of_subjects(subject.bureau_id, [subject.pk, uuid7()]) == {subject.pk: [rows[0], rows[1]]}
    for sees in (actors.wang, actors.li, actors.zhao, actors.chief):
        assert queries.seen(sees, ids[0]).pk == ids[0]
    for outsider in (actors.wu, actors.sun, actors.huo, actors.nobody):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            queries.seen(outsider, ids[0])
    assert fingerprints(attached)[0] == {"id": str(ids[0]), "sha256": rows[1].sha256}


@pytest.mark.django_db
def test_only_my_own_unused_evidence_can_be_attached(net, actors):
    subject, theirs = Thing(net.school), kept(actors.wang, 1)
    for ids in ([theirs.pk], [uuid7()], [kept(actors.li, 2).pk, theirs.pk]):
        with pytest.raises(Refusal, match=r"foundation\.not_found"):
            attach_evidence(subject, ids, actors.li)
    used = kept(actors.li, 3)
    attach_evidence(subject, [used.pk], actors.li)
    with pytest.raises(Refusal, match=r"foundation\.not_found"):
        attach_evidence(Thing(net.school), [used.pk], actors.li)
    with pytest.raises(Refusal, match=r"evidence\.too_many"):
        attach_evidence(subject, [uuid7() for _ in range(61)], actors.li)


@pytest.mark.django_db
def test_the_room_of_a_subject_decides_who_sees_its_evidence(net, actors, monkeypatch):
    monkeypatch.setattr(queries, "_sees", {})
    subject, row = Thing(net.school), kept(actors.li, 1)
    attach_evidence(subject, [row.pk], actors.li)
    queries.shown_with("foundation.installedpack", lambda viewer, pk: pk == subject.pk and viewer.id == actors.huo.id)
    assert queries.seen(actors.huo, row.pk).pk == row.pk, "a partner department that the subject names"
    with pytest.raises(Refusal, match=r"foundation\.not_found"):
        queries.seen(actors.zhou, row.pk)


@pytest.mark.django_db
def test_an_old_photo_sent_again_is_found(net, actors):
    before, after = Thing(net.school), Thing(net.school)
    old = kept(actors.li, 5)
    attach_evidence(before, [old.pk, kept(actors.li, 6).pk], actors.li)
    smaller = keep_evidence(actors.li, clock.now(), raw=photo(5, kind="PNG", side=400))
    attach_evidence(after, [smaller.pk], actors.li)
    hashes = {smaller.pk: smaller.perceptual_hash}
    assert [row.id for row in alike(actors.li, net.bureau.pk, hashes)[smaller.pk]] == [old.pk]
    assert alike(actors.li, net.bureau.pk, {smaller.pk: old.perceptual_hash ^ 0b111}, near=2) == {}
    assert alike(actors.li, net.bureau.pk, {smaller.pk: old.perceptual_hash ^ 0b111}, near=3) != {}
    own = {"kind": before._meta.label_lower, "apart_from": [before.pk]}
    assert alike(actors.li, net.bureau.pk, hashes, **own) == {}
    assert alike(actors.wang, net.bureau.pk, hashes, **own) != {}, "what somebody else took is compared"
    assert alike(actors.li, net.bureau.pk, hashes, **(own | {"kind": "other.thing"})) != {}
    assert alike(actors.li, net.other_bureau.pk, hashes) == {}
    twice = kept(actors.li, 5)
    among = alike_among({smaller.pk: smaller.perceptual_hash, twice.pk: twice.perceptual_hash, uuid7(): 1})
    assert among == {smaller.pk: {twice.pk}, twice.pk: {smaller.pk}}


@pytest.mark.django_db(transaction=True)
def test_the_same_envelope_of_two_phones_at_once_is_one_row(actors):
    mine, raw, start, found = uuid7(), photo(7), Barrier(4), []

    def send():
        start.wait()
        try:
            found.append(keep_evidence(actors.li, clock.now(), raw=raw, id=mine).pk)
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [mine] * 4
    assert Evidence.objects.count() == 1


# --- the page's door ----------------------------------------------------------------------------------------------------


def upload(client, raw, name="现场.jpg", *, accept="application/json", **more):
    return client.post("/evidence/", {"file": SimpleUploadedFile(name, raw), **more}, headers={"accept": accept})


@pytest.mark.django_db
def test_a_photo_comes_back_private_and_inert(door):
    client = door("li")
    said = upload(client, photo(1)).json()
    full, small = client.get(f"/evidence/{said['id']}.webp"), client.get(said["thumb"])
    for response in (full, small):
        assert response.status_code == 200
        assert response["Content-Type"] == "image/webp"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "private" in response["Cache-Control"]
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Content-Disposition"].startswith("inline")
    pictures = [Image.open(io.BytesIO(b"".join(response.streaming_content))) for response in (full, small)]
    assert [(p.format, p.width) for p in pictures] == [("WEBP", 640), ("WEBP", 480)]
    assert client.get(f"/evidence/{said['id']}/").status_code == 200
    again = client.get(f"/evidence/{said['id']}.webp", headers={"if-none-match": full["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_htmx_gets_a_thumbnail_that_carries_the_id_into_the_form(door):
    response = upload(door("li"), photo(2), accept="*/*")
    row = Evidence.objects.get()
    assert f'<input type="hidden" name="photos" value="{row.pk}">' in response.content.decode()


@pytest.mark.django_db
def test_a_document_is_a_download(door):
    client = door("li")
    said = upload(client, PDF, "方案.pdf", kind="document").json()
    response = client.get(f"/evidence/{said['id']}/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/pdf"


HOSTILE = {
    "page": (b"<!doctype html><script>alert(1)</script>", "照片.jpg", "image", 415),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "图.svg", "image", 415),
    "program": (b"MZ\x90\x00" + b"\0" * 400, "照片.png", "image", 415),
    "pdf as photo": (PDF, "照片.jpg", "image", 415),
    "photo as pdf": (photo(3), "方案.pdf", "document", 415),
    "cut short": (photo(3)[:900], "照片.jpg", "image", 422),
    "nothing": (b"", "空.jpg", "image", 422),
    "acting pdf": (PDF.replace(b"/Type", b"/OpenAction<</S/JavaScript>>/Type"), "方案.pdf", "document", 415),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_leave_nothing_behind(door, case):
    raw, name, kind, status = HOSTILE[case]
    response = upload(door("li"), raw, name, kind=kind)
    assert response.status_code == status
    assert response.json()["sentence"].endswith("。")
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_a_bomb_of_pixels_and_a_heavy_file_are_refused(door):
    bomb = io.BytesIO()
    Image.new("1", (16_000, 16_000)).save(bomb, "PNG")
    assert upload(door("li"), bomb.getvalue(), "图.png").status_code == 422
    assert upload(door("li"), b"\xff\xd8\xff" + b"\0" * 20_000_001).status_code == 413
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_a_form_without_a_file_gets_a_sentence(door):
    response = door("li").post("/evidence/", headers={"accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (422, "evidence.no_file")
    response = upload(door("li"), photo(1), id="not-a-uuid")
    assert (response.status_code, response.json()["code"]) == (422, "foundation.bad_input")


def without_token(response) -> bytes:
    return re.sub(rb"[A-Za-z0-9]{64}", b"", response.content)


@pytest.mark.django_db
def test_an_outsider_gets_404_for_every_address_and_anonymous_is_asked_to_sign_in(net, actors, door):
    row = kept(actors.li, 1)
    attach_evidence(Thing(net.school), [row.pk], actors.li)
    for address in (f"/evidence/{row.pk}.webp", f"/evidence/{row.pk}.webp?size=thumb", f"/evidence/{row.pk}/"):
        for outsider in ("wu", "sun", "nobody", "huo"):
            refused = door(outsider).get(address)
            unknown = door(outsider).get(address.replace(str(row.pk), str(uuid4())))
            assert refused.status_code == unknown.status_code == 404
            assert without_token(refused) == without_token(unknown)
        assert door("").get(address).status_code == 302
        assert door("zhou").get(address).status_code == 200
    assert upload(door(""), photo(1)).status_code == 401


@pytest.mark.django_db
def test_uploading_needs_the_csrf_token(door):
    client = door("li")
    client.handler.enforce_csrf_checks = True
    assert upload(client, photo(1)).status_code == 403
    assert not Evidence.objects.exists()


# --- the API's door -----------------------------------------------------------------------------------------------------


@pytest.fixture
def api(cast):
    """``api("li", "read")``: the header of a token of that person."""

    def of(who, *scopes):
        text, now = f"bh_{uuid4()}", clock.now()
        apps.get_model("accounts", "ApiToken").objects.create(
            user=getattr(cast, who),
            name="试验",
            digest=hashlib.sha256(text.encode()).hexdigest(),
            scopes=list(scopes),
            made_at=now,
            expires_at=now + timedelta(days=1),
        )
        return {"authorization": f"Bearer {text}"}

    return of


@pytest.mark.django_db
def test_a_machine_uploads_and_downloads_and_an_outsider_does_not(client, net, actors, api):
    mine, both = str(uuid7()), api("li", "read", "write")
    for _ in range(2):
        said = client.post(
            "/api/v1/evidence", {"file": SimpleUploadedFile("a.jpg", photo(1)), "id": mine}, headers=both
        )
        assert (said.status_code, said.json()["id"]) == (200, mine)
    assert client.get(f"/api/v1/evidence/{mine}", headers=both).json()["sha256"] == Evidence.objects.get().sha256
    picture = client.get(f"/api/v1/evidence/{mine}/file?size=thumb", headers=both)
    assert picture["Content-Type"] == "image/webp"
    attach_evidence(Thing(net.school), [Evidence.objects.get().pk], actors.li)
    for outsider in ("wu", "sun", "nobody", "huo"):
        for path in (f"/api/v1/evidence/{mine}", f"/api/v1/evidence/{mine}/file"):
            refused = client.get(path, headers=api(outsider, "read"))
            unknown = client.get(path.replace(mine, str(uuid4())), headers=api(outsider, "read"))
            assert refused.status_code == unknown.status_code == 404
            assert refused.json() == unknown.json()
    reader = client.post("/api/v1/evidence", {"file": SimpleUploadedFile("b.jpg", photo(2))}, headers=api("li", "read"))
    assert reader.status_code == 403
    assert client.post("/api/v1/evidence", headers=both).status_code == 422
    assert (
        client.post("/api/v1/evidence", {"file": SimpleUploadedFile("a.svg", b"<svg/>")}, headers=both).status_code
        == 415
    )
    assert Evidence.objects.count() == 1
