"""A party's page, once seen, opens with the network gone; what the server forgets, the phone forgets."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.bad_proxy import BadProxy
from tests.browser.chromium import PHONE, watched
from tests.served import Served
from tests.world import festival

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path) as made:
        made.token = made.staff()
        yield made.start()


def test_tickets_open_without_a_network(browser: Browser, served: Served) -> None:
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
        event = api.post("/api/v1/events", json=festival()).json()
        api.post(f"/api/v1/events/{event['slug']}/publish")
        party = api.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 2}).json()
    context = browser.new_context(**PHONE)
    page, wrong = watched(context)
    address = f"{served.base}/km/r/{party['key']}"
    page.goto(address)
    page.wait_for_selector("[data-kept]:not([hidden])")
    assert wrong == []

    context.set_offline(True)
    page.reload()
    assert page.locator(".pass").count() == 2
    assert page.evaluate("[...document.querySelectorAll('.pass img')].every(i => (i.loading = 'eager', i.complete))")
    page.wait_for_selector("[data-offline]:not([hidden])")
    page.click(".pass a >> nth=0")
    assert page.locator("svg").count() == 1
    page.goto(address)
    assert party["short_code"] in page.locator("main").inner_text()

    context.set_offline(False)
    page.reload()
    assert page.locator("[data-offline]").first.is_hidden()
    httpx.post(f"{served.base}/api/v1/registrations/{party['key']}/erase")
    page.goto(address)
    assert page.locator(".pass").count() == 0
    context.set_offline(True)
    with pytest.raises(Exception, match="ERR_"):
        page.goto(address)
    context.close()


def test_a_bad_answer_on_the_way_neither_hides_nor_erases_tickets(browser: Browser, served: Served) -> None:
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
        event = api.post("/api/v1/events", json=festival()).json()
        api.post(f"/api/v1/events/{event['slug']}/publish")
        party = api.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 2}).json()
    with BadProxy(served.port) as proxy:
        page = browser.new_context(**PHONE).new_page()
        address = f"{proxy.base}/km/r/{party['key']}"
        page.goto(address)
        page.wait_for_selector("[data-kept]:not([hidden])")
        for mode in ("502", "503", "404", "410", "portal", "half", "later"):
            proxy.mode = mode
            page.goto(address)
            assert page.locator(".pass").count() == 2, mode
        proxy.mode = ""
        page.goto(address)
        assert page.locator(".pass").count() == 2
        page.context.set_offline(True)
        page.reload()
        assert page.locator(".pass").count() == 2  # nothing of it was taken for the page
        page.context.set_offline(False)
        page.reload()
        assert page.locator("[data-offline]").first.is_hidden()
        httpx.post(f"{served.base}/api/v1/registrations/{party['key']}/erase")
        gone = page.goto(address)  # our own word
        assert gone is not None
        assert gone.status == 410
        page.context.set_offline(True)
        with pytest.raises(Exception, match="ERR_"):
            page.goto(address)
        page.context.close()
