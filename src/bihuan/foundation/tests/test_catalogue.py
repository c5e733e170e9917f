"""What packs installed is remembered for seconds, whatever other threads forget at the same moment."""

import pytest

from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import PackEntry
from bihuan.foundation.packs import catalogue


@pytest.fixture
def bureau(db):
    """A bureau with a word of its own over the platform's."""
    bureau = uuid7()
    for owner, word in ((catalogue.PLATFORM, "通用"), (bureau, "本地")):
        PackEntry.objects.create(
            bureau_id=owner, section="terms", code="hazard", data={"word": word}, pack="base", sort=1
        )
    return bureau


def test_the_own_entry_wins_and_is_read_once(bureau, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert catalogue.entry(bureau, "terms", "hazard") == {"word": "本地"}
        assert catalogue.entry(bureau, "terms", "hazard") == {"word": "本地"}


def test_another_thread_that_installs_a_pack_breaks_no_page(bureau, monkeypatch):
    reads = catalogue.read_ahead

    def interrupted(bureaus):
        found = reads(bureaus)
        catalogue.forget()
        PackEntry.objects.filter(bureau_id=bureau).update(data={"word": "新装"})
        reads([])  # somebody else's page: the platform is known again, this bureau is not
        return found

    monkeypatch.setattr(catalogue, "read_ahead", interrupted)
    assert catalogue.entry(bureau, "terms", "hazard") == {"word": "本地"}
    monkeypatch.setattr(catalogue, "read_ahead", reads)
    assert catalogue.entry(bureau, "terms", "hazard") == {"word": "新装"}
