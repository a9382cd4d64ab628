"""A worker's phone of 360 × 740: tickets at first sight, kept by one tap, what is wrong in focus."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import PHONE, fits
from tests.served import Served
from tests.world import festival

pytestmark = pytest.mark.browser


class Site:
    """A served Bon with one event and parties made as they are asked for."""

    def __init__(self, served: Served) -> None:
        self.base = served.base
        self._api = httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"})
        self.slug = self._api.post("/api/v1/events", json=festival(party_limit=60)).json()["slug"]
        self._api.post(f"/api/v1/events/{self.slug}/publish")

    def party(self, size: int) -> dict[str, Any]:
        body = {"name": "ស្រីមុំ", "party": size}
        return dict(self._api.post(f"/api/v1/events/{self.slug}/registrations", json=body).json())

    def erase(self, key: str) -> None:
        self._api.post(f"/api/v1/registrations/{key}/erase")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Served(tmp_path_factory.mktemp("phone")) as made:
        made.token = made.staff()
        yield Site(made.start())


def on_phone(browser: Browser, **more: Any) -> Page:
    return browser.new_context(**{**PHONE, **more}).new_page()


def lower_edge(page: Page, selector: str) -> float:
    """How far down the page the first such part ends, in pixels."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("size", [1, 5])
def test_the_first_ticket_is_seen_at_once(browser: Browser, site: Site, size: int) -> None:
    page = on_phone(browser)
    page.goto(f"{site.base}/km/r/{site.party(size)['key']}")
    fits(page)
    for part in (".pass header", ".pass .qr img", ".pass .who"):
        assert lower_edge(page, part) <= 600, part
    assert page.locator(".pass .who").first.inner_text().split("\n")[0].strip().startswith("ស្រីមុំ")
    if size > 1:
        page.click(".strip a >> nth=2")
        box = page.locator("#t3").bounding_box()
        assert box is not None
        assert 0 <= box["x"] < 100
    page.context.close()


def test_forty_people_are_five_screens(browser: Browser, site: Site) -> None:
    page = on_phone(browser)
    page.goto(f"{site.base}/km/r/{site.party(40)['key']}")
    fits(page)
    assert page.locator(".crew > li").count() == 40
    assert lower_edge(page, ".crew") <= 5 * 740
    page.click(".crew summary >> nth=39")
    page.locator("#t40 img").evaluate("image => image.decode()")
    page.context.close()


def test_register_is_in_reach_from_the_first_screen(browser: Browser, site: Site) -> None:
    page = on_phone(browser, java_script_enabled=False)
    page.goto(f"{site.base}/km/events/{site.slug}")
    assert lower_edge(page, ".bar .button") <= 740
    page.evaluate("window.scrollTo(0, 900)")
    assert lower_edge(page, ".bar .button") <= 740
    page.context.close()


def test_tickets_are_kept_by_one_tap_and_shown_by_another(browser: Browser, site: Site) -> None:
    party = site.party(2)
    page = on_phone(browser)
    mine = f"{site.base}/km/r/{party['key']}"
    page.goto(f"{site.base}/km/")
    assert page.locator("[data-tickets-kept]").is_hidden()
    page.goto(mine)
    page.click("[data-keep] button")
    assert page.locator("[data-keep] [data-on]").is_visible()

    page.goto(f"{site.base}/en/")
    line = page.locator("[data-tickets-kept]")
    assert line.inner_text().strip() == "Tickets are kept on this phone"
    assert not page.context.cookies()
    page.goto(f"{site.base}/km/events/{site.slug}/register")
    page.click("[data-own-event] a")
    assert page.url == mine

    page.goto(f"{site.base}/en/tickets")
    assert page.locator("[data-kept-list] a").inner_text().startswith("បុណ្យ")
    page.click("[data-kept-list] button")
    assert page.locator("[data-none-kept]").is_visible()
    page.goto(f"{site.base}/km/")
    assert page.locator("[data-tickets-kept]").is_hidden()

    page.goto(mine)
    page.click("[data-keep] button")
    page.goto(f"{mine}/99.png")  # a ticket that there is not says nothing of the party
    page.goto(f"{site.base}/km/")
    assert page.locator("[data-tickets-kept]").is_visible()
    site.erase(party["key"])
    page.goto(mine)  # our own word that it is gone
    page.goto(f"{site.base}/km/")
    assert page.locator("[data-tickets-kept]").is_hidden()
    page.context.close()


def test_what_is_wrong_takes_the_focus(browser: Browser, site: Site) -> None:
    page = on_phone(browser)
    page.goto(f"{site.base}/km/events/{site.slug}/register")
    page.fill("#party", "99")
    page.click("main form button.big")
    page.wait_for_function("document.activeElement.getAttribute('role') === 'alert'")
    page.click(".wrongs a[href='#name']")
    assert page.evaluate("document.activeElement.id") == "name"
    page.context.close()


def test_the_enter_key_registers(browser: Browser, site: Site) -> None:
    page = on_phone(browser, java_script_enabled=False)
    page.goto(f"{site.base}/km/events/{site.slug}/register")
    page.fill("#name", "ដារ៉ា")
    page.press("#name", "Enter")
    page.wait_for_url("**/km/r/*")
    page.context.close()


def test_what_is_kept_follows_the_party(browser: Browser, site: Site) -> None:
    page = on_phone(browser)
    mine = f"{site.base}/km/r/{site.party(1)['key']}"
    page.goto(mine)
    page.click("[data-keep] button")
    page.evaluate(
        "localStorage.setItem('bon-tickets', JSON.stringify(JSON.parse(localStorage.getItem('bon-tickets'))"
        ".map(each => ({...each, until: Date.now() / 1000 + 60, label: 'old day'}))))"
    )
    page.reload()
    kept = page.evaluate("JSON.parse(localStorage.getItem('bon-tickets'))[0]")
    assert kept["label"].startswith("បុណ្យ")
    assert kept["until"] > page.evaluate("Date.now() / 1000 + 3600")
    page.click("text=បោះបង់កន្លែងរបស់យើង")
    page.check("form[action$=give-up] [name=sure]")
    page.click("form[action$=give-up] button")
    page.wait_for_load_state()
    assert page.evaluate("localStorage.getItem('bon-tickets')") is None
    page.context.close()
