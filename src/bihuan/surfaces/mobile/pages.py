"""The phone's shell: one page without a word about anybody, the worker that keeps it, and what makes it installable."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_GET
from PIL import Image, ImageDraw

ENTRY = "frontend/src/phone.js"
SHELL = "/m/"
ICONS = (192, 512)
INK = (11, 90, 112)
"""The accent of ``tokens.css``."""


@require_GET
def shell(request: HttpRequest) -> HttpResponse:
    """The page of every screen; who it is for, only the phone knows."""
    response = HttpResponse(render_to_string("mobile/shell.html"))
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """``/sw.js``: it stands at the root so that a code on a wall (``/p/…``) opens without a network too."""
    now, later = files()
    page = render_to_string("mobile/shell.html")
    version = hashlib.sha256(json.dumps([now, later, page]).encode()).hexdigest()[:16]
    text = render_to_string(
        "mobile/sw.js", {"version": version, "now": json.dumps([SHELL, *now]), "later": json.dumps(later)}
    )
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = "/"
    return response


def files() -> tuple[list[str], list[str]]:
    """The addresses of what the first screen needs, and of what comes after it (the scanner), from the build's manifest."""
    text = settings.DJANGO_VITE["default"]["manifest_path"].read_text(encoding="utf-8")
    chunks: dict[str, Any] = json.loads(text)
    first = _reached(chunks, [ENTRY])
    lazy = [name for key in first for name in chunks[key].get("dynamicImports", [])]
    rest = [key for key in _reached(chunks, lazy) if key not in first]
    now = [f"/m/icon-{ICONS[0]}.png", "/m/manifest.webmanifest", *_addresses(chunks, first)]
    return now, [one for one in _addresses(chunks, rest) if one not in now]


def _reached(chunks: dict[str, Any], names: list[str]) -> list[str]:
    found: list[str] = []
    waiting = list(names)
    while waiting:
        if (key := waiting.pop(0)) not in found:
            found.append(key)
            waiting += chunks[key].get("imports", [])
    return found


def _addresses(chunks: dict[str, Any], keys: list[str]) -> list[str]:
    files = [
        one
        for key in keys
        for one in (chunks[key]["file"], *chunks[key].get("css", ()), *chunks[key].get("assets", ()))
    ]
    return [settings.STATIC_URL + one for one in dict.fromkeys(files)]


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone asks before it puts the page among its apps."""
    icons = [
        {"src": f"/m/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
        for size in ICONS
    ]
    ways = [("扫码巡查", "scan"), ("随手报", "report")]
    said = {
        "id": SHELL, "name": "闭环校园安全", "short_name": "闭环", "lang": "zh-CN", "start_url": SHELL, "scope": "/",
        "display": "standalone", "orientation": "portrait", "background_color": "#ffffff", "theme_color": "#0b5a70",
        "description": "扫码巡查、随手报、交接班，没有网络也能用。", "icons": icons,
        "shortcuts": [{"name": name, "url": f"{SHELL}#/{at}"} for name, at in ways],
    }  # fmt: skip
    response = JsonResponse(said, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_GET
def icon(request: HttpRequest, size: int) -> HttpResponse:
    """The icon in one of the sizes of ``ICONS``."""
    response = HttpResponse(drawn(size), content_type="image/png")
    response["Cache-Control"] = "public, max-age=604800"
    return response


@cache
def drawn(size: int) -> bytes:
    """A loop that closes on a tick, with room around it so that a phone may cut the square into any shape."""
    big = size * 4
    image = Image.new("RGB", (big, big), INK)
    pen = ImageDraw.Draw(image)
    wide = big // 14
    ring = [big * 0.24, big * 0.24, big * 0.76, big * 0.76]
    pen.arc(ring, 0, 305, fill="white", width=wide)
    tick = [(big * 0.39, big * 0.50), (big * 0.485, big * 0.595), (big * 0.70, big * 0.335)]
    pen.line(tick, fill="white", width=wide, joint="curve")
    for x, y in (tick[0], tick[-1]):
        pen.ellipse([x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2], fill="white")
    out = BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


urlpatterns = [
    path("", shell, name="phone"),
    path("manifest.webmanifest", manifest, name="phone-manifest"),
    *(path(f"icon-{size}.png", icon, {"size": size}, name=f"phone-icon-{size}") for size in ICONS),
]
