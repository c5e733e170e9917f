"""The doors of the house: signing in and out, my account, my tokens, the demo's one click."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.accounts import sign_in as ways_in
from bihuan.accounts.models import User
from bihuan.accounts.queries import demo_accounts, demo_person, tokens_of
from bihuan.foundation import clock
from bihuan.foundation.pages.answers import again, done, send, signed_in
from bihuan.foundation.pages.visitors import address_of
from bihuan.foundation.refusals import Refusal


def _next(request: HttpRequest) -> str:
    """Where the person wanted to go, if that is a page of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and not urlsplit(wanted).path.startswith("/sign-") else "/"


def _begin(request: HttpRequest, user: User) -> None:
    """A fresh session that says who, and which ``version`` of them: raising it ends every session at once."""
    request.session.flush()
    request.session[SESSION_KEY] = str(user.pk)
    request.session["version"] = user.version
    rotate_token(request)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; in the demo also one click."""
    page = {"next": _next(request), "accounts": demo_accounts()}
    if request.method == "GET":
        if request.actor.id is not None:  # type: ignore[attr-defined]
            return redirect(page["next"])
        return render(request, "accounts/sign_in.html", page)
    name, password = request.POST.get("username", ""), request.POST.get("password", "")
    try:
        user = ways_in.sign_in(clock.now(), username=name, password=password, address=address_of(request))
    except Refusal as refusal:
        return again(request, "accounts/sign_in.html", refusal, page)
    _begin(request, user)
    return redirect(page["next"])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session."""
    request.session.flush()
    return redirect("/sign-in/")


@never_cache
@require_http_methods(["GET", "POST"])
def demo(request: HttpRequest) -> HttpResponse:
    """Who to be in the demo: a page to choose on, and the one click itself. Outside the demo there is no such page."""
    if not settings.DEMO:
        raise Refusal("foundation.not_found")
    if request.method == "POST":
        _begin(request, demo_person(request.POST.get("username", "")))
        return redirect(_next(request))
    return render(request, "accounts/demo.html", {"accounts": demo_accounts(), "next": _next(request)})


def _account(request: HttpRequest) -> dict[str, object]:
    scopes = [("read", "读：查看我能看到的"), ("write", "写：办我能办的")]
    tokens = tokens_of(request.actor)  # type: ignore[attr-defined]
    return {
        "tokens": [token for token in tokens if not token.is_phone],
        "phones": [token for token in tokens if token.is_phone],
        "version": request.session.get("version"),
        "now": clock.now(),
        "token_scopes": scopes,
    }


@never_cache
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """My posts, my password, my tokens."""
    return render(request, "accounts/account.html", _account(request))


@sensitive_post_parameters("old", "new", "again")
@require_POST
@signed_in
def password(request: HttpRequest) -> HttpResponse:
    """Change my password; this session goes on, all others end."""
    given = {name: request.POST.get(name, "") for name in ("old", "new", "again")}
    try:
        user = ways_in.change_password(request.actor, clock.now(), **given)  # type: ignore[attr-defined]
    except Refusal as refusal:
        return again(request, "accounts/account.html", refusal, {**_account(request), "open": "password"})
    _begin(request, user)
    return done(request, "/account/", say="密码已经改好，其他设备上的登录已全部退出。")


@require_POST
@signed_in
def everywhere(request: HttpRequest) -> HttpResponse:
    """Sign me out on every device."""
    ways_in.end_sessions(request.actor)  # type: ignore[attr-defined]
    request.session.flush()
    return redirect("/sign-in/")


@never_cache
@require_POST
@signed_in
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token; its text is on this one answer and nowhere else."""
    days = request.POST.get("days", "30")
    args = {"name": request.POST.get("name", ""), "scopes": request.POST.getlist("scopes"), "days": days}
    try:
        outcome = send(request, "accounts.issue_token", args)
    except Refusal as refusal:
        return again(request, "accounts/account.html", refusal, {**_account(request), "open": "token"})
    text = outcome.answer.get("token", "")
    if not text:
        return done(request, "/account/", say="这个令牌刚才已经发过，文本只显示一次。没有抄下的话，请收回后重发一个。")
    return render(request, "accounts/account.html", {**_account(request), "token_text": text})


@require_POST
@signed_in
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Take a token back."""
    send(request, "accounts.revoke_token", {"token": request.POST.get("token", "")})
    return done(request, "/account/", say="已收回，半分钟内失效。")


urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", sign_out, name="sign-out"),
    path("demo/", demo, name="demo"),
    path("account/", account, name="account"),
    path("account/password/", password, name="password"),
    path("account/sign-out-everywhere/", everywhere, name="sign-out-everywhere"),
    path("account/tokens/", new_token, name="new-token"),
    path("account/tokens/revoke/", revoke_token, name="revoke-token"),
]
