"""The menu leads nobody before a shut door: what somebody sees in it opens for them."""

import html
import re
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client

from bihuan.surfaces.workbench.navigation import navigation
from tests.journeys.world import PEOPLE, SPONSORS


def shut(world):
    """What stands in somebody's menu and does not open."""
    found = []
    for key in (*PEOPLE, *SPONSORS):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = world.cookie(key)
        for way in navigation(world.actor(key), "/").all:
            answer = client.get(way.href, follow=True)
            if answer.status_code != 200:
                found.append((key, way.word, answer.status_code))
    return found


def test_every_way_of_everybodys_menu_opens_on_the_first_day(world):
    assert shut(world) == []


def test_every_way_of_everybodys_menu_opens_after_a_few_days(lived):
    assert shut(lived) == []


def led_to(client, key, menu):
    """One link of each shape on the pages of a menu: where from, where to."""
    found = {}
    for way in menu.all:
        page = client.get(way.href, follow=True).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        for link in re.findall(r'<a [^>]*?href="([^"#]+)', main):
            address = urljoin(way.href, html.unescape(link))
            parts = urlsplit(address)
            shape = (re.sub(r"[0-9a-f-]{36}", "#", parts.path), *sorted(re.findall(r"(\w+)=", parts.query)))
            if not parts.scheme and not parts.netloc and not parts.path.startswith("/m/"):
                found.setdefault(shape, (key, way.href, address))
    return found.values()


def test_what_the_pages_of_a_menu_lead_to_opens_too(lived):
    shut = []
    for key in ("wang", "qian", "li", "zhou", "chen", "huo", "zhao", "chief"):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = lived.cookie(key)
        for told in led_to(client, key, navigation(lived.actor(key), "/")):
            answer = client.get(told[-1], follow=True)
            if answer.status_code != 200:
                shut.append((*told, answer.status_code))
    assert shut == []
