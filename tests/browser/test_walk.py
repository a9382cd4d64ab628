"""Every worker's page, and the desk's, in every state, language and width: nothing scrolls sideways, nothing is
untranslated, axe finds nothing, the HTML is valid. Pictures are left in tests/artefacts for people to look at."""

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser.chromium import PHONE, fits, watched
from tests.served import ROOT, Served
from tests.world import PASSWORD, festival, soon

ARTEFACTS = ROOT / "tests" / "artefacts"
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
WIDTHS = (320, 360, 768, 1280)
PICTURED = {360, 1280}
LANGUAGES = ("km", "en")
NODE = Path(sys.executable).parent / "node"  # html-validate asks for a newer one than many systems have

# set up, and nobody answers: what pages show of channels, not what goes out
EVERY_CHANNEL = {
    "BON_TELEGRAM_TOKEN": "1:none", "BON_TELEGRAM_API": "http://127.0.0.1:9",
    "BON_PUSH_CONTACT": "mailto:bon@bon.example",
    "BON_SMTP_URL": "smtp://127.0.0.1:9", "BON_MAIL_FROM": "bon@bon.example",
    "BON_SMS_URL": "http://127.0.0.1:9/?to={phone}&text={text}", "BON_SMS_PRICE": "50 KRW",
}  # fmt: skip

pytestmark = pytest.mark.browser


class Site:
    """A served Bon with an event in every state, and the addresses of all its pages."""

    def __init__(self, served: Served) -> None:
        self.base = served.base
        self.api = httpx.Client(base_url=served.base, headers={"authorization": f"Bearer {served.token}"}, timeout=30)
        self.cookie = self._log_in()
        self.public: dict[str, str] = {}
        self.desk: dict[str, str] = {}
        self._contacts()
        self._events()

    def _log_in(self) -> str:
        answer = httpx.post(
            f"{self.base}/desk/login",
            data={"email": "korea@bon.example", "password": PASSWORD},
            headers={"sec-fetch-site": "same-origin"},
        )
        return str(answer.cookies["bon-session"])

    def post(self, path: str, data: dict[str, str], **files: Any) -> None:
        answer = httpx.post(
            f"{self.base}{path}",
            data=data,
            files=files or None,
            cookies={"bon-session": self.cookie},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert answer.status_code == 303, answer.text

    def webhook(self) -> str:
        """One that is told of events; its id."""
        answer = httpx.post(
            f"{self.base}/desk/webhooks",
            data={"address": "https://program.example/bon", "host_country": "KR", "kind.event.published": "on"},
            cookies={"bon-session": self.cookie},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert answer.status_code == 200, answer.text
        page = httpx.get(f"{self.base}/desk/webhooks", cookies={"bon-session": self.cookie}).text
        return str(re.findall(r'href="/desk/webhooks/([^"]+)"', page)[0])

    def event(self, *, publish: bool = True, **changes: Any) -> dict[str, Any]:
        event = self.api.post("/api/v1/events", json=festival(**changes)).json()
        assert "slug" in event, event
        if publish:
            self.api.post(f"/api/v1/events/{event['slug']}/publish")
        return dict(event)

    def party(self, slug: str, **more: Any) -> dict[str, Any]:
        answer = self.api.post(
            f"/api/v1/events/{slug}/registrations", json={"name": "សុខ ដារ៉ា", "party": 2, **more}
        ).json()
        assert "key" in answer, answer
        return dict(answer)

    def _contacts(self) -> None:
        for kind, value, hours in (
            ("phone", "02-123-4567", "24:00"),
            ("telegram", "bon_korea", ""),
            ("office", "Seoul", "17:00"),
        ):
            form = {
                "host_country": "KR",
                "kind": kind,
                "value": value,
                "label.km": "អនុព័ន្ធការងារ",
                "label.en": "Attaché",
            }
            if hours:
                form |= {"opening.0.days": "every", "opening.0.opens": "00:00", "opening.0.closes": hours}
            if kind == "office":
                form |= {"latitude": "37.5", "longitude": "127.0"}
            self.post("/desk/contacts/new", form)

    def _events(self) -> None:
        full_of_facts = self.event(
            title={"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន", "en": "Khmer New Year in Suwon", "ko": "수원 설날"},
            campaign="Khmer New Year",
            pickup_points=[{"name": "Osan", "place": "Osan station", "seats": 45}],
            programme=[{"at": "09:00", "what": {"km": "ប្រគេនចង្ហាន់", "en": "Food offering"}}],
            travel={"km": "ចុះនៅស្ថានីយ៍ស៊ូវ៉ុន", "en": "Leave the train at Suwon"},
            bring={"km": "ទឹកផឹក", "en": "Water"},
            facilities=["wheelchair", "halal", "first_aid"],
        )
        file = io.BytesIO()
        Image.effect_noise((1200, 800), 40).convert("RGB").save(file, "JPEG")
        slug = full_of_facts["slug"]
        self.post(f"/desk/events/{slug}/picture", {"alt.km": "អ្នករាំ", "alt.en": "Dancers"}, picture=file.getvalue())
        opens = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT09:00")
        plain = self.event()
        full = self.event(capacity=2)
        first = self.party(full["slug"])
        waiting = self.party(full["slug"], accept_waiting=True)
        soon_open = self.event(registration_opens_at=opens)
        paused = self.event(registration_paused=True)
        moved = self.event(venue="Park")
        self.api.patch(f"/api/v1/events/{moved['slug']}", json={"starts_at": soon(hour=10), "notice": {"en": "Later"}})
        cancelled = self.event()
        gone = self.party(cancelled["slug"])
        self.api.post(f"/api/v1/events/{cancelled['slug']}/cancel", json={"notice": {"en": "Storm", "km": "ព្យុះ"}})
        party, given_up, erased = (self.party(slug) for _ in range(3))
        self.api.delete(f"/api/v1/registrations/{given_up['key']}")
        self.api.post(f"/api/v1/registrations/{erased['key']}/erase")
        draft = self.event(publish=False)
        self.public = {
            "welcome": "/", "help": "/help", "privacy": "/privacy", "how": "/how", "country": "/korea/",
            "country-empty": "/kuwait/", "contacts": "/korea/contacts", "subscribe": "/korea/subscribe",
            "event": f"/events/{slug}", "event-in-korean": f"/events/{slug}?text=ko",
            "event-plain": f"/events/{plain['slug']}",
            "event-full": f"/events/{full['slug']}", "event-not-open": f"/events/{soon_open['slug']}",
            "event-paused": f"/events/{paused['slug']}", "event-moved": f"/events/{moved['slug']}",
            "event-cancelled": f"/events/{cancelled['slug']}", "register": f"/events/{slug}/register",
            "register-full": f"/events/{full['slug']}/register",
            "register-paused": f"/events/{paused['slug']}/register",
            "party": f"/r/{party['key']}", "party-of-full": f"/r/{first['key']}",
            "party-waiting": f"/r/{waiting['key']}",
            "party-given-up": f"/r/{given_up['key']}", "party-cancelled": f"/r/{gone['key']}",
            "erased": f"/r/{erased['key']}", "not-found": "/nowhere/", "campaign": "/campaigns/khmer-new-year-kr",
        }  # fmt: skip
        self.post(f"/desk/events/{slug}/invitations", {"label": "Dormitory", "party_limit": "60"})
        twins = [self.party(slug, phone="010-1234-5678") for _ in range(2)]
        self.public |= {
            "reach": f"/r/{party['key']}/reach",
            "ticket-alone": f"/r/{party['key']}/1", "event-khmer-digits": f"/events/{slug}?digits=khmer",
        }  # fmt: skip
        gate = self.api.post(f"/api/v1/events/{slug}/gate-devices", json={"label": "North"}).json()
        moved_party = self.party(moved["slug"], phone="010-1234-5678", email="dara@bon.example")
        self.public["reach-told"] = f"/r/{moved_party['key']}/reach"
        self.api.patch(f"/api/v1/events/{moved['slug']}", json={"starts_at": soon(hour=8)})
        self.embedded = {"embed-country": "/korea", "embed-event": f"/events/{slug}"}
        self.pairing = gate["pair_url"]
        self.device = gate["token"]
        # 16 fresh families for the scanner: languages × schemes × widths
        self.tickets = [self.party(slug, party=4)["tickets"][0]["url"] for _ in range(16)]
        self.ticket = party["tickets"][0]["url"].partition("/T/")[2]
        self.desk = {
            "desk": "/desk", "desk-event": f"/desk/events/{slug}", "desk-draft": f"/desk/events/{draft['slug']}",
            "desk-edit": f"/desk/events/{slug}/edit", "desk-new": "/desk/events/new",
            "desk-registrations": f"/desk/events/{slug}/registrations",
            "desk-confirmed": f"/desk/events/{slug}/registrations?show=confirmed",
            "desk-add": f"/desk/events/{slug}/registrations/new", "desk-paper": f"/desk/events/{slug}/paper",
            "desk-gate": f"/desk/events/{slug}/gate", "desk-board": f"/desk/events/{slug}/board",
            "desk-reports": "/desk/reports", "desk-past": "/desk/past", "desk-webhooks": "/desk/webhooks",
            "desk-tokens": "/desk/account/tokens",
            "desk-webhook": f"/desk/webhooks/{self.webhook()}", "problem": "/api/problems/event_full",
            "desk-handover": "/desk/handover", "desk-audit": f"/desk/events/{slug}/audit",
            "desk-export": f"/desk/events/{slug}/export",
            "desk-rights": "/desk/rights", "desk-second": "/desk/account/second",
            "desk-campaigns": "/desk/campaigns", "desk-campaign": "/desk/campaigns/khmer-new-year-kr",
            "desk-table": f"/desk/campaigns/table?like={slug}",
            "desk-picture": f"/desk/events/{slug}/picture", "desk-contacts": "/desk/contacts",
            "desk-contact": "/desk/contacts/new", "desk-festivals": "/desk/festivals", "desk-account": "/desk/account",
            "styleguide": "/desk/styleguide", "desk-invitations": f"/desk/events/{slug}/invitations",
            "desk-suspicious": f"/desk/events/{slug}/suspicious",
            "desk-rushes": f"/desk/events/{slug}/rushes",
            "desk-find": "/desk/find",
            "desk-event-find": f"/desk/events/{slug}/find",
            "desk-messages": f"/desk/events/{moved['slug']}/messages",
            "desk-message-opening": f"/desk/events/{slug}/messages/opening",
            "desk-compose": f"/desk/events/{slug}/messages/new",
            "desk-publish": f"/desk/events/{slug}/publish",
            "desk-preview": f"/desk/events/{slug}/preview",
            "desk-party": f"/desk/events/{slug}/registrations/{twins[0]['id']}",
            "desk-party-waiting": f"/desk/events/{full['slug']}/registrations/{waiting['id']}",
        }  # fmt: skip

    def address(self, name: str, language: str) -> str:
        if name == "ticket":
            return f"{self.base}/T/{self.ticket}"
        if name in self.embedded:
            return f"{self.base}/embed/{language}{self.embedded[name]}"
        if name in self.desk:
            mark = "&" if "?" in self.desk[name] else "?"
            return f"{self.base}{self.desk[name]}{mark}lang={language}"
        return f"{self.base}/{language}{self.public[name]}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Served(tmp_path_factory.mktemp("walk")) as served:
        served.env |= EVERY_CHANNEL
        served.token = served.staff()
        yield Site(served.start())


def open_at(browser: Browser, site: Site, width: int, **more: Any) -> tuple[Page, list[str], BrowserContext]:
    context = browser.new_context(viewport={"width": width, "height": 780}, **more)
    context.add_cookies([{"name": "bon-session", "value": site.cookie, "url": site.base}])
    page, wrong = watched(context)
    return page, wrong, context


def violations(page: Page) -> list[str]:
    """What axe finds, each with the place where it is."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {node['html'][:120]}" for each in found["violations"] for node in each["nodes"]]


UNTRANSLATED = {
    # a Khmer page speaks no English sentences: three English words in a row betray one
    "km": re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b"),
    "en": re.compile(r"[\u1780-\u17ff]{4,}"),
}
WRITTEN = re.compile("សុខ ដារ៉ា|ភាសាខ្មែរ")  # a name, and what Khmer is called by its speakers
OTHERWISE = "[lang]:not(html), code, textarea, input, .card .soft, .chips, .name, h1, .verdict"


def foreign(page: Page, language: str) -> list[str]:
    """Sentences in another language than the page, outside what is marked so and what people wrote."""
    text = page.evaluate(
        "skip => { const copy = document.querySelector('main').cloneNode(true);"
        " copy.querySelectorAll(skip).forEach(e => e.remove()); return copy.textContent }",
        OTHERWISE,
    )
    return UNTRANSLATED[language].findall(WRITTEN.sub("", text))


def walk(browser: Browser, site: Site, names: list[str], language: str) -> list[str]:
    """Every page at every width; axe where a picture is taken, for between the widths only the layout differs."""
    ARTEFACTS.mkdir(exist_ok=True)
    page, errors, context = open_at(browser, site, WIDTHS[0], locale=language)
    wrong: list[str] = []
    for name in names:
        page.goto(site.address(name, language))
        assert page.locator("html").get_attribute("lang") == language, name
        wrong += [f"{name}: {each!r} is foreign" for each in foreign(page, language)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 780})
            fits(page)
            if width in PICTURED:
                wrong += [f"{name} {width}: {each}" for each in violations(page)]
                page.screenshot(path=ARTEFACTS / f"{name}-{language}-{width}.png", full_page=True)
    wrong += [error for error in errors if "404" not in error and "410" not in error]
    context.close()
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_workers_pages(browser: Browser, site: Site, language: str) -> None:
    assert walk(browser, site, [*site.public, *site.embedded], language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_desk_pages(browser: Browser, site: Site, language: str) -> None:
    assert walk(browser, site, list(site.desk), language) == []


def scanner_walk(browser: Browser, site: Site, width: int, language: str, scheme: str) -> list[str]:
    """Pair a phone and look at its scanner in every state."""
    page, wrong, context = open_at(browser, site, width, locale=language, color_scheme=scheme)
    page.goto(f"{site.pairing}?lang={language}")
    wrong += violations(page)
    page.click("main button")
    page.wait_for_selector("#scanner[data-loaded=true]")

    def look(name: str) -> None:
        fits(page)
        wrong.extend(f"{name} {width}: {each!r} is foreign" for each in foreign(page, language))
        if width in PICTURED:
            wrong.extend(f"{name} {width} {scheme}: {each}" for each in violations(page))
            page.screenshot(path=ARTEFACTS / f"scanner-{name}-{language}-{width}-{scheme}.png")

    def scan(text: str, name: str) -> None:
        page.click("[data-part=type]")
        look("typing")
        page.fill("#find", text)
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-part=verdict]:not([hidden])")
        look(name)
        page.locator("[data-part=choices] > button").last.click()

    look("ready")
    scan(site.tickets.pop(), "family")
    scan("A" * 125, "refused")
    page.click("[data-part=group]")
    look("group")
    page.click("[data-size='3']")
    page.click(".more summary")
    look("menu")
    context.close()
    return wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scanner_in_every_state(browser: Browser, site: Site, language: str, scheme: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    wrong = [each for width in WIDTHS for each in scanner_walk(browser, site, width, language, scheme)]
    assert wrong == []


def test_the_ticket_and_the_dark(browser: Browser, site: Site) -> None:
    wrong = []
    for scheme in ("light", "dark"):
        page, _, context = open_at(browser, site, 360, color_scheme=scheme)
        for name in ("ticket", "event", "party", "register", "styleguide", "contacts", "welcome"):
            page.goto(site.address(name, "km"))
            fits(page)
            wrong += [f"{name} {scheme}: {each}" for each in violations(page)]
            page.screenshot(path=ARTEFACTS / f"{name}-{scheme}.png", full_page=True)
        context.close()
    assert wrong == []


def test_bad_input_is_said_at_the_field(browser: Browser, site: Site) -> None:
    page, _, context = open_at(browser, site, 360, java_script_enabled=True)
    page.goto(site.address("register", "km"))
    page.fill("#party", "៩៩៩")
    page.click("main form button.big")
    assert page.locator("#name-wrong").is_visible()
    assert page.locator("#party").get_attribute("aria-describedby") == "party-hint party-wrong"
    assert page.input_value("#party") == "៩៩៩"
    assert violations(page) == []
    page.screenshot(path=ARTEFACTS / "register-wrong-km-360.png", full_page=True)
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_read_at_twice_the_size_needs_no_sideways_scrolling(browser: Browser, site: Site, language: str) -> None:
    page, _, context = open_at(browser, site, 640)
    for name in ("welcome", "country", "event", "register", "party", "contacts", "how"):
        page.goto(site.address(name, language))
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        fits(page)
        narrow = page.evaluate(
            "[...document.querySelectorAll('.about, .tap > span:not(.act), .facts li > div')]"
            ".filter(e => e.checkVisibility() && e.innerText.length > 6 && e.getBoundingClientRect().width < 150)"
            ".map(e => e.innerText.slice(0, 40))"
        )
        assert narrow == [], name  # a letter or two to the line
    context.close()


def test_pages_are_read_without_styles_scripts_and_pictures(browser: Browser, site: Site) -> None:
    context = browser.new_context(**PHONE, java_script_enabled=False)
    context.route(
        "**/*", lambda route: route.continue_() if route.request.resource_type == "document" else route.abort()
    )
    page = context.new_page()
    page.goto(site.address("event", "km"))
    assert "09:00–17:00" in page.locator("main").inner_text()
    page.click("main a[href$=register]")
    page.fill("[name=name]", "ដារ៉ា")
    page.click("main form button")
    assert "/km/r/" in page.url
    for alt in page.locator("main img").evaluate_all("all => all.map(each => each.alt)"):
        assert alt.strip()
    context.close()


def weights(browser: Browser, address: str) -> list[int]:
    """The bytes of every request of a first visit."""
    page, finished = browser.new_context(**PHONE).new_page(), list[Request]()
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - Playwright takes no built-in
    page.goto(address, wait_until="networkidle")
    sizes = [request.sizes()["responseBodySize"] + request.sizes()["responseHeadersSize"] for request in finished]
    page.context.close()
    return sizes


@pytest.mark.parametrize("name", ["welcome", "country", "event", "party", "contacts", "how"])
def test_a_first_visit_is_light(browser: Browser, site: Site, name: str) -> None:
    sizes = weights(browser, site.address(name, "km"))
    assert sum(sizes) <= 60_000
    assert len(sizes) <= (8 if name == "party" else 6)  # with the scripts that keep its tickets in the phone


def test_targets_are_large_enough_for_thumbs(browser: Browser, site: Site) -> None:
    page, _, context = open_at(browser, site, 360)
    for name in ("welcome", "country", "event", "register", "party", "contacts", "subscribe", "how"):
        page.goto(site.address(name, "km"))
        small = page.evaluate(
            "[...document.querySelectorAll('a, button, input:not([type=hidden]), summary, select')]"
            ".filter(e => e.offsetParent && !e.closest('p:not(.back):not(.texts):not(.tap)')"
            " && !e.matches('.skip, [type=checkbox], [type=radio]') && e.getBoundingClientRect().height < 44)"
            ".map(e => e.outerHTML.slice(0, 120))"
        )
        assert small == [], name
    context.close()


def test_the_html_is_valid(site: Site, tmp_path: Path) -> None:
    with httpx.Client(cookies={"bon-session": site.cookie}) as client:
        for name in [*site.public, *site.desk, "ticket"]:
            for language in LANGUAGES:
                html = client.get(site.address(name, language)).text
                (tmp_path / f"{name}-{language}.html").write_text(html)
    with httpx.Client(cookies={"bon-gate": site.device}) as phone:
        (tmp_path / "gate.html").write_text(phone.get(f"{site.base}/gate?lang=en").text)
    rules = {
        "extends": ["html-validate:standard"],
        "root": True,
        "rules": {
            "long-title": "off",  # a title is as long as the event's
            "void-style": "off",
            "attribute-boolean-style": "off",
            "no-trailing-whitespace": "off",
            "tel-non-breaking": "off",
            "no-implicit-button-type": "off",  # a button of a form submits it, which is meant
            "prefer-native-element": "off",
            "require-sri": "off",  # nothing comes from elsewhere
        },
    }
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules))
    node = str(NODE) if NODE.exists() else shutil.which("node") or "node"
    answer = subprocess.run(
        [node, str(ROOT / "node_modules/html-validate/bin/html-validate.mjs"), "-f", "text", "*.html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr
