"""Event pictures without their metadata, link cards and posters whose squares lead to the event."""

import io
import re
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from app.database.connection import fetch
from tests.world import World

ALT = {"alt.km": "អ្នករាំ", "alt.en": "Dancers"}


def photo(size: tuple[int, int] = (1600, 1067), kind: str = "JPEG", **more: Any) -> bytes:
    """A picture with a place, a camera and a comment in it, red at the left and blue at the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = more.pop("orientation", 1)
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 18.0, 3.0), 3: "E", 4: (127.0, 0.0, 2.0)})
    file = io.BytesIO()
    picture.save(file, kind, exif=exif, **more)
    return file.getvalue()


async def upload(world: World, slug: str, content: bytes, by: str = "korea", **alt: str) -> Any:
    async with world.desk(by) as client:
        return await client.post(
            f"/desk/events/{slug}/picture?lang=en",
            data={name.replace("_", "."): text for name, text in alt.items()} or ALT,
            files={"picture": ("p.jpg", content, "image/jpeg")},
        )


async def shown(world: World, slug: str) -> str:
    async with world.stranger as client:
        return str((await client.get(f"/en/events/{slug}")).text)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_made_anew(world: World, kind: str) -> None:
    event = await world.event()
    sent = photo(kind=kind)
    assert b"SecretCamera" in sent
    assert (await upload(world, event["slug"], sent)).status_code == 303
    page = await shown(world, event["slug"])
    assert 'alt="Dancers"' in page
    names = re.findall(r"/pictures/(\w+\.(?:webp|jpg))", page)
    async with world.stranger as client:
        for name in names:
            answer = await client.get(f"/pictures/{name}")
            assert answer.status_code == 200
            assert b"SecretCamera" not in answer.content
            made = Image.open(io.BytesIO(answer.content))
            assert not made.getexif()
            assert made.width == {"webp": 720, "jpg": 1200}[name.partition(".")[2]]
        light = await client.get(f"/pictures/{names[0]}")
        assert len(light.content) <= 30_000


async def test_a_picture_taken_upright_stands_upright(world: World) -> None:
    event = await world.event()
    await upload(world, event["slug"], photo((900, 600), orientation=6))
    name = re.findall(r"/pictures/(\w+\.jpg)", await shown(world, event["slug"]))[0]
    async with world.stranger as client:
        made = Image.open(io.BytesIO((await client.get(f"/pictures/{name}")).content))
    assert made.size == (600, 900)
    red, _, blue = made.convert("RGB").split()
    colours = (red.getpixel((300, 100)), blue.getpixel((300, 100)))
    assert colours == pytest.approx((255, 0), abs=9)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture that we can read"),
        (b"\xff\xd8\xff" + b"\x00" * 100, "This is no picture that we can read"),
        (photo()[:2000], "This is no picture that we can read"),
        (photo((90, 90)), "too small"),
        (photo((3000, 300)), "too small or too narrow"),
        (b"", "Please fill this in"),
    ],
)
async def test_what_is_no_picture_is_refused_with_words(world: World, content: bytes, words: str) -> None:
    event = await world.event()
    answer = await upload(world, event["slug"], content)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Dancers"' in answer.text
    assert "/pictures/" not in await shown(world, event["slug"])


async def test_a_picture_of_too_many_points_is_refused_before_it_is_unpacked(world: World) -> None:
    event = await world.event()
    file = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(file, "PNG")
    answer = await upload(world, event["slug"], file.getvalue())
    assert answer.status_code == 422
    assert "too big" in answer.text


async def test_a_part_that_is_no_text_is_refused(world: World) -> None:
    event = await world.event()
    body = b'--x\r\nContent-Disposition: form-data; name="alt.km"\r\n\r\n\xff\x00\r\n--x--\r\n'
    async with world.desk("korea") as client:
        answer = await client.post(
            f"/desk/events/{event['slug']}/picture",
            content=body,
            headers={"content-type": "multipart/form-data; boundary=x"},
        )
    assert answer.status_code == 400


async def test_words_for_those_who_cannot_see_are_required(world: World) -> None:
    event = await world.event()
    answer = await upload(world, event["slug"], photo(), alt_km="")
    assert answer.status_code == 422
    assert "some people cannot see it" in answer.text
    assert "/pictures/" not in await shown(world, event["slug"])


async def test_the_same_picture_twice_changes_nothing_and_it_can_go(world: World) -> None:
    event = await world.event()
    for _ in range(2):
        assert (await upload(world, event["slug"], photo())).status_code == 303
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'picture_set'")) == 1
    name = re.findall(r"/pictures/(\w+\.jpg)", await shown(world, event["slug"]))[0]
    async with world.desk("korea") as client:
        answer = await client.post(f"/desk/events/{event['slug']}/picture", data={"alt.en": "Dancers in Suwon"})
        assert answer.status_code == 303
        assert "Dancers in Suwon" in await shown(world, event["slug"])
        for _ in range(2):
            assert (await client.post(f"/desk/events/{event['slug']}/picture/remove")).status_code == 303
        assert (await client.get(f"/pictures/{name}")).status_code == 404
    assert "/pictures/" not in await shown(world, event["slug"])


async def test_a_copy_shows_the_same_picture(world: World) -> None:
    event = await world.event()
    await upload(world, event["slug"], photo())
    async with world.api("korea") as client:
        copy = (await client.post(f"/api/v1/events/{event['slug']}/copy", json={})).json()
        original = (await client.get(f"/api/v1/events/{event['slug']}")).json()
    assert copy["picture"] == original["picture"]
    assert copy["picture"]["alt"] == {"km": "អ្នករាំ", "en": "Dancers"}
    async with world.desk("korea") as client:
        form = (await client.get(f"/desk/events/new?copy={event['slug']}")).text
    assert f'name="copy_of" value="{event["slug"]}"' in form


async def test_nobody_changes_another_countrys_picture(world: World) -> None:
    event = await world.event()
    assert (await upload(world, event["slug"], photo(), by="japan")).status_code == 404
    async with world.stranger as client:
        answer = await client.post(f"/desk/events/{event['slug']}/picture", files={"picture": ("p.jpg", photo())})
    assert answer.headers["location"].startswith("/desk/login")


async def test_a_copied_form_takes_no_picture_from_what_does_not_exist(world: World) -> None:
    event = await world.event()
    await upload(world, event["slug"], photo())
    form = {
        "host_country": "JP", "festival": "other", "title.en": "Ours", "starts_on": "2030-01-01",
        "starts_time": "09:00",
        "ends_on": "2030-01-01", "ends_time": "10:00", "party_limit": "5", "entry_rule": "once",
        "copy_of": event["slug"],
    }  # fmt: skip
    async with world.desk("japan") as client:
        answer = await client.post("/desk/events/new", data=form)
        assert answer.status_code == 303
        slug = answer.headers["location"].rsplit("/", 1)[1]
        assert "/pictures/" not in (await client.get(f"/desk/events/{slug}/picture")).text


async def test_the_link_card_is_a_picture_of_the_event(world: World) -> None:
    event = await world.event()
    page = await shown(world, event["slug"])
    address = f"{world.settings.base_url}/en/events/{event['slug']}/card.jpg"
    assert f'<meta property="og:image" content="{address}?' in page
    async with world.stranger as client:
        card = await client.get(f"/km/events/{event['slug']}/card.jpg")
        assert card.headers["content-type"] == "image/jpeg"
        picture = Image.open(io.BytesIO(card.content))
        assert picture.size == (1200, 630)
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [
            f"{world.settings.base_url}/e/{event['slug']}"
        ]
        assert (await client.get(f"/km/events/{event['slug']}/card.jpg")).content == card.content
        async with world.api("korea") as attache:
            await attache.patch(f"/api/v1/events/{event['slug']}", json={"venue": "Another park"})
        assert (await client.get(f"/km/events/{event['slug']}/card.jpg")).content != card.content
        draft = await world.event(publish=False)
        assert (await client.get(f"/km/events/{draft['slug']}/card.jpg")).status_code == 404


@pytest.mark.parametrize("language", ["km", "en"])
async def test_posters_lead_to_the_event_and_are_always_the_same(world: World, language: str) -> None:
    event = await world.event(title={"km": "បុណ្យចូលឆ្នាំខ្មែរ", "en": "Khmer New Year", "ko": "수원 캄보디아 설날 축제"})
    await upload(world, event["slug"], photo())
    async with world.desk("korea") as client:
        for name in ("poster-a4.pdf", "poster-a3.pdf", "square.jpg", "tall.jpg"):
            address = f"/desk/events/{event['slug']}/prints/{name}?lang={language}"
            first, second = await client.get(address), await client.get(address)
            assert first.status_code == 200
            assert first.content == second.content, name
            if name.endswith(".pdf"):
                assert first.content.startswith(b"%PDF-")
                assert first.headers["content-type"] == "application/pdf"
                continue
            picture = Image.open(io.BytesIO(first.content))
            assert picture.size == {"square.jpg": (1080, 1080), "tall.jpg": (1080, 1920)}[name]
            codes = [code.text for code in zxingcpp.read_barcodes(picture)]
            assert codes == [f"{world.settings.base_url}/e/{event['slug']}"]
        assert (await client.get(f"/desk/events/{event['slug']}/prints/other.pdf")).status_code == 404
    async with world.desk("japan") as client:
        assert (await client.get(f"/desk/events/{event['slug']}/prints/poster-a4.pdf")).status_code == 404
