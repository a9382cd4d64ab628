"""What the page says to whatever is shown, typed or tapped; the camera, odd codes, wrong clocks, rehearsals."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright

from tests.browser import camera
from tests.browser.chromium import CHROMIUM, FLAGS, PHONE, watched
from tests.browser.scanner_phone import Fair, Phone, code, served_scans
from tests.served import Served

pytestmark = pytest.mark.browser


def test_the_camera_admits_a_family_once_however_long_it_looks(browser: Browser, served: Served, reel: Path) -> None:
    fair = Fair(served)
    party = fair.party(4)
    camera.film(reel, (fair.picture(party), 3))
    phone = Phone(browser, fair.gate(), "km", permissions=["camera"])
    assert phone.answer() == "admitted"
    assert "សុខ ដារ៉ា" in phone.said()
    assert "សូមអញ្ជើញចូល" in phone.said()
    phone.page.wait_for_timeout(5000)  # the ticket is held in view all the time
    assert phone.page.get_attribute("[data-part=verdict]", "data-answer") == "1"
    assert fair.stats()["admitted"] == 1
    phone.page.locator("[data-part=choices] button").first.click()  # all who are left
    phone.until("document.querySelector('[data-part=party]').textContent.match(/4/g)?.length === 2")
    fair.comes_to(admitted=4)
    phone.page.wait_for_selector("[data-part=verdict]", state="hidden")
    phone.page.click("[data-part=undo]")
    fair.comes_to(admitted=1)
    assert phone.wrong == []
    phone.context.close()


def test_a_picture_of_a_ticket_and_a_hand_scanner(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(2)
    phone = Phone(browser, fair.gate())
    phone.page.set_input_files(
        "[data-part=file]", {"name": "t.png", "mimeType": "image/png", "buffer": fair.picture(party)}
    )
    assert phone.answer() == "admitted"
    phone.next()
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(blank, "PNG")
    for content in (blank.getvalue(), b"no picture at all"):
        phone.page.set_input_files("[data-part=file]", {"name": "t.png", "mimeType": "image/png", "buffer": content})
        phone.page.wait_for_selector("text=There is no ticket to be read in this picture.")
    phone.page.evaluate("document.activeElement.blur()")
    phone.page.keyboard.type(code(party, 2))
    phone.page.keyboard.press("Enter")
    assert phone.answer() == "admitted"
    phone.delivered()
    fair.comes_to(admitted=2)
    phone.context.close()


def test_every_odd_code_has_a_calm_screen(browser: Browser, served: Served) -> None:
    fair, other = Fair(served), Fair(served, title={"km": "បុណ្យនៅអានសាន", "en": "Festival in Ansan"})
    party, stranger, given_up = fair.party(), other.party(), fair.party()
    fair.api.delete(f"/api/v1/registrations/{given_up['key']}")
    good = party["tickets"][0]["code"]
    forged = good[:30] + ("A" if good[30] != "A" else "B") + good[31:]
    unknown_key = "CP" + good[2:]
    cases = {
        "https://example.org/menu?table=4&something=that-is-long-enough": ("refused", "This is not a ticket of ours."),
        "WIFI:S:Park;T:WPA;P:password-that-is-long-enough;;": ("refused", "This is not a ticket of ours."),
        "A" * 3000: ("refused", "This is not a ticket of ours."),
        good[:70]: ("refused", "This is not a ticket of ours."),
        forged: ("refused", "This ticket is not genuine."),
        unknown_key: ("refused", "made with a key that we do not know"),
        code(stranger): ("another", "Festival in Ansan"),
        code(given_up): ("refused", "This place was given up."),
    }
    khmer = Phone(browser, fair.gate(), "km")
    for text, (kind, _) in cases.items():
        assert khmer.scan(text) == kind
        assert not re.search("[A-Za-z]{4,}", khmer.said().replace("Festival in Ansan", "")), khmer.said()
    phone = Phone(browser, fair.gate())
    for text, (kind, words) in cases.items():
        assert phone.scan(text) == kind, text
        assert words in phone.said(), text
        assert phone.page.get_by_role("button", name="Another reason").count() == 1
    phone.tap("Another reason")
    assert phone.answer() == "admitted"
    phone.delivered()
    fair.comes_to(admitted=1)
    assert phone.scan("A" * 3000) == "refused"
    phone.tap("Elderly")
    assert phone.answer() == "admitted"
    phone.delivered()
    fair.comes_to(walk_ins=1)
    phone.context.close()
    khmer.context.close()


def test_wrong_clocks_are_measured_shown_and_put_right(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    parties = [fair.party(), fair.party()]
    for party, moment in zip(parties, ("1970-01-01T00:10:00Z", "2099-06-01T12:00:00Z"), strict=True):
        phone = Phone(browser, fair.gate())
        phone.page.clock.set_system_time(moment)
        phone.page.wait_for_selector("text=The clock of this phone is wrong")
        phone.offline()
        assert phone.scan(code(party)) == "admitted"
        phone.offline(False)
        phone.delivered()
        phone.context.close()
    for scan in served_scans(fair):
        at = datetime.fromisoformat(str(scan["scanned_at"]))
        assert abs((datetime.now(UTC) - at).total_seconds()) < 60
        assert scan["clock_off"]
        assert datetime.fromisoformat(str(scan["phone_at"])).year in {1970, 2099}
    assert fair.stats()["admitted"] == 2


def test_a_newer_server_a_full_phone_and_no_camera(playwright: Playwright, browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party, second = fair.party(), fair.party()
    gate = fair.gate()
    phone = Phone(browser, gate)
    phone.page.route(
        "**/gate/api/roster**",
        lambda route: route.fulfill(json={"version": 99, "parties": "in some new form"}, headers={"x-bon": "1"}),
    )
    phone.page.wait_for_selector("text=The server speaks a newer language")
    assert phone.scan(code(party)) == "admitted"
    phone.next()
    phone.page.evaluate(
        """() => { IDBObjectStore.prototype.add = () => { throw new DOMException("full", "QuotaExceededError"); }; }"""
    )
    assert phone.scan(code(second)) == "unkept"
    assert "cannot keep anything" in phone.said()
    phone.context.close()

    blind = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    for language, words in (("en", "Type codes"), ("km", "កូដ")):
        denied = Phone(blind, gate, language)
        denied.page.click("[data-part=begin]")
        denied.until("document.querySelector('[data-part=trouble]').textContent.length > 10")
        assert words in denied.page.inner_text("[data-part=trouble]")
        denied.context.close()
    blind.close()


def test_a_square_that_no_phone_of_the_gate_has_signed_is_refused(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party()
    phone = Phone(browser, fair.gate())
    number = 1
    for forged in (
        f'BON-SCANS/1 {{"offset":0,"entries":[{{"kind":"walk_in","event":{number},"nonce":"x","size":1000}}]}}',
        f'BON-SCANS/1 {"0" * 24} {{"offset":0,"entries":[{{"kind":"scan","event":{number},"nonce":"x"}}]}}',
        "BON-SCANS/1 null and something long enough to be read",
    ):
        phone.page.click("[data-part=type]")
        phone.page.fill("#find", forged)
        phone.page.keyboard.press("Enter")
        phone.page.wait_for_selector("text=These are scans of another event.")
    assert phone.waiting() == 0
    assert phone.scan(code(party)) == "admitted"
    fair.comes_to(admitted=1, walk_ins=0)
    phone.context.close()


def test_a_rehearsal_looks_real_and_counts_nothing(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(2)
    phone = Phone(browser, fair.gate())
    phone.page.click("summary:has-text('This phone')")
    phone.page.check("[data-part=rehearse]")
    phone.page.wait_for_selector("[data-part=rehearsing]:not([hidden])")
    assert phone.scan(code(party)) == "admitted"
    assert "Rehearsal" in phone.said()
    phone.next()
    phone.delivered()
    assert phone.scan(code(party)) == "already"
    phone.next()
    phone.page.click("[data-part=one]")
    phone.delivered()
    assert (fair.stats()["admitted"], fair.stats()["walk_ins"]) == (0, 0)
    phone.page.uncheck("[data-part=rehearse]")
    assert phone.scan(code(party)) == "admitted"
    phone.delivered()
    fair.comes_to(admitted=1)
    phone.context.close()


def test_a_tickets_own_address_admits_on_a_paired_phone_with_and_without_network(
    browser: Browser, served: Served
) -> None:
    fair = Fair(served)
    party = fair.party(2)
    phone = Phone(browser, fair.gate())
    phone.goto(code(party).replace("HTTP://", "http://"))
    phone.page.wait_for_selector("[data-outcome=admitted]")
    assert fair.stats()["admitted"] == 1
    phone.goto(phone.address)
    phone.ready()
    phone.until("document.querySelector('[data-count=admitted]').textContent === '1'")
    phone.offline()
    phone.goto(code(party, 2).replace("HTTP://", "http://"))
    assert phone.answer() == "admitted"
    phone.next()
    phone.goto(code(party).replace("HTTP://", "http://"))
    assert phone.answer() == "already"
    phone.offline(False)
    phone.delivered()
    fair.comes_to(admitted=2)
    phone.context.close()


def test_short_codes_names_attention_and_waiting_parties(browser: Browser, served: Served) -> None:
    fair = Fair(served, gate_search=True, capacity=3)
    party = fair.party(2, name="Chanthou Kim")
    waiting = fair.party(2, accept_waiting=True)
    phone = Phone(browser, fair.gate())
    phone.page.click("[data-part=type]")
    phone.page.fill("#find", "chanthou")
    phone.page.keyboard.press("Enter")
    phone.tap("Chanthou Kim")  # nobody is admitted by a search alone
    assert phone.answer() == "admitted"
    assert "Chanthou Kim" in phone.said()
    phone.next()
    phone.page.click("[data-part=type]")
    phone.page.fill("#find", "222222")
    phone.page.keyboard.press("Enter")
    phone.page.wait_for_selector("text=Nobody was found.")
    phone.page.fill("#find", waiting["short_code"])
    phone.page.keyboard.press("Enter")
    assert phone.answer() == "refused"
    assert "waiting list" in phone.said()
    phone.tap("The queue is too long")
    assert phone.answer() == "admitted"
    phone.delivered()
    fair.comes_to(admitted=2)
    phone.until("document.querySelector('[data-count=inside]').textContent === '2'")
    phone.next()
    phone.offline()
    phone.page.click("[data-part=type]")
    phone.page.fill("#find", party["short_code"])
    phone.page.keyboard.press("Enter")
    phone.page.wait_for_selector("text=Without a network only a whole ticket code")
    phone.context.close()


def test_in_and_out_freely_and_outside_the_window(browser: Browser, served: Served) -> None:
    fair = Fair(served, entry_rule="free")
    party = fair.party()
    phone = Phone(browser, fair.gate())
    phone.offline()
    assert phone.scan(code(party)) == "admitted"
    phone.next()
    phone.page.click("[data-part=direction]")
    assert phone.scan(code(party)) == "left"
    phone.next()
    phone.page.click("[data-part=direction]")
    assert phone.scan(code(party)) == "admitted"
    assert phone.scan(code(party)) == "already"
    phone.offline(False)
    phone.delivered()
    fair.comes_to(inside=1)
    phone.context.close()

    later = Fair(served, entry_opens_at="2099-01-01T08:00")
    early = later.party()
    phone = Phone(browser, later.gate())
    for gone in (True, False):
        phone.offline(gone)
        assert phone.scan(code(early)) == "another"
        assert "1/1 08:00" in phone.said()
    phone.tap("The queue is too long")
    assert phone.answer() == "admitted"
    phone.delivered()
    later.comes_to(admitted=1)
    phone.context.close()


def test_the_first_load_is_small_and_nothing_comes_from_elsewhere(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    gate = fair.gate()
    context = browser.new_context(**PHONE, permissions=["camera"])
    page, wrong = watched(context)
    page.goto(gate["pair_url"])
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    page.click("main button")
    page.wait_for_selector("#scanner[data-loaded=true][data-kept=true]")
    page.wait_for_selector("[data-part=start]", state="hidden")
    wasm = (Path(__file__).parents[3] / "app/static/_vendor/zxing_reader.wasm.br").stat().st_size
    reader = 16_000  # the worker's two scripts, which the page's own session does not see
    assert workers
    assert sum(sizes) + wasm + reader < 600_000, sum(sizes)
    assert wrong == []
    context.close()
