"""The whole story in Chromium at 360 px, against the real server: from the desk to the gate and the calendar."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from icalendar import Calendar
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.chromium import PHONE, fits, watched
from tests.served import Served
from tests.world import PASSWORD, soon

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path) as made:
        made.token = made.staff()
        yield made.start()


def codes(picture: bytes) -> list[str]:
    """What an independent reader finds in a screenshot."""
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


def only_event(feed: str) -> Any:
    """The one event of a feed, as a calendar client reads it."""
    (event,) = Calendar.from_ical(httpx.get(feed).content).events
    return event


def test_from_the_desk_to_the_gate_and_the_calendar(browser: Browser, served: Served) -> None:
    # the attaché writes and publishes an event
    desk, wrong = watched(browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB"))
    desk.goto(f"{served.base}/desk")
    desk.fill("#email", "korea@bon.example")
    desk.fill("#password", PASSWORD)
    desk.click("main button")
    desk.click("text=New event")
    desk.fill("[id='title.km']", "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន")
    desk.fill("[id='title.en']", "Khmer New Year in Suwon")
    day = soon().split("T")[0]
    for name, value in (
        ("starts_on", day),
        ("starts_time", "09:00"),
        ("ends_on", day),
        ("ends_time", "17:00"),
        ("venue", "Manseok Park"),
        ("capacity", "100"),
    ):
        desk.fill(f"#{name}", value)
    desk.click("main form button.block")
    assert desk.locator("h1").inner_text() == "Khmer New Year in Suwon"
    desk.click("main a:has-text('Publish')")
    desk.click("main button:has-text('Publish')")  # the list of what one may want to look at names no picture
    address = desk.locator("main a", has_text="/e/").inner_text()

    # a worker without script registers five
    phone, phone_wrong = watched(browser.new_context(**PHONE, java_script_enabled=False))
    phone.goto(address)
    assert "/km/events/" in phone.url
    phone.click(".bar a.button")
    phone.fill("#name", "សុខ ដារ៉ា")
    phone.fill("#party", "៥")
    phone.fill("#children", "២")
    phone.click("main form button.block")
    phone.wait_for_load_state("networkidle")
    assert "/km/r/" in phone.url
    assert phone.locator(".pass").count() == 5
    phone.goto(phone.url)
    texts = []
    for index in range(5):
        card = phone.locator(".pass").nth(index)
        card.scroll_into_view_if_needed()
        phone.wait_for_load_state("networkidle")
        texts += codes(card.screenshot())
    assert len(set(texts)) == 5
    assert all(re.fullmatch(r"HTTP://127\.0\.0\.1:\d+/T/[A-Z2-7]{125}", text) for text in texts)

    # the desk pairs a volunteer's phone by QR; its own camera opens the tickets
    desk.click("main >> text=Gate")
    desk.fill("#label", "North gate")
    desk.click("main form:last-of-type button")
    (pairing,) = codes(desk.locator(".pairing svg").screenshot())
    volunteer, gate_wrong = watched(browser.new_context(**PHONE))
    volunteer.goto(pairing)
    volunteer.click("main button")
    fits(volunteer)
    volunteer.goto(texts[0].replace("HTTP", "http"))
    volunteer.wait_for_selector("[data-outcome=admitted]")
    assert "សុខ ដារ៉ា" in volunteer.locator(".verdict").inner_text()
    fits(volunteer)
    volunteer.click("main form button.block >> nth=0")
    volunteer.wait_for_selector("[data-outcome=admitted]")
    assert "5" in volunteer.locator(".verdict").inner_text()

    # the second scan says when and where
    volunteer.fill("#code", texts[3])
    volunteer.press("#code", "Enter")
    volunteer.wait_for_selector("[data-outcome=already_admitted]")
    said = volunteer.locator(".verdict").inner_text()
    assert "North gate" in said
    assert re.search(r"\d\d:\d\d", said)
    fits(volunteer)

    # a calendar client reads the feed; the event moves one hour and the feed says so
    feed = f"{served.base}/calendars/en/khmer-festivals-korea.ics"
    before = only_event(feed)
    assert before.start.astimezone(UTC) == datetime.fromisoformat(f"{day}T00:00:00+00:00")
    slug = address.rsplit("/", 1)[1]
    desk.goto(f"{served.base}/desk/events/{slug}/edit")
    desk.fill("#starts_time", "10:00")
    desk.fill("[id='notice.en']", "One hour later")
    desk.click("main form button.block")
    after = only_event(feed)
    assert (after.start - before.start).total_seconds() == 3600
    assert (after["uid"], after["sequence"]) == (before["uid"], before["sequence"] + 1)
    assert after["last-modified"].dt > before["last-modified"].dt
    phone.reload()
    assert "One hour later" in phone.locator("main").inner_text()

    assert wrong + gate_wrong == []
    assert [each for each in phone_wrong if "script" not in each.lower()] == []


@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_pages_fit_and_speak_one_language(browser: Browser, served: Served, language: str, width: int) -> None:
    with httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}) as api:
        from tests.world import festival

        event = api.post("/api/v1/events", json=festival(pickup_points=[{"name": "Osan", "seats": 45}])).json()
        api.post(f"/api/v1/events/{event['slug']}/publish")
        party = api.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 2}).json()
    page, wrong = watched(browser.new_context(viewport={"width": width, "height": 740}))
    for path in (
        "/",
        "/korea/",
        "/japan/",
        f"/events/{event['slug']}",
        f"/events/{event['slug']}/register",
        f"/r/{party['key']}",
    ):
        page.goto(f"{served.base}/{language}{path}")
        fits(page)
        assert page.locator("html").get_attribute("lang") == language
        small = page.evaluate(
            "[...document.querySelectorAll('main a.button, button, main input:not([type=hidden]), summary')]"
            ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 26).map(e => e.outerHTML)"
        )
        assert small == []
    assert wrong == []


def test_a_first_visit_is_light(browser: Browser, served: Served) -> None:
    page = browser.new_context(**PHONE).new_page()
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: sizes.append(
            sum(request.sizes()[part] for part in ("responseBodySize", "responseHeadersSize"))
        ),
    )
    page.goto(f"{served.base}/km/korea/", wait_until="networkidle")
    assert sum(sizes) <= 60_000
    assert len(sizes) <= 6
