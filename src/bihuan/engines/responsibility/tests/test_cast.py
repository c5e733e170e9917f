"""The shared world is what the other rooms believe it to be."""

from __future__ import annotations

import pytest

from bihuan.engines.responsibility import queries

pytestmark = pytest.mark.django_db


def test_each_person_sees_their_own_part_of_the_net(net, actors):
    assert queries.org(actors.li, net.school.pk) == net.school
    assert [school.name for school in queries.schools(actors.li)] == ["灞东区第一小学"]
    assert [school.name for school in queries.schools(actors.zhao)] == ["灞东区第一小学", "灞东区第二中学"]
    assert [school.name for school in queries.schools(actors.wu)] == ["灞东区第二中学"]
    assert [school.name for school in queries.schools(actors.sun)] == ["泾西区实验小学"]
    assert queries.schools(actors.nobody) == []


def test_the_door_knows_who_came(door):
    assert door("li").get("/net/").status_code == 200
    assert door("").get("/net/").status_code == 302
