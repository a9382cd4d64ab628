"""A page of another origin, under a policy as strict as it can be, shows our card and our list."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import PHONE
from tests.browser.test_walk import violations
from tests.served import Served
from tests.world import festival

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>An association</title></head><body>
<h1>Our association</h1><script src="{base}/embed.js" data-event="{slug}" data-lang="en"
  data-title="The festival"></script>
<script src="{base}/embed.js" data-country="korea" data-lang="km"></script></body></html>"""


@contextmanager
def association(base: str, slug: str) -> Iterator[str]:
    """Another site; its address. It lets in our script and our frames, and nothing else from anywhere."""
    policy = f"default-src 'none'; script-src {base}; frame-src {base}; base-uri 'none'; form-action 'none'"

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(PAGE.format(base=base, slug=slug).encode())

        def log_message(self, *_: object) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def test_another_site_shows_the_card_and_the_list(tmp_path: Path, browser: Browser) -> None:
    with Served(tmp_path) as served:
        served.token = served.staff()
        served.start()
        with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
            slug = api.post("/api/v1/events", json=festival(capacity=30)).json()["slug"]
            api.post(f"/api/v1/events/{slug}/publish")
        with association(served.base, slug) as address:
            context = browser.new_context(**PHONE)
            page, wrong = context.new_page(), list[str]()
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            page.goto(address)
            card = page.frame_locator("iframe").first
            card.get_by_text("30 places left").wait_for()
            page.frame_locator("iframe").nth(1).get_by_text("បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន").first.wait_for()
            page.wait_for_function(
                "[...document.querySelectorAll('iframe')].every((each) => ![380, 520].includes(+each.height))"
            )
            for frame in page.frames[1:]:
                fits = "document.documentElement.scrollHeight <= innerHeight && document.body.scrollWidth <= innerWidth"
                assert frame.evaluate(fits) is True, frame.url
            assert page.get_attribute("iframe >> nth=0", "title") == "The festival"
            assert [each for each in wrong if "favicon" not in each] == []
            assert context.cookies() == []
            page.frame_locator("iframe").first.get_by_role("link", name="Register").click()
            page.wait_for_url(f"{served.base}/en/events/{slug}/register")  # the whole page, not the frame
            context.close()


@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_apis_page_can_be_read(tmp_path: Path, browser: Browser, language: str, width: int) -> None:
    with Served(tmp_path) as served:
        served.start()
        context = browser.new_context(viewport={"width": width, "height": 800}, locale=language)
        page, wrong = context.new_page(), list[str]()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{served.base}/api?lang={language}")
        page.locator("#register summary").click()
        page.get_by_role("link", name="event_full").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
        assert violations(page) == []
        assert wrong == []
        context.close()
