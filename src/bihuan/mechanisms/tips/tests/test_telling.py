"""Anonymous doors: what is kept, what is refused, what a stranger can and cannot learn."""

import io
import re
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event, Evidence
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.test_evidence_doors import photo
from bihuan.mechanisms.risks import wall_codes
from bihuan.mechanisms.risks.commands import renew_code
from bihuan.mechanisms.tips import rules
from bihuan.mechanisms.tips.commands import forget_tallies
from bihuan.mechanisms.tips.models import Tally, Tip
from bihuan.mechanisms.tips.queries import became

pytestmark = pytest.mark.django_db


def refused(code):
    return pytest.raises(Refusal, match=re.escape(code))


def html(response):
    return response.content.decode()


def filled(client, code, **fields):
    """The form as a browser sends it back."""
    page = html(client.get(f"/p/{code}/tell/"))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
    form = re.search(r'name="_form" value="([^"]+)"', page).group(1)
    return {"csrfmiddlewaretoken": token, "_form": form, "words": "软管裂了一道口子"} | fields


def kept_files():
    from django.conf import settings

    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


@pytest.mark.clause("XX-08")
def test_anybody_tells_without_signing_in_and_sees_what_became_of_it(stranger, point):
    shot = io.BytesIO(photo(1))
    shot.name = "现场.jpg"
    answer = stranger.post(f"/p/{point.code}/tell/", filled(stranger, point.code, place="北墙", photo=shot))
    page = html(answer)
    slip = re.search(r'class="slip"[^>]*>([A-Z0-9-]+)<', page).group(1)
    assert (answer.status_code, len(slip.replace("-", ""))) == (200, 12)
    tip = Tip.objects.get()
    assert (tip.words, tip.place, tip.state, tip.school_id) == ("软管裂了一道口子", "北墙", "new", point.school_id)
    evidence = Evidence.objects.get()
    assert (evidence.pk, evidence.subject_id, evidence.media_type, evidence.made_by_id) == (
        tip.photo,
        tip.pk,
        "image/webp",
        None,
    )
    found = became(slip.lower())
    assert (found.point, found.words) == ("燃气灶台", "学校已经收到，还没有开始处理。")
    assert slip.replace("-", "") not in str(Tip.objects.values().get()), "the slip itself is not kept"
    said = Event.objects.get(name="tips.told")
    assert (said.by_id, said.by_name, "软管" in str(said.facts)) == (None, "扫码反映人", False)


def test_the_form_works_without_javascript_and_asks_for_nobody(stranger, point):
    page = html(stranger.get(f"/p/{point.code}/tell/"))
    asked = set(re.findall(r'<(?:input|textarea)[^>]* name="([^"]+)"', page.split("<form", 1)[1]))
    assert (
        {"words", "place", "photo"} <= asked <= {"words", "place", "photo", "csrfmiddlewaretoken", "_form", "website"}
    )
    assert "请先拨" in page


def test_the_same_form_sent_twice_is_one_tip_and_one_slip(stranger, point):
    fields = filled(stranger, point.code)
    pages = {html(stranger.post(f"/p/{point.code}/tell/", fields)).split('class="slip"')[1][:80] for _ in range(2)}
    assert (len(pages), Tip.objects.count()) == (1, 1)


def test_whoever_goes_back_and_tells_of_something_else_is_heard(stranger, point):
    fields = filled(stranger, point.code)
    others = [
        fields,
        fields | {"words": "窗户也关不上"},
        fields | {"place": "北墙"},
        fields | {"words": " 软管裂了一道口子\n"},
    ]
    slips = [html(stranger.post(f"/p/{point.code}/tell/", one)).split('class="slip"')[1][:80] for one in others]
    assert (slips[0] == slips[3], len(set(slips)), Tip.objects.count()) == (True, 3, 3)


def test_a_form_of_another_site_is_refused(stranger, point):
    assert stranger.post(f"/p/{point.code}/tell/", {"words": "别的网站发来的表单"}).status_code == 403
    assert stranger.post("/tips/", {"slip": "7KQM4TXR9WBC"}).status_code == 403
    assert not Tip.objects.exists()


def test_void_unknown_and_invented_codes_are_one_answer(point, actors):
    old = point.code
    renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    client = Client()
    answers = set()
    for code in (old, wall_codes.fresh(), "ZZZZZZZZZZ", "x"):
        with CaptureQueriesContext(connection) as made:
            got = client.get(f"/p/{code}/tell/")
        sent = client.post(f"/p/{code}/tell/", {"words": "这里有点问题"})
        answers.add((got.status_code, sent.status_code, _bare(html(got)), _bare(html(sent)), len(made)))
    assert len(answers) == 1
    assert answers.pop()[:2] == (404, 404)
    assert not Tip.objects.exists()


def _bare(page):
    """A page without what differs on every drawing."""
    return re.sub(r'"X-CSRFToken": "[^"]*"', "", page)


def test_a_wrong_slip_and_somebody_elses_words_tell_nothing(told, point):
    slip = told("李某某在灶台旁抽烟，电话 13800001111")
    client = Client()
    wrong = html(client.post("/tips/", {"slip": "ZZZZZZZZZZZZ"}))
    assert "没有找到这个查询码" in wrong
    right = html(client.post("/tips/", {"slip": slip}))
    assert "燃气灶台" in right
    assert "抽烟" not in right
    assert "138" not in right


@pytest.mark.parametrize("words", ["", "坏了", "   \n  ", "字" * 1001])
def test_words_that_are_too_few_or_too_many_come_back_with_what_was_typed(point, words):
    answer = Client().post(f"/p/{point.code}/tell/", {"words": words, "place": "二楼"})
    assert answer.status_code == 422
    assert 'value="二楼"' in html(answer)
    assert not Tip.objects.exists()


def test_script_in_text_is_shown_as_text(point, told, door):
    told('<script>alert(1)</script> "><img src=x onerror=alert(1)>', place="<b>墙</b>")
    tip = Tip.objects.get()
    for address in ("/tips/desk/", f"/tips/desk/{tip.pk}/"):
        page = html(door("li").get(address))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;" in page


def test_control_signs_and_halves_of_letters_are_dropped(told):
    told("灶台\x00软管\u202e裂了\ud800一道口子")
    assert Tip.objects.get().words == "灶台软管裂了一道口子"


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415),
        ("photo.jpg", b"PK\x03\x04" + b"x" * 2000, 415),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 400, 422),
        ("photo.jpg", b"\xff\xd8\xff" + b"\0" * 20_000_001, 413),
        ("photo.jpg", b"", 422),
    ],
)
def test_a_refused_file_leaves_no_bytes_and_no_tip(point, name, content, status):
    before = kept_files()
    file = io.BytesIO(content)
    file.name = name
    answer = Client().post(f"/p/{point.code}/tell/", {"words": "软管裂了一道口子", "photo": file})
    if content:
        assert answer.status_code == status
        assert "软管裂了一道口子" in html(answer)
    else:  # a browser sends an empty file for "none chosen"
        assert answer.status_code in {200, 422}
    assert (kept_files(), Evidence.objects.count()) == (before, 0)
    assert Tip.objects.count() == (0 if content or answer.status_code == 422 else 1)


def test_a_program_that_fills_everything_is_thanked_and_forgotten(point):
    answer = Client().post(f"/p/{point.code}/tell/", {"words": "便宜的东西快来买", "website": "https://spam.example"})
    assert answer.status_code == 200
    assert 'class="slip"' in html(answer)
    assert not Tip.objects.exists()


def test_flooding_from_one_place_stops_and_others_go_on(point, told, settings):
    settings.BIHUAN_TIPS_PER_LABEL, settings.BIHUAN_TIPS_PER_SCHOOL = 3, 5
    for _ in range(3):
        told()
    for _ in range(20):
        with refused("tips.too_many"):
            told()
    told(address="198.51.100.7")
    told(address="198.51.100.8")
    with refused("tips.too_many"):
        told(address="198.51.100.9")
    assert Tip.objects.count() == 5
    with clock.travel(clock.now() + timedelta(hours=1, minutes=1)):
        told()


def test_a_label_is_one_label_however_its_code_is_written(point, settings):
    settings.BIHUAN_TIPS_PER_LABEL = 2
    client, code = Client(), point.code
    alike = f"{code[:3].lower()}-{code[3:]}"
    answers = [client.post(f"/p/{way}/tell/", {"words": "软管裂了一道口子"}) for way in (code, code.lower(), alike)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_behind_a_proxy_a_visitor_is_who_the_proxy_saw(point, settings):
    settings.BIHUAN_TIPS_PER_LABEL, settings.BIHUAN_PROXIES = 2, 1

    def told(forwarded):
        headers = {"X-Forwarded-For": forwarded}
        return Client().post(f"/p/{point.code}/tell/", {"words": "软管裂了一道口子"}, headers=headers).status_code

    assert [told(f"198.51.100.{n}, 203.0.113.9") for n in range(3)] == [200, 200, 429]
    assert told("203.0.113.10") == 200
    assert [told(f"2001:db8::{n}") for n in range(3)] == [200, 200, 429]


def test_one_address_may_not_go_from_label_to_label(point, told, settings):
    settings.BIHUAN_TIPS_PER_ADDRESS = 2
    client = Client()
    for code in ("ZZZZZZZZZZ", "YYYYYYYYYY"):
        assert client.post(f"/p/{code}/tell/", {"words": "随便试一试"}).status_code == 404
    assert client.post(f"/p/{point.code}/tell/", {"words": "随便试一试"}).status_code == 429
    assert not Tip.objects.exists()


def test_strangers_photos_have_a_quota_and_words_still_arrive(point, told, settings):
    settings.BIHUAN_TIPS_PHOTOS = 1
    told(photo=photo(1))
    with refused("tips.too_many_photos"):
        told(photo=photo(2))
    told()
    assert (Tip.objects.count(), Evidence.objects.count()) == (2, 1)


def test_guessing_slips_is_slow(settings, point):
    settings.BIHUAN_TIPS_LOOKUPS = 3
    client = Client()
    codes = [client.post("/tips/", {"slip": f"{n}" * 12}).status_code for n in range(2, 7)]
    assert codes == [200, 200, 200, 429, 429]


def test_no_address_is_kept_and_counts_are_forgotten(told, point):
    told(address="203.0.113.77")
    rows = str(list(Tally.objects.values())) + str(list(Tip.objects.values())) + str(list(Event.objects.values()))
    assert "203.0.113" not in rows
    assert (
        forget_tallies(clock.now() + timedelta(days=1, hours=1)) == Tally.objects.count() or not Tally.objects.exists()
    )
    assert not Tally.objects.exists()


def test_a_day_knows_nothing_of_the_visitors_of_another(chapters):
    at = clock.now()
    one = rules.tally_key(b"k", "address", "203.0.113.9", at, rules.HOUR)
    assert one == rules.tally_key(b"k", "address", "203.0.113.9", at, rules.HOUR)
    assert one != rules.tally_key(b"k", "address", "203.0.113.9", at + timedelta(days=1), rules.HOUR)


def test_a_slip_is_read_as_people_type_it():
    slip = rules.slip(b"k", "form")
    assert re.fullmatch(f"[{rules.ALPHABET}]{{12}}", slip)
    assert rules.typed_slip(f" {rules.spaced(slip).lower()} ") == slip
    assert rules.slip(b"k", "form") != rules.slip(b"k", "other form")


def test_the_anonymous_pages_stay_inside_their_budget(point):
    client = Client()
    for call in (
        lambda: client.get(f"/p/{point.code}/tell/"),
        lambda: client.post(f"/p/{point.code}/tell/", {"words": "软管裂了一道口子", "_form": str(uuid7())}),
        lambda: client.post("/tips/", {"slip": "7KQM-4TXR-9WBC"}),
    ):
        call()
        with CaptureQueriesContext(connection) as made:
            assert call().status_code == 200
        assert len(made) <= 12, [q["sql"][:90] for q in made]


@pytest.mark.django_db(transaction=True)
def test_one_form_from_two_threads_is_one_tip(point, told):
    form, start, slips = str(uuid7()), Barrier(2), []

    def send():
        start.wait()
        try:
            slips.append(told(form=form))
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(slips), len(set(slips)), Tip.objects.count()) == (2, 1, 1)
