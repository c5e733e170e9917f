"""Wall codes and the life of a label: invented, mistyped, void, copied; printed, posted, replaced."""

import contextlib
import io
import re
from datetime import timedelta
from html import unescape
from threading import Barrier, BrokenBarrierError

import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bihuan.foundation import clock, hot
from bihuan.foundation.commands import execute
from bihuan.foundation.evidence.commands import keep_evidence
from bihuan.foundation.ids import uuid7
from bihuan.foundation.models import Event
from bihuan.foundation.refusals import Refusal
from bihuan.foundation.tests.test_evidence_doors import photo
from bihuan.mechanisms.risks import queries, rules, standing, wall_codes
from bihuan.mechanisms.risks.commands import adopt_points, labels, post_label, print_labels, renew_code, void_point
from bihuan.mechanisms.risks.models import PointCode, RiskPoint

KEY = b"a key of this test"
CODES = st.text(rules.CODE_ALPHABET, min_size=10, max_size=10)


def refused(code):
    return pytest.raises(Refusal, match=re.escape(code))


def html(response):
    return response.content.decode()


# --- codes ----------------------------------------------------------------------------------------------------------------


@given(st.text(rules.CODE_ALPHABET, min_size=7, max_size=7))
def test_a_code_of_ours_is_known_as_such_and_one_changed_letter_is_not(body):
    code = body + rules.check_part(body, KEY)
    assert rules.is_ours(code, KEY)
    assert rules.readings(code.lower(), KEY) == [code]
    assert not rules.is_ours(code, b"another site")
    for at in range(10):
        other = "2" if code[at] != "2" else "3"
        assert not rules.is_ours(code[:at] + other + code[at + 1 :], KEY) or at < 7, (
            "the check part belongs to the body"
        )


@given(CODES)
def test_what_somebody_invents_is_not_ours(code):
    assert rules.is_ours(code, KEY) == (rules.check_part(code[:7], KEY) == code[7:])


@given(st.text(rules.CODE_ALPHABET, min_size=7, max_size=7), st.data())
def test_look_alikes_are_read_as_what_was_printed(body, data):
    code = body + rules.check_part(body, KEY)
    groups = ("0OQD", "1IJLT", "2Z", "5S", "6G", "8B", "UV")
    able = [at for at, sign in enumerate(code) if any(sign in group for group in groups)]
    typed = list(code)
    for at in data.draw(st.lists(st.sampled_from(able), max_size=2, unique=True)) if able else []:
        typed[at] = data.draw(st.sampled_from(next(group for group in groups if code[at] in group)))
    assert code in rules.readings("".join(typed), KEY)


@given(st.text(max_size=400))
def test_anything_may_be_scanned(text):
    code, n = rules.scanned(text)
    assert n is None or n >= 0
    assert len(rules.readings(code, KEY)) <= 513


@pytest.mark.parametrize(
    ("text", "code", "n"),
    [
        ("https://aq.example.edu.cn/p/ABCDE23456?n=3", "ABCDE23456", 3),
        ("/p/abcde-23456/?from=wall&n=12", "ABCDE23456", 12),
        ("https://aq.example.edu.cn/p/ABCDE23456?n=3&via=nfc", "ABCDE23456", 3),
        ("https://aq.example.edu.cn/p/ABCDE23456?via=nfc", "ABCDE23456", None),
        ("ＡＢＣＤＥ 23456", "ABCDE23456", None),
        ("ABCDE23456?n=1234567", "", None),
        ("", "", None),
    ],
)
def test_the_address_on_a_label_and_a_typed_code_are_the_same(text, code, n):
    assert rules.scanned(text) == (code, n)


@pytest.mark.django_db
def test_in_force_void_unknown_and_forged_are_told_apart_in_one_statement(point, actors):
    old = point.code
    fresh = renew_code(actors.li, clock.now(), point_id=point.pk, revision=0).code
    elsewhere = wall_codes.fresh()
    texts = [fresh, f"https://x.example/p/{fresh}?n=1", old, elsewhere, "ZZZZZZZZZZ", "", "你好"]
    with CaptureQueriesContext(connection) as made:
        lives = queries.code_lives(texts)
    assert len(made) == 1
    assert [lives[text].state for text in texts] == [
        "in_force",
        "in_force",
        "void",
        "unknown",
        "forged",
        "forged",
        "forged",
    ]
    assert {lives[text].point_id for text in (fresh, old)} == {point.pk}
    assert queries.code_life(old) == ("void", point.pk)
    assert queries.code_life("ZZZZZZZZZZ") == ("forged", None)


@pytest.mark.django_db
def test_new_codes_carry_the_check_part(net, actors, risks):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    assert all(wall_codes.is_ours(code) for code in PointCode.objects.values_list("code", flat=True))


# --- the life of a label --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_every_print_has_its_serial_and_replacing_voids_the_earlier_ones(actors, point):
    print_labels(actors.li, clock.now(), points=[point.pk])
    print_labels(actors.li, clock.now(), points=[point.pk])
    assert queries.code_life(f"{point.code}?n=1")[0] == "in_force", "a second copy beside the first one"
    print_labels(actors.li, clock.now(), points=[point.pk], replace=True)
    states = [queries.code_life(f"/p/{point.code}?n={n}")[0] for n in (1, 2, 3)]
    assert states == ["void", "void", "in_force"]
    assert queries.code_life(point.code)[0] == "in_force", "a typed code has no serial"
    label = PointCode.objects.get()
    assert (label.n, label.least_n, label.printed_at is not None) == (3, 3, True)
    said = list(Event.objects.filter(name="risks.label_printed").order_by("recorded_at", "id"))
    assert [(event.facts["n"], event.facts["replace"]) for event in said] == [(1, False), (2, False), (3, True)]
    renewed = renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    fresh = PointCode.objects.get(code=renewed.code)
    assert (fresh.n, fresh.least_n, PointCode.objects.get(code=point.code).replaced_by_id) == (3, 4, fresh.pk)


@pytest.mark.django_db
def test_a_label_is_posted_with_photo_and_place(actors, point):
    shot = keep_evidence(actors.wang, clock.now(), raw=photo(1))
    print_labels(actors.li, clock.now(), points=[point.pk])
    post_label(
        actors.wang,
        clock.now(),
        code=f"https://x.example/p/{point.code}?n=1",
        photo=shot.pk,
        lat=34.27,
        lon=109.08,
        accuracy=12,
    )
    label = PointCode.objects.get()
    assert (label.posted_by_name, label.posted_photo, label.lat, label.lon) == ("王保安", shot.pk, 34.27, 109.08)
    shot.refresh_from_db()
    assert (shot.subject_id, shot.school_id) == (point.pk, point.school_id)
    told = Event.objects.get(name="risks.label_posted").facts
    assert (told["photos"][0]["sha256"], told["lat"]) == (shot.sha256, 34.27)
    life = queries.code_lives([point.code])[point.code]
    assert (life.lat, life.last_n, life.posted_at is not None) == (34.27, 1, True)
    carried = queries.points_for_phone(actors.wang, [point.school_id])[0]
    assert (carried["lat"], carried["n"], carried["posted"]) == (34.27, 1, True)


@pytest.mark.django_db
def test_a_guard_posts_once_and_does_not_move_the_place_afterwards(actors, point):
    post_label(actors.wang, clock.now(), code=point.code)
    post_label(actors.wang, clock.now(), code=point.code, lat=34.1, lon=109.1)
    with refused("foundation.not_yours"):
        post_label(actors.wang, clock.now(), code=point.code, lat=35.0, lon=110.0)
    assert PointCode.objects.get().lat == 34.1
    post_label(actors.li, clock.now(), code=point.code, lat=34.2, lon=109.2)
    assert PointCode.objects.get().lat == 34.2


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, -1], ids=["oldest first", "newest first"])
def test_a_point_is_where_its_newest_label_with_a_position_hangs(actors, point, monkeypatch, rows):
    """In whichever order the labels are read."""
    fetched = hot.answers.fetch_all
    monkeypatch.setattr(hot.answers, "fetch_all", lambda asked: [sorted(found)[::rows] for found in fetched(asked)])

    def where():
        found = standing.standing({point.pk}, ())[0][point.pk]
        return found.lat, found.lon

    post_label(actors.li, clock.now(), code=point.code, lat=34.1, lon=109.1)
    with clock.travel(clock.now() + timedelta(days=1)):
        newer = renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    assert where() == (34.1, 109.1)
    post_label(actors.li, clock.now(), code=newer.code, lat=34.2, lon=109.2)
    assert where() == (34.2, 109.2)


@pytest.mark.django_db
def test_a_guard_posts_the_label_that_replaces_a_lost_one(actors, point):
    post_label(actors.wang, clock.now(), code=point.code, lat=34.1, lon=109.1)
    print_labels(actors.li, clock.now(), points=[point.pk], replace=True)
    post_label(actors.wang, clock.now(), code=f"{point.code}?n=1")
    label = PointCode.objects.get()
    assert (label.posted_by_name, label.lat, label.posted_at is not None) == ("王保安", 34.1, True)


@pytest.mark.django_db
def test_the_page_asks_a_guard_for_no_place_that_they_may_not_change(door, actors, point):
    place = 'name="lat"'
    assert place in html(door("wang").get(f"/p/{point.code}/post/"))
    post_label(actors.wang, clock.now(), code=point.code, lat=34.1, lon=109.1)
    assert place not in html(door("wang").get(f"/p/{point.code}/post/"))
    assert place in html(door("li").get(f"/p/{point.code}/post/"))


@pytest.mark.django_db(transaction=True)
def test_of_two_guards_who_post_at_once_one_says_where_the_label_hangs(actors, point, monkeypatch, in_threads):
    """The first write of each is held until the other has read too (where a database lets two begin)."""
    meeting, kept = Barrier(2), labels.attach_evidence

    def attach(*args):
        with contextlib.suppress(BrokenBarrierError):
            meeting.wait(timeout=1)
        return kept(*args)

    monkeypatch.setattr(labels, "attach_evidence", attach)
    said = in_threads(
        lambda n: post_label(actors.wang, clock.now(), code=point.code, lat=34.1 + n / 10, lon=109.1 + n / 10), 2
    )
    (refused,) = [one for one in said if isinstance(one, Exception)]
    assert isinstance(refused, Refusal)
    assert refused.code == "foundation.not_yours"
    told = Event.objects.get(name="risks.label_posted").facts
    assert told["lat"] == PointCode.objects.get().lat


@pytest.mark.django_db
def test_a_code_that_becomes_void_meanwhile_is_not_posted(actors, point, monkeypatch):
    def attach(*args):
        PointCode.objects.update(voided_at=clock.now())  # what somebody else wrote since the code was read
        return []

    monkeypatch.setattr(labels, "attach_evidence", attach)
    with refused("risks.voided_label"):
        post_label(actors.wang, clock.now(), code=point.code)
    assert not Event.objects.filter(name="risks.label_posted").exists()


@pytest.mark.django_db
def test_a_label_that_becomes_void_between_reading_and_printing_is_refused(actors, point):
    PointCode.objects.update(voided_at=clock.now())
    with refused("risks.voided"):
        print_labels(actors.li, clock.now(), points=[point.pk])


@pytest.mark.django_db
def test_what_is_void_or_half_is_not_posted(actors, point):
    print_labels(actors.li, clock.now(), points=[point.pk])
    print_labels(actors.li, clock.now(), points=[point.pk], replace=True)
    with refused("risks.voided_label"):
        post_label(actors.wang, clock.now(), code=f"{point.code}?n=1")
    with refused("risks.half_a_place"):
        post_label(actors.wang, clock.now(), code=point.code, lat=34.1)
    with refused("foundation.not_found"):
        post_label(actors.wang, clock.now(), code="ZZZZZZZZZZ")
    old = point.code
    renew_code(actors.li, clock.now(), point_id=point.pk, revision=0)
    with refused("risks.voided_label"):
        post_label(actors.wang, clock.now(), code=old)
    assert not PointCode.objects.filter(posted_at__isnull=False).exists()


@pytest.mark.django_db
def test_who_may_not_prints_and_posts_nothing(actors, point):
    for who in ("wang", "zhou"):
        with refused("foundation.not_yours"):
            print_labels(getattr(actors, who), clock.now(), points=[point.pk])
    with refused("foundation.not_yours"):
        post_label(actors.admin, clock.now(), code=point.code)
    for who in ("wu", "sun", "nobody", "huo"):
        with refused("foundation.not_found"):
            print_labels(getattr(actors, who), clock.now(), points=[point.pk])
        with refused("foundation.not_found"):
            post_label(getattr(actors, who), clock.now(), code=point.code)
    with refused("foundation.not_found"):
        print_labels(actors.li, clock.now(), points=[point.pk, uuid7()])
    label = PointCode.objects.get()
    assert (label.n, label.posted_at) == (0, None)


@pytest.mark.django_db
def test_the_same_print_sent_twice_is_one(actors, point):
    envelope = uuid7()
    for _ in range(2):
        execute(actors.li, clock.now(), id=envelope, name="risks.print_labels", args={"points": [str(point.pk)]})
    assert PointCode.objects.get().n == 1
    envelope = uuid7()
    for _ in range(2):
        execute(actors.wang, clock.now(), id=envelope, name="risks.post_label", args={"code": point.code})
    assert Event.objects.filter(name="risks.label_posted").count() == 1
    void_point(actors.li, clock.now(), point_id=point.pk, revision=0, reason="灶台已经拆除")
    with refused("risks.voided"):
        print_labels(actors.li, clock.now(), points=[point.pk])


# --- pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_printing_by_form_gives_the_next_serial_on_every_label(door, net, actors, risks):
    adopt_points(actors.li, clock.now(), school_id=net.school.pk)
    client = door("li")
    page = html(client.get("/points/labels/?colour=red&unposted=1"))
    assert "打印" in page
    args = {"_id": str(uuid7())}
    for _ in range(2):
        sheet = client.post("/points/labels/print/?colour=red&unposted=1", args)
        assert (sheet.status_code, sheet["Content-Type"]) == (200, "application/pdf")
    assert set(PointCode.objects.filter(point__colour="red").values_list("n", flat=True)) == {1}
    assert set(PointCode.objects.exclude(point__colour="red").values_list("n", flat=True)) == {0}
    red = RiskPoint.objects.filter(colour="red").first()
    picture = client.get(f"/points/labels.png?point={red.pk}")
    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)).resize((1654, 2338)))
    assert [code.text.rsplit("/", 1)[-1] for code in read] == [f"{red.code}?n=1"]
    assert door("wang").post("/points/labels/print/?colour=red", {}).status_code == 403
    assert door("wu").post(f"/points/labels/print/?point={red.pk}", {}).status_code == 404


@pytest.mark.django_db
def test_labels_of_one_area_or_not_yet_posted(door, net, actors, make):
    kitchen, lab = make(), make(org_id=net.room.pk, name="浓酸存放柜")
    page = html(door("li").get(f"/points/labels/?area={net.canteen.pk}"))
    assert "1 个标签" in page
    post_label(actors.wang, clock.now(), code=kitchen.code)
    assert "1 个标签" in html(door("li").get("/points/labels/?unposted=1"))
    assert door("li").get(f"/points/labels/?area={uuid7()}").status_code == 404
    assert door("wu").get(f"/points/labels/?area={net.canteen.pk}").status_code == 404
    assert lab.pk


@pytest.mark.django_db
def test_the_lists_of_labels_say_how_far_each_has_come(door, actors, make):
    bare, posted, gone = make(), make(name="二号灶台"), make(name="三号灶台")
    post_label(actors.wang, clock.now(), code=posted.code)
    renew_code(actors.li, clock.now() + timedelta(seconds=1), point_id=gone.pk, revision=0)
    found = {
        state: html(door("li").get(f"/points/labels/lives/?state={state}"))
        for state in ("unposted", "no-photo", "posted", "void")
    }
    assert bare.code in found["unposted"]
    assert posted.code in found["no-photo"]
    assert "没有定位" in found["no-photo"]
    assert gone.code in found["void"]
    assert RiskPoint.objects.get(pk=gone.pk).code in found["void"], "and what it was replaced by"
    assert posted.code not in found["unposted"] + found["posted"] + found["void"]
    outsider = html(door("wu").get("/points/labels/lives/"))
    assert bare.code not in outsider
    assert door("").get("/points/labels/lives/").status_code == 302


@pytest.mark.django_db
def test_posting_by_form(door, point):
    client = door("wang")
    assert "登记标签已贴好" in html(client.get(f"/p/{point.code}"))
    shot = io.BytesIO(photo(3))
    shot.name = "label.jpg"
    wrong = client.post(f"/p/{point.code}/post/", {"lat": "abc", "lon": "109.1", "photos": shot})
    assert wrong.status_code == 422
    kept = re.findall(r'name="photos" value="([^"]+)"', html(wrong))
    assert len(kept) == 1, "the photo need not be taken again"
    done = client.post(f"/p/{point.code}/post/", {"lat": "34.2", "lon": "109.1", "photos": kept})
    assert done.status_code == 302
    label = PointCode.objects.get()
    assert (str(label.posted_photo), label.lat) == (kept[0], 34.2)
    page = html(client.get(f"/points/{point.pk}/"))
    assert "王保安登记贴好" in page
    assert kept[0] in page
    assert door("wu").get(f"/p/{point.code}/post/").status_code == 404


@pytest.mark.django_db
def test_a_replaced_print_says_so_and_registers_nothing(door, point, actors):
    for replace in (False, True):
        print_labels(actors.li, clock.now(), points=[point.pk], replace=replace)
    for who in ("", "li"):
        page = html(door(who).get(f"/p/{point.code}?n=1"))
        assert "这张标签已作废" in page
        assert "后来重新印过" in page
        assert "风险告知卡" not in page
    assert "风险告知卡" in html(door("").get(f"/p/{point.code}?n=2"))
    for odd in ("x", "-1", "99999999", "²"):
        assert door("").get(f"/p/{point.code}?n={odd}").status_code == 200


@pytest.mark.django_db
def test_a_phone_of_the_net_is_led_into_the_app(door, point):
    link = f'href="/m/#/p/{point.code}"'
    assert link in html(door("wang").get(f"/p/{point.code}"))
    assert link not in html(door("").get(f"/p/{point.code}"))
    stranger = door("")
    stranger.cookies["phone"] = "1"
    assert link in html(stranger.get(f"/p/{point.code}"))


# --- NFC tags -------------------------------------------------------------------------------------------------------------


def in_app(page):
    return unescape(re.search(r'<a class="btn btn-plain" href="([^"]*)">在巡查应用里打开', page)[1])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("", ""), ("?n=2", "?n=2"), ("?via=nfc", "?via=nfc"), ("?n=2&via=nfc", "?n=2&via=nfc"),
        ("?via=nfc&how=chosen&x=1", "?via=nfc"), ("?n=%23%22%3E", "?n=%23%22%3E"),
    ],
)  # fmt: skip
def test_the_app_is_told_how_somebody_came_to_the_wall(door, make, address, opens):
    """A tapped tag counted as a scan, and a label that was printed anew as the first one."""
    point = make()
    page = html(door("wang").get(f"/p/{point.code}{address}"))
    assert in_app(page) == f"/m/#/p/{point.code}{opens}"


@pytest.mark.django_db
def test_who_hangs_labels_reads_what_to_write_on_a_tag(door, make, actors, settings):
    settings.BIHUAN_URL, settings.DEMO = "https://aq.example.edu.cn", False
    point = make()
    tag = f"https://aq.example.edu.cn/p/{point.code}"
    for page in (f"/points/{point.pk}/", f"/p/{point.code}/post/"):
        assert f'<span class="address">{tag}?via=nfc</span>' in html(door("li").get(page))
    print_labels(actors.li, clock.now(), points=[point.pk])
    for page in (f"/points/{point.pk}/", f"/p/{point.code}/post/"):
        assert f'<span class="address">{tag}?n=1&amp;via=nfc</span>' in html(door("li").get(page))
    assert "结尾是 via=nfc" in html(door("li").get("/points/labels/"))
    assert queries.code_life(f"{tag}?n=1&via=nfc")[0] == queries.code_life(f"{tag}?n=1")[0]
