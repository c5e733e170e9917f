"""What people upload comes out as pixels, or as a sentence: photographs, PDFs, drawn signatures."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bihuan.foundation.evidence.documents import clean_document
from bihuan.foundation.evidence.images import clean_image, unlikeness
from bihuan.foundation.evidence.signatures import PREFIX, clean_signature
from bihuan.foundation.refusals import Refusal


def photo(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 8, height // 8, width // 2, height // 2), fill="red")
    draw.ellipse((width // 2, height // 3, width - 10, height - 10), fill="navy")
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def camera_exif(orientation: int = 1, written: str = "2026:11:20 09:41:07") -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Some Maker"
    exif.get_ifd(0x8769)[0x9003] = written
    exif.get_ifd(0x8825).update({1: "N", 2: (34.0, 18.0, 30.0), 3: "E", 4: (109.0, 1.0, 12.0)})
    return exif


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


PHOTO = encoded(photo(), exif=camera_exif())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_webp(kind):
    clean = clean_image(encoded(photo(), kind))
    with Image.open(io.BytesIO(clean.webp)) as kept, Image.open(io.BytesIO(clean.thumb)) as thumb:
        assert (kept.format, kept.size) == ("WEBP", (800, 600)) == ("WEBP", (clean.width, clean.height))
        assert (thumb.format, max(thumb.size)) == ("WEBP", 480)
        assert kept.convert("RGB").getpixel((200, 150))[0] > 200  # still the red field


def test_position_and_camera_are_gone_and_the_time_is_known():
    assert b"Some Maker" in PHOTO
    clean = clean_image(PHOTO)
    for part in (clean.webp, clean.thumb):
        assert b"Some Maker" not in part
        assert b"EXIF" not in part
        with Image.open(io.BytesIO(part)) as kept:
            assert dict(kept.getexif()) == {}
    assert clean.taken_at == datetime(2026, 11, 20, 9, 41, 7)


@pytest.mark.parametrize("written", ["0000:00:00 00:00:00", "0001:01:01 00:00:00", "昨天", "2026:13:40 25:61:61", ""])
def test_a_camera_clock_that_was_never_set_says_nothing(written):
    assert clean_image(encoded(photo(), exif=camera_exif(written=written))).taken_at is None


def test_a_photo_taken_sideways_stands_upright():
    clean = clean_image(encoded(photo(800, 600), exif=camera_exif(orientation=6)))
    assert (clean.width, clean.height) == (600, 800)


def test_large_photos_are_scaled_down():
    clean = clean_image(encoded(photo(5200, 2600)))
    assert (clean.width, clean.height) == (2560, 1280)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "I;16"])
def test_every_png_mode_gives_the_same_picture(mode):
    picture = photo(mode="L").convert("I;16").point(lambda light: light * 257) if mode == "I;16" else photo(mode=mode)
    clean = clean_image(encoded(picture, "PNG"))
    assert unlikeness(clean.perceptual_hash, clean_image(encoded(photo(mode="L"), "PNG")).perceptual_hash) <= 4


def test_what_was_clear_becomes_white_paper():
    clean = clean_image(encoded(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG"))
    with Image.open(io.BytesIO(clean.webp)) as kept:
        assert kept.getpixel((50, 50)) == (255, 255, 255)


def test_cmyk_and_a_second_picture_in_a_phone_photo_are_no_obstacle():
    assert clean_image(encoded(photo(mode="CMYK"))).width == 800
    phone = encoded(photo(), "MPO", save_all=True, append_images=[photo(400, 300)])
    assert clean_image(phone).width == 800


def test_the_same_scene_has_a_near_hash_and_another_scene_a_far_one():
    one = clean_image(PHOTO).perceptual_hash
    again = clean_image(encoded(photo(640, 480), quality=40)).perceptual_hash
    other = clean_image(encoded(photo().transpose(Image.Transpose.FLIP_LEFT_RIGHT))).perceptual_hash
    assert -(2**63) <= one < 2**63
    assert unlikeness(one, again) <= 6 < unlikeness(one, other)


def test_nothing_hidden_behind_the_picture_survives():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("run.exe", "MZ" * 50)
    clean = clean_image(PHOTO + b"<script>alert(1)</script>" + archive.getvalue())
    assert b"<script>" not in clean.webp
    assert b"PK\x03\x04" not in clean.webp
    assert clean.sha256 == clean_image(PHOTO).sha256
    assert clean.original_sha256 != clean_image(PHOTO).original_sha256


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("evidence.empty", b""),
        ("evidence.not_an_image", b"<html><script>alert(1)</script></html>"),
        ("evidence.not_an_image", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("evidence.not_an_image", b"PK\x03\x04" + bytes(200)),
        ("evidence.not_an_image", b"%PDF-1.7\n%%EOF"),
        ("evidence.not_an_image", encoded(photo(), "GIF")),
        ("evidence.not_an_image", encoded(photo(), "TIFF")),
        ("evidence.heic", b"\x00\x00\x00\x18ftypheic" + bytes(100)),
        ("evidence.broken_image", PHOTO[: len(PHOTO) // 2]),
        ("evidence.broken_image", b"\xff\xd8\xff<html>not a photo</html>"),
        ("evidence.broken_image", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("evidence.animated", encoded(photo(), "WEBP", save_all=True, append_images=[photo(mode="L").convert("RGB")])),
        ("evidence.animated", encoded(photo(), "PNG", save_all=True, append_images=[photo(mode="L").convert("RGB")])),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(code, raw):
    with refused(code) as caught:
        clean_image(raw)
    assert caught.value.sentence.endswith("。")


def test_too_large_a_file_is_refused():
    with refused("evidence.too_large") as caught:
        clean_image(PHOTO, max_bytes=1000)
    assert "MB" in caught.value.sentence


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 12_000, 60_000])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_unpacked(side):
    with refused("evidence.too_many_pixels"):
        clean_image(png_claiming(side, side))


@given(st.data())
def test_damaged_photos_are_either_pictures_or_refusals(data):
    small = bytearray(encoded(photo(48, 32), data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        small[data.draw(st.integers(12, len(small) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept = clean_image(bytes(small)).webp
    except Refusal:
        return  # the only exception that may come out
    assert kept.startswith(b"RIFF")


# --- PDF ----------------------------------------------------------------------------------------------------------------


def pdf(catalog: bytes = b"", extra: bytes = b"", trailer: bytes = b"") -> bytes:
    body = b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R " + catalog + b">> endobj\n"
    body += b"2 0 obj <</Type /Pages /Kids [] /Count 0>> endobj\n" + extra
    return body + b"trailer <</Root 1 0 R " + trailer + b">>\nstartxref\n9\n%%EOF\n"


def object_stream(hidden: bytes, name: bytes = b"ObjStm") -> bytes:
    packed = zlib.compress(hidden)
    head = b"5 0 obj <</Type /" + name + b" /N 1 /First 4 /Filter /FlateDecode /Length %d>> stream\n" % len(packed)
    return head + packed + b"\nendstream endobj\n"


def test_a_plain_pdf_is_kept_byte_for_byte():
    raw = pdf(extra=object_stream(b"7 0 <</Type /Font>>"))
    assert clean_document(raw).pdf == raw


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        ("evidence.empty", b""),
        ("evidence.not_a_pdf", b"<html></html>"),
        ("evidence.not_a_pdf", b"MZ" + pdf()),
        ("evidence.broken_pdf", pdf()[:-30]),
        ("evidence.active_pdf", pdf(b"/OpenAction <</S /JavaScript /JS (app.alert(1))>>")),
        ("evidence.active_pdf", pdf(b"/OpenAction <</S /J#61vaScript /JS (app.alert(1))>>")),
        ("evidence.active_pdf", pdf(b"/OpenAction <</S /Launch /F (cmd.exe)>>")),
        ("evidence.active_pdf", pdf(b"/Names <</EmbeddedFiles 9 0 R>>")),
        ("evidence.active_pdf", pdf(extra=object_stream(b"7 0 <</S /JavaScript /JS (x)>>"))),
        ("evidence.active_pdf", pdf(extra=object_stream(b"7 0 <</S /Launch>>", name=b"Obj#53tm"))),
        (
            "evidence.broken_pdf",
            pdf(extra=object_stream(b"7 0 <</S /Launch>>").replace(zlib.compress(b"7")[:2], b"zz")),
        ),
        ("evidence.locked_pdf", pdf(trailer=b"/Encrypt 8 0 R")),
    ],
)
def test_a_pdf_that_could_act_or_is_not_whole_is_refused(code, raw):
    with refused(code):
        clean_document(raw)


def test_a_pdf_bomb_is_refused():
    bomb = pdf(extra=object_stream(bytes(70_000_000)))
    assert len(bomb) < 200_000
    with refused("evidence.broken_pdf"):
        clean_document(bomb)


def test_a_pdf_over_the_limit_is_refused():
    with refused("evidence.too_large"):
        clean_document(pdf(), max_bytes=20)


# --- signatures ---------------------------------------------------------------------------------------------------------


def canvas(*strokes: tuple[int, ...], colour: str = "black", size: tuple[int, int] = (600, 240)) -> str:
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        draw.line(stroke, fill=colour, width=5)
    return PREFIX + base64.b64encode(encoded(picture, "PNG")).decode()


def test_a_signature_is_cut_to_its_ink():
    with Image.open(io.BytesIO(clean_signature(canvas((100, 50, 300, 150), (120, 150, 280, 60))))) as kept:
        assert kept.format == "WEBP"
        assert 200 <= kept.width <= 230
        assert 100 <= kept.height <= 130
        assert kept.convert("L").getpixel((1, 1)) == 255


@pytest.mark.parametrize("drawn", [canvas(), canvas((10, 10, 11, 11)), canvas((100, 50, 300, 150), colour="white")])
def test_an_empty_drawing_is_no_signature(drawn):
    with refused("evidence.blank_signature"):
        clean_signature(drawn)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "李安",
        "data:image/svg+xml;base64,PHN2Zy8+",
        PREFIX + "####",
        PREFIX + base64.b64encode(b"not a png").decode(),
        PREFIX + base64.b64encode(PHOTO).decode(),
        PREFIX + base64.b64encode(png_claiming(30_000, 30_000)).decode(),
    ],
)
def test_what_is_no_drawing_is_refused(sent):
    with refused("evidence.not_a_signature"):
        clean_signature(sent)


def test_a_signature_over_the_limit_is_refused():
    with refused("evidence.too_large"):
        clean_signature(canvas((100, 50, 300, 150)), max_bytes=100)
