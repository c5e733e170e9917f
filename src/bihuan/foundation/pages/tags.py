"""Template tags that are built into every template."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bihuan.foundation.ids import uuid7
from bihuan.foundation.terms import term as term_of

register = template.Library()


@register.simple_tag(takes_context=True)
def term(context: Any, code: str) -> str:
    """The bureau's own word for a thing."""
    actor = context.get("actor")
    return term_of(actor.bureau_id if actor else None, code)


@register.simple_tag
def envelope_id() -> SafeString:
    """The hidden field that makes a form's sending idempotent."""
    return format_html('<input type="hidden" name="_id" value="{}">', uuid7())
