"""A guard with a cheap phone and no network: the phone client in a real browser, with a camera that sees real labels."""

import gzip
import json
import re
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from bihuan.foundation import clock
from bihuan.foundation.ids import uuid7
from bihuan.surfaces.mobile.pages import files
from tests import NEWER_BUILD
from tests.journeys.fake_camera import printed
from tests.journeys.phones import CHEAP, LIGHT, PIN, SOON, STOPS, looked_at, ready_for_no_network, reported, signed_in
from tests.journeys.test_axe import faults_on, too_wide
from tests.journeys.world import PASSWORD, jpeg


@pytest.mark.clause("HY-16")
@pytest.mark.clause("HY-19")
def test_a_round_of_twelve_points_without_a_network(phone, night, site):
    """Sign in, airplane mode, twelve labels by camera, two hazards with photos, the phone kills the page, network back."""
    phone.slower = CHEAP
    labels = printed(night.actor("li"), site.url, night.kept["points"])
    names = {
        str(row.pk): row.name
        for row in apps.get_model("risks", "RiskPoint").objects.filter(pk__in=night.kept["points"])
    }
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    phone.context.set_offline(True)

    troubles = {3: "灭火器指针在红区", 8: "应急灯不亮"}
    phone.camera.look_at(labels[night.kept["points"][0]])
    page.get_by_role("link", name="扫码巡查").click()
    seen, taps = [], 0
    for n, point in enumerate(night.kept["points"]):
        expect(page.get_by_role("heading", name=names[point], level=1)).to_be_visible()
        seen.append(phone.last_scan())
        if n + 1 < STOPS:
            phone.camera.look_at(labels[night.kept["points"][n + 1]])
        if n in troubles:
            page.get_by_role("link", name="有问题").click()
            page.locator("input[type=file]").set_input_files(
                {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": jpeg(f"现场{n}", (2000, 1500))}
            )
            expect(page.get_by_alt_text("第 1 张照片")).to_be_visible()
            page.get_by_label("什么问题").fill(troubles[n])
            page.get_by_role("button", name="上报").click()
        else:
            page.get_by_role("button", name="正常").click()
            taps += 1
        if n == 5:  # in the middle of the round the phone needs its memory
            expect(page.get_by_role("heading", name=names[night.kept["points"][6]], level=1)).to_be_visible()
            phone.kill()
            page = phone.open("/m/", offline=True)
            phone.unlock()
            expect(page.get_by_text("正在走，已查 6/12")).to_be_visible()
            page.get_by_role("link", name="扫码巡查").click()
    expect(page.get_by_role("progressbar", name="已查 12 点，共 12 点")).to_be_visible()
    assert max(seen) <= SOON, seen
    print("scan to interactive, ms:", sorted(round(one) for one in seen))
    assert taps == STOPS - len(troubles)  # one tap a point once the first scan has begun
    page.get_by_role("button", name="交这一趟").click()
    expect(page.get_by_text("3 条待上传")).to_be_visible()
    walked = clock.now()

    phone.kill()
    page = phone.open("/m/#/outbox", offline=True)
    phone.unlock()
    expect(page.get_by_role("heading", name="等着上传 3")).to_be_visible()
    for words in troubles.values():
        expect(page.locator(".parcel b", has_text=words)).to_be_visible()
    assert apps.get_model("patrols", "Round").objects.count() == 0

    phone.context.set_offline(False)
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible(timeout=60_000)

    row = apps.get_model("patrols", "Round").objects.get()
    hazards = list(apps.get_model("cases", "Case").objects.filter(school_id=night.orgs["school"]).order_by("pk"))
    assert (row.result, row.found_count, str(row.route_id), row.by_id) == (
        "found",
        2,
        night.kept["route"],
        night.people["wang"],
    )
    assert [check["point_id"] for check in row.checks] == night.kept["points"]
    assert [check["n"] for check in row.checks] == list(range(1, STOPS + 1))
    assert {check["how"] for check in row.checks} == {"scan"}
    told = [
        datetime.fromisoformat(check.get("phone_at", check["at"])) for check in row.checks
    ]  # a whole second is written without a fraction
    assert told == sorted(told)
    assert {str(one.pk) for one in hazards} == {
        check["hazard_id"] for check in row.checks if check["result"] == "found"
    }
    assert sorted(one.description for one in hazards) == sorted(troubles.values())
    assert row.ended_at <= walked <= row.received_at
    photos = apps.get_model("foundation", "Evidence").objects.filter(subject_id__in=[one.pk for one in hazards])
    assert [max(one.width, one.height) for one in photos] == [1600, 1600]
    assert all(one.taken_at for one in photos)
    task = apps.get_model("duties", "Task").objects.get(ref_id=row.pk)
    assert task.state == "done"
    receipts = apps.get_model("foundation", "Receipt").objects
    for envelope in (row.pk, *(one.pk for one in hazards)):
        receipt = receipts.get(pk=envelope)
        assert receipt.sent_at < walked + timedelta(seconds=1) <= receipt.at + timedelta(seconds=1)
    verbs = ("cases.reported", "patrols.round_submitted")
    facts = (
        apps.get_model("foundation", "Event")
        .objects.filter(bureau_id=night.orgs["bureau"], name__in=verbs)
        .order_by("id")
    )
    assert [fact.name for fact in facts] == ["cases.reported", "cases.reported", "patrols.round_submitted"]


def test_what_comes_before_the_scanner_is_light():
    """Everything that the first screen needs, compressed as a server sends it."""
    now, later = files()
    built = [
        settings.ROOT / "frontend" / "dist" / one.removeprefix(settings.STATIC_URL)
        for one in now
        if one.startswith("/static/")
    ]
    weight = sum(len(gzip.compress(path.read_bytes(), 9)) for path in built)
    assert built
    assert weight <= LIGHT, f"{weight / 1000:.1f} kB"
    assert any(one.endswith(".wasm") for one in later)
    assert not any("zxing" in one for one in now)


PLAYED = """async (player) => {
  await player.play()
  await new Promise((on) => player.addEventListener('timeupdate', on, { once: true }))
  while (player.currentTime < 0.5) await new Promise((on) => setTimeout(on, 50))
  return player.currentTime
}"""


UNHEARD = """() => new MutationObserver(() => {
  window.unheard ||= [...document.querySelectorAll('audio')].some((player) => !player.getAttribute('src'))
}).observe(document.body, { childList: true, subtree: true })"""
"""Notes whether a player was ever shown before it had anything to play."""


def spoken(page, seconds=2):
    """Tap, speak, tap; the browser's own microphone beeps."""
    page.get_by_role("button", name="录一段语音").click()
    expect(page.get_by_text(f"停止录音（{seconds}/60 秒）")).to_be_visible()
    page.get_by_role("button", name="停止录音").click()
    expect(page.get_by_text("语音说明", exact=False)).to_be_visible()


@pytest.mark.clause("HY-17")
@pytest.mark.clause("HY-19")
def test_a_voice_note_without_a_network_is_heard_on_the_hazards_page(phone, night, sits):
    """Record two seconds, listen, the phone kills the page, send, the network is back: the safety lead hears it."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    phone.context.set_offline(True)
    page.get_by_role("link", name="随手报").click()
    page.evaluate(UNHEARD)
    spoken(page, 1)
    page.get_by_role("button", name="删掉这段语音").click()
    page.get_by_role("button", name="录一段语音").focus()
    page.keyboard.press("Enter")  # by keyboard as by thumb
    expect(page.get_by_text("停止录音（2/60 秒）")).to_be_visible()
    page.get_by_role("button", name="上报").click()
    expect(page.get_by_role("alert")).to_have_text("还在录音，请先点一下停。")
    page.get_by_role("button", name="停止录音").press("Enter")
    expect(page.get_by_text("语音说明 2 秒").or_(page.get_by_text("语音说明 3 秒"))).to_be_visible()
    assert not page.evaluate("window.unheard")
    assert page.locator(".heard audio").evaluate(PLAYED) > 0
    for target in (page.get_by_role("button", name="删掉这段语音"), page.locator(".heard audio")):
        assert target.bounding_box()["height"] >= 48
    assert faults_on(page, "/m/#/report") == []
    page.get_by_label("什么问题").fill("灭火器指针在红区")
    page.get_by_label("在哪里").fill("东门")
    page.locator("input[type=file]").set_input_files(
        {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": jpeg("现场", (800, 600))}
    )
    expect(page.get_by_alt_text("第 1 张照片")).to_be_visible()
    assert "webm" not in json.dumps(on_disk(phone))  # what waits in the draft is sealed
    phone.kill()
    page = phone.open("/m/#/report", offline=True)
    phone.unlock()
    expect(page.get_by_text("语音说明", exact=False)).to_be_visible()
    page.get_by_role("button", name="上报").click()
    expect(page.get_by_role("heading", name="等着上传 1")).to_be_visible()
    phone.kill()
    page = phone.open("/m/#/outbox", offline=True)
    phone.unlock()
    expect(page.get_by_role("heading", name="等着上传 1")).to_be_visible()
    assert not apps.get_model("foundation", "Evidence").objects.filter(kind="audio").exists()
    phone.context.set_offline(False)
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible(timeout=60_000)

    note = apps.get_model("foundation", "Evidence").objects.get(kind="audio")
    case = apps.get_model("cases", "Case").objects.get(pk=note.subject_id)
    assert (note.media_type, case.description) == ("audio/webm", "灭火器指针在红区")
    assert 2 <= note.seconds <= 4
    assert len(case.before) == 1
    desk = sits(night, "li")
    desk.goto(f"/hazards/{case.pk}/")
    player = desk.get_by_label("语音说明", exact=True)
    expect(player).to_be_visible()
    assert player.evaluate(PLAYED) >= 0.5
    # what happens to the hazard meanwhile is shown, and the one who listens goes on listening
    player.evaluate("(player) => { player.loop = true; return player.play() }")
    night.do("li", "cases.assign_case", case=str(case.pk), rectifier=str(night.people["li"]))
    expect(desk.locator(f"#standing-{case.pk}")).to_contain_text("整改中")
    assert not player.evaluate("(player) => player.paused")
    assert faults_on(desk, f"/hazards/{case.pk}/") == []
    outsider = sits(night, "wu")
    assert outsider.goto(f"/evidence/{note.pk}/").status == 404


def test_a_newer_version_is_offered_and_takes_nothing_away(phone, night):
    """It waits until somebody taps: what is typed stays, the old version's files go, and no network is needed after it."""
    page = signed_in(phone, night)
    ready_for_no_network(phone)
    before = page.evaluate("caches.keys()")
    page.get_by_role("link", name="随手报").click()
    page.get_by_label("什么问题").fill("二层灯不亮")
    newer = settings.DATA / NEWER_BUILD
    newer.touch()
    try:
        page.evaluate("navigator.serviceWorker.ready.then((one) => one.update()).then(() => undefined)")
        expect(page.get_by_label("什么问题")).to_have_value("二层灯不亮")
        page.evaluate("location.hash = '#/'")
        offered = page.get_by_role("button", name="有新版本，点一下更新")
        expect(offered).to_be_visible()
        with page.expect_navigation():
            offered.click()
        phone.unlock()
        ready_for_no_network(phone)
        kept = page.evaluate("caches.keys()")
        assert len(kept) == 1
        assert kept != before
        phone.context.set_offline(True)
        page.reload()
        phone.unlock()
        page.get_by_role("link", name="随手报").click()
        expect(page.get_by_label("什么问题")).to_have_value("二层灯不亮")
        expect(offered).to_have_count(0)
    finally:
        newer.unlink()


def test_without_leave_to_listen_one_types(phone, night):
    """The microphone is refused: a sentence, and the report goes on; a browser without one shows no button."""
    page = signed_in(phone, night)
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') } }"
    )
    page.get_by_role("link", name="随手报").click()
    page.get_by_role("button", name="录一段语音").click()
    expect(page.get_by_role("alert")).to_contain_text("没有得到麦克风的许可")
    page.get_by_label("什么问题").fill("东门锁坏了")
    expect(page.get_by_label("什么问题")).to_have_value("东门锁坏了")
    phone.see("/")
    page.evaluate("() => { delete window.MediaRecorder }")
    page.get_by_role("link", name="随手报").click()
    expect(page.get_by_label("什么问题")).to_have_value("东门锁坏了")
    expect(page.get_by_role("button", name="录一段语音")).to_have_count(0)


RECORDS = """async () => {
  const db = await new Promise((done, wrong) => {
    const asked = indexedDB.open('bihuan-phone')
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => wrong(asked.error)
  })
  const found = {}
  for (const name of db.objectStoreNames) {
    found[name] = await new Promise((done) => {
      const asked = db.transaction(name).objectStore(name).getAll()
      asked.onsuccess = () => done(asked.result)
    })
  }
  db.close()
  const plain = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new TextDecoder('latin1').decode(value) : value
  return JSON.stringify(found, (key, value) => plain(value))
}"""


def on_disk(phone):
    """Everything that lies in the phone's database, as somebody would read it who took the phone apart."""
    return json.loads(phone.page.evaluate(RECORDS))


def test_several_people_share_a_phone_and_see_only_their_own(phone, night):
    """A quick change by PIN; each has an outbox of their own; what lies on the phone cannot be read without the PIN."""
    page = phone.open("/m/")
    page.get_by_role("button", name="登录").click()
    page.locator("[name=username]").fill("wang")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    phone.enrol("几个人共用")
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    kept = json.dumps(on_disk(phone), ensure_ascii=False)
    assert "王保安" in kept  # the lock screen's names
    for secret in (
        "东门",
        "夜间巡查",
        "report_hazard",
        r"bh_[\w-]{20}",
        "JFIF",
    ):  # three letters alone stand in any large cipher
        assert not re.search(secret, kept), secret

    page.get_by_role("button", name="王保安，换人或锁屏").click()
    expect(page.get_by_text("1 条待上传")).to_be_visible()
    for left in (4, 3, 2, 1):
        phone.press("9999")
        expect(page.get_by_text(f"PIN 不对，还可以试 {left} 次")).to_be_visible()
    phone.press("9999")
    expect(page.get_by_text("输错太多次，请等")).to_be_visible()
    phone.press(PIN)
    expect(page.get_by_text("输错太多次，请等")).to_be_visible()  # the right one has to wait too

    phone.context.set_offline(False)
    page.get_by_role("button", name="加一个人").click()
    page.get_by_role("button", name="登录").click()
    page.locator("[name=username]").fill("li")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    phone.enrol("几个人共用")
    expect(page.get_by_text("全部已上传")).to_be_visible()
    phone.see("/outbox")
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible()
    expect(page.get_by_text("东门门禁坏了")).to_have_count(0)
    assert apps.get_model("cases", "Case").objects.count() == 0  # nobody sends another's work


def test_leaving_a_phone_with_unsent_work_asks_first(phone, night):
    """Keep it locked here, send it now, or throw it away with a typed word; afterwards nothing is left."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    phone.see("/settings")
    page.get_by_role("button", name="退出这台手机").click()
    expect(page.get_by_text("还有 1 条没有上传")).to_be_visible()
    page.get_by_role("button", name="锁着留在手机里").click()
    phone.unlock()
    phone.see("/settings")
    page.get_by_role("button", name="退出这台手机").click()
    page.get_by_role("button", name="丢弃没上传的，退出").click()
    throw = page.get_by_role("button", name="丢弃并退出")
    expect(throw).to_be_disabled()
    page.get_by_label("请输入「丢弃」再按下面的按钮").fill("丢弃")
    phone.context.set_offline(False)
    throw.click()
    expect(page.get_by_text("都清掉了")).to_be_visible()
    assert not any(on_disk(phone).values())
    tokens = apps.get_model("accounts", "ApiToken").objects.filter(user_id=night.people["wang"])
    assert [row.revoked_at is not None for row in tokens] == [True]
    assert apps.get_model("cases", "Case").objects.count() == 0


@pytest.mark.clause("HY-17")
@pytest.mark.clause("XX-10")
def test_what_is_refused_keeps_the_draft_and_says_why(phone, night):
    """A refusal never loses work: the sentence stands beside it, it can be mended, dropped and taken back."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    # meanwhile the office has done away with the level that this phone still carries
    page.route(
        "**/api/v1/phone/sync",
        lambda call: call.continue_(post_data=call.request.post_data.replace('"general"', '"slight"')),
    )
    phone.context.set_offline(False)
    phone.see("/outbox")
    expect(page.get_by_role("heading", name="没被接受，要你看一下")).to_be_visible(timeout=60_000)
    expect(page.locator(".parcel-why.bad")).to_contain_text("级别")
    expect(page.get_by_text("1 条要看")).to_be_visible()
    page.get_by_role("button", name="丢弃").click()
    page.get_by_role("dialog").get_by_role("button", name="丢弃").click()
    expect(page.get_by_role("heading", name="已丢弃")).to_be_visible()
    page.unroute("**/api/v1/phone/sync")
    page.get_by_role("button", name="找回").click()
    expect(page.get_by_role("button", name="再试一次")).to_be_visible()
    page.get_by_role("link", name="改一改").click()
    page.get_by_label("文字").fill("东门门禁坏了，关不上")
    page.get_by_role("button", name="再上传").click()
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible(timeout=60_000)
    assert apps.get_model("cases", "Case").objects.get().description == "东门门禁坏了，关不上"


def test_the_app_open_twice_is_one_round_and_sends_once(phone, night):
    """The phone's own scanner opens the app a second time: what one page does the other does not undo or send again."""
    phone.slower = CHEAP
    rows = apps.get_model("risks", "RiskPoint").objects.filter(pk__in=night.kept["points"]).order_by("number")
    codes = [row.code for row in rows]
    first = signed_in(phone, night)
    expect(first.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    phone.context.set_offline(True)
    looked_at(first, codes[0])
    phone.page = second = phone.context.new_page()
    second.goto("/m/")
    phone.unlock()
    expect(second.get_by_text("正在走，已查 1/12")).to_be_visible()
    looked_at(second, codes[1])
    looked_at(first, codes[2])
    looked_at(second, codes[3])
    first.evaluate("location.hash = '/round'")
    expect(
        first.get_by_role("progressbar", name="已查 3 点，共 12 点").or_(
            first.get_by_role("progressbar", name="已查 4 点，共 12 点")
        )
    ).to_be_visible()
    first.get_by_role("button", name="其他").click()
    first.get_by_role("button", name="交给下一班").click()
    expect(first.get_by_text("1 条待上传")).to_be_visible()
    phone.context.set_offline(False)
    second.evaluate("location.hash = '/outbox'")
    for page in (first, second):
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(first.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    row = apps.get_model("patrols", "Round").objects.get()
    assert [check["point_id"] for check in row.checks] == night.kept["points"][:4]
    assert row.handed_over
    assert apps.get_model("foundation", "Event").objects.filter(name="patrols.round_submitted").count() == 1


def test_a_screen_drawn_between_the_address_and_its_event_is_the_right_one(phone, night):
    """What was said fades just as the person goes on: the screen that opens is the one that was asked for."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    phone.context.set_offline(True)
    row = apps.get_model("risks", "RiskPoint").objects.get(pk=night.kept["points"][0])
    looked_at(page, row.code)
    said = page.get_by_text(f"已记：{row.name} 正常")
    expect(said).to_be_visible()
    page.evaluate("history.pushState(null, '', '#/scan?typed')")  # an address whose event is still to come
    expect(said).to_be_hidden()
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    expect(page.get_by_label("码旁边的编号")).to_be_visible()


def test_a_full_phone_says_what_it_could_keep(phone, night):
    """Nothing fits any more: the page keeps it, says so, and sends it as soon as there is a network."""
    page = signed_in(phone, night, room=700_000)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    grain = BytesIO()
    Image.effect_noise((1600, 1200), 90).save(grain, "JPEG", quality=90)
    reported(phone, "东门门禁坏了", photo=grain.getvalue())
    expect(page.get_by_text("手机存储满了：文字已存好")).to_be_visible()
    expect(page.get_by_text("1 条待上传")).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    case = apps.get_model("cases", "Case").objects.get()
    assert len(case.before) == 1


@pytest.mark.clause("HY-19")
def test_a_sheet_is_filled_in_a_minute_and_nothing_is_reported_with_two_taps(phone, night):
    """晨午检 without a network: wrong numbers are said at once, the task is done with what was filled; 零报告 for the other."""
    phone.slower = CHEAP
    sheet = apps.get_model("sheets", "Sheet").objects.get(bureau_id=night.orgs["bureau"], code="ledger-health-round")
    now = timezone.localtime(clock.now())
    window = {"name": "", "since": f"{now - timedelta(hours=1):%H:%M}", "until": f"{now + timedelta(hours=3):%H:%M}"}
    for code, title in (("health-a", "晨午检上报"), ("health-b", "晚检上报")):
        night.do(
            "li", "duties.set_duty", id=str(uuid7()), org_id=str(night.orgs["school"]), code=code, title=title, act="sheet",
            post="guard", cadence={"every": "day"}, starts_on=f"{now - timedelta(days=1):%Y-%m-%d}", sheet_id=str(sheet.pk),
            windows=[window], nil=True, at=clock.now() - timedelta(hours=2),
        )  # fmt: skip
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="晨午检上报")).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_role("link", name="晨午检上报").click()
    for label, said in (("班级", "三年级二班"), ("应到人数", "45"), ("实到人数", "900"), ("有症状人数", "1")):
        page.get_by_label(label).fill(said)
    page.get_by_role("radio", name="晨检").check()
    page.get_by_role("button", name="交").click()
    expect(page.get_by_text("应在 0 到 200 之间，请核对")).to_be_visible()
    page.get_by_label("实到人数").fill("44")
    page.get_by_role("button", name="交").click()
    expect(page.get_by_text("1 条待上传")).to_be_visible()
    expect(page.get_by_role("link", name="晨午检上报")).to_have_count(0)
    page.get_by_role("link", name="晚检上报").click()
    page.get_by_role("button", name="零报告").click()
    page.get_by_role("button", name="没有情况，上报").click()
    expect(page.get_by_text("2 条待上传")).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    tasks = apps.get_model("duties", "Task").objects.filter(duty__code__in=("health-a", "health-b"), state="done")
    assert sorted((task.title, task.nil) for task in tasks) == [("晚检上报", True), ("晨午检上报", False)]
    filled = apps.get_model("sheets", "Submission").objects.get(pk=next(task.ref_id for task in tasks if not task.nil))
    assert {code: answer["value"] for code, answer in filled.answers.items()} == {
        "class": "三年级二班", "turn": "晨检", "due": "45", "came": "44", "ill": "1",
    }  # fmt: skip


def test_a_shift_goes_from_one_guard_to_the_next(phone, night):
    """Things are counted, words are left, the next one takes over; without a network on the giving side."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_role("link", name="交接班", exact=True).click()
    page.get_by_label("加一样东西").fill("对讲机")
    page.get_by_role("button", name="加上").click()
    page.get_by_label("加一样东西").fill("西门钥匙")
    page.get_by_role("button", name="加上").click()
    page.get_by_role("group", name="西门钥匙").get_by_role("radio", name="少").check()
    page.get_by_label("要交代的").fill("西门锁芯涩，已报修")
    page.get_by_label("交给谁").select_option(str(night.people["li"]))
    page.get_by_role("button", name="交班").click()
    expect(page.get_by_text("1 条待上传")).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    row = apps.get_model("patrols", "Handover").objects.get()
    assert [(item["name"], item["state"]) for item in row.items] == [("对讲机", "ok"), ("西门钥匙", "missing")]
    assert (row.from_id, row.to_id, row.note) == (night.people["wang"], night.people["li"], "西门锁芯涩，已报修")

    page.get_by_role("button", name="王保安，换人或锁屏").click()
    page.get_by_role("button", name="加一个人").click()
    page.get_by_role("button", name="换别人登录").click()
    page.locator("[name=username]").fill("li")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    phone.enrol()
    page.get_by_role("link", name="王保安交了班，等你接").click()
    expect(page.get_by_text("西门锁芯涩，已报修")).to_be_visible()
    page.get_by_role("button", name="东西点过了，接班").click()
    expect(page.get_by_text("已接王保安的班")).to_be_visible()
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    row.refresh_from_db()
    assert row.taken_by_id == night.people["li"]


def test_a_code_opened_by_the_phones_own_scanner_leads_into_the_app(phone, night):
    """The label's address opens the app when somebody uses it on this phone, with and without a network."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    point = apps.get_model("risks", "RiskPoint").objects.get(pk=night.kept["points"][0])
    for offline in (False, True):
        phone.context.set_offline(offline)
        page.goto(f"/p/{point.code}?n=1")
        phone.unlock()
        expect(page.get_by_role("heading", name=point.name, level=1)).to_be_visible()
    page.get_by_role("button", name="正常").click()
    expect(page.get_by_text("已查 1/12")).to_be_visible()


TOO_SMALL = """() => [...document.querySelectorAll('a.btn, button, .row, .tick, .control, .waiting, .back')]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 47.5)
  .map((one) => one.outerHTML.slice(0, 120))"""
SCREENS = (
    "/",
    "/scan?typed",
    "/report",
    "/outbox",
    "/tasks",
    "/shift",
    "/hazards",
    "/people",
    "/settings",
    "/p/ZZZZZZZZZZ",
    "/round",
)


class Eye:
    """Looks at what is shown: axe, thumbs and width as it is, width again with twice the text."""

    def __init__(self, page):
        self.page, self.faults = page, []

    def look(self, name):
        page = self.page
        page.wait_for_timeout(400)
        self.faults += faults_on(page, name, impacts=("minor", "moderate", "serious", "critical"))
        self.faults += [f"{name} is too small for a thumb: {one}" for one in page.evaluate(TOO_SMALL)]
        page.evaluate("document.documentElement.style.fontSize = '34px'")
        self.faults += [f"200 %: {fault}" for fault in too_wide(page, name)]
        page.evaluate("document.documentElement.style.fontSize = ''")


def test_every_screen_is_for_everybody(phone, night):
    """axe finds nothing at 360 px; twice the text still fits; the keyboard reaches every act."""
    page = phone.open("/m/")
    eye = Eye(page)
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    eye.look("welcome")
    page.get_by_role("button", name="登录").click()
    page.locator("[name=username]").fill("wang")
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="我自己的")).to_be_visible()
    eye.look("whose phone")
    page.get_by_role("button", name="我自己的").click()
    expect(page.get_by_role("heading", name="设一个 4 位 PIN")).to_be_visible()
    eye.look("a new PIN")
    phone.press(PIN + PIN)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    code = apps.get_model("risks", "RiskPoint").objects.get(pk=night.kept["points"][0]).code
    for screen in (*SCREENS, "/scan", f"/p/{code}", f"/p/{code}/problem"):
        phone.see(screen)
        eye.look(screen)
    phone.see("/")
    page.get_by_role("link", name="夜间巡查").click()
    expect(page.get_by_role("button", name="开始，扫第一个点")).to_be_visible()
    eye.look("a round before it begins")
    phone.see("/settings")
    for words in ("大字", "左手", "右手"):
        page.get_by_label(words, exact=True).check()
        for screen in ("/", f"/p/{code}", "/settings"):
            phone.see(screen)
            eye.look(f"{screen} with {words}")
    page.get_by_label("标准", exact=True).check()
    page.get_by_label("双手", exact=True).check()

    phone.see(f"/p/{code}")
    normal = page.get_by_role("button", name="正常")
    expect(normal).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if normal.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("已查 1/12")).to_be_visible()
    phone.see("/round")
    eye.look("a round under way")
    page.get_by_role("button", name="其他").click()
    eye.look("a round and what else can be done")
    page.get_by_role("button", name="接着走").click()
    phone.see("/")
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    phone.see("/settings")
    page.get_by_role("button", name="退出这台手机").click()
    eye.look("leaving with unsent work")
    page.get_by_role("dialog").get_by_role("button", name="返回").click()
    phone.see("/outbox")
    expect(page.get_by_role("heading", name="等着上传")).to_be_visible()
    eye.look("an outbox with something in it")
    page.get_by_role("link", name="改一改").click()
    eye.look("putting it right")
    phone.context.set_offline(False)
    phone.see("/")
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    eye.look("the lock")
    page.keyboard.type(PIN)
    expect(page.get_by_text("正在走，已查 1/12")).to_be_visible()
    assert not eye.faults, "\n".join(eye.faults)
