"""A Chromium for each module: while Playwright runs, no other test may have an event loop of its own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import CHROMIUM, Chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        started = Chromium(playwright)
        yield started
        started.close()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.alive()
