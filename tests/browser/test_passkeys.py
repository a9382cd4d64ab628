"""A passkey in Chromium: its own virtual authenticator is added at the desk and lets its holder in."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.chromium import watched
from tests.browser.test_staff import log_in, looked_at
from tests.served import Served
from tests.world import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("passkeys")) as made:
        made.base = made.env["BON_BASE_URL"] = made.base.replace("127.0.0.1", "localhost")
        for name in ("en", "km"):
            made.bon(
                "account", "add", "--role", "attache", "--email", f"{name}@bon.example", "--name", "Sokha",
                "--password-stdin", text=PASSWORD,
            )  # fmt: skip
        yield made.start()


def device(page: Page, *, unlocks: bool = True) -> tuple[Any, str]:
    """A phone's own authenticator: the browser's session for it, and its id."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": unlocks, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made: dict[str, str] = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("km", 360)])
def test_a_passkey_is_added_and_lets_in(browser: Browser, served: Served, language: str, width: int) -> None:
    size: ViewportSize = {"width": width, "height": 800}
    page, wrong = watched(browser.new_context(viewport=size))
    session, phone = device(page)
    log_in(page, served, f"{language}@bon.example", PASSWORD, language)
    page.wait_for_url(f"{served.base}/desk")
    page.goto(f"{served.base}/desk/account/passkeys")
    looked_at(page, f"passkeys-none-{language}")
    page.fill("#present", PASSWORD)
    page.click("main form button")
    page.fill("#name", "My phone")
    expect(page.locator("[data-no-passkey]")).to_have_count(0)
    looked_at(page, f"passkey-new-{language}")
    page.click("main form button")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(f"{served.base}/desk/account/passkeys")
    expect(page.locator("main .card strong")).to_have_text("My phone")
    looked_at(page, f"passkeys-{language}")
    page.goto(f"{served.base}/desk/account")
    page.click("main > form:last-of-type button")  # log out everywhere
    page.wait_for_url(f"{served.base}/desk/login")
    looked_at(page, f"login-passkey-{language}")

    # a finger that does not fit: said, and the password still works
    session.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
    page.click("[data-passkey] button")
    expect(page.locator("[data-failed]")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": True})
    log_in(page, served, f"{language}@bon.example", PASSWORD, language)
    expect(page.locator("#code")).to_be_visible()
    looked_at(page, f"second-passkey-{language}")
    page.click("[data-passkey] button")
    page.wait_for_url(f"{served.base}/desk")

    page.goto(f"{served.base}/desk/account")
    page.click("main > form:last-of-type button")
    page.wait_for_url(f"{served.base}/desk/login")
    page.click("[data-passkey] button")
    page.wait_for_url(f"{served.base}/desk")
    assert wrong == []
