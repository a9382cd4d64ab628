"""From one tap on the party's page to the message in the chat, through the real service; what is copied; a push."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import PHONE, fits, watched
from tests.browser.test_walk import violations
from tests.receivers import Receiver, receiving, telegram
from tests.served import Served
from tests.world import PASSWORD, festival, soon

pytestmark = pytest.mark.browser

CHAT = 77


class BotApi:
    """A Bot API in a thread of its own; `updates` are what it hands out."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.receiver = Receiver()
        self._loop = asyncio.new_event_loop()
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    async def _serve(self) -> None:
        async with receiving() as self.receiver:
            telegram(self.receiver, self.updates)
            self._ready.set()
            await self._over.wait()

    def __enter__(self) -> "BotApi":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def hear(self, **update: Any) -> None:
        """Somebody says or presses something in the chat."""
        self.updates.append({"update_id": len(self.updates) + 1, **update})

    @property
    def said(self) -> list[str]:
        return [each.json["text"] for each in list(self.receiver.asked) if each.path.endswith("/sendMessage")]


def until(true: Callable[[], Any], within: float = 90.0) -> Any:
    """Wait for what another process does."""
    over = time.monotonic() + within
    while not (found := true()):
        assert time.monotonic() < over, "it did not happen"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    with BotApi() as made:
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, api: BotApi) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("messages")) as made:
        made.env |= {"BON_TELEGRAM_TOKEN": "1:test", "BON_TELEGRAM_API": api.receiver.address}
        made.env |= {"BON_PUSH_CONTACT": "mailto:bon@bon.example"}
        made.token = made.staff()
        yield made.start()


@pytest.fixture
def event(served: Served) -> dict[str, Any]:
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as client:
        made = dict(client.post("/api/v1/events", json=festival()).json())
        assert client.post(f"/api/v1/events/{made['slug']}/publish").status_code == 200
    return made


def party(served: Served, event: dict[str, Any]) -> dict[str, Any]:
    sent = {"name": "Sok Dara", "party": 2, "language": "km"}
    return dict(httpx.post(f"{served.base}/api/v1/events/{event['slug']}/registrations", json=sent).json())


def desk(page: Page, served: Served) -> None:
    page.goto(f"{served.base}/desk/login?lang=en")
    page.fill("[name=email]", "korea@bon.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")


def test_from_one_tap_to_the_message_in_the_chat(
    browser: Browser, served: Served, api: BotApi, event: dict[str, Any]
) -> None:
    key = party(served, event)["key"]
    phone, _ = watched(browser.new_context(**PHONE))
    phone.route("https://t.me/**", lambda route: route.abort())
    phone.goto(f"{served.base}/km/r/{key}")
    phone.click("a[href$='/reach']")
    fits(phone)
    assert violations(phone) == []
    with phone.expect_request("https://t.me/**") as opening:
        phone.click("#telegram button", no_wait_after=True)
    token = opening.value.url.partition("start=")[2]
    chat = {"id": CHAT, "type": "private"}
    api.hear(message={"chat": chat, "from": {"id": CHAT}, "text": f"/start {token}"})
    until(lambda: any("2 នាក់" in text for text in api.said))
    api.hear(callback_query={"id": "1", "from": {"id": CHAT}, "data": f"yes {token}", "message": {"chat": chat}})
    until(lambda: [each for each in list(api.receiver.asked) if each.path.endswith("/sendPhoto")])
    phone.goto(f"{served.base}/km/r/{key}/reach")
    assert "Telegram" in phone.locator(".ways").inner_text()

    page, wrong = watched(browser.new_context(viewport={"width": 1280, "height": 900}))
    desk(page, served)
    page.goto(f"{served.base}/desk/events/{event['slug']}/messages/new?lang=en")
    page.fill("[name='words.km']", "សូមយកឆ័ត្រមកជាមួយ។")
    page.click("button[value=look]")
    assert "This will tell 2 people." in page.locator("[data-look]").inner_text()
    page.click("button[value=send]")
    until(lambda: any("សូមយកឆ័ត្រមកជាមួយ។" in text for text in api.said), within=30)
    page.reload()
    assert "1 sent" in page.locator("main").inner_text()
    assert wrong == []


def test_the_desk_says_what_will_be_told_and_copies_the_text(
    browser: Browser, served: Served, event: dict[str, Any]
) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 780}, permissions=["clipboard-read", "clipboard-write"]
    )
    page, wrong = watched(context)
    desk(page, served)
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as client:
        client.patch(f"/api/v1/events/{event['slug']}", json={"starts_at": soon(hour=8)})
    page.goto(f"{served.base}/desk/events/{event['slug']}?lang=en")
    page.locator("[data-waits] a").click()
    assert "New time: before 09:00, now 08:00." in page.locator("h1").inner_text()
    fits(page)
    page.locator("[data-copy]").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "ប្ដូរម៉ោង៖ ពីមុនម៉ោង 09:00 ឥឡូវម៉ោង 08:00។" in copied
    assert copied.strip().endswith(f"/e/{event['slug']}")
    assert "\u200b" not in copied
    page.get_by_text("I posted it on Facebook").click()
    assert "korea" in page.locator("#posted").inner_text()
    assert wrong == []


def test_a_push_shows_that_there_is_news_and_nothing_else(
    browser: Browser, served: Served, event: dict[str, Any]
) -> None:
    key = party(served, event)["key"]
    context = browser.new_context(permissions=["notifications"])
    page, _ = watched(context)
    page.goto(f"{served.base}/en/r/{key}")
    page.wait_for_function("navigator.serviceWorker.controller || navigator.serviceWorker.ready.then(() => true)")
    page.goto(f"{served.base}/en/r/{key}/reach")
    assert page.locator("#push button").is_visible()
    control = context.new_cdp_session(page)
    versions: list[dict[str, Any]] = []
    control.on("ServiceWorker.workerVersionUpdated", lambda told: versions.extend(told["versions"]))
    control.send("ServiceWorker.enable")
    while not versions:  # they come while the page's own time passes
        page.wait_for_timeout(50)
    registration = versions[-1]["registrationId"]
    told = {"title": "«Bon»: there is news about your festival.", "link": f"{served.base}/en/r/{key}", "id": "7"}
    push = {"origin": served.base, "registrationId": registration, "data": json.dumps(told)}
    control.send("ServiceWorker.deliverPushMessage", push)
    shown = (
        "navigator.serviceWorker.ready.then(r => r.getNotifications())"
        ".then(all => all.map(({title, body, tag}) => ({title, body, tag})))"
    )
    found = until(lambda: page.evaluate(shown))
    assert found == [{"title": told["title"], "body": "", "tag": "7"}]
