"""One row of the hazards list, written by one function: twenty-five times a template of thirty nodes is most of a page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from django.utils.safestring import SafeString

from bihuan.foundation.pages.tags import due, level, moment, state_chip

_CHIPS = {"recurrence_of_id": "回潮", "listed_at": "挂牌", "extension": "申请延期"}


def row(line: Mapping[str, Any]) -> SafeString:
    """A line of ``queries.hazards`` as ``<tr>``."""
    pk, number = line["id"], escape(line["number"])
    closed = "" if line["is_open"] else " disabled"
    pick = f'<td class="pick"><input type="checkbox" name="case" value="{pk}" aria-label="选中 {number}"{closed}></td>'
    place = f' <span class="quiet">{escape(line["place"])}</span>' if line["place"] else ""
    chips = "".join(f' <span class="chip">{word}</span>' for name, word in _CHIPS.items() if line[name])
    return SafeString(
        f'<tr id="hazard-{pk}" data-row data-href="/hazards/{pk}/">'
        f"{pick if line['may_pick'] else ''}"
        f'<td class="narrow">{level(line["level"], line["level_name"])}</td>'
        f'<td class="main-cell"><a href="/hazards/{pk}/">{escape(line["title"])}</a>{place}{chips}</td>'
        f'<td class="narrow">{escape(line["org_name"])}</td>'
        f'<td class="narrow">{state_chip(line["state_name"], line["mine"])}</td>'
        f'<td class="narrow">{escape(line["who"])}</td>'
        f'<td class="narrow num">{due(line["due_at"]) if line["is_open"] else moment(line["closed_at"])}</td></tr>\n'
    )


def rows(lines: list[dict[str, Any]]) -> SafeString:
    """Many of them."""
    return SafeString("".join(map(row, lines)))
