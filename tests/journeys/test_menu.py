"""The menu leads nobody before a shut door: what somebody sees in it opens for them."""

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
