"""Ten towns before lunch: from a table of ten rows to ten published events, and every touch on the way is counted."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import fits, watched
from tests.browser.test_walk import violations
from tests.served import Served
from tests.world import PASSWORD, festival

pytestmark = pytest.mark.browser

MOST_TOUCHES = 40
TOWNS = ("Busan", "Daegu", "Incheon", "Gwangju", "Daejeon", "Ulsan", "Cheongju", "Gimhae", "Jeju", "Ansan")
TABLE = "\n".join(
    f"{town}\t{17 + number % 3}/04/2090\t09:00-17:00\t{number + 1},000\t{town} Park\tPohang 07:30-17:30 45"
    for number, town in enumerate(TOWNS)
)


class Hand:
    """Somebody at the desk whose touches are counted: each press and each field filled (or pasted into) is one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.touches = 0

    def press(self, what: str) -> None:
        self.touches += 1
        self.page.locator(what).first.click()
        fits(self.page)

    def fill(self, what: str, text: str) -> None:
        self.touches += 1
        self.page.fill(what, text)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("towns")) as made:
        made.token = made.staff()
        yield made.start()


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("km", 360)])
def test_ten_towns_take_less_than_forty_touches(browser: Browser, served: Served, language: str, width: int) -> None:
    word = f"New Year {language}"
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
        like = api.post("/api/v1/events", json=festival(title={"km": "បុណ្យ នៅស៊ូវ៉ុន", "en": "New Year in Suwon"})).json()
        page, wrong = watched(browser.new_context(viewport={"width": width, "height": 800}))
        page.goto(f"{served.base}/desk/login?lang={language}")
        page.fill("#email", "korea@bon.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        hand = Hand(page)
        page.goto(f"{served.base}/desk/events/{like['slug']}?lang={language}")
        hand.press("a[href*='/desk/campaigns/table?like']")
        hand.fill("#campaign", word)
        hand.fill("#table", TABLE)
        hand.press("button[value=look]")
        assert page.locator(".towns .badge.good").count() == 10
        assert violations(page) == []
        hand.press("button[value=make]")
        assert page.locator(".notice.good li").count() == 10
        hand.press(".notice.good a.button")
        hand.press(f"main .rows a:has-text('{word}')")
        assert violations(page) == []
        hand.press("button[value=publish]")
        assert page.locator("main ul > li > a").count() == 10
        hand.press("button[value=publish]")
        assert hand.touches <= MOST_TOUCHES, hand.touches
        public = httpx.get(f"{served.base}/en/campaigns/new-year-{language}-kr").text
        assert all(f"New Year in {town}" in public for town in TOWNS)
        everybody, _ = watched(browser.new_context(viewport={"width": 360, "height": 740}))
        everybody.goto(f"{served.base}/km/campaigns/new-year-{language}-kr")
        fits(everybody)
        assert everybody.locator(".cards > li").count() == 10
        assert violations(everybody) == []
    assert wrong == []
    print(f"{hand.touches} touches at {width} px in {language}")
