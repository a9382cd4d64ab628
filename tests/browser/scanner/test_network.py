"""No network, crashes, two phones, a stolen one: every scan arrives exactly once, and every conflict is listed."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Route

from tests.browser.chromium import watched
from tests.browser.scanner_phone import Fair, Phone, code, served_scans
from tests.served import Served
from tests.world import PASSWORD

pytestmark = pytest.mark.browser


def test_a_day_without_network(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    parties = [fair.party(3) for _ in range(8)]
    phone = Phone(browser, fair.gate())
    phone.offline()
    phone.page.reload()
    phone.page.wait_for_selector("#scanner[data-online=false]")
    assert "not in the phone yet" not in phone.page.inner_text("[data-part=warnings]")
    for party in parties[:4]:
        assert phone.scan(code(party)) == "admitted"
        assert "សុខ ដារ៉ា" in phone.said()
    assert phone.scan(code(parties[3])) == "already"  # the others may still come
    phone.tap("All 2 who are left")
    assert phone.answer() == "admitted"
    assert "3 of 3 came in" in phone.said()
    assert phone.scan(code(parties[0])) == "already"
    assert "North" in phone.said()
    assert phone.scan(code(parties[3], 2)) == "already"
    phone.next()
    phone.page.click("[data-part=one]")
    phone.page.click("[data-part=group]")
    phone.page.click("[data-size='6']")
    phone.page.wait_for_selector("text=Counted: 6 without ticket")
    waiting = phone.waiting()
    assert waiting == 10
    assert "10 scans wait" in phone.page.inner_text("[data-part=waiting]")

    phone.open()  # the tab was killed; nothing is lost, and what was seen is still known
    phone.page.wait_for_selector(f"#scanner[data-waiting='{waiting}']")
    assert phone.scan(code(parties[1])) == "already"
    for party in parties[4:]:
        assert phone.scan(code(party, 2)) == "admitted"
    phone.page.evaluate("confirm = () => true")
    phone.next()
    phone.page.click("summary:has-text('This phone')")
    phone.page.click("[data-part=unpair]")
    phone.page.wait_for_selector("text=It cannot be unpaired")

    phone.offline(False)
    phone.delivered()
    counts = fair.stats()
    assert (counts["admitted"], counts["walk_ins"]) == (4 + 2 + 4, 7)
    scans = served_scans(fair)
    assert len(scans) == len({scan["nonce"] for scan in scans})
    phone.until("document.querySelector('[data-count=inside]').textContent === '17'")
    phone.context.close()


def test_two_phones_without_network_admit_one_ticket(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(2)
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    for phone in (north, south):
        phone.offline()
        assert phone.scan(code(party)) == "admitted"
    for phone in (north, south):
        phone.offline(False)
        phone.delivered()
    fair.comes_to(admitted=1)
    assert sorted(scan["outcome"] for scan in served_scans(fair)) == ["admitted", "conflict"]
    # north's roster now says who; a third look is "already" on both
    assert north.scan(code(party)) == "already"
    assert south.scan(code(party)) == "already"
    north.context.close()
    south.context.close()


def test_a_server_that_answers_late_and_otherwise_learns_what_was_shown(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(2)
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    stale = south.page.evaluate("fetch('/gate/api/roster').then((answer) => answer.json())")

    def late(route: Route) -> None:
        answer = route.fetch()
        south.page.wait_for_timeout(700)
        route.fulfill(response=answer)

    south.page.route("**/gate/api/roster**", lambda route: route.fulfill(json=stale, headers={"x-bon": "1"}))
    south.page.route("**/gate/api/scans", late)
    assert north.scan(code(party)) == "admitted"
    fair.comes_to(admitted=1)
    assert south.scan(code(party)) == "admitted"  # all that this phone can know
    south.page.unroute("**/gate/api/scans")
    south.delivered()
    assert [scan["nonce"].endswith("-shown") for scan in served_scans(fair) if scan["conflict"]] == [True]
    assert fair.stats()["admitted"] == 1
    south.next()
    south.page.click("[data-part=undo]")
    for _ in range(100):
        if all(scan["undone"] for scan in served_scans(fair) if scan["conflict"]):
            break
        south.page.wait_for_timeout(50)
    assert [bool(scan["undone"]) for scan in served_scans(fair) if scan["conflict"]] == [True]
    assert fair.stats()["admitted"] == 1
    north.context.close()
    south.context.close()


def test_what_another_gate_did_is_known_seconds_later(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(2)
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    assert north.scan(code(party)) == "admitted"
    south.until("document.querySelector('[data-count=admitted]').textContent === '1'")
    south.offline()
    assert south.scan(code(party)) == "already"
    assert "North" in south.said()
    south.tap("We know this person")
    assert south.answer() == "admitted"
    south.offline(False)
    south.delivered()
    assert fair.stats() | {"admitted": 1, "walk_ins": 1} == fair.stats()
    north.context.close()
    south.context.close()


def test_the_desk_sees_phones_counts_and_conflicts_within_seconds(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party = fair.party(3)
    north, south = Phone(browser, fair.gate("North")), Phone(browser, fair.gate("South"))
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    desk, wrong = watched(context)
    desk.goto(f"{served.base}/desk/events/{fair.slug}/gate")
    desk.fill("#email", "korea@bon.example")
    desk.fill("#password", PASSWORD)
    desk.click("main button")
    desk.wait_for_selector("[data-inside]")
    assert desk.locator("[data-conflict]").count() == 0
    south.offline()
    assert north.scan(code(party)) == "admitted"
    desk.wait_for_selector("[data-inside]:has-text('1')", timeout=9000)
    assert south.scan(code(party)) == "admitted"
    south.offline(False)
    desk.wait_for_selector("[data-conflict=already_admitted]", timeout=15_000)
    card = desk.inner_text("[data-conflict]")
    assert "North" in card
    assert "South" in card
    assert "Let in twice" in card
    desk.click("text=I have seen it")
    desk.wait_for_selector("[data-conflict] .badge.good")
    desk.locator("section.pairing", has_text="South").first.locator("summary").click()
    desk.get_by_role("button", name="Revoke now").click()
    south.page.wait_for_selector("text=The time of this phone at the gate is over.")
    assert wrong == []
    for each in (context, north.context, south.context):
        each.close()


def test_the_server_dies_while_scans_go_up(browser: Browser, tmp_path: Path) -> None:
    with Served(tmp_path) as served:
        served.token = served.staff()
        served.start()
        fair = Fair(served)
        parties = [fair.party(1) for _ in range(120)]
        phone = Phone(browser, fair.gate())
        phone.offline()
        scan_all(phone, [code(party) for party in parties])
        phone.page.wait_for_selector("#scanner[data-waiting='120']")
        phone.offline(False)
        phone.until("Number(document.querySelector('#scanner').dataset.waiting) < 120")
        served.kill()
        phone.page.wait_for_timeout(1000)
        served.start()
        phone.page.wait_for_selector("#scanner[data-waiting='0']", timeout=30_000)
        assert fair.stats()["admitted"] == 120
        assert len(served_scans(fair)) == 120
        phone.context.close()


def scan_all(phone: Phone, texts: list[str]) -> None:
    """Many tickets one after the other by the hand scanner's way, without looking at each answer."""
    phone.page.evaluate("document.activeElement.blur()")
    for text in texts:
        phone.next()
        phone.page.evaluate(
            """async (text) => {
              const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
              const part = document.querySelector("[data-part=verdict]");
              part.dataset.outcome = "";
              for (const key of text) press(key);
              press("Enter");
              for (let tries = 0; !part.dataset.outcome && tries < 2000; tries++)
                await new Promise((go) => setTimeout(go, 5));
            }""",
            text,
        )


def test_the_page_dies_in_the_middle_of_a_scan(browser: Browser, served: Served) -> None:
    """An answer that was seen was kept before; one that was not seen is kept or not, but never twice."""
    fair = Fair(served)
    parties = [fair.party(1) for _ in range(12)]
    phone = Phone(browser, fair.gate())
    phone.offline()
    shown = 0
    for index, party in enumerate(parties):
        phone.page.evaluate("document.activeElement.blur()")
        if index % 2:
            assert phone.scan(code(party)) == "admitted"
            shown += 1
        else:
            phone.page.keyboard.insert_text("")
            phone.page.evaluate(
                """(text) => {
                  for (const key of [...text, "Enter"])
                    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                }""",
                code(party),
            )
        phone.open()
    waiting = phone.waiting()
    assert waiting >= shown
    phone.offline(False)
    phone.delivered()
    assert fair.stats()["admitted"] == waiting == len(served_scans(fair))
    phone.context.close()


def test_a_revoked_phone_delivers_forgets_and_says_so(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    party, late = fair.party(2), fair.party()
    gate = fair.gate()
    phone = Phone(browser, gate)
    phone.offline()
    assert phone.scan(code(party)) == "admitted"
    phone.next()
    assert stored(phone)["parties"] == 2
    fair.api.delete(f"/api/v1/events/{fair.slug}/gate-devices/{gate['id']}")
    phone.offline(False)
    phone.page.wait_for_selector("text=The time of this phone at the gate is over.")
    phone.page.wait_for_selector("#scanner[data-waiting='0']")
    assert fair.stats()["admitted"] == 1
    left = stored(phone)
    assert (left["parties"], left["keys"]) == (0, False)
    assert phone.page.locator("[data-part=tools]").is_hidden()
    assert phone.page.locator("[data-part=groups]").is_hidden()
    phone.page.keyboard.type(code(late))
    phone.page.keyboard.press("Enter")
    phone.page.wait_for_selector("[data-part=notice]:has-text('scan it')")
    assert fair.stats()["admitted"] == 1
    phone.page.goto(phone.address)
    phone.page.wait_for_selector("text=The time of this phone at the gate is over.")
    phone.until(
        "(async () => !(await indexedDB.databases()).some((each) => each.name === 'bon-gate')"
        " && !(await caches.has('bon-gate-1')))()"
    )
    phone.context.close()


def stored(phone: Phone) -> dict[str, Any]:
    """What a thief finds in the phone: how many parties, whether keys."""
    return dict(
        phone.page.evaluate(
            """async () => {
              const done = (request) => new Promise((resolve) => {
                request.onsuccess = () => resolve(request.result);
              });
              const database = await done(indexedDB.open("bon-gate"));
              const reading = database.transaction(["parties", "facts", "queue"]);
              const [parties, keys, queue] = await Promise.all([
                done(reading.objectStore("parties").count()), done(reading.objectStore("facts").get("keys")),
                done(reading.objectStore("queue").getAll())]);
              database.close();
              return { parties, keys: Boolean(keys), queue };
            }"""
        )
    )


def test_a_phone_that_never_comes_online_hands_its_scans_over(browser: Browser, served: Served) -> None:
    fair = Fair(served)
    parties = [fair.party() for _ in range(6)]
    cut, other = Phone(browser, fair.gate("Cut off")), Phone(browser, fair.gate("Other"))
    cut.offline()
    for party in parties:
        assert cut.scan(code(party)) == "admitted"
    cut.next()
    cut.page.click("[data-part=one]")
    cut.page.click("summary:has-text('This phone')")
    cut.page.click("[data-part=hand-over]")
    with cut.page.expect_download() as download:
        cut.page.click("[data-part=download]")
    content = Path(download.value.path()).read_bytes()
    assert [len(phone["scans"]) for phone in json.loads(content)["phones"]] == [6]

    squares = int(cut.page.inner_text("[data-part=sheet]").rsplit(" ", 1)[1])
    assert squares > 1
    for _ in range(squares):
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(cut.page.screenshot())))
        other.page.click("[data-part=type]")
        other.page.fill("#find", found.text)
        other.page.keyboard.press("Enter")
        other.page.wait_for_selector("text=of another phone.")
        cut.page.click("[data-part=next-square]")
    other.delivered()
    assert (fair.stats()["admitted"], fair.stats()["walk_ins"]) == (6, 1)

    login = httpx.post(
        f"{served.base}/desk/login",
        data={"email": "korea@bon.example", "password": PASSWORD},
        headers={"sec-fetch-site": "same-origin"},
    )
    answer = httpx.post(
        f"{served.base}/desk/events/{fair.slug}/gate/handed-over",
        files={"file": ("bon-scans.json", content)},
        cookies=dict(login.cookies),
        headers={"sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text
    assert (fair.stats()["admitted"], fair.stats()["walk_ins"]) == (6, 1)
    cut.offline(False)
    cut.page.click("[data-part=handing] [data-close]")
    cut.delivered()
    assert (fair.stats()["admitted"], fair.stats()["walk_ins"], len(served_scans(fair))) == (6, 1, 6)
    cut.context.close()
    other.context.close()


def test_scans_of_one_event_never_go_to_another(browser: Browser, served: Served) -> None:
    first, second = Fair(served), Fair(served)
    party, other = first.party(), second.party()
    phone = Phone(browser, first.gate())
    old = phone.page
    phone.offline()
    assert phone.scan(code(party)) == "admitted"
    phone.next()
    phone.page.click("[data-part=one]")
    phone.page.route("**/gate/api/scans", lambda route: route.abort())  # the old tab stays silent
    phone.offline(False)
    tab = phone.context.new_page()  # the camera app opens another event's pairing in a tab of its own
    tab.goto(second.gate()["pair_url"])
    tab.click("main button")
    tab.wait_for_selector("#scanner[data-loaded=true]")
    old.unroute("**/gate/api/scans")
    old.bring_to_front()
    phone.page, phone.answers = tab, 0
    assert phone.scan(code(other)) == "admitted"
    second.comes_to(admitted=1, walk_ins=0)
    tab.wait_for_selector("text=could not be read by the server and are kept here")
    assert (first.stats()["admitted"], second.stats()["walk_ins"]) == (0, 0)
    phone.page.click("summary:has-text('This phone')")
    phone.next()
    phone.page.click("[data-part=hand-over]")
    with phone.page.expect_download() as download:
        phone.page.click("[data-part=download]")
    login = httpx.post(
        f"{served.base}/desk/login",
        data={"email": "korea@bon.example", "password": PASSWORD},
        headers={"sec-fetch-site": "same-origin"},
    )
    httpx.post(
        f"{served.base}/desk/events/{first.slug}/gate/handed-over",
        files={"file": ("bon-scans.json", Path(download.value.path()).read_bytes())},
        cookies=dict(login.cookies),
        headers={"sec-fetch-site": "same-origin"},
    )
    first.comes_to(admitted=1, walk_ins=1)
    phone.context.close()
