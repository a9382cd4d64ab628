"""Tickets as pictures and sheets: every square is read by an independent reader, also from what chat apps make."""

import io
import random
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from app.web import limits
from tests.world import World

BUS = [{"name": {"km": "អូសាន", "en": "Osan"}, "seats": 45}]


def read(picture: bytes | Image.Image) -> list[str]:
    """What the squares of a picture say."""
    image = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture))
    return [
        code.text
        for code in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    ]


async def fetched(world: World, path: str) -> Any:
    async with world.stranger as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    return answer


def pages_of(pdf: bytes, dpi: int = 150) -> list[Image.Image]:
    """A PDF as pictures, drawn by another maker's reader."""
    return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in pypdfium2.PdfDocument(pdf)]


async def test_one_picture_for_each_and_one_for_all(world: World) -> None:
    event = await world.event(pickup_points=BUS)
    party = await world.party(event, 3, children=1, names=["Dara", "Mom", ""])
    urls = [ticket["url"] for ticket in party["tickets"]]
    for number in (1, 2, 3):
        answer = await fetched(world, f"/km/r/{party['key']}/{number}.png")
        assert read(answer.content) == [urls[number - 1]]
        assert Image.open(io.BytesIO(answer.content)).width >= 500
    assert sorted(read((await fetched(world, f"/km/r/{party['key']}/all.png")).content)) == sorted(urls)
    single = await fetched(world, f"/km/r/{party['key']}/2.pdf")
    assert read(pages_of(single.content)[0]) == [urls[1]]
    alone = await fetched(world, f"/en/r/{party['key']}/2")
    assert "Ticket 2 of 3" in alone.text
    assert "<svg" in alone.text
    again = await fetched(world, f"/km/r/{party['key']}/1.png")
    assert again.content == (await fetched(world, f"/km/r/{party['key']}/1.png")).content


async def test_a_picture_is_small_also_of_the_longest_khmer(world: World) -> None:
    long = "ពិធីបុណ្យចូលឆ្នាំថ្មីប្រពៃណីជាតិខ្មែរសម្រាប់បងប្អូនពលករទាំងអស់នៅទីក្រុងស៊ូវ៉ុននិងតំបន់ជុំវិញ"
    event = await world.event(
        title={"km": long, "en": "Khmer New Year for all workers", "ko": "모든 노동자를 위한 캄보디아 설날 축제"},
        venue={"km": long, "ko": "만석공원"},
        notice={"km": f"{long}។ {long}"},
        pickup_points=[{"name": {"km": long}}],
    )
    party = await world.party(event, 2, name=long[:60], pickup_point=event["pickup_points"][0]["id"])
    drawn = await fetched(world, f"/km/r/{party['key']}/1.png")
    assert read(drawn.content) == [party["tickets"][0]["url"]]
    assert len(drawn.content) < 40_000


async def test_sixty_tickets_on_sheets_to_cut(world: World) -> None:
    event = await world.event(party_limit=60)
    party = await world.party(event, 60)
    answer = await fetched(world, f"/km/r/{party['key']}/tickets.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    pages = pages_of(answer.content)
    assert len(pages) == 8
    found = [text for page in pages for text in read(page)]
    assert sorted(found) == sorted(ticket["url"] for ticket in party["tickets"])
    square = zxingcpp.read_barcodes(pages[0])[0].position
    assert (square.bottom_right.x - square.top_left.x) / 150 * 25.4 >= 30  # millimetres
    assert answer.content == (await fetched(world, f"/km/r/{party['key']}/tickets.pdf")).content


def glare(picture: Image.Image) -> Image.Image:
    """A lamp's reflection across the glass."""
    shine = Image.new("L", picture.size)
    ImageDraw.Draw(shine).ellipse((picture.width * 0.1, 0, picture.width * 0.8, picture.height * 0.45), fill=110)
    light = shine.filter(ImageFilter.GaussianBlur(60))
    return ImageChops.add(picture, Image.merge("RGB", (light, light, light)))


def cracked(picture: Image.Image) -> Image.Image:
    """Cracks that run from one corner."""
    draw, chance = ImageDraw.Draw(picture := picture.copy()), random.Random(7)
    for _ in range(9):
        end = (chance.randrange(picture.width), chance.randrange(picture.height))
        draw.line([(picture.width, picture.height // 2), end], fill="#b8b8b8", width=2)
    return picture


def squeezed(picture: Image.Image) -> Image.Image:
    """What a chat app sends on: smaller, and JPEG at 40."""
    file = io.BytesIO()
    picture.resize((600, picture.height * 600 // picture.width)).save(file, "JPEG", quality=40)
    return Image.open(file).convert("RGB")


def on_a_small_screen(picture: Image.Image) -> Image.Image:
    """A dim 5-inch screen photographed askew and not quite sharp."""
    dim = ImageEnhance.Brightness(picture).enhance(0.55).resize((720, picture.height * 720 // picture.width))
    return dim.rotate(7, expand=True, fillcolor="#202020").filter(ImageFilter.GaussianBlur(1.2))


@pytest.mark.parametrize("hardship", [glare, cracked, squeezed, on_a_small_screen])
async def test_the_square_is_read_in_hard_conditions(world: World, hardship: Any) -> None:
    event = await world.event()
    party = await world.party(event, 1)
    answer = await fetched(world, f"/km/r/{party['key']}/1.png")
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert read(hardship(picture)) == [party["tickets"][0]["url"]]
    if hardship is not squeezed:
        assert read(squeezed(hardship(picture))) == [party["tickets"][0]["url"]]


@pytest.mark.parametrize("code", ["KR", "JP", "TH", "MY", "AE", "TW"])
async def test_every_host_language_is_drawn(world: World, code: str) -> None:
    from app.directory.queries import countries
    from app.events.present import public_event
    from app.printing.texts import said
    from app.registrations.prints import ADMITS, Printed, facts_of

    event = await world.event(by="hq", host_country=code, time_zone="")
    found = await public_event(event["slug"])
    assert found
    country = next(each for each in await countries() if each.code == code)
    facts = facts_of(found, [Printed(1, 1, "", False, "HTTPS://X")], "km", country.languages, "ABCDEF", None)
    for tag in country.languages:
        assert said(tag, ADMITS[tag]) in facts["admits"]
    assert facts["dates"][0]["language"] == country.languages[0]
    assert facts["dates"][0]["pieces"] != facts["date"]["pieces"]


async def test_change_follows_the_ticket(world: World) -> None:
    from app.events.present import public_event
    from app.registrations.prints import notice_of

    event = await world.event()
    party = await world.party(event, 1)
    before = (await fetched(world, f"/en/r/{party['key']}/1.png")).content
    moved = {"starts_at": event["starts_at"].replace("T09:", "T10:"), "notice": {"en": "One hour later"}}
    async with world.api("korea") as client:
        assert (await client.patch(f"/api/v1/events/{event['slug']}", json=moved)).status_code == 200
    found = await public_event(event["slug"])
    assert found
    assert "The time has changed. Before, it was" in notice_of(found, "en")
    assert "One hour later" in notice_of(found, "en")
    after = await fetched(world, f"/en/r/{party['key']}/1.png")
    assert after.content != before
    assert read(after.content) == [party["tickets"][0]["url"]]
    page = await fetched(world, f"/en/r/{party['key']}")
    assert "The time has changed." in page.text
    async with world.api("korea") as client:
        await client.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "Storm"}})
    found = await public_event(event["slug"])
    assert found
    assert notice_of(found, "en") == "This event is cancelled. Storm"


async def test_a_page_waits_for_the_opening_without_script(world: World) -> None:
    from datetime import UTC, datetime, timedelta

    opens = (datetime.now(UTC) + timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M")
    event = await world.event(registration_opens_at=opens, time_zone="UTC")
    async with world.stranger as client:
        page = (await client.get(f"/en/events/{event['slug']}")).text
        seconds = int(page.split('http-equiv="refresh" content="')[1].split('"')[0])
        assert 60 < seconds < 200
        assert "http-equiv" in (await client.get(f"/en/events/{event['slug']}/register")).text
        plain = await world.event()
        assert 'http-equiv="refresh"' not in (await client.get(f"/en/events/{plain['slug']}")).text


async def test_prints_say_the_day_in_few_words(world: World) -> None:
    """The longest Khmer day does not push the hours or the title off a card."""
    from app.events.present import public_event
    from app.events.words import days_of

    event = await world.event(starts_at="2030-09-26T09:00", ends_at="2030-09-26T17:00")
    assert days_of(await public_event(event["slug"]), "km", tight=True) == "ថ្ងៃព្រហស្បតិ៍ 26 កញ្ញា 2030"
    async with world.stranger as client:
        page = (await client.get(f"/km/events/{event['slug']}")).text.replace("<wbr>", "")
    assert "ថ្ងៃព្រហស្បតិ៍ ទី 26 ខែកញ្ញា ឆ្នាំ 2030" in page


async def test_one_hand_cannot_keep_the_press_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.PRINTING, "burst", 3)
    monkeypatch.setattr(limits.PRINTING, "rate", 0.001)
    party = await world.party(await world.event())
    async with world.stranger as client:
        answers = [(await client.get(f"/km/r/{party['key']}/1.png")).status_code for _ in range(5)]
        other = await world.party(await world.event())
        assert (await client.get(f"/km/r/{other['key']}/1.png")).status_code == 200
        assert (
            await client.get(f"/km/r/{party['key']}/1.svg")
        ).status_code == 200  # the gate's code itself always comes
    assert answers == [200, 200, 200, 429, 429]
