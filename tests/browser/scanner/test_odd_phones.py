"""Clocks turned during the day, storage and cameras that fail, hand scanners: an answer or a sentence, always."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.browser.bad_proxy import BadProxy
from tests.browser.scanner_phone import Fair, Phone, code, served_scans
from tests.served import Served

pytestmark = pytest.mark.browser

TURNED = "(hours) => { const real = Date.now.bind(Date); Date.now = () => real() + hours * 3600000; }"
FAILS = "() => {{ IDBObjectStore.prototype.{method} = () => {{ throw new DOMException('no', 'UnknownError'); }}; }}"
# what keyboards make of the keys that a scanner presses
KHMER = "ឆថឋឌឃឍឈញ"
TYPES = """
async ([text, script, letters, stall, end]) => {
  const codes = { "/": "Slash", ":": "Semicolon", ".": "Period", "-": "Minus" };
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  const target = document.activeElement ?? document.body;
  for (const [index, letter] of [...text].entries()) {
    if (index === 40) await wait(stall);
    else if (letters) await wait(letters);
    const kind = /[A-Z]/i.test(letter) ? "Key" : "Digit";
    const code = codes[letter] ?? `${kind}${letter.toUpperCase()}`;
    const key = script ? script[index % script.length] : letter;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, code,
      shiftKey: letter === ":", bubbles: true, cancelable: true }));
  }
  if (end) target.dispatchEvent(new KeyboardEvent("keydown", { key: end, code: end, bubbles: true, cancelable: true }));
}
"""


def types(phone: Phone, text: str, script: str = "", *, letters: int = 0, stall: int = 0, end: str = "Enter") -> str:
    phone.next()
    phone.page.evaluate("document.activeElement.blur()")
    phone.page.evaluate(TYPES, [text, script, letters, stall, end])
    return phone.answer()


@pytest.fixture
def fair(served: Served) -> Fair:
    return Fair(served)


def test_a_clock_turned_by_a_day_admits_nobody_twice(browser: Browser, served: Served) -> None:
    fair = Fair(served, entry_rule="daily")
    party, second = fair.party(), fair.party()
    phone = Phone(browser, fair.gate())
    phone.offline()
    assert phone.scan(code(party)) == "admitted"
    phone.page.evaluate(TURNED, 24)
    assert phone.scan(code(party)) == "already"
    assert phone.scan(code(second)) == "admitted"
    phone.page.evaluate(TURNED, -48)
    assert phone.scan(code(second)) == "already"
    phone.page.wait_for_selector("text=The clock of this phone is wrong")
    phone.offline(False)
    phone.delivered()
    fair.comes_to(admitted=2)
    scans = served_scans(fair)
    for scan in scans:
        at = datetime.fromisoformat(str(scan["scanned_at"]))
        assert abs((datetime.now(UTC) - at).total_seconds()) < 120
    assert [bool(scan["clock_off"]) for scan in scans].count(True) >= 3
    assert not [scan for scan in scans if scan["conflict"]]
    phone.context.close()


def test_hand_scanners_of_every_kind(browser: Browser, fair: Fair) -> None:
    party = fair.party(8)
    codes = [code(party, number) for number in range(1, 9)]
    phone = Phone(browser, fair.gate())
    assert types(phone, codes[0], stall=150) == "admitted"
    assert types(phone, codes[1], letters=90) == "admitted"
    assert types(phone, codes[2], end="Tab") == "admitted"
    assert types(phone, codes[3], end="") == "admitted"
    assert types(phone, codes[4], KHMER) == "admitted"  # by the keys themselves
    assert types(phone, codes[5], "ฟหกดเ้่า", end="") == "admitted"
    assert types(phone, codes[6], "ㅁㄴㅇㄹ", end="Tab") == "admitted"
    assert types(phone, codes[7].split("/T/")[1], "éèàç") == "admitted"
    fair.comes_to(admitted=8)
    phone.context.close()


def test_a_keyboard_that_hides_its_keys_is_named(browser: Browser, fair: Fair) -> None:
    party = fair.party()
    phone = Phone(browser, fair.gate())
    for script, name in ((KHMER, "Khmer"), ("ฟหกด", "Thai"), ("ㅁㄴㅇㄹ", "Korean"), ("éèàç", "another language")):
        phone.next()
        phone.page.evaluate("document.activeElement.blur()")
        phone.page.evaluate(
            """([text, script]) => { for (const [index] of [...text].entries()) document.body.dispatchEvent(
              new KeyboardEvent("keydown", { key: script[index % script.length], code: "", bubbles: true }));
              document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); }""",
            [code(party), script],
        )
        assert phone.answer() == "refused"
        assert f"The keyboard is set to {name}" in phone.said()
    phone.context.close()


def test_a_hand_scanner_is_heard_while_the_field_for_typing_is_open(browser: Browser, fair: Fair) -> None:
    party = fair.party(2)
    phone = Phone(browser, fair.gate())
    for number, end in ((1, "Enter"), (2, "")):
        phone.next()
        phone.page.click("[data-part=type]")
        phone.page.evaluate(TYPES, [code(party, number), KHMER, 0, 0, end])
        assert phone.answer() == "admitted"
        assert phone.page.input_value("#find") == ""
    phone.context.close()


def test_foreign_answers_park_nothing_and_show_no_network(browser: Browser, served: Served) -> None:
    """A portal that answers 400 or 422 with JSON of its own is not the server."""
    fair = Fair(served)
    parties = [fair.party() for _ in range(3)]
    phone = Phone(browser, fair.gate())

    def foreign(status: int) -> None:
        phone.page.unroute("**/gate/api/scans")
        phone.page.route(
            "**/gate/api/scans", lambda route: route.fulfill(status=status, json={"error": "not logged in"})
        )

    for party, status in zip(parties, (400, 422, 401), strict=True):
        foreign(status)
        assert phone.scan(code(party)) == "admitted"
        phone.page.wait_for_selector("#scanner[data-online=false]")
        phone.page.wait_for_selector("text=No network")
    assert "could not be read" not in phone.page.inner_text("[data-part=warnings]")
    phone.page.unroute("**/gate/api/scans")
    phone.delivered()
    fair.comes_to(admitted=3)
    phone.context.close()


def test_online_means_that_the_server_takes_scans(browser: Browser, fair: Fair) -> None:
    party = fair.party()
    phone = Phone(browser, fair.gate())
    phone.page.route(
        "**/gate/api/scans",
        lambda route: route.fulfill(status=503, headers={"x-bon": "1"}, json={"code": "unavailable"}),
    )
    assert phone.scan(code(party)) == "admitted"
    phone.page.wait_for_selector("#scanner[data-online=false]")
    phone.page.wait_for_timeout(5000)  # the list of tickets still comes; that alone is not "online"
    assert phone.page.get_attribute("#scanner", "data-online") == "false"
    phone.page.unroute("**/gate/api/scans")
    phone.delivered()
    phone.context.close()


def test_storage_that_dies_is_opened_again_or_named(browser: Browser, fair: Fair) -> None:
    party, second, third = fair.party(2), fair.party(), fair.party()
    phone = Phone(browser, fair.gate())
    phone.page.evaluate(
        """() => { const transaction = IDBDatabase.prototype.transaction;
          IDBDatabase.prototype.transaction = function (...given) {
            if (!window.closedOnce) { window.closedOnce = true; this.close(); }
            return transaction.apply(this, given); }; }"""
    )
    assert phone.scan(code(party)) == "admitted"  # the browser had closed it
    phone.page.evaluate(FAILS.format(method="put"))
    phone.offline()
    assert phone.scan(code(second)) in {"admitted", "unkept"}
    phone.page.evaluate(FAILS.format(method="add"))
    assert phone.scan(code(third)) == "unkept"
    assert "cannot keep anything" in phone.said()
    phone.next()
    phone.page.click("[data-part=one]")
    assert phone.answer() == "unkept"
    phone.context.close()


def test_what_a_newer_page_wrote_is_named(browser: Browser, fair: Fair) -> None:
    phone = Phone(browser, fair.gate())
    phone.page.goto(f"{fair.served.base}/en/")
    phone.page.evaluate(
        """() => new Promise((done) => { const request = indexedDB.open("bon-gate", 99);
          request.onsuccess = () => { request.result.close(); done(); }; })"""
    )
    phone.page.goto(phone.address)
    phone.page.wait_for_selector("text=A newer version of this page has been used in this phone")
    assert phone.page.locator("#plain").is_visible()  # with a network the plain form works
    phone.context.close()


BEGIN = "document.querySelector('[data-part=begin]').click()"


def test_a_camera_that_does_not_answer_or_ends_says_so(browser: Browser, fair: Fair) -> None:
    phone = Phone(browser, fair.gate())
    phone.page.evaluate(BEGIN)
    phone.page.wait_for_selector("[data-part=start]", state="hidden")
    phone.page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.paused && v.readyState > 1; }"
    )
    phone.page.evaluate(
        """() => { const track = document.querySelector("video").srcObject.getVideoTracks()[0];
          track.stop(); track.dispatchEvent(new Event("ended")); }"""
    )
    phone.page.wait_for_selector("text=The phone has stopped the camera")
    phone.page.click("[data-part=begin]")
    phone.page.wait_for_selector("[data-part=start]", state="hidden")
    phone.page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    phone.page.evaluate(BEGIN)
    phone.page.wait_for_selector("text=The camera does not answer", timeout=10_000)
    phone.context.close()


def test_a_new_page_without_its_new_files_is_not_taken(browser: Browser, served: Served) -> None:
    """The server was renewed, and the network went between the page and its scripts."""
    fair = Fair(served)
    party = fair.party()
    with BadProxy(served.port) as proxy:
        gate = fair.gate()
        phone = Phone(browser, {"pair_url": gate["pair_url"].replace(served.base, proxy.base)})
        proxy.mode = "new files lost"
        phone.page.reload()
        phone.page.wait_for_selector("#scanner[data-waiting]:not([hidden])")
        phone.answers = 0
        assert phone.scan(code(party)) == "admitted"
        phone.context.close()


def test_a_browser_that_cannot_keep_the_page_says_to_leave_it_open(browser: Browser, fair: Fair) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
    context.add_init_script("delete Navigator.prototype.serviceWorker")
    context.add_cookies([{"name": "bon-language", "value": "en", "url": fair.served.base}])
    page = context.new_page()
    page.goto(fair.gate()["pair_url"])
    page.click("main button")
    page.wait_for_selector("text=This browser cannot keep this page. Leave it open all day")
    context.close()
