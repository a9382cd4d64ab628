"""Several tabs are one phone: what one of them did the others know, and nothing is delivered twice or forgotten."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.chromium import watched
from tests.browser.scanner_phone import Fair, Phone, code, served_scans
from tests.served import Served

pytestmark = pytest.mark.browser


class Tab(Phone):
    """One more tab of a phone that is paired."""

    def __init__(self, phone: Phone) -> None:
        self.context, self.address, self.answers = phone.context, phone.address, 0
        self.page, self.wrong = watched(self.context)
        self.page.goto(self.address)
        self.page.wait_for_selector("#scanner[data-loaded=true]")


@pytest.fixture
def fair(served: Served) -> Fair:
    return Fair(served)


def test_a_ticket_admitted_in_one_tab_came_in_already_in_the_other(browser: Browser, fair: Fair) -> None:
    party, second, third = fair.party(2), fair.party(), fair.party()
    one = Phone(browser, fair.gate())
    two = Tab(one)
    one.offline()
    assert one.scan(code(party)) == "admitted"
    assert two.scan(code(party)) == "already"
    assert two.scan(code(party, 2)) == "admitted"
    assert one.scan(code(party, 2)) == "already"
    # what waits is counted once, in both
    for tab in (one, two):
        tab.until("document.querySelector('#scanner').dataset.waiting === '4'")
    # taken back in one tab, it may come in by the other
    one.next()
    assert two.scan(code(second)) == "admitted"
    two.tap("Take back")
    assert one.scan(code(second)) == "admitted"
    # a closed tab's scans do not wait unseen
    two.next()
    assert two.scan(code(third)) == "admitted"
    two.page.close()
    one.until("document.querySelector('#scanner').dataset.waiting === '8'")
    one.offline(False)
    one.delivered()
    fair.comes_to(admitted=4)
    scans = served_scans(fair)
    assert len(scans) == len({scan["nonce"] for scan in scans}) == 8
    assert not [scan for scan in scans if scan["conflict"]]
    one.context.close()


def test_two_tabs_online_send_every_scan_once(browser: Browser, fair: Fair) -> None:
    parties = [fair.party() for _ in range(6)]
    one = Phone(browser, fair.gate())
    two = Tab(one)
    for index, party in enumerate(parties):
        assert (one, two)[index % 2].scan(code(party)) == "admitted"
    for index, party in enumerate(parties):
        assert (two, one)[index % 2].scan(code(party)) == "already"
    fair.comes_to(admitted=6)
    assert not [scan for scan in served_scans(fair) if scan["conflict"]]
    one.context.close()


def test_unpairing_in_one_tab_waits_for_the_others_and_ends_them(browser: Browser, fair: Fair) -> None:
    party = fair.party()
    one = Phone(browser, fair.gate())
    two = Tab(one)
    one.offline()
    assert two.scan(code(party)) == "admitted"
    one.page.evaluate("confirm = () => true")
    one.page.click("summary:has-text('This phone')")
    one.page.click("[data-part=unpair]")
    one.page.wait_for_selector("text=It cannot be unpaired")
    one.offline(False)
    one.delivered()
    fair.comes_to(admitted=1)
    one.page.click("[data-part=unpair]")
    one.page.wait_for_selector("text=This phone is not paired")
    two.page.wait_for_selector("text=The time of this phone at the gate is over")
    one.context.close()


def test_what_another_tab_let_in_by_the_server_alone_is_a_conflict(browser: Browser, fair: Fair) -> None:
    """A tab that could not know (it was read from the disk of a browser without locks) has shown "come in"."""
    party = fair.party()
    gate = fair.gate()
    phone = Phone(browser, gate)
    phone.offline()
    stale: Page = phone.page
    device = stale.get_attribute("#scanner", "data-device")
    phone.offline(False)
    # the same phone's other tab: a ticket opened by the camera app, admitted by the server
    answer = phone.context.request.post(
        f"{fair.served.base}/gate/api/scans",
        headers={"x-gate-device": str(device)},
        data={"scans": [{"nonce": "tab-one", "code": code(party), "direction": "in"}]},
    )
    assert answer.json()["results"][0]["outcome"] == "admitted"
    told: dict[str, Any] = phone.context.request.post(
        f"{fair.served.base}/gate/api/scans",
        headers={"x-gate-device": str(device)},
        data={
            "scans": [
                {"nonce": "tab-two", "code": code(party), "direction": "in", "offline": True, "shown": "admitted"}
            ]
        },
    ).json()["results"][0]
    assert told["outcome"] == "conflict"
    assert fair.stats()["admitted"] == 1
    phone.context.close()


def test_an_answer_that_was_lost_is_told_as_it_was_shown(browser: Browser, fair: Fair) -> None:
    """The server had refused, its answer was lost, and the phone said "come in" by itself: that is a conflict."""
    party = fair.party()
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    stale = south.page.evaluate("fetch('/gate/api/roster').then((answer) => answer.json())")
    south.page.route("**/gate/api/roster**", lambda route: route.fulfill(json=stale, headers={"x-bon": "1"}))

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    assert north.scan(code(party)) == "admitted"
    fair.comes_to(admitted=1)
    south.page.route("**/gate/api/scans", lost)
    assert south.scan(code(party)) == "admitted"  # all that it can know
    south.page.wait_for_timeout(1500)
    south.page.unroute("**/gate/api/scans")
    south.delivered()
    assert [bool(scan["conflict"]) for scan in served_scans(fair) if scan["nonce"].endswith("-shown")] == [True]
    assert fair.stats()["admitted"] == 1
    for phone in (north, south):
        phone.context.close()


def test_of_those_let_in_together_only_who_was_in_already_is_a_conflict(browser: Browser, fair: Fair) -> None:
    party = fair.party(4)
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    assert north.scan(code(party)) == "admitted"
    south.delivered()
    for phone in (north, south):
        phone.offline()
    assert south.scan(code(party, 3)) == "admitted"
    assert north.scan(code(party, 2)) == "admitted"
    north.tap("All 2 who are left")  # 3 and 4, as far as north knows
    assert north.answer() == "admitted"
    for phone in (south, north):
        phone.offline(False)
        phone.delivered()
    fair.comes_to(admitted=4)
    conflicts = [scan for scan in served_scans(fair) if scan["conflict"]]
    assert len(conflicts) == 1
    for phone in (north, south):
        phone.context.close()


def test_a_memory_that_was_emptied_under_the_page_is_filled_again(browser: Browser, fair: Fair) -> None:
    party, second = fair.party(), fair.party()
    phone = Phone(browser, fair.gate())
    assert phone.scan(code(party)) == "admitted"
    phone.delivered()
    phone.offline()
    phone.page.evaluate(
        """() => new Promise((done) => { const request = indexedDB.deleteDatabase("bon-gate");
          request.onsuccess = request.onblocked = done; })"""
    )
    assert phone.scan(code(second)) == "admitted"
    assert phone.scan(code(second)) == "already"
    assert phone.scan(code(party)) == "already"
    phone.offline(False)
    phone.delivered()
    fair.comes_to(admitted=2)
    phone.context.close()


def test_a_queue_that_vanished_is_not_sent_without_end(browser: Browser, fair: Fair) -> None:
    party = fair.party()
    phone = Phone(browser, fair.gate())
    phone.offline()
    assert phone.scan(code(party)) == "admitted"
    phone.page.evaluate(
        """() => new Promise((done) => { const request = indexedDB.open("bon-gate"); request.onsuccess = () => {
          const queue = request.result.transaction("queue", "readwrite").objectStore("queue");
          queue.clear().onsuccess = done; }; })"""
    )
    sent = []
    phone.page.on("request", lambda request: sent.append(request.url) if "/scans" in request.url else None)
    phone.offline(False)
    phone.delivered()
    phone.page.wait_for_timeout(3000)
    assert len(sent) <= 3
    phone.context.close()


def test_the_answer_is_above_an_open_dialog(browser: Browser, fair: Fair) -> None:
    party = fair.party()
    phone = Phone(browser, fair.gate())
    phone.page.click("[data-part=group]")
    phone.page.keyboard.press("Escape")
    phone.page.click("[data-part=group]")
    phone.page.evaluate("document.activeElement.blur()")
    phone.page.keyboard.type(code(party))
    phone.page.keyboard.press("Enter")
    assert phone.answer() == "admitted"
    assert phone.page.evaluate("document.querySelectorAll('dialog[open]').length") == 0
    phone.context.close()


def test_a_turned_clock_is_known_to_a_tab_that_is_opened_later(browser: Browser, served: Served) -> None:
    daily = Fair(served, entry_rule="daily")
    party = daily.party()
    one = Phone(browser, daily.gate())
    one.offline()
    assert one.scan(code(party)) == "admitted"
    turned = "() => { const real = Date.now.bind(Date); Date.now = () => real() + 86400000; }"
    one.page.evaluate(turned)
    assert one.scan(code(party)) == "already"
    one.context.add_init_script(f"({turned})()")
    two = Tab(one)
    assert two.scan(code(party)) == "already"
    one.context.close()
