"""Drawn scenes that stand for photos: one subject, before or after, always marked as drawn."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFont

from bihuan.config.demo.chance import dice

WIDTH, HEIGHT = 880, 660
KEPT = (640, 480)
CLEAN = (206, 216, 218)
WALLS = ((226, 222, 211), (214, 221, 222), (231, 226, 216), (216, 219, 208))
FLOORS = ((156, 146, 132), (138, 143, 145), (170, 158, 140))
STAGES = {True: "整改后 · ", False: "整改前 · ", None: ""}
SCENES = {
    "08": "extinguisher", "10": "panel", "09": "stairs", "11": "fridge", "05": "gate", "06": "gate", "07": "camera",
    "14": "dormitory", "15": "bus", "16": "cabinet", "18": "bars", "12": "sink",
}  # fmt: skip


def photo(words: str, item: str, *, after: bool | None, seed: object) -> bytes:
    """A JPEG of the scene of a checklist item; *words* (place, day and hour) stand on it as a camera would print them.

    ``after``: put right, not yet, or (``None``) nothing that was ever wrong.
    """
    chance = dice("photo", seed)
    picture = Image.new("RGB", (WIDTH, HEIGHT), chance.choice(WALLS))
    draw = ImageDraw.Draw(picture)
    horizon = 430 + chance.randrange(-30, 30)
    draw.polygon([(0, HEIGHT), (0, horizon + 40), (WIDTH, horizon - 20), (WIDTH, HEIGHT)], fill=chance.choice(FLOORS))
    for n in range(5):
        draw.line([(n * 220 - 60, HEIGHT), (n * 120 + 200, horizon + 20)], fill=(120, 116, 108), width=2)
    _DRAWERS[SCENES.get(item[:2], "board")](draw, chance, after is not False)
    if after is False and item[:2] in {"08", "09", "10"}:
        _clutter(draw, chance)
    draw.rectangle([0, HEIGHT - 40, WIDTH, HEIGHT], fill=(28, 32, 34))
    draw.text((14, HEIGHT - 34), f"{words} · {STAGES[after]}示意图", font=_font(22), fill=(240, 240, 235))
    out = BytesIO()
    picture.resize(KEPT).save(out, "JPEG", quality=82)
    return out.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    face = next(path for path in files("manimgx_fonts_cjk").iterdir() if path.name.endswith((".ttc", ".otf")))
    return ImageFont.truetype(str(face), size)


def _extinguisher(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    for n in range(2):
        x = 330 + n * 110 + chance.randrange(-10, 10)
        draw.rounded_rectangle([x, 250, x + 70, 470], 26, fill=(178, 34, 38), outline=(90, 16, 18), width=3)
        draw.rectangle([x + 24, 215, x + 46, 252], fill=(40, 40, 40))
        draw.ellipse([x + 18, 268, x + 52, 302], fill=(245, 245, 240), outline=(40, 40, 40), width=2)
        draw.line(
            [(x + 35, 285), (x + (45 if after else 24), 278)], fill=(30, 130, 60) if after else (190, 30, 30), width=4
        )
    draw.rectangle([300, 470, 580, 492], fill=(90, 84, 74))


def _panel(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rectangle([300, 170, 560, 470], fill=(120, 126, 130), outline=(50, 54, 56), width=4)
    for row in range(3):
        for column in range(5):
            x, y = 325 + column * 45, 205 + row * 80
            draw.rectangle([x, y, x + 30, y + 55], fill=(222, 222, 216), outline=(60, 60, 60))
            if after:
                draw.rectangle([x, y + 60, x + 30, y + 70], fill=(250, 246, 200))
    if not after:
        draw.polygon([(560, 170), (690, 120), (690, 520), (560, 470)], fill=(136, 142, 146), outline=(50, 54, 56))


def _stairs(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    for n in range(9):
        draw.rectangle(
            [180 + n * 50, 560 - n * 40, 720, 600 - n * 40],
            fill=(188 - n * 6, 184 - n * 6, 176 - n * 6),
            outline=(110, 106, 98),
        )
    lean = 0 if after else 26
    draw.line([(190, 440), (640 + lean, 120)], fill=(70, 74, 78), width=10)
    for n in range(8):
        draw.line(
            [(200 + n * 58, 545 - n * 40), (200 + n * 58 + lean * n // 8, 430 - n * 40)], fill=(90, 94, 98), width=5
        )


def _fridge(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rounded_rectangle([280, 110, 600, 560], 12, fill=(238, 240, 240), outline=(120, 126, 128), width=4)
    for shelf in range(3):
        y = 240 + shelf * 100
        draw.line([(300, y), (580, y)], fill=(130, 136, 138), width=4)
        for n in range(4 if after else 2 + shelf):
            draw.rounded_rectangle(
                [312 + n * 66, y - 56, 364 + n * 66, y - 4],
                6,
                fill=CLEAN if after else chance.choice((CLEAN, (196, 150, 60), (90, 140, 90))),
            )
    draw.text((440, 128), "4" if after else "9", font=_font(40), fill=(20, 90, 60) if after else (180, 30, 30))


def _gate(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rectangle([80, 200, 200, 560], fill=(170, 150, 128))
    draw.rectangle([680, 200, 800, 560], fill=(170, 150, 128))
    for n in range(16 if after else 9):
        draw.rectangle([205 + n * 29, 330, 218 + n * 29, 560], fill=(150, 156, 160))
    draw.rectangle([210, 180, 670, 230], fill=(128, 30, 34))


def _camera(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    for n in range(9):
        x, y = 190 + n % 3 * 175, 120 + n // 3 * 130
        dark = not after and n in (4, 7)
        draw.rectangle(
            [x, y, x + 160, y + 115],
            fill=(12, 14, 16) if dark else (104 + n * 8, 124, 118),
            outline=(40, 44, 46),
            width=3,
        )


def _dormitory(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    for x in (120, 500):
        for y in (220, 400):
            draw.rectangle([x, y, x + 260, y + 26], fill=(120, 84, 56))
            draw.rectangle([x + 8, y - 34, x + 252, y], fill=(150, 176, 196))
        draw.rectangle([x, 180, x + 12, 540], fill=(88, 92, 96))
        draw.rectangle([x + 248, 180, x + 260, 540], fill=(88, 92, 96))
    if not after:
        draw.rounded_rectangle([410, 470, 470, 540], 8, fill=(200, 60, 50))
        draw.line([(440, 540), (600, 590)], fill=(30, 30, 30), width=5)


def _bus(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rounded_rectangle([110, 220, 770, 500], 26, fill=(238, 178, 30), outline=(90, 66, 10), width=4)
    for n in range(5):
        draw.rectangle([150 + n * 118, 260, 245 + n * 118, 350], fill=(176, 206, 214))
    for x in (210, 620):
        draw.ellipse([x, 455, x + 90, 545], fill=(34, 34, 36))
    if after:
        draw.rectangle([162, 300, 178, 340], fill=(200, 30, 30))


def _cabinet(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rectangle([240, 120, 640, 560], fill=(196, 168, 60), outline=(80, 66, 20), width=4)
    for shelf in range(3):
        y = 250 + shelf * 130
        draw.rectangle([256, y - 110, 624, y], fill=(232, 226, 206))
        for n in range(7):
            colour = (150, 90, 40) if after or chance.random() > 0.4 else chance.choice([(90, 60, 130), (60, 120, 90)])
            draw.rectangle([268 + n * 50, y - 80, 304 + n * 50, y - 4], fill=colour)
            draw.rectangle([272 + n * 50, y - 56, 300 + n * 50, y - 34], fill=(250, 250, 244))


def _bars(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    lean = 0 if after else 34
    draw.line([(300, 560), (300 + lean, 180)], fill=(70, 90, 120), width=14)
    draw.line([(580, 560), (580 + lean, 180)], fill=(70, 90, 120), width=14)
    draw.line([(290 + lean, 186), (600 + lean, 186)], fill=(150, 156, 160), width=10)
    if not after:
        draw.ellipse([280, 520, 330, 566], fill=(140, 74, 30))


def _sink(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rectangle([140, 330, 740, 420], fill=(240, 240, 238), outline=(120, 120, 118), width=4)
    for n in range(4):
        x = 190 + n * 145
        draw.line([(x, 330), (x, 250), (x + 36, 250), (x + 36, 275)], fill=(110, 114, 118), width=9)
        if after:
            draw.line([(x + 36, 278), (x + 36, 340)], fill=(120, 180, 220), width=6)
            draw.rectangle([x + 60, 200, x + 92, 270], fill=(90, 150, 140))


def _board(draw: ImageDraw.ImageDraw, chance: Random, after: bool) -> None:
    draw.rectangle([220, 140, 660, 470], fill=(250, 248, 240), outline=(110, 84, 60), width=12)
    for n in range(7):
        y = 190 + n * 38
        if after or n % 3:
            draw.line([(260, y), (260 + 220 + chance.randrange(150), y)], fill=(70, 74, 78), width=6)


def _clutter(draw: ImageDraw.ImageDraw, chance: Random) -> None:
    for n in range(4):
        x, y = 40 + n * 60 + chance.randrange(20), 500 - chance.randrange(60)
        draw.rectangle([x, y, x + 90, y + 110], fill=(168, 126, 80), outline=(96, 70, 40), width=3)
        draw.line([(x, y + 50), (x + 90, y + 50)], fill=(120, 90, 56), width=3)


_DRAWERS = {
    "extinguisher": _extinguisher, "panel": _panel, "stairs": _stairs, "fridge": _fridge, "gate": _gate, "camera": _camera,
    "dormitory": _dormitory, "bus": _bus, "cabinet": _cabinet, "bars": _bars, "sink": _sink, "board": _board,
}  # fmt: skip


def signature(seed: object) -> bytes:
    """A PNG of a hand's stroke."""
    chance = dice("signature", seed)
    picture = Image.new("RGBA", (480, 180), (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    x, y = 40.0, 90.0
    for _ in range(3):
        stroke = [(x, y)]
        for _ in range(9):
            x += chance.uniform(4, 20)
            y = min(160, max(20, y + chance.uniform(-46, 46)))
            stroke.append((x, y))
        draw.line(stroke, fill=(20, 24, 30, 255), width=5, joint="curve")
        x += 12
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
