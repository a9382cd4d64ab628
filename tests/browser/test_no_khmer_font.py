"""Khmer on a phone without any Khmer font: every letter comes from the font that the page brings."""

import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from app.printing.fonts import paths
from tests.browser.chromium import CHROMIUM, FLAGS, PHONE
from tests.served import Served
from tests.world import festival

pytestmark = pytest.mark.browser


def test_khmer_where_the_phone_has_no_khmer_font(tmp_path: Path) -> None:
    others = tmp_path / "fonts"
    others.mkdir()
    (thai,) = [path for path in paths() if "Thai" in path.name]  # any font without Khmer: this one is always here
    shutil.copy(thai, others)
    config = tmp_path / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{others}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>"
    )
    with Served(tmp_path / "served") as served, sync_playwright() as playwright:
        served.token = served.staff()
        served.start()
        with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
            slug = api.post("/api/v1/events", json=festival()).json()["slug"]
            api.post(f"/api/v1/events/{slug}/publish")
            party = {"name": "ស្រីមុំ", "party": 2}
            key = api.post(f"/api/v1/events/{slug}/registrations", json=party).json()["key"]
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(FLAGS), env={**os.environ, "FONTCONFIG_FILE": str(config)}
        )
        page = browser.new_context(**PHONE).new_page()
        session = page.context.new_cdp_session(page)
        session.send("DOM.enable")
        session.send("CSS.enable")
        for path in (
            "/km/",
            "/km/korea/",
            f"/km/events/{slug}",
            f"/km/events/{slug}/register",
            f"/km/r/{key}",
        ):
            page.goto(f"{served.base}{path}", wait_until="networkidle")
            page.evaluate("document.fonts.ready")
            assert foreign_letters(page, session) == [], path
        browser.close()


def foreign_letters(page: Page, session: Any) -> list[str]:
    """Texts with Khmer letters for which another font than the page's own was taken, or none was found."""
    page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 &&"
        " /[\\u1780-\\u17ff]/.test(n.data)) && e.checkVisibility()).forEach((e, i) => e.dataset.khmer = i)"
    )
    root = session.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
    found = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-khmer]"})["nodeIds"]
    assert len(found) > 5
    wrong = []
    for node in found:
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        if not any(font["isCustomFont"] for font in fonts):
            wrong.append(session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"][:120])
    return wrong
