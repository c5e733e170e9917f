"""The server's entry: one thread per request, whatever the kind of answer, and the loop only for endless ones."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from bihuan.config import asgi
from bihuan.config.asgi import Application

ENDED = []


@csrf_exempt
def echo(request):
    assert isinstance(request, WSGIRequest)
    told = {
        "method": request.method,
        "path": request.path,
        "query": request.GET.get("q"),
        "body": len(request.body),
        "first": request.body[:5].decode(),
        "address": request.META["REMOTE_ADDR"],
        "posed": request.headers.get("X-Posed"),
        "cookies": request.COOKIES,
        "thread": threading.current_thread().name,
    }
    answer = HttpResponse(json.dumps(told), status=201, headers={"X-Said": "yes"})
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer


def pieces(request):
    return StreamingHttpResponse(f"{n};".encode() for n in range(3))


def endless(request):
    async def ticking():
        try:
            while True:
                yield b"tick;"
                await asyncio.sleep(0.01)
        finally:
            ENDED.append(request.path)

    return StreamingHttpResponse(ticking())


def broken(request):
    raise ValueError("a bug")


def connected(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse(str(id(connection.connection)))


urlpatterns = [
    path("回声/", echo),
    path("pieces/", pieces),
    path("endless/", endless),
    path("broken/", broken),
    path("connected/", connected),
]


@pytest.fixture
def call(settings):
    """Send one request to the entry; ``gone_after`` messages the client hangs up."""
    settings.ROOT_URLCONF = __name__
    application = Application(threads=1)

    async def conversation(path, method, body, headers, query, gone_after):
        chunks = [body[n : n + 70_000] for n in range(0, len(body), 70_000)] or [b""]
        incoming = [{"type": "http.request", "body": c, "more_body": n < len(chunks) - 1} for n, c in enumerate(chunks)]
        heard, hung_up = [], asyncio.Event()

        async def receive():
            if incoming:
                return incoming.pop(0)
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            heard.append(message)
            if gone_after and len(heard) >= gone_after:
                hung_up.set()

        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "query_string": query,
            "headers": [(b"host", b"testserver"), *headers], "client": ("10.1.2.3", 5), "server": ("testserver", 80),
        }  # fmt: skip
        await asyncio.wait_for(application(scope, receive, send), timeout=20)
        return heard

    def sent(path, method="GET", body=b"", headers=(), query=b"", gone_after=0):
        # in a thread of its own: the browser tests leave an event loop running in this one
        with ThreadPoolExecutor(1) as apart:
            talk = conversation(path, method, body, list(headers), query, gone_after)
            return apart.submit(asyncio.run, talk).result()

    yield sent
    application._threads.shutdown()


def test_a_request_arrives_whole(call):
    headers = [(b"cookie", b"x=1"), (b"cookie", b"y=2"), (b"x_posed", b"bad"), (b"content-length", b"3")]
    start, body = call("/回声/", "POST", b"hello" * 40_000, headers, b"q=%E6%B6%88")
    told = json.loads(body["body"])
    assert start["status"] == 201
    assert (told["method"], told["path"], told["query"]) == ("POST", "/回声/", "消")
    assert (told["body"], told["first"], told["address"]) == (200_000, "hello", "10.1.2.3")
    assert told["cookies"] == {"x": "1", "y": "2"}
    assert told["posed"] is None
    assert told["thread"].startswith("request")
    assert (b"x-said", b"yes") in start["headers"]
    assert [value.split(b";")[0] for name, value in start["headers"] if name == b"set-cookie"] == [b"a=1", b"b=2"]


def test_a_head_request_gets_no_body(call):
    start, body = call("/回声/", "HEAD")
    assert start["status"] == 201
    assert body["body"] == b""


def test_a_file_is_sent_piece_by_piece(call):
    start, *bodies = call("/pieces/")
    assert start["status"] == 200
    assert [message["body"] for message in bodies] == [b"0;", b"1;", b"2;", b""]
    assert [message.get("more_body", False) for message in bodies] == [True, True, True, False]


def test_an_endless_answer_ends_when_nobody_listens(call):
    ENDED.clear()
    heard = call("/endless/", gone_after=4)
    assert heard[1]["body"] == b"tick;"
    assert ENDED == ["/endless/"]


@pytest.mark.filterwarnings("ignore")
def test_a_bug_is_a_500_and_the_next_request_is_answered(call):
    assert call("/broken/")[0]["status"] == 500
    assert call("/pieces/")[0]["status"] == 200


@pytest.mark.django_db(transaction=True)
def test_sqlite_stays_open_between_requests(call):
    first, second = (call("/connected/")[1]["body"] for _ in range(2))
    assert connection.vendor != "sqlite" or first == second


def test_a_body_that_no_form_sends_is_not_kept(call, monkeypatch):
    monkeypatch.setattr(asgi, "LARGEST_BODY", 100_000)
    start, body = call("/回声/", "POST", b"x" * 150_000)
    assert start["status"] == 413
    assert "内容太大" in body["body"].decode()
    assert call("/回声/", "POST", b"hello" * 15_000)[0]["status"] == 201
