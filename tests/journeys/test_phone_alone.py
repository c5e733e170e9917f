"""What the phone does when nobody looks after it: sends by itself, changes over, works in a window that keeps nothing."""

from django.apps import apps
from playwright.sync_api import expect

from tests.journeys.phones import PIN, looked_at, reported, signed_in, with_password
from tests.journeys.test_axe import faults_on, too_wide

HALF_A_MINUTE = 31_000  # milliseconds
SOONER = 15_000
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
  document.dispatchEvent(new Event('visibilitychange'))
}"""
REFUSES = "() => { throw new DOMException('Internal error opening backing store', 'UnknownError') }"
KEEPS_NOTHING = """(() => {
  const refuse = () => { throw new DOMException('not here', 'SecurityError') }
  IDBFactory.prototype.open = refuse
  Storage.prototype.getItem = Storage.prototype.setItem = Storage.prototype.removeItem = refuse
})()"""

ANSWERS_NEVER = "IDBOpenDBRequest.prototype.addEventListener = () => {}"


def cases():
    """Who reported what, in the order of its arrival."""
    rows = apps.get_model("cases", "Case").objects.order_by("reported_at", "pk")
    return [(row.reporter_name, row.description) for row in rows]


def test_what_waits_goes_by_itself(phone, night):
    """Nobody taps: the app's start, the way back to its page, half a minute and the network's return each send it."""
    page = signed_in(phone, night)
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    page.clock.install()
    server = "**/api/v1/phone/**"

    def starts():
        page.unroute(server)
        page.reload()
        phone.unlock()

    def comes_back():
        page.evaluate(HIDE, True)
        page.unroute(server)
        page.evaluate(HIDE, False)

    def stays_open():
        page.unroute(server)
        page.clock.fast_forward(HALF_A_MINUTE)

    def has_a_network_again():
        phone.context.set_offline(True)
        page.unroute(server)
        phone.context.set_offline(False)

    ways = [("启动", starts), ("回来", comes_back), ("等着", stays_open), ("来网", has_a_network_again)]
    for n, (words, way) in enumerate(ways):
        page.route(server, lambda call: call.abort())
        reported(phone, words)
        expect(page.get_by_text("1 条待上传")).to_be_visible()
        assert len(cases()) == n
        way()
        expect(page.get_by_text("全部已上传")).to_be_visible(timeout=SOONER)
        assert cases()[-1] == ("王保安", words)


def test_guards_change_over_and_back_and_each_sends_their_own(phone, night):
    """王 leaves a report waiting, 李 leaves another, 王 comes back by PIN: his is there, hers is not, and his goes as his."""
    page = phone.open("/m/")
    with_password(page, "wang")
    phone.enrol("几个人共用")
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    phone.context.set_offline(False)
    page.get_by_role("button", name="加一个人").click()
    with_password(page, "li")
    phone.enrol("我自己的", pin="3690")  # so that the browser stays signed in as her
    expect(page.get_by_text("找人打电话")).to_be_visible()  # what she carries is there
    expect(page.get_by_text("全部已上传")).to_be_visible()
    phone.context.set_offline(True)
    reported(phone, "西门灯不亮")
    page.get_by_role("button", name="李安全，换人或锁屏").click()

    change = page.get_by_role("group", name="换人")
    for name in ("王保安", "李安全"):
        expect(change.get_by_role("button", name=name)).to_contain_text("1 条待上传")
    change.get_by_role("button", name="王保安").click()
    phone.unlock("3690")
    expect(page.get_by_text("PIN 不对，还可以试 4 次")).to_be_visible()
    phone.unlock(PIN)
    phone.see("/outbox")
    expect(page.get_by_role("heading", name="等着上传 1")).to_be_visible()
    expect(page.locator(".parcel b")).to_have_text("东门门禁坏了")
    phone.context.set_offline(False)
    expect(page.get_by_text("手机里没有等着的东西")).to_be_visible(timeout=60_000)
    assert cases() == [("王保安", "东门门禁坏了")]

    phone.see("/")
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    page.get_by_role("group", name="换人").get_by_role("button", name="李安全").click()
    phone.unlock("3690")
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert cases() == [("王保安", "东门门禁坏了"), ("李安全", "西门灯不亮")]


def test_a_window_that_keeps_nothing_says_so_walks_and_sends(phone, night):
    """No database and no storage: no PIN is asked, a lock is refused, what is done offline goes when there is a network."""
    page = phone.open("about:blank")
    phone.context.add_init_script(KEEPS_NOTHING)
    page.goto("/m/")
    expect(page.get_by_role("alert")).to_contain_text("这个窗口不允许保存内容")
    with_password(page)
    page.get_by_role("button", name="我自己的").click()
    expect(page.get_by_text("这个窗口不允许保存：关掉页面，没上传的就没了。")).to_be_visible()
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
    page.get_by_role("button", name="王保安，换人或锁屏").click()
    expect(page.get_by_text("锁上就什么都没了")).to_be_visible()

    phone.context.set_offline(True)
    reported(phone, "东门门禁坏了")
    point = apps.get_model("risks", "RiskPoint").objects.get(pk=night.kept["points"][0])
    looked_at(page, point.code)
    phone.see("/round")
    page.get_by_role("button", name="其他").click()
    page.get_by_role("button", name="交给下一班").click()
    expect(page.get_by_text("2 条待上传")).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("全部已上传")).to_be_visible(timeout=60_000)
    assert cases() == [("王保安", "东门门禁坏了")]
    walked = apps.get_model("patrols", "Round").objects.get()
    assert [check["point_id"] for check in walked.checks] == [str(point.pk)]
    page.reload()
    expect(page.get_by_role("button", name="以 王保安 的身份使用")).to_be_visible()


def test_a_storage_that_does_not_answer_is_said_with_a_way_out(phone, night):
    page = phone.open("about:blank")
    phone.context.add_init_script(f"if (!sessionStorage.again) {{ sessionStorage.again = 1; {ANSWERS_NEVER} }}")
    page.clock.install()
    page.goto("/m/")
    expect(page.get_by_text("正在打开…")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.clock.fast_forward(9_000)
    expect(page.get_by_role("alert")).to_contain_text("存储没有回应")
    assert too_wide(page, "/m/") == []
    expect(page.get_by_text("正在打开…")).to_have_count(0)
    page.get_by_role("button", name="重新打开").click()
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_a_storage_that_cannot_be_opened_now_is_not_taken_for_an_empty_one(phone, night):
    """Somebody's things are there: no sign-in as if nobody had been here; who is in a hurry goes on without keeping."""
    page = signed_in(phone, night)
    phone.context.add_init_script(f"if (sessionStorage.refuses) {{ IDBFactory.prototype.open = {REFUSES} }}")
    page.evaluate("sessionStorage.refuses = 1")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("已经记下的还在手机里")
    expect(page.get_by_role("button", name="登录")).to_have_count(0)
    assert too_wide(page, "/m/") == []
    assert faults_on(page, "/m/") == []
    page.get_by_role("button", name="急着用").click()
    expect(page.get_by_role("alert")).to_contain_text("这个窗口不允许保存内容")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    phone.unlock()
    expect(page.get_by_role("link", name="夜间巡查")).to_be_visible()
