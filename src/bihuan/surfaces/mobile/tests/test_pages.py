"""The phone's shell, its worker and what makes it installable."""

import json
import re
from io import BytesIO

from PIL import Image

from bihuan.surfaces.mobile import pages


def listed(text, name):
    """A list that stands in the worker's text."""
    return json.loads(re.search(rf"const {name} = (\[.*\])", text)[1])


def test_the_shell_knows_nobody(client):
    answer = client.get("/m/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "/m/manifest.webmanifest" in text
    assert 'name="csrfmiddlewaretoken"' not in text
    assert not answer.cookies  # what is kept for everybody sets nothing for anybody
    assert answer["Cache-Control"] == "no-cache"


def test_the_worker_keeps_what_the_first_screen_needs(client):
    answer = client.get("/sw.js")
    text = answer.content.decode()
    now, later = listed(text, "NOW"), listed(text, "LATER")
    assert answer["Content-Type"].startswith("text/javascript")
    assert (answer["Cache-Control"], answer["Service-Worker-Allowed"]) == ("no-cache", "/")
    assert now[0] == "/m/"
    asked = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/m/").content.decode())
    assert asked
    assert set(asked) <= set(now)
    assert [one.rsplit(".", 1)[-1] for one in later if one.endswith(".wasm")] == ["wasm"]
    assert not set(now) & set(later)
    for url in now[1:3]:
        assert client.get(url).status_code == 200


def test_another_build_is_another_worker(client, monkeypatch):
    first = client.get("/sw.js").content
    assert client.get("/sw.js").content == first
    now, later = pages.files()
    monkeypatch.setattr(pages, "files", lambda: ([*now, "/static/assets/new.js"], later))
    assert client.get("/sw.js").content != first


def test_it_can_be_put_among_the_apps(client):
    said = client.get("/m/manifest.webmanifest").json()
    assert (said["start_url"], said["display"], said["lang"]) == ("/m/", "standalone", "zh-CN")
    for one in said["icons"]:
        answer = client.get(one["src"])
        assert answer["Content-Type"] == "image/png"
        size = int(one["sizes"].split("x")[0])
        assert Image.open(BytesIO(answer.content)).size == (size, size)
