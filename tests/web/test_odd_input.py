"""Odd input everywhere a stranger may send something: a clear refusal, never a failure, and nothing lost or doubled."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from app.database.connection import fetch
from app.seats.counts import miscounted
from tests.world import World

ODD: tuple[Any, ...] = (
    0, -1, 10**9, 10**30, 1.5, True, None, "", " ", "០", "១0", "৩", "1e3", "-៣", "ក" * 10_000, "\u202e" + "evil",
    "👩‍👩‍👧‍👦",
    "\x00\x01", "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE event; --",
    [], [[]], {}, {"a": 1}, [None], ["x"] * 300,
    "9" * 40, "2027-02-30", "km", "\ud7ff",
)  # fmt: skip
FINE = {200, 201, 204, 303, 400, 404, 409, 410, 422}


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "party",
        "children",
        "names",
        "phone",
        "email",
        "language",
        "pickup_point",
        "accept_waiting",
        "invitation",
    ],
)
async def test_registering_with_odd_values(world: World, field: str) -> None:
    event = await world.event(capacity=None)
    async with world.stranger as client:
        for odd in ODD:
            answer = await client.post(
                f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", "party": 2, field: odd}
            )
            assert answer.status_code in FINE, (odd, answer.text)
            if answer.status_code == 422:
                assert all(each["detail"] for each in answer.json()["errors"]), odd
    assert await miscounted() == []


@pytest.mark.parametrize("field", ["party", "drop", "children", "names", "phone", "email", "pickup_point", "unknown"])
async def test_changing_with_odd_values(world: World, field: str) -> None:
    event = await world.event(capacity=None, pickup_points=[{"name": "Osan", "seats": 3}])
    party = await world.party(event, 2)
    async with world.stranger as client:
        for odd in ODD:
            answer = await client.patch(f"/api/v1/registrations/{party['key']}", json={field: odd})
            assert answer.status_code in FINE, (odd, answer.text)
            handed = await client.post(
                f"/api/v1/registrations/{party['key']}/tickets/{quote(str(odd)[:20], safe='') or 'x'}/hand-on",
                json={"name": ""},
            )
            assert handed.status_code in FINE, (odd, handed.text)
    assert await miscounted() == []


async def test_forms_with_odd_values_keep_what_was_typed(world: World) -> None:
    event = await world.event(pickup_points=[{"name": "Osan", "seats": 3}])
    party = await world.party(event, 2)
    async with world.browser() as client:
        form = (await client.get(f"/en/events/{event['slug']}/register")).text
        nonce = re.search(r'name="nonce" value="([^"]+)"', form)
        assert nonce
        for odd in (each for each in ODD if isinstance(each, str) and each.strip()):
            for field in ("party", "children", "phone", "pickup_point"):
                typed = {"nonce": nonce[1], "name": "សុខ ដារ៉ា", "party": "1", "children": "", field: odd}
                answer = await client.post(f"/en/events/{event['slug']}/register", data=typed)
                assert answer.status_code in {303, 422}, (field, odd)
                if answer.status_code == 303:  # "១0" is ten people only where ten may come
                    nonce = re.search(
                        r'value="([^"]+\.[^"]+\.[^"]+)"',
                        (await client.get(f"/en/events/{event['slug']}/register")).text,
                    )
                    assert nonce
                    continue
                assert 'value="សុខ ដារ៉ា"' in answer.text
                assert "<script>alert" not in answer.text
                assert ">49<" not in answer.text
            for field in ("party", "children", "names.1", "phone", "email", "pickup_point", "drop"):
                answer = await client.post(f"/en/r/{party['key']}/change", data={"party": "2", field: odd})
                assert answer.status_code in {303, 422}, (field, odd)
    assert await miscounted() == []


async def test_a_form_that_was_open_while_the_event_filled_says_so_and_books_nothing(world: World) -> None:
    event = await world.event(capacity=2)
    async with world.browser() as client:
        page = (await client.get(f"/en/events/{event['slug']}/register")).text
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)
        assert nonce
        await world.party(event, 2)
        typed = {"nonce": nonce[1], "name": "Late", "party": "2"}
        full = await client.post(f"/en/events/{event['slug']}/register", data=typed)
        assert full.status_code == 409
        assert "All places are taken. You can wait for a place to become free." in full.text
        assert 'value="Late"' in full.text
        waiting = await client.post(f"/en/events/{event['slug']}/register", data={**typed, "accept_waiting": "on"})
        again = await client.post(f"/en/events/{event['slug']}/register", data={**typed, "accept_waiting": "on"})
        assert waiting.headers["location"] == again.headers["location"]
    assert len(await fetch("SELECT id FROM registration")) == 2


@pytest.mark.parametrize(
    "query", ["?digits=x", "?text=zz", "?text=ko&digits=khmer", "?digits=khmer&digits=x", "?lang=x"]
)
async def test_settings_of_a_page_that_make_no_sense_are_left_alone(world: World, query: str) -> None:
    event = await world.event()
    async with world.stranger as client:
        for path in ("/km/", "/km/korea/", f"/km/events/{event['slug']}", "/km/help"):
            assert (await client.get(path + query)).status_code == 200


@pytest.mark.parametrize("field", ["programme", "facilities", "travel", "bring", "held_after_hours"])
async def test_events_with_odd_values(world: World, field: str) -> None:
    event = await world.event()
    async with world.api("korea") as client:
        for odd in (*ODD, [{"at": "9:00"}], [{"at": "24:00", "what": {"km": "x"}}], ["wheelchair", "wheelchair"]):
            answer = await client.patch(f"/api/v1/events/{event['slug']}", json={field: odd})
            assert answer.status_code in FINE, (odd, answer.text)
        assert (await client.get(f"/km/events/{event['slug']}")).status_code == 200
