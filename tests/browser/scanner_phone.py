"""A volunteer's phone in Chromium: paired, with the scanner open."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import PHONE, watched
from tests.served import Served
from tests.world import festival


class Fair:
    """An event of a served Bon with its parties and gates, by the API."""

    def __init__(self, served: Served, **changes: Any) -> None:
        self.served = served
        self.api = httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}, timeout=30)
        made = self.api.post("/api/v1/events", json=festival(**{"capacity": 10_000, "party_limit": 60, **changes}))
        self.event = self.api.post(f"/api/v1/events/{made.json()['slug']}/publish").json()
        self.slug = self.event["slug"]

    def party(self, size: int = 1, **more: Any) -> dict[str, Any]:
        answer = self.api.post(
            f"/api/v1/events/{self.slug}/registrations", json={"name": "សុខ ដារ៉ា", "party": size, **more}
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def gate(self, label: str = "North") -> dict[str, Any]:
        return dict(self.api.post(f"/api/v1/events/{self.slug}/gate-devices", json={"label": label}).json())

    def stats(self) -> dict[str, int]:
        return dict(self.api.get(f"/api/v1/events/{self.slug}/stats").json())

    def comes_to(self, **counts: int) -> None:
        """Wait until the server has counted so many."""
        for _ in range(100):
            found = self.stats()
            if {name: found[name] for name in counts} == counts:
                return
            time.sleep(0.1)
        raise AssertionError(f"{found}, not {counts}")

    def picture(self, party: dict[str, Any], number: int = 1) -> bytes:
        return self.api.get(f"/km/r/{party['key']}/{number}.png").content


class Phone:
    """One browser profile on a phone; `page` shows the scanner."""

    def __init__(self, browser: Browser, gate: dict[str, Any], language: str = "en", **options: Any) -> None:
        base = gate["pair_url"].split("/gate/")[0]
        self.context: BrowserContext = browser.new_context(**{**PHONE, **options})
        self.context.add_cookies([{"name": "bon-language", "value": language, "url": base}])
        self.page: Page
        self.answers = 0
        self.page, self.wrong = watched(self.context)
        self.address = f"{base}/gate"
        self.page.goto(gate["pair_url"])
        self.page.click("main button")
        self.ready()

    def ready(self) -> None:
        """The list of tickets and the page itself are in the phone."""
        self.page.wait_for_selector("#scanner[data-loaded=true][data-kept=true]")

    def open(self) -> None:
        """Open the page again, in a new tab, as after a crash."""
        self.page.close()
        self.answers = 0
        self.page, self.wrong = watched(self.context)
        self.page.goto(self.address)
        self.page.wait_for_selector("#scanner[data-waiting]:not([hidden])")  # what was kept is read

    def goto(self, address: str) -> None:
        self.answers = 0
        self.page.goto(address)

    def offline(self, gone: bool = True) -> None:
        self.context.set_offline(gone)

    def next(self) -> None:
        """Put the last answer away."""
        self.page.evaluate("document.querySelector('[data-part=choices] > button:last-child')?.click()")

    def scan(self, text: str) -> str:
        """Give a whole code to the page as a hand scanner would; returns the kind of the answer."""
        self.next()
        self.page.click("[data-part=type]")
        self.page.fill("#find", text)
        self.page.keyboard.press("Enter")
        return self.answer()

    def answer(self) -> str:
        """The kind of the next answer that is shown."""
        self.until(f"Number(document.querySelector('[data-part=verdict]').dataset.answer ?? 0) > {self.answers}")
        self.answers = int(self.page.get_attribute("[data-part=verdict]", "data-answer") or 0)
        return str(self.page.get_attribute("[data-part=verdict]", "data-outcome"))

    def said(self) -> str:
        return self.page.inner_text("[data-part=verdict]")

    def waiting(self) -> int:
        return int(self.page.get_attribute("#scanner", "data-waiting") or 0)

    def delivered(self) -> None:
        self.page.wait_for_selector("#scanner[data-waiting='0'][data-online=true]")

    def until(self, expression: str, seconds: int = 10) -> None:
        """Wait until a JavaScript expression holds (Playwright's own way needs eval, which our policy forbids)."""
        for _ in range(seconds * 20):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {expression}")

    def tap(self, words: str) -> None:
        self.page.get_by_role("button", name=words).first.click()


def code(party: dict[str, Any], number: int = 1) -> str:
    return str(party["tickets"][number - 1]["url"])


def served_scans(fair: Fair) -> list[dict[str, Any]]:
    """Every scan of the event that the server holds."""
    with sqlite3.connect(Path(fair.served.env["BON_DATA_DIR"]) / "bon.sqlite") as file:
        file.row_factory = sqlite3.Row
        rows = file.execute(
            "SELECT scan.* FROM scan JOIN event ON event.id = scan.event WHERE event.slug = ?", (fair.slug,)
        )
        return [dict(row) for row in rows]
