"""The same through pages and the API."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bihuan.foundation.ids import uuid7
from bihuan.mechanisms.mandates import commands
from bihuan.mechanisms.mandates.models import Assignment, Directive, Share

pytestmark = pytest.mark.django_db


def jpeg():
    out = BytesIO()
    Image.new("RGB", (320, 240), "green").save(out, "JPEG")
    return SimpleUploadedFile("通知.jpg", out.getvalue(), content_type="image/jpeg")


def text(answer):
    return answer.content.decode()


@pytest.mark.clause("CB-17")
def test_issued_signed_split_answered_and_accepted_on_pages(net, cast, door, now):
    bureau, head, guard = door("zhao"), door("zhou"), door("wang")
    form = {
        "_id": str(uuid7()), "id": str(uuid7()), "org_id": str(net.bureau.pk), "title": "周边排查", "text": "校门口五十米逐项看。",
        "office": "", "wants": "number", "unit": "处", "due_at": "2026-09-06T17:30", "audience": "kinds",
    }  # fmt: skip
    bad = bureau.post("/mandates/new/", form)
    assert bad.status_code == 422
    assert "校门口五十米逐项看。" in text(bad)
    made = bureau.post("/mandates/new/", form | {"kinds": ["primary"], "files": [jpeg()]}, follow=True)
    assert "灞东区第一小学" in text(made)
    address, row = f"/mandates/{form['id']}/", Assignment.objects.get()
    mine = f"/mandates/got/{row.pk}/"
    assert "周边排查" in text(head.get("/mandates/"))
    assert "签收" in text(head.get(mine))
    head.post(f"{mine}sign/", {"_id": str(uuid7())})
    split = {"_id": str(uuid7()), "person": [str(cast.wang.pk), ""], "task": ["数占道摊点", ""], "until": ["", ""]}
    assert "王保安：数占道摊点" in text(head.post(f"{mine}split/", split, follow=True))
    assert "数占道摊点" in text(guard.get(mine))
    listed = text(guard.get("/mandates/"))
    assert "分给你：数占道摊点" in listed
    assert '<span class="chip chip-mine">办理中' in listed  # it is the guard's turn, and says so
    assert '<span class="chip chip-mine">' not in text(door("qian").get("/mandates/"))
    lacks = guard.post(
        f"{mine}finish/", {"_id": str(uuid7()), "share_id": str(Share.objects.get().pk), "words": "门口有"}
    )
    assert lacks.status_code == 422
    assert "请填一个数" in text(lacks)
    guard.post(f"{mine}finish/", {"_id": str(uuid7()), "share_id": str(Share.objects.get().pk), "amount": "4"})
    assert 'value="4' in text(head.get(mine))
    head.post(f"{mine}feed-back/", {"_id": str(uuid7()), "amount": "4", "photos": [jpeg()]})
    shown = text(bureau.get(f"{address}?state=answered"))
    assert "合计" in shown
    returned = {"_id": str(uuid7()), "reason": "写明位置", "until": "2026-09-07T12:00"}
    bureau.post(f"{mine}send-back/", returned)
    assert "退回重办：写明位置" in text(head.get(mine))
    head.post(f"{mine}feed-back/", {"_id": str(uuid7()), "amount": "4", "words": "东门两处、北门两处"})
    done = bureau.post(f"{address}accept/", {"_id": str(uuid7()), "assignments": [str(row.pk)]}, follow=True)
    assert "已验收 1 个单位" in text(done)
    assert "已办结" in text(head.get(mine))


def test_reminded_withdrawn_and_shown_in_lists(net, door, ask, part, now):
    directive, bureau = ask(), door("zhao")
    address = f"/mandates/{directive.pk}/"
    assert "催还没办的 2 个单位" in text(bureau.get(address))
    assert "已催 2 个单位" in text(bureau.post(f"{address}remind/", {"_id": str(uuid7())}, follow=True))
    assert bureau.post(f"{address}remind/", {"_id": str(uuid7())}).status_code == 409
    assert bureau.post(f"{address}withdraw/", {"_id": str(uuid7()), "reason": ""}).status_code == 422
    bureau.post(f"{address}withdraw/", {"_id": str(uuid7()), "reason": "与另一件合并"})
    assert Directive.objects.get().state == "withdrawn"
    assert "已撤回" in text(bureau.get("/mandates/issued/"))
    assert directive.title not in text(door("zhou").get("/mandates/"))
    assert directive.title in text(door("zhou").get("/mandates/?state=withdrawn"))


def test_what_waits_for_me_is_on_my_desk(net, cast, actors, door, ask, part, now):
    row = part(ask())
    assert row.directive.title in text(door("zhou").get("/"))
    assert row.directive.title not in text(door("wang").get("/"))
    commands.sign(actors.zhou, now, assignment_id=row.pk)
    shares = [commands.ShareIn(person=cast.wang.pk, task="查校门口五十米")]
    commands.split(actors.zhou, now, assignment_id=row.pk, shares=shares)
    assert "查校门口五十米" in text(door("wang").get("/"))
