"""What is said when Django itself stops a request: in Chinese, with a way on; to machines as problem+json."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from bihuan.foundation.pages.answers import refused
from bihuan.foundation.refusals import Refusal, declare
from bihuan.surfaces.openapi.problems import problem

declare(
    {
        "config.no_such_page": (404, "没有这个页面。网址可能抄错了或已经作废，请从菜单进入，或回到我的待办。"),
        "config.bad_request": (
            400,
            "浏览器送来的内容看不懂，没有保存。请刷新页面后重新提交；反复出现请告诉系统管理员。",
        ),
        "config.form_expired": (
            403,
            "这个页面打开太久或登录已经换人，为安全起见没有提交。请返回上一页，刷新后再交一次。",
        ),
    }
)
BROKEN = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>出了差错 · 闭环</title><h1>系统出了差错</h1><p>这次操作没有生效，问题已经记录。请返回上一页再试一次；反复出现请告诉系统管理员。</p>
<p><a href="/">回到我的待办</a></p></html>"""


def _said(request: HttpRequest, code: str) -> HttpResponse:
    refusal = Refusal(code)
    return problem(request, refusal) if request.path.startswith("/api/") else refused(request, refusal)


def no_such_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for an address that leads nowhere."""
    return _said(request, "config.no_such_page")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django refuses to read."""
    return _said(request, "config.bad_request")


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token."""
    return _said(request, "config.form_expired")


def broken(request: HttpRequest) -> HttpResponse:
    """500: asks neither the database nor a template, which may be what is broken."""
    return HttpResponse(BROKEN, status=500)
