"""Chromium as these tests start it, and what they look for on every page."""

import shutil
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "locale": "km-KH", "device_scale_factor": 2}


class Chromium:
    """One Chromium for many tests. One that died (its fault, not the page's) is started anew for the next test."""

    def __init__(self, playwright: Playwright, *flags: str) -> None:
        self._playwright, self._flags = playwright, [*FLAGS, *flags]
        self._launched: Browser | None = None

    def alive(self) -> Browser:
        """A browser that answers, with no page of an earlier test."""
        if self._launched is None or not self._launched.is_connected():
            self._launched = self._playwright.chromium.launch(executable_path=CHROMIUM, args=self._flags)
        for left in self._launched.contexts:
            left.close()
        return self._launched

    def close(self) -> None:
        """End it, if it has not ended itself."""
        if self._launched is not None and self._launched.is_connected():
            self._launched.close()


OWN = {"127.0.0.1", "localhost"}


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what went wrong in it: script errors, refused resources, foreign requests."""
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if urlsplit(request.url).hostname in OWN else wrong.append(request.url))
    return page, wrong


def fits(page: Page) -> None:
    """Nothing makes a phone scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True, page.url
