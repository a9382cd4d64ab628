"""How far Khmer pages jump when the web font comes 1.5 s late, on a phone 360 px wide: `python -m tests.bench.shift`.

A machine without Khmer letters shows what phones without them see; with any Khmer font installed nothing is fetched.
"""

import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Request, Route, sync_playwright

from tests.browser.chromium import CHROMIUM, FLAGS, PHONE
from tests.served import Served

LATE = 1.5
WATCH = """
window.shift = 0
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value })
  .observe({ type: "layout-shift", buffered: true })
"""


def late(route: Route) -> None:
    """The font on a thin line."""
    time.sleep(LATE)
    route.continue_()


def main() -> None:
    """Print a row a page: how far it jumped (0.02 and less is not seen), and how many fonts it fetched."""
    with tempfile.TemporaryDirectory() as name, Served(Path(name)) as served, sync_playwright() as playwright:
        served.bon("demo")
        served.start()
        events = httpx.get(f"{served.base}/api/v1/events?host_country=KR&festival=khmer_new_year").json()["items"]
        event = f"/km/events/{events[0]['slug']}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for path in ("/km/", "/km/korea/", event, f"{event}/register"):
            page, fetched = browser.new_context(**PHONE).new_page(), list[Request]()
            page.on("requestfinished", fetched.append)
            page.route("**/*.woff2", late)
            page.add_init_script(WATCH)
            page.goto(served.base + path)
            page.wait_for_timeout(LATE * 2000)
            fonts = sum(request.url.endswith(".woff2") for request in fetched)
            print(f"{path:50} {page.evaluate('window.shift'):.3f}  fonts {fonts}", flush=True)


if __name__ == "__main__":
    main()
