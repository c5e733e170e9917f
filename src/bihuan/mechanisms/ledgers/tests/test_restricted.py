"""The restricted book: its rows are encrypted wherever they are kept, and opened for its own post alone."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from bihuan.conftest import SINCE, placed_at
from bihuan.engines.responsibility.queries import actor_of, forget_actors
from bihuan.foundation import lockbox, packs
from bihuan.foundation.commands import execute
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, PackEntry
from bihuan.foundation.refusals import Refusal
from bihuan.mechanisms.ledgers import commands, queries
from bihuan.mechanisms.ledgers.models import Entry
from bihuan.mechanisms.ledgers.tests.conftest import AT
from bihuan.mechanisms.ledgers.tests.test_ledgers import TODAY

CARE = {"pupil": "20260317", "level": "重点关注", "measure": "每周二谈话一次，家长知情", "referral": "区精神卫生中心"}
CLEAR = ("20260317", "每周二谈话一次，家长知情", "区精神卫生中心", "已转学不再跟踪", "改为每周两次")
"""What must stand nowhere; the level is a word of the sheet itself."""
NEW_KEY = "a-new-key-of-the-county-that-is-long-enough"


@pytest.fixture
def counselor(books, net, cast):
    """钱主任 is the counselor as well."""
    data = {
        "code": "counselor",
        "name": "心理教师",
        "group": "",
        "tier": "school",
        "sort": 99,
        "acts": ["snap"],
        "duties": [],
    }
    PackEntry.objects.create(
        bureau_id=packs.PLATFORM, section="posts", code="counselor", data=data, pack="base", sort=99
    )
    packs.forget()
    apps.get_model("responsibility", "Appointment").objects.create(
        user=cast.qian, org=net.school, post="counselor", starts_on=SINCE, initials="qzr", **placed_at(net.school)
    )
    forget_actors()
    return actor_of(cast.qian.pk)


def write(by, net, *rows, id=None):
    args = {"ledger": "care", "org_id": str(net.school.pk), "on": TODAY.isoformat(), "rows": list(rows)}
    return execute(by, AT, id=id or uuid7(), name="ledgers.write_rows", args=args)


def row(**given):
    return {"id": str(uuid7()), "answers": CARE} | given


def everything_at_rest():
    """All cells of all tables as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield table, "\n".join(str(bytes(c) if isinstance(c, memoryview) else c) for line in cursor for c in line)


def found_in_clear():
    """Tables in which one of the texts stands, as letters or as JSON writes them."""
    words = {form for text in CLEAR for form in (text, text.encode("unicode_escape").decode())}
    return {table for table, text in everything_at_rest() if any(word in text for word in words)}


@pytest.mark.django_db
def test_no_table_of_the_database_holds_a_row_in_clear(counselor, net):
    one, two, envelope = row(), row(), uuid7()
    write(counselor, net, one, two, id=envelope)
    assert write(counselor, net, one, two, id=envelope).replayed
    write(counselor, net, one | {"revision": 0, "answers": CARE | {"measure": "改为每周两次"}})
    commands.strike_row(counselor, AT, entry_id=two["id"], reason="已转学不再跟踪")
    assert found_in_clear() == set()
    kept = Entry.objects.get(pk=one["id"])
    assert (kept.answers, kept.wrong, kept.title, kept.lock_key) == ({}, [], "", lockbox.current_key())
    said = list(Event.objects.filter(name__startswith="ledgers.").order_by("id"))
    assert said[1].facts["changed"] == {one["id"]: {"measure": []}}  # which column, not what
    assert "reason" not in said[2].facts

    shown = queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT).lines
    assert shown[0].entry.answers == CARE | {"measure": "改为每周两次"}
    assert shown[1].entry.struck_for == "已转学不再跟踪"


@pytest.mark.django_db
def test_its_page_and_files_are_for_its_post_and_leave_nothing_on_the_device(counselor, net, door, now):
    write(counselor, net, row())
    address = f"/ledgers/{net.school.pk}/care/"
    shown = door("qian").get(address)
    assert "每周二谈话一次" in shown.content.decode()
    assert "data-draft" not in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    for who in ("zhou", "li", "zhao", "chen", "admin", "wu", "sun"):
        for part in ("", "book.xlsx", "book.pdf"):
            assert door(who).get(address + part).status_code == 404, (who, part)
        for lists in ("/ledgers/", f"/ledgers/?school={net.school.pk}", "/ledgers/running/"):
            assert "关爱" not in door(who).get(lists).content.decode(), (who, lists)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["zhou", "li", "zhao", "wu", "nobody"])
def test_for_everybody_else_it_is_not_there(counselor, net, actors, who):
    one = row()
    write(counselor, net, one)
    before = Entry.objects.get().closed
    for attempt in (
        lambda by: write(by, net, row()),
        lambda by: commands.report_nil(by, AT, ledger="care", org_id=net.school.pk, on=TODAY),
        lambda by: commands.strike_row(by, AT, entry_id=one["id"], reason="不该成功"),
        lambda by: commands.end_clock(by, AT, entry_id=one["id"]),
        lambda by: queries.ledger_page(by, net.school.pk, "care", on=TODAY, at=AT),
        lambda by: queries.entries_between(by, net.school.pk, "care", since=TODAY, until=TODAY),
    ):
        with pytest.raises(Refusal) as refused:
            attempt(getattr(actors, who))
        assert refused.value.status == 404
    assert Entry.objects.get().closed == before


@pytest.mark.django_db
def test_keys_change_and_old_rows_still_open(counselor, net, capsys):
    one = row()
    write(counselor, net, one)
    first = Entry.objects.get().lock_key
    with override_settings(BIHUAN_DATA_KEYS=(NEW_KEY,)):
        assert lockbox.current_key() != first
        assert queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT).lines[0].entry.answers == CARE
        write(counselor, net, row())
        assert sorted(Entry.objects.values_list("lock_key", flat=True)) == sorted([first, lockbox.current_key()])
        assert commands.relock(most=1) == 1
        assert commands.relock() == 0
    with override_settings(BIHUAN_DATA_KEYS=(NEW_KEY,), SECRET_KEY="another-secret-of-the-site-" * 3):
        lines = queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT).lines
        assert [line.entry.answers for line in lines] == [CARE, CARE]


@pytest.mark.django_db
def test_without_the_key_it_says_so_and_nothing_is_lost(counselor, net, door, now):
    write(counselor, net, row())
    before = Entry.objects.get().closed
    with override_settings(SECRET_KEY="another-secret-of-the-site-" * 3):
        with pytest.raises(Refusal) as refused:
            queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT)
        assert refused.value.code == "foundation.no_data_key"
        assert before.partition(".")[0] in refused.value.sentence
        with pytest.raises(Refusal):
            commands.relock()
    assert Entry.objects.get().closed == before
    assert queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT).lines[0].entry.answers == CARE


@pytest.mark.django_db
def test_a_row_cannot_be_put_in_the_place_of_another(counselor, net):
    one, two = row(), row(answers=CARE | {"pupil": "20260999"})
    write(counselor, net, one, two)
    Entry.objects.filter(pk=one["id"]).update(closed=Entry.objects.get(pk=two["id"]).closed)
    with pytest.raises(Refusal) as refused:
        queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT)
    assert refused.value.code == "foundation.broken_lock"
    for broken in ("AAAA", "äö", ""):
        with pytest.raises(Refusal) as refused:
            lockbox.unlock(f"{lockbox.current_key()}.{broken}", about=uuid7())
        assert refused.value.code == "foundation.broken_lock"


@pytest.mark.django_db
def test_rows_from_before_the_book_was_restricted_are_locked_by_the_same_word(counselor, net):
    entry = PackEntry.objects.get(section="ledgers", code="care")
    PackEntry.objects.filter(pk=entry.pk).update(data=entry.data | {"restricted": False})
    packs.forget()
    write(counselor, net, row())
    assert found_in_clear() == {"ledgers_entry"}
    PackEntry.objects.filter(pk=entry.pk).update(data=entry.data)
    packs.forget()
    assert commands.relock() == 1
    assert found_in_clear() == set()
    assert queries.ledger_page(counselor, net.school.pk, "care", on=TODAY, at=AT).lines[0].entry.answers == CARE


@pytest.mark.django_db
def test_a_backup_as_text_says_nothing(counselor, net, tmp_path):
    write(counselor, net, row())
    call_command(
        "dumpdata", "ledgers", "foundation.Event", "foundation.Receipt", output=str(tmp_path / "all.json"), verbosity=0
    )
    kept = (tmp_path / "all.json").read_text()
    assert not [text for text in CLEAR if text in kept or text.encode("unicode_escape").decode() in kept]


@pytest.mark.django_db
def test_two_changes_of_a_row_are_still_told_apart(counselor, net):
    one = row()
    write(counselor, net, one)
    write(counselor, net, one | {"revision": 0, "answers": CARE | {"level": "一般关注"}})
    with pytest.raises(Refusal) as stale:
        write(counselor, net, one | {"revision": 0, "answers": CARE | {"level": "危机"}})
    assert stale.value.code == "foundation.changed_meanwhile"
    with pytest.raises(Refusal) as locked:
        write(counselor, net, one | {"revision": 1, "answers": {"level": "危机"}})
    assert locked.value.code == "ledgers.bad_rows"
    assert Entry.objects.get().changed_at == AT
    with pytest.raises(Refusal):
        commands.strike_row(counselor, AT + timedelta(days=60), entry_id=one["id"], reason="早已锁定")
