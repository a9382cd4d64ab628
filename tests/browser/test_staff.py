"""HQ without a shell, in Chromium: a second factor, an invitation, and whoever was invited chooses a password."""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.chromium import fits, watched
from tests.browser.test_walk import ARTEFACTS, violations
from tests.served import Served
from tests.world import PASSWORD

pytestmark = pytest.mark.browser

NEW = "three words together apart"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("staff")) as made:
        made.token = made.staff()
        for name in ("en", "km"):
            made.bon(
                "account", "add", "--role", "hq", "--email", f"{name}@bon.example", "--name", "HQ", "--password-stdin",
                text=PASSWORD,
            )  # fmt: skip
        yield made.start()


def looked_at(page: Page, name: str) -> None:
    """Nothing wider than the window, nothing that axe finds; a picture to look at."""
    fits(page)
    assert violations(page) == [], name
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"staff-{name}.png", full_page=True)


def log_in(page: Page, served: Served, email: str, password: str, language: str) -> None:
    page.goto(f"{served.base}/desk/login?lang={language}")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("main button")


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("km", 360)])
def test_hq_invites_somebody_who_then_works(browser: Browser, served: Served, language: str, width: int) -> None:
    size: ViewportSize = {"width": width, "height": 800}
    hq, wrong = watched(browser.new_context(viewport=size))
    log_in(hq, served, f"{language}@bon.example", PASSWORD, language)
    hq.goto(f"{served.base}/desk/account/second")
    looked_at(hq, f"second-{language}")
    secret = hq.locator("code").first.text_content() or ""
    hq.fill("#code", pyotp.TOTP(secret).now())
    hq.click("main form button")
    assert hq.locator(".codes li").count() == 10
    looked_at(hq, f"codes-{language}")
    hq.goto(f"{served.base}/desk/accounts")
    looked_at(hq, f"accounts-{language}")
    hq.fill("#name", "Sokha")
    hq.fill("#email", f"sokha-{language}@bon.example")
    hq.select_option("#host_country", "KR")
    hq.click("main form.card button")
    link = hq.input_value("#link")
    assert re.search(r"/desk/welcome/[\w-]{20,}$", link)
    looked_at(hq, f"person-{language}")

    person, person_wrong = watched(browser.new_context(viewport=size))
    person.goto(f"{link}?lang={language}")
    looked_at(person, f"welcome-{language}")
    person.fill("#password", "password123456")
    person.fill("#again", "password123456")
    person.click("main button")
    assert person.locator("#password-wrong").count() == 1
    looked_at(person, f"welcome-wrong-{language}")
    person.fill("#password", NEW)
    person.fill("#again", NEW)
    person.click("main button")
    log_in(person, served, f"sokha-{language}@bon.example", NEW, language)
    person.wait_for_url(f"{served.base}/desk")
    looked_at(person, f"first-desk-{language}")

    later, _ = watched(browser.new_context(viewport=size))
    log_in(later, served, f"{language}@bon.example", PASSWORD, language)
    looked_at(later, f"second-asked-{language}")
    later.fill("#code", pyotp.TOTP(secret).at(a_step_on()))
    later.click("main button")
    later.wait_for_url(f"{served.base}/desk")
    assert [each for each in wrong + person_wrong if "410" not in each and "422" not in each] == []


def a_step_on() -> int:
    """An instant in the next step: the present one was taken when it was set up."""
    return int(time.time()) + 30
