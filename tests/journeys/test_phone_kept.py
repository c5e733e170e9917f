"""What a phone keeps and whom it lets in: full, locked, left in the middle of a round, opened twice."""

import shutil
import struct

import pytest
from django.apps import apps
from django.db.models import F
from playwright.sync_api import expect

from tests.journeys.phones import lay, looked_at, ready_for_no_network, reported, signed_in

FULL = """(() => {
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (...all) {
    if (localStorage.getItem('full')) throw new DOMException('no room', 'QuotaExceededError')
    return put.apply(this, all)
  }
})()"""

DROPS = """(() => {
  const all = []
  const open = IDBFactory.prototype.open
  IDBFactory.prototype.open = function (...how) {
    const asked = open.apply(this, how)
    asked.addEventListener('success', () => all.push(asked.result))
    return asked
  }
  window.drop = () => all.splice(0).forEach((one) => one.close())
})()"""

APART = """(() => {
  window.apart = []
  window.written = 0
  const begin = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (stores, mode, ...how) {
    if (mode === 'readwrite') {
      window.written += 1
      if ([stores].flat().length < this.objectStoreNames.length) window.apart.push(String(stores))
    }
    return begin.call(this, stores, mode, ...how)
  }
})()"""


def codes(night):
    rows = apps.get_model("risks", "RiskPoint").objects.filter(pk__in=night.kept["points"]).order_by("number")
    return [row.code for row in rows]


@pytest.fixture
def guard(phone, night):
    """王保安 is in, and everything lies on the phone."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    ready_for_no_network(phone)
    return page


def test_a_phone_that_is_full_still_opens_walks_and_sends(phone, night, guard):
    """Not one more byte fits: the lock opens, what waits is seen and sent, what is done now lives in the page, also locked."""
    page = guard
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    phone.context.add_init_script(FULL)
    page.evaluate("localStorage.setItem('full', '1')")
    page.reload()
    phone.unlock()
    expect(page.get_by_text("1 条待上传")).to_be_visible()
    looked_at(page, codes(night)[0])
    expect(page.get_by_role("alert").filter(has_text="手机存储满了")).to_be_visible()
    phone.see("/")
    expect(page.get_by_text("正在走，已查 1/12")).to_be_visible()
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    phone.unlock()
    expect(page.get_by_text("正在走，已查 1/12")).to_be_visible()
    phone.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert apps.get_model("cases", "Case").objects.get().description == "东门门禁坏了"


def kept_at(phone):
    """Where the browser keeps what a page stores."""
    return phone.disk / "Default" / "IndexedDB"


def tear(phone):
    """As a kill between the head of a record and its body leaves the browser's log; one that keeps no such log has none torn."""
    for log in kept_at(phone).rglob("*.log"):
        with log.open("ab") as end:
            end.write(struct.pack("<IHB", 0, 129, 1))


def test_killed_in_the_middle_of_a_write_nothing_is_lost_at_the_second_opening(phone, night, guard):
    """The browser would read over the tear once, write on behind it, and throw all away when it meets it again."""
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    for words in ("西门灯不亮", "二楼漏水"):
        phone.kill()
        tear(phone)
        phone.open("/m/", offline=True)
        phone.unlock()
        reported(phone, words)
    phone.see("/outbox")
    expect(phone.page.get_by_role("heading", name="等着上传 3")).to_be_visible()


def test_no_two_writes_are_under_way_at_once(phone, night, guard):
    """Killed in the middle of two, the browser throws all away; one that is over all stores keeps the next waiting."""
    page = guard
    phone.context.add_init_script(APART)
    page.reload()
    phone.unlock()
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    looked_at(page, codes(night)[0])
    phone.see("/")
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    phone.press("0000")
    expect(page.get_by_text("PIN 不对")).to_be_visible()
    phone.unlock()
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert page.evaluate("window.written") > 10
    assert page.evaluate("window.apart") == []


def test_a_connection_that_the_browser_drops_is_made_anew(phone, night, guard):
    """As after a while in the background: what is done next is kept, and nobody has to know."""
    page = guard
    phone.context.add_init_script(DROPS)
    page.reload()
    phone.unlock()
    phone.context.set_offline(True)
    page.evaluate("drop()")
    reported(phone, "东门门禁坏了")
    page.evaluate("drop()")
    looked_at(page, codes(night)[0])
    page.evaluate("drop()")
    phone.see("/")
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    phone.unlock()
    expect(page.get_by_text("正在走，已查 1/12")).to_be_visible()
    page.evaluate("drop()")
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert apps.get_model("cases", "Case").objects.get().description == "东门门禁坏了"


def test_a_phone_whose_storage_was_thrown_away_says_so(phone, night, guard):
    """Whoever did it, browser or person: not as if nobody had ever been here, until somebody is again."""
    phone.context.close()
    shutil.rmtree(kept_at(phone))
    page = phone.open("/m/")
    lost = page.get_by_role("alert").filter(has_text="这台手机上保存的内容没有了")
    expect(lost).to_be_visible()
    page.get_by_role("button", name="以 王保安 的身份使用").click()
    phone.enrol()
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    page.get_by_role("button", name="忘了 PIN").click()
    page.get_by_role("button", name="清掉，重新登录").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    expect(lost).to_have_count(0)


def test_the_browser_is_asked_not_to_clear_what_is_kept(phone, night, guard):
    """It decides by itself; the settings say what it decided, and what helps."""
    page = guard
    said = page.locator("dt", has_text="会被清理吗").locator("+ dd")
    phone.see("/settings")
    expect(said).to_contain_text("添加到主屏幕")
    phone.tool.send("Browser.grantPermissions", {"permissions": ["durableStorage"], "origin": phone.url})
    page.reload()
    phone.unlock()
    page.wait_for_function("navigator.storage.persisted()")
    phone.see("/")
    phone.see("/settings")
    expect(said).to_have_text("不会，除非自己去清")


def test_whoever_forgot_the_pin_is_not_let_in_by_the_browser(phone, night, guard):
    """The browser was signed in when the app was: with the phone's copy gone, a password is asked for again."""
    page = guard
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    page.get_by_role("button", name="忘了 PIN").click()
    page.get_by_role("button", name="清掉，重新登录").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="以 王保安 的身份使用")).to_have_count(0)
    page.goto("/hazards/")
    expect(page.locator("[name=password]")).to_be_visible()


def test_without_a_network_the_browser_is_left_before_anybody_comes_in(phone, night, guard):
    page = guard
    phone.context.set_offline(True)
    phone.see("/settings")
    page.get_by_role("button", name="退出这台手机").click()
    page.get_by_role("dialog").get_by_role("button", name="退出", exact=True).click()
    expect(page.get_by_text("都清掉了")).to_be_visible()
    phone.context.set_offline(False)
    page.reload()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="以 王保安 的身份使用")).to_have_count(0)


def test_what_was_typed_or_chosen_is_never_told_as_scanned(phone, night, guard):
    """Also after the page was killed, and by the way over 有问题."""
    page, (first, *_) = guard, codes(night)
    page.evaluate("location.hash = '/scan?typed'")
    page.get_by_label("码旁边的编号").fill(first)
    page.get_by_role("button", name="打开").click()
    page.get_by_role("button", name="正常").wait_for()
    page.reload()
    phone.unlock()
    page.get_by_role("button", name="正常").click()
    expect(page.get_by_role("heading", name="扫码巡查")).to_be_visible()
    page.evaluate("location.hash = '/round'")
    page.locator(".stop:not(.stop-normal) a").first.click()
    page.get_by_role("link", name="有问题").click()
    expect(page.get_by_label("什么问题")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="正常").click()
    expect(page.get_by_role("heading", name="扫码巡查")).to_be_visible()
    page.evaluate("location.hash = '/round'")
    page.get_by_role("button", name="其他").click()
    page.get_by_role("button", name="交给下一班").click()
    expect(page.get_by_text("已交给下一班")).to_be_visible()
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    row = apps.get_model("patrols", "Round").objects.get()
    assert [check["how"] for check in row.checks] == ["typed", "chosen"]


def test_leaving_in_the_middle_of_a_round_says_what_would_be_lost(phone, night, guard):
    page = guard
    phone.context.set_offline(True)
    looked_at(page, codes(night)[0])
    phone.see("/settings")
    page.get_by_role("button", name="退出这台手机").click()
    expect(page.get_by_role("dialog")).to_contain_text("「夜间巡查」走到 1/12 没有交")
    page.get_by_role("button", name="返回").last.click()
    page.get_by_role("button", name="锁屏 · 换人").click()
    expect(page.get_by_text("1 条待上传")).to_be_visible()


def test_a_lock_is_a_lock_in_every_tab(phone, night, guard):
    first = guard
    second = phone.context.new_page()
    second.goto("/m/")
    phone.page = second
    phone.unlock()
    expect(second.get_by_role("link", name="夜间巡查")).to_be_visible()
    second.get_by_role("button", name="王保安，换人或锁屏").click()
    expect(first.get_by_role("button", name="忘了 PIN")).to_be_visible()


def test_a_round_that_ended_too_early_stays_to_be_walked(phone, night):
    """It is kept, and the phone neither hides its task nor says that it is done."""
    lay(night, night.kept["points"][:1], revision=0)
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查").first).to_be_visible()
    tasks = apps.get_model("duties", "Task").objects.filter(subject_id=night.kept["route"], state="open")
    looked_at(page, codes(night)[0], leads_to="夜间巡查")
    tasks.update(opens_at=F("due_at"))
    page.get_by_role("button", name="交这一趟").click()
    expect(page.get_by_text("这一趟交了")).to_be_visible()
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert apps.get_model("patrols", "Round").objects.get().whole
    expect(page.get_by_role("link", name="夜间巡查").first).to_be_visible()


def test_a_single_sign_before_the_comma_is_no_title(phone, night, guard):
    page = guard
    reported(phone, "灯，坏了")
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert apps.get_model("cases", "Case").objects.get().title.endswith("灯，坏了")
