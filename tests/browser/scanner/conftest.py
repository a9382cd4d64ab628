"""A Chromium with a fake camera, and one served Bon, for each module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser import camera
from tests.browser.chromium import CHROMIUM, Chromium
from tests.served import Served


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera of `browser` shows: a file that each test may write anew."""
    path = tmp_path_factory.mktemp("film") / "camera.y4m"
    camera.film(path, (None, 1))
    return path


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, reel: Path) -> Iterator[Chromium]:
    started = Chromium(playwright, *camera.FLAGS, f"--use-file-for-fake-video-capture={reel}")
    yield started
    started.close()


@pytest.fixture
def browser(chromium: Chromium) -> Browser:
    return chromium.alive()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as made:
        made.token = made.staff()
        yield made.start()


@pytest.fixture(autouse=True)
def grey(reel: Path) -> None:
    """No ticket in view at first."""
    camera.film(reel, (None, 1))
