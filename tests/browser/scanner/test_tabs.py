"""Several tabs are one phone: what one of them did the others know, and nothing is delivered twice or forgotten."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

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
