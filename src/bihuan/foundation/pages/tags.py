"""Template tags that are built into every template: one way to say a term, a level, a deadline, a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from html import escape
from typing import Any
from urllib.parse import quote_plus, urlencode

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_vite.core.asset_loader import DjangoViteAssetLoader

from bihuan.foundation import clock, packs
from bihuan.foundation.ids import uuid7
from bihuan.foundation.pages.keyset import MOST_COUNTED
from bihuan.foundation.pages.wording import due_words, exact_words, local, moment_words
from bihuan.foundation.terms import term as term_of

register = template.Library()

_SHAPES = {
    "red": '<polygon points="5,1 11,1 15,5 15,11 11,15 5,15 1,11 1,5"/>',
    "orange": '<polygon points="8,1.5 15,14.5 1,14.5"/>',
    "yellow": '<polygon points="8,1 15,8 8,15 1,8"/>',
    "blue": '<circle cx="8" cy="8" r="6.5"/>',
}
_COLOURS = {"red": "红 · 重大", "orange": "橙 · 较大", "yellow": "黄 · 一般", "blue": "蓝 · 低"}
_LEVELS = {
    "major": ("red", "重大"),
    "serious": ("orange", "较大"),
    "general": ("yellow", "一般"),
    "low": ("blue", "低"),
}
_STOPPED = {False, "", "closed", "withdrawn", "merged", "cancelled", "done"}


def _bureau(context: Any) -> Any:
    actor = context.get("actor")
    return actor.bureau_id if actor else None


# --- words ------------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def term(context: Any, code: str) -> str:
    """The bureau's own word for a thing."""
    return term_of(_bureau(context), code)


@register.simple_tag(takes_context=True)
def post(context: Any, code: str) -> str:
    """The name of a post; the code itself when no pack knows it."""
    found = packs.entries(_bureau(context), "posts").get(code)
    return str(found["name"]) if found else code


@register.simple_tag(takes_context=True)
def heading(context: Any) -> SafeString:
    """What the page put into its ``title`` block, once more: the shell's ``<h1>`` and ``<title>`` never differ."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block("title")
    return block.nodelist.render(context) if block else mark_safe("")


# --- risk and time: always colour + word + shape, always words + the exact moment -----------------------------------------


def _shape(colour: str) -> SafeString:
    drawing = _SHAPES.get(colour, _SHAPES["blue"])
    return mark_safe(f'<svg class="shape" viewBox="0 0 16 16" aria-hidden="true">{drawing}</svg>')  # noqa: S308 - our constant


@register.simple_tag
@lru_cache(maxsize=256)
def colour(code: str, word: str = "") -> SafeString:
    """One of the four risk colours: shape, colour and word."""
    return format_html(
        '<span class="risk risk-{}">{}<span>{}</span></span>', code, _shape(code), word or _COLOURS.get(code, code)
    )


@register.simple_tag
def level(code: str, word: str = "") -> SafeString:
    """A hazard's level in its colour: major ⬢ 重大, serious ▲ 较大, general ◆ 一般, low ● 低."""
    hue, usual = _LEVELS.get(code, ("blue", code))
    return colour(hue, word or usual)


@register.simple_tag
def due(at: datetime | None, state: Any = True) -> SafeString:
    """A running clock: 剩 3 天 / 今天到期 / 逾期 2 天. *state*: falsy or a final state stops it."""
    if at is None:
        return SafeString('<span class="due quiet">不限期</span>')
    now = clock.now()
    if state in _STOPPED or state is None:
        return SafeString(f'<time class="due quiet" datetime="{at.isoformat()}">{moment_words(at, now)}</time>')
    words, urgency = due_words(at, now)
    return SafeString(
        f'<time class="due due-{urgency}" datetime="{at.isoformat()}" title="{exact_words(at)} 到期">{words}</time>'
    )


@register.simple_tag
def moment(at: datetime | date | None) -> SafeString:
    """``11-22 10:32`` with the full moment behind it; a date without time is ``11-22``."""
    if at is None:
        return SafeString("—")
    if not isinstance(at, datetime):
        words = f"{at:%m-%d}" if at.year == local(clock.now()).year else f"{at:%Y-%m-%d}"
        return SafeString(f'<time datetime="{at.isoformat()}">{words}</time>')
    words = moment_words(at, clock.now())
    return SafeString(f'<time datetime="{at.isoformat()}" title="{exact_words(at)}">{words}</time>')


@register.simple_tag
@lru_cache(maxsize=512)
def state_chip(word: str, mine: bool = False) -> SafeString:
    """A state in words with a thin outline; filled when it waits for the person who is looking."""
    return format_html('<span class="chip{}">{}</span>', " chip-mine" if mine else "", word)


@register.simple_tag
def capped(count: int, cap: int = MOST_COUNTED) -> str:
    """A count that was not counted further than *cap*: ``500+``."""
    return f"{cap:,}+" if count > cap else f"{count:,}"


@cache
def _sprite() -> str:
    return DjangoViteAssetLoader.instance().generate_vite_asset_url("frontend/src/icons.svg")


@register.simple_tag
def icon(name: str) -> SafeString:
    """One icon of ``frontend/src/icons.json``; it never stands without a word beside it or an aria-label around it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', _sprite(), name)


# --- what need not be rendered again ------------------------------------------------------------------------------------

MOST_KEPT = 256


class _Kept(template.Node):
    """See ``kept``."""

    def __init__(self, nodelist: template.NodeList, values: list[Any]) -> None:
        self.nodelist, self.values = nodelist, values
        self._made: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Any) -> SafeString:
        key = tuple(value.resolve(context) for value in self.values)
        found = self._made.get(key)
        if found is None:
            found = self.nodelist.render(context)
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            self._made[key] = found
        return found


@register.tag
def kept(parser: Any, token: Any) -> _Kept:
    """``{% kept a b %}…{% endkept %}`` is rendered once for these values and remembered by this process.

    Everything inside must follow from the values (compared as such, so they must be hashable): never a CSRF token, an
    envelope's id, a clock, or anything of the person that is not among them.
    """
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return _Kept(nodelist, values)


# --- forms --------------------------------------------------------------------------------------------------------------


@register.simple_tag
def envelope_id() -> SafeString:
    """The hidden field that makes a form's sending idempotent."""
    return format_html('<input type="hidden" name="_id" value="{}">', uuid7())


@register.inclusion_tag("shell/field.html", takes_context=True)
def field(
    context: Any,
    name: str,
    label: str,
    *,
    kind: str = "text",
    value: Any = None,
    help: str = "",  # noqa: A002 - what a template calls it
    error: str = "",
    options: Iterable[Any] = (),
    required: bool = False,
    id: str = "",
    **attributes: Any,
) -> dict[str, Any]:
    """Label, control, help and error sentence in one.

    What was typed wins: ``typed`` (the refused form) over *value*; the error comes from ``refusal.fields``. ``kind``: an
    input type, ``textarea``, ``select``, ``radio``, ``checks`` (several) or ``check`` (one). ``options``: (value, word)
    pairs. Other named arguments become attributes, ``_`` as ``-`` (``maxlength=120``, ``inputmode="numeric"``).
    """
    typed = context.get("typed")
    refusal = context.get("refusal")
    chosen: list[str] = []
    if isinstance(typed, Mapping):
        if hasattr(typed, "getlist"):
            chosen = [str(v) for v in typed.getlist(name)]
        elif name in typed:
            chosen = [str(typed[name])]
        value = chosen[0] if chosen else ("" if kind not in {"hidden"} else value)
    elif isinstance(value, (list, tuple, set)):
        chosen = [str(v) for v in value]
    elif value is not None and value is not False:
        chosen = ["1" if value is True else str(value)]
    if not error and refusal is not None:
        error = refusal.fields.get(name, "")
    pairs = [(str(v), w) for v, w in (o if isinstance(o, (tuple, list)) else (o, o) for o in options)]
    extra = {key.replace("_", "-"): v for key, v in attributes.items() if v not in (None, False, "")}
    return {
        "name": name, "label": label, "kind": kind, "help": help, "error": error, "required": required,
        "id": id or f"field-{name.replace('.', '-')}",
        "value": "" if value is None or kind == "password" else _control_value(value, kind),
        "options": [(v, w, v in chosen) for v, w in pairs],
        "checked": bool(chosen and chosen[0] not in {"", "0", "False"}),
        "attributes": format_html_join("", ' {}="{}"', ((k, "" if v is True else v) for k, v in extra.items())),
    }  # fmt: skip


def _control_value(value: Any, kind: str) -> str:
    if isinstance(value, datetime) and kind == "datetime-local":
        return f"{local(value):%Y-%m-%dT%H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


@register.inclusion_tag("shell/problem.html", takes_context=True)
def problem(context: Any) -> dict[str, Any]:
    """The refusal of this form as a sentence above it; nothing when the form was not refused."""
    return {"refusal": context.get("refusal")}


# --- lists --------------------------------------------------------------------------------------------------------------


def _query(context: Any, **changes: str) -> str:
    """The page's own address with some parameters changed; a change always returns to the first page."""
    request = context["request"]
    kept = [(k, v) for k, values in request.GET.lists() for v in values if k not in changes and k != "cursor"]
    return "?" + urlencode(kept + [(k, v) for k, v in changes.items() if v])


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """``?…`` of this page with some parameters changed (an empty value removes one)."""
    return _query(context, **{name: "" if value is None else str(value) for name, value in changes.items()})


@register.inclusion_tag("shell/filter_menu.html", takes_context=True)
def filter_menu(context: Any, name: str, anything: str, options: Iterable[Any], *, value: Any = None) -> dict[str, Any]:
    """One part of the filter sentence: the word in force, and a menu of links that change only this parameter.

    *anything* is the word when nothing is chosen (全部学校); *options* are (value, word) pairs.
    """
    current = str(context["request"].GET.get(name, "") if value is None else value)
    pairs = [(str(v), str(w)) for v, w in (o if isinstance(o, (tuple, list)) else (o, o) for o in options)]
    rest = _query(context, **{name: ""})
    start = f"{rest}{'' if rest == '?' else '&'}{quote_plus(name)}="
    lines = [(rest, anything, not current)]
    lines += [(start + quote_plus(v), w, v == current) for v, w in pairs if v and w != anything]
    return {
        "word": next((w for v, w in pairs if v == current and current), anything),
        "chosen": any(v == current for v, _ in pairs) and bool(current),
        "is_long": len(lines) > 12,
        # a menu of 54 schools on every list: written here, because a template loop costs ten times as much
        "lines": mark_safe("".join(_menu_line(*line) for line in lines)),  # noqa: S308 - escaped in _menu_line
    }


def _menu_line(href: str, word: str, here: bool) -> str:
    return f'<li><a href="{escape(href)}"{" aria-current=true" if here else ""}>{escape(word)}</a></li>'


@register.inclusion_tag("shell/pager.html", takes_context=True)
def pager(context: Any, page: Any) -> dict[str, Any]:
    """The next page, and back to the first; keyset lists have no page numbers and count nothing."""
    cursor = page.next if hasattr(page, "next") else str(page or "")
    return {
        "next": _query(context, cursor=cursor) if cursor else "",
        "first": _query(context) if context["request"].GET.get("cursor") else "",
    }


@register.inclusion_tag("shell/empty.html")
def empty(title: str, text: str = "", href: str = "", action: str = "") -> dict[str, str]:
    """An empty state that teaches: what this place is for, and the one thing to do next."""
    return {"title": title, "text": text, "href": href, "action": action}


# --- pictures -----------------------------------------------------------------------------------------------------------


def _picture(photo: Any, word: str = "") -> dict[str, Any]:
    read = photo.get if isinstance(photo, Mapping) else lambda name, otherwise=None: getattr(photo, name, otherwise)
    pk = read("id") or read("pk")
    address = read("url") or f"/evidence/{pk}.webp"
    return {
        "url": address,
        "thumb": read("thumb_url") or (address if read("url") else f"{address}?size=thumb"),
        "alt": word or read("name") or "现场照片",
        "taken_at": read("taken_at"),
        "by": read("made_by_name") or "",
    }


@register.inclusion_tag("shell/photos.html")
def photos(rows: Iterable[Any], word: str = "现场照片") -> dict[str, Any]:
    """A grid of photos that open large, and the voice notes among them to be played; rows are evidence rows or mappings
    with ``id`` (or ``url``)."""
    rows = list(rows)
    heard = [row for row in rows if getattr(row, "kind", "") == "audio"]
    pictures = [row for row in rows if row not in heard]
    return {
        "photos": [_picture(row, f"{word} {n}") for n, row in enumerate(pictures, 1)],
        "voices": heard,
        "word": word,
    }


@register.inclusion_tag("shell/before_after.html")
def before_after(before: Any, after: Any, before_word: str = "整改前", after_word: str = "整改后") -> dict[str, Any]:
    """Two photos side by side; with JavaScript one over the other with a slider that the keyboard moves."""
    return {"before": _picture(before, before_word), "after": _picture(after, after_word),
            "before_word": before_word, "after_word": after_word}  # fmt: skip


@register.inclusion_tag("shell/photo_picker.html")
def photo_picker(
    name: str = "photos",
    label: str = "照片",
    help: str = "",  # noqa: A002 - what a template calls it
    most: int = 9,
    error: str = "",
    required: bool = False,
) -> dict[str, Any]:
    """Take or choose photos; chosen ones are shown and can be taken out again before sending (multipart form)."""
    return {
        "name": name,
        "label": label,
        "help": help,
        "most": most,
        "error": error,
        "required": required,
        "id": f"field-{name}",
    }


@register.inclusion_tag("shell/signature.html")
def signature(name: str = "signature", label: str = "手写签名") -> dict[str, Any]:
    """A pad to sign on; the form receives a PNG data address under *name*, empty until somebody signed."""
    return {"name": name, "label": label, "id": f"field-{name}"}
