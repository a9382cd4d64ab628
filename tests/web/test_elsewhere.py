"""What other sites, robots, browsers and password managers find."""

import io
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from PIL import Image

from app.site import well_known
from tests.world import World, soon

SITE = "https://association.example"


async def test_a_card_and_a_list_for_other_sites(world: World) -> None:
    event = await world.event(capacity=20)
    async with world.client(origin=SITE) as site:
        for language, register in (("km", "ចុះឈ្មោះ"), ("en", "Register")):
            card = await site.get(f"/embed/{language}/events/{event['slug']}")
            assert card.status_code == 200
            assert f"/{language}/events/{event['slug']}/register" in card.text
            assert register in card.text
            assert "20" in card.text
            listed = await site.get(f"/embed/{language}/korea")
            assert f"/{language}/events/{event['slug']}" in listed.text
            for answer in (card, listed):
                assert "frame-ancestors *" in answer.headers["content-security-policy"]
                assert "x-frame-options" not in answer.headers
                assert "set-cookie" not in answer.headers
                assert "<form" not in answer.text
                assert '<base target="_top">' in answer.text
        for path in ("/embed/en/nowhere", "/embed/en/events/nothing", "/embed/xx/korea"):
            assert (await site.get(path)).status_code == 404, path


async def test_only_these_may_be_framed(world: World) -> None:
    event = await world.event()
    async with world.stranger as client:
        for path in (
            "/en/",
            f"/en/events/{event['slug']}",
            f"/en/events/{event['slug']}/register",
            "/desk/login",
            "/api",
        ):
            answer = await client.get(path)
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
            assert answer.headers["x-frame-options"] == "DENY", path


async def test_a_draft_is_on_no_other_site(world: World) -> None:
    event = await world.event(publish=False)
    async with world.api("korea") as attache:
        assert (await attache.get(f"/embed/en/events/{event['slug']}")).status_code == 404
        assert event["slug"] not in (await attache.get("/embed/en/korea")).text


async def test_a_cancelled_event_says_so_where_it_is_embedded(world: World) -> None:
    event = await world.event()
    async with world.api("korea") as attache, world.stranger as client:
        await attache.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "A storm"}})
        card = (await client.get(f"/embed/en/events/{event['slug']}")).text
    assert "Cancelled" in card
    assert "A storm" in card
    assert "/register" not in card


async def test_the_script_is_small_and_shared(world: World) -> None:
    async with world.client(origin=SITE) as site:
        answer = await site.get("/embed.js")
    assert len(answer.content) < 10_000
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "cookie" not in re.sub(r"//.*", "", answer.text)


async def test_one_readers_digits_are_nobody_elses(world: World) -> None:
    await world.event()
    async with world.stranger as client:
        await client.get("/embed/km/korea?digits=khmer")
        assert "digits=khmer" not in (await client.get("/embed/km/korea")).text


async def test_oembed_for_events_and_countries(world: World) -> None:
    event = await world.event()
    base = world.settings.base_url
    async with world.stranger as client:
        page = (await client.get(f"/en/events/{event['slug']}")).text
        (address,) = re.findall(r'type="application/json\+oembed"\s+href="([^"]+)"', page)
        found = await client.get(address)
        assert found.headers["access-control-allow-origin"] == "*"
        body = found.json()
        assert (body["version"], body["type"]) == ("1.0", "rich")
        assert body["title"] == "Khmer New Year in Suwon"
        (frame,) = re.findall(r'src="([^"]+)"', body["html"])
        assert (await client.get(frame)).status_code == 200
        assert (await client.get(body["thumbnail_url"])).status_code == 200
        small = (await client.get(address, params={"url": f"{base}/en/korea/", "maxwidth": 300})).json()
        assert (small["width"], "300" in small["html"]) == (300, True)
        for wrong in (f"{base}/desk", f"{base}/en/r/x", "https://other.example/en/korea", f"{base}/xx/korea", ""):
            assert (await client.get("/oembed", params={"url": wrong})).status_code == 404, wrong
        assert (await client.get("/oembed", params={"url": f"{base}/en/korea/", "format": "xml"})).status_code == 501


async def test_squares_for_posters(world: World) -> None:
    import zxingcpp

    from app.printing import qr

    event = await world.event()
    base = world.settings.base_url
    async with world.stranger as client:
        for path, opens in (
            (f"/km/events/{event['slug']}/qr.svg", f"{base}/e/{event['slug']}"),
            ("/km/korea/qr.svg", f"{base}/km/korea/"),
        ):
            answer = await client.get(path)
            assert answer.headers["content-type"].startswith("image/svg+xml")
            assert answer.text == qr.svg(opens)
            (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(qr.png(opens))))
            assert read.text == opens
        assert (await client.get("/km/events/nothing/qr.svg")).status_code == 404
        assert (await client.get("/km/nowhere/qr.svg")).status_code == 404


async def test_the_sitemap_names_every_public_page_in_every_language_and_no_other(world: World) -> None:
    event, draft = await world.event(), await world.event(publish=False)
    party = await world.party(event)
    async with world.stranger as client:
        answer = await client.get("/sitemap.xml")
        whole = Xml.fromstring(answer.content)
        space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
        found = {url.findtext("s:loc", "", space): url for url in whole.findall("s:url", space)}
        base = world.settings.base_url
        for language in ("km", "en"):
            own = found[f"{base}/{language}/events/{event['slug']}"]
            assert datetime.fromisoformat(own.findtext("s:lastmod", "", space))
            twins = {link.get("hreflang"): link.get("href") for link in own.findall("x:link", space)}
            assert set(twins) == {"km", "en", "x-default"}
            assert twins["km"] == f"{base}/km/events/{event['slug']}"
        assert draft["slug"] not in answer.text
        assert party["key"] not in answer.text
        for address in list(found)[:30]:
            page = await client.get(address)
            assert page.status_code == 200, address
            assert f'<link rel="canonical" href="{address}">' in page.text, address
            assert 'hreflang="x-default"' in page.text
            assert 'property="og:title"' in page.text, address


async def test_personal_pages_are_canonical_nowhere(world: World) -> None:
    party = await world.party(await world.event())
    async with world.stranger as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
        assert "canonical" not in page
        robots = (await client.get("/robots.txt")).text
    for closed in ("/desk", "/gate", "/km/r/", "/en/r/"):
        assert f"Disallow: {closed}" in robots
    assert f"Sitemap: {world.settings.base_url}/sitemap.xml" in robots


async def test_security_txt_is_good_for_a_while(world: World) -> None:
    async with world.stranger as client:
        answer = await client.get("/.well-known/security.txt")
        lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
        until = datetime.fromisoformat(lines["Expires"])
        left = (until - datetime.now(until.tzinfo)).days
        assert 28 <= left <= 95
        assert (await client.get(lines["Canonical"])).status_code == 200
        assert (await client.get(lines["Contact"])).status_code == 200
        password = await client.get("/.well-known/change-password")
    assert password.headers["location"] == "/desk/account"


@pytest.mark.parametrize("language", ["km", "en"])
async def test_workers_pages_can_be_installed(world: World, language: str) -> None:
    async with world.stranger as client:
        page = (await client.get(f"/{language}/")).text
        (address,) = re.findall(r'<link rel="manifest" href="([^"]+)"', page)
        told: dict[str, Any] = (await client.get(address)).json()
        assert told["lang"] == language
        assert (await client.get(told["start_url"])).status_code == 200
        assert told["shortcuts"][0]["url"] == f"/{language}/tickets"
        for each in (*told["shortcuts"],):
            assert (await client.get(each["url"])).status_code == 200
        for icon in told["icons"]:
            picture = Image.open(io.BytesIO((await client.get(icon["src"])).content))
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
        touch = Image.open(io.BytesIO((await client.get("/apple-touch-icon.png")).content))
        assert touch.size == (180, 180)
        ico = Image.open(io.BytesIO((await client.get("/favicon.ico")).content))
        assert (ico.format, (32, 32) in ico.info["sizes"]) == ("ICO", True)
        assert (await client.get("/icon-9999.png")).status_code == 404


async def test_the_list_on_another_site_holds_coming_events_alone(world: World) -> None:
    await world.event(title={"en": "Long ago"}, starts_at=soon(2), ends_at=soon(2, 17))
    async with world.stranger as client:
        assert "Long ago" in (await client.get("/embed/en/korea")).text


async def test_a_later_part_of_a_country_is_its_own_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.site.pages.A_PART", 1)
    for number in range(3):
        await world.event(title={"en": f"Event {number}"})
    base = world.settings.base_url
    async with world.stranger as client:
        for query in ("", "?page=2", "?page=3"):
            page = (await client.get(f"/en/korea/{query}")).text
            assert f'<link rel="canonical" href="{base}/en/korea/{query}">' in page, query


async def test_the_sitemap_is_made_anew_only_when_something_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*given: Any) -> bytes:
        made.append(1)
        return sitemap(*given)

    sitemap = well_known._sitemap
    monkeypatch.setattr(well_known, "_sitemap", counted)
    await world.event()
    async with world.stranger as client:
        for _ in range(3):
            world.app.state.public_cache.clear()
            first = await client.get("/sitemap.xml")
        assert len(made) == 1
        event = await world.event()
        world.app.state.public_cache.clear()
        second = await client.get("/sitemap.xml")
    assert (event["slug"] in first.text, event["slug"] in second.text) == (False, True)
