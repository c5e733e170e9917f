"""What doors read from addresses and forms, and the files that they answer with."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from bihuan.foundation.refusals import Refusal

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def id_of(text: str) -> UUID:
    """An id from an address; what is none does not exist (``foundation.not_found``)."""
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("foundation.not_found") from None


def day_of(text: str) -> date | None:
    """A day from an address; what is none is left out."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_of(text: str) -> str:
    """A form's local moment with its zone; what is no moment is left for the command to refuse."""
    try:
        return timezone.make_aware(datetime.fromisoformat(text)).isoformat()
    except ValueError:
        return text


def pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF that the browser shows, under a name that may be Chinese."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}.pdf"
    return response


def xlsx(content: bytes, name: str) -> HttpResponse:
    """An Excel file that the browser keeps, under a name that may be Chinese."""
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return response
