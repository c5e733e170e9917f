"""The API: ``/api/v1/``. Every command of every room is a typed call; rooms add their lists in ``api.py``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import Redoc
from ninja.renderers import JSONRenderer
from pydantic import BaseModel, ConfigDict, create_model

from bihuan.foundation import clock, refusals
from bihuan.foundation.commands import Command, commands, execute
from bihuan.foundation.refusals import Refusal
from bihuan.surfaces.openapi.problems import Problem, invalid, problem
from bihuan.surfaces.openapi.tokens import Token

ROOMS = (  # their addresses are looked through in this order: the busiest first
    "bihuan.engines.cases",
    "bihuan.surfaces.mobile",
    "bihuan.foundation.evidence",
    "bihuan.foundation.packs",
    "bihuan.engines.responsibility",
    "bihuan.engines.sheets",
    "bihuan.engines.duties",
    "bihuan.mechanisms.risks",
    "bihuan.mechanisms.inspections",
    "bihuan.mechanisms.ledgers",
    "bihuan.mechanisms.mandates",
    "bihuan.mechanisms.meetings",
    "bihuan.mechanisms.plans",
    "bihuan.mechanisms.periods",
    "bihuan.mechanisms.pledges",
    "bihuan.mechanisms.patrols",
    "bihuan.mechanisms.ratings",
    "bihuan.mechanisms.tips",
    "bihuan.mechanisms.training",
    "bihuan.surfaces.workbench",
)
refusals.declare(
    {
        "openapi.bad_token": (401, "令牌无效、已到期或已收回。请在「我的账号」里重新申请。"),
        "openapi.phone_revoked": (
            401,
            "这部手机已被收回，或你改过密码、退出了所有设备。没发出去的内容都还在这部手机里；重新登录后会接着发送。",
        ),
        "openapi.phone_expired": (
            401,
            "这部手机的登录已到期。没发出去的内容都还在这部手机里；重新登录后会接着发送。",
        ),
        "openapi.scope": (403, "这个令牌没有这项权限。请申请带有相应权限的令牌。"),
        "openapi.not_json": (400, "请求内容不是有效的 JSON。"),
        "openapi.too_large": (413, "请求内容太大，请分批发送。"),
        "openapi.no_such_call": (404, "没有这个接口。请看 /api/v1/openapi.json。"),
    }
)


class Renderer(JSONRenderer):
    """Chinese as Chinese."""

    json_dumps_params = {"ensure_ascii": False}


class Answer(BaseModel):
    """What a command answers; ``replayed`` tells that this envelope had been carried out before."""

    answer: dict[str, Any]
    replayed: bool


class Described(NinjaAPI):
    """An API whose description says how every call can be refused: as problem+json."""

    def get_openapi_schema(self, **more: Any) -> Any:
        """The document, with the same refusals for each operation."""
        document = super().get_openapi_schema(**more)
        told = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"] |= {
                    str(status): {"description": words, **told} for status, words in PROBLEMS.items()
                }
        document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        return document


api = Described(
    title="闭环 Bihuan",
    version="1",
    urls_namespace="api",
    auth=Token(),
    renderer=Renderer(),
    docs=Redoc(),
    docs_url=None,
)
PROBLEMS = {
    400: "没有读懂", 401: "没有有效的令牌", 403: "没有这项职责或权限", 404: "没有，或不在范围内", 409: "别人已经先办了", 413: "太大",
    415: "类型不对", 422: "填写需要修改", 429: "太频繁", 503: "系统忙",
}  # fmt: skip


def _call(command: Command) -> Callable[..., Any]:
    envelope = create_model(
        f"{command.arguments.__name__}Envelope",
        __config__=ConfigDict(extra="forbid"),
        id=(UUID, ...),
        args=(command.arguments, ...),
        sent_at=(datetime | None, None),
    )

    def call(request: HttpRequest, body: Any) -> Any:
        args = body.args.model_dump(mode="json", exclude_unset=True)
        outcome = execute(request.actor, clock.now(), id=body.id, name=command.name, args=args, sent_at=body.sent_at)  # type: ignore[attr-defined]
        return {"answer": outcome.answer, "replayed": outcome.replayed}

    call.__annotations__["body"] = envelope
    call.__name__ = command.name.replace(".", "_")
    return call


def _mount() -> None:
    for room in ROOMS:
        if find_spec(f"{room}.api"):
            api.add_router("", import_module(f"{room}.api").router, tags=[room.rsplit(".", 1)[-1]])
    calls = Router()
    for command in commands().values():
        calls.post(f"/{command.name}", response=Answer, summary=command.summary, operation_id=command.name)(
            _call(command)
        )
    api.add_router("/commands", calls, tags=["commands"])


@api.get("/refusals", auth=None, summary="The catalogue of refusals")
def list_refusals(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Every code with its HTTP status and its sentence."""
    return {code: {"status": entry.status, "sentence": entry.sentence} for code, entry in refusals.catalogue().items()}


@api.exception_handler(Refusal)
def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return problem(request, error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return invalid(request, error)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, Refusal("openapi.not_json" if error.status_code == 400 else "openapi.no_such_call"))


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(request, Refusal("openapi.too_large"))


_mount()
app_name = "api"
urlpatterns = api.urls[0]
