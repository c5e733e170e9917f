"""No page and no API call takes more than twelve SQL statements, and none takes more than it is known to take.

The numbers are committed in ``queries.json``; `pytest tests/budgets --update-budgets` writes them anew (run it on both
databases: the larger number stays). A new address fails until it has a number there; ``null`` says that it cannot be read
with GET alone (forms that are only posted to, or that need a parameter).
"""

import json
from pathlib import Path

import pytest

from bihuan.foundation import clock
from tests.budgets.counting import MOST, addresses, counted, forget_everything, most_of
from tests.journeys.world import World, live

FILE = Path(__file__).with_name("queries.json")


@pytest.fixture
def updating(request):
    return request.config.getoption("--update-budgets", default=False)


def committed():
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"addresses": {}, "commands": {}}


def keep(chapter, found):
    """Write what was counted; a number counted on the other database stays if it is larger."""
    kept = committed()
    before = kept[chapter]
    kept[chapter] = {
        name: number if number is None or before.get(name) is None else max(number, before[name])
        for name, number in sorted(found.items())
    }
    FILE.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def complaints(found, budget, where):
    wrong = []
    for name in sorted(found.keys() | budget.keys()):
        number, limit = found.get(name), budget.get(name)
        if name not in budget:
            wrong.append(f"{name} has no budget; it took {number}")
        elif name not in found:
            wrong.append(f"{name} has a budget but does not exist")
        elif number is not None and (limit is None or number > limit):
            wrong.append(f"{name} took {number} instead of {limit}: {where[name]}")
    return wrong


def test_every_page_and_every_read_of_the_api_keeps_its_budget(lived, updating):
    for n in range(12):  # a list whose rows ask for more would show it
        lived.report(title=f"第{n}号消火栓缺水带", place="教学楼")
    for n in range(3):
        lived.assign(lived.report(title=f"疏散指示灯不亮{n}"))
    found, where = {}, {}
    for address in addresses():
        found[address], where[address] = most_of(address, lived)
    if updating:
        keep("addresses", found)
    assert complaints(found, committed()["addresses"], where) == []


def test_every_command_of_a_few_lived_days_keeps_its_budget(world, updating, monkeypatch):
    found, where = {}, {}
    do = World.do

    def watched(self, who, command, *, at=None, **args):
        with clock.travel(at or clock.now()):
            self.actor(who)  # who is asking is known to the process for half a minute
        with counted() as told:
            answer = do(self, who, command, at=at, **args)
        if len(told) > found.get(command, -1):
            found[command], where[command] = len(told), "\n  ".join(sql[:160] for sql in told)
        return answer

    monkeypatch.setattr(World, "do", watched)
    forget_everything()
    live(world)
    if updating:
        keep("commands", found)
    assert complaints(found, committed()["commands"], where) == []


def test_no_budget_is_more_than_twelve():
    kept = committed()
    over = {name: n for chapter in ("addresses", "commands") for name, n in kept[chapter].items() if n and n > MOST}
    assert over == {}
    assert sum(n is not None for n in kept["addresses"].values()) > 80
