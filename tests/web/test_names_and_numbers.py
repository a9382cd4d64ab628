"""A name has something to see, and a number is read as who typed it meant, or asked about."""

from typing import Any

import pytest

from tests.web.test_tickets import read
from tests.world import World


async def register(world: World, event: dict[str, Any], **body: Any) -> Any:
    async with world.stranger as client:
        return await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", **body})


async def shown(world: World, event: dict[str, Any], **body: Any) -> str:
    """The number or address as the party's own page shows it."""
    answer = await register(world, event, **body)
    assert answer.status_code == 201, answer.text
    async with world.stranger as client:
        return (await client.get(f"/en/r/{answer.json()['key']}")).text


@pytest.mark.parametrize(
    "blank",
    ["\u200b", "\u3164", "\u2800", "\u00ad", "\u115f", "\u1160", "\uffa0", "\u034f", "\u200d", "\u2060", "\ufeff",
     "\u17b5", "\u0301", " \u200b \u3164 "],
)  # fmt: skip
async def test_what_shows_nothing_is_no_name_and_no_title(world: World, blank: str) -> None:
    event = await world.event()
    answer = await register(world, event, name=blank)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "required")
    party = await world.party(event, 2)
    async with world.stranger as client, world.api("korea") as staff:
        path = f"/api/v1/registrations/{party['key']}/tickets/2/hand-on"
        assert (await client.post(path, json={"name": blank})).status_code == 422
        answer = await staff.patch(f"/api/v1/events/{event['slug']}", json={"title": {"km": blank}})
        assert answer.status_code == 422


@pytest.mark.parametrize("name", ["ដារ៉ា", "Dara 🙂", "김", "ม", "A\u0301"])
async def test_a_name_in_any_script_is_one(world: World, name: str) -> None:
    assert (await register(world, await world.event(), name=name)).status_code == 201


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("00855 97 123 4567", "+855971234567"),
        ("+855 97 123 4567", "+855971234567"),
        ("001 855 97 123 4567", "+855971234567"),
        ("002-855-97-123-4567", "+855971234567"),
        ("010-1234-5678", "+821012345678"),
        ("០១០ ១២៣៤ ៥៦៧៨", "+821012345678"),
        ("010\u200b1234\u200b5678", "+821012345678"),
        ("(010) 1234.5678", "+821012345678"),
    ],
)
async def test_a_number_is_read_as_it_was_meant(world: World, typed: str, meant: str) -> None:
    assert f'value="{meant}"' in await shown(world, await world.event(), phone=typed)


async def test_zeros_before_cambodia_mean_plus_in_every_country(world: World) -> None:
    for country in ("JP", "TH", "MY", "SG", "HK", "TW", "SA", "KW", "AE"):
        event = await world.event("hq", host_country=country, time_zone="")
        assert 'value="+855971234567"' in await shown(world, event, phone="00855 97 123 4567"), country


@pytest.mark.parametrize(
    "typed", ["010-CALL-NOW", "+917878787xyz", "010-1234-5678 (Dara)", "010-1234", "+82 10", "12", "+", "010;1234;5678"]
)
async def test_what_is_no_number_is_refused_with_words(world: World, typed: str) -> None:
    answer = await register(world, await world.event(), phone=typed)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "phone_invalid")


async def test_a_number_that_only_cambodia_knows_is_asked_about(world: World) -> None:
    answer = await register(world, await world.event(), phone="097 123 4567")
    problem = answer.json()["errors"][0]
    assert (answer.status_code, problem["field"], problem["code"]) == (422, "phone", "phone_country_unclear")
    assert "+855971234567" in problem["detail"]
    assert "Korea" in problem["detail"]


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("user@müller.de", True),
        ("dara\u200b@example.org", True),
        ("a@b..de", False),
        ("a@-b.de", False),
        ("a@b.de.", False),
        ("a@b", False),
    ],
)
async def test_addresses_are_judged_by_their_form(world: World, typed: str, right: bool) -> None:
    answer = await register(world, await world.event(), email=typed)
    assert answer.status_code == (201 if right else 422), answer.text


async def test_a_party_of_twelve_has_two_pictures_and_nothing_is_cut(world: World) -> None:
    event = await world.event(party_limit=20)
    party = await world.party(event, 12)
    async with world.stranger as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
        assert "11–12 of 12" in page
        first, second, third = [
            await client.get(f"/en/r/{party['key']}/{name}.png") for name in ("all", "all-2", "all-3")
        ]
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 404)
    urls = [code for picture in (first, second) for code in read(picture.content)]
    assert sorted(urls) == sorted(ticket["url"] for ticket in party["tickets"])


async def test_registration_does_not_open_after_the_end(world: World) -> None:
    event = await world.event(publish=False)
    async with world.api("korea") as client:
        answer = await client.patch(f"/api/v1/events/{event['slug']}", json={"registration_opens_at": event["ends_at"]})
    assert answer.status_code == 422
    assert {"field": "registration_opens_at", "code": "opens_after_end"}.items() <= answer.json()["errors"][0].items()
