"""Registering by API and by form: seats, waiting list, repeats, bad input, erasing."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import pytest

from app.database.connection import current, fetch
from app.database.rows import json_of
from app.seats.counts import miscounted
from tests.world import World, soon


async def refused(world: World, event: dict[str, Any], **wish: Any) -> tuple[int, str, dict[str, str]]:
    """Status, code and problems of a wish to come."""
    async with world.stranger as client:
        answer = await client.post(f"/api/v1/events/{event['slug']}/registrations", json={"name": "Dara", **wish})
    body = answer.json()
    return answer.status_code, body["code"], {problem["field"]: problem["code"] for problem in body["errors"]}


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "problems"),
    [
        ({"name": ""}, {"name": "required"}),
        ({"name": "\u202e \u0007"}, {"name": "required"}),
        ({"name": "ក" * 121}, {"name": "too_long"}),
        ({"name": 7}, {"name": "not_a_text"}),
        ({"party": 0}, {"party": "too_small"}),
        ({"party": -1}, {"party": "too_small"}),
        ({"party": "many"}, {"party": "not_a_number"}),
        ({"party": 2, "children": 3}, {"children": "children_exceed_party"}),
        ({"party": 2, "names": ["a", "b", "c"]}, {"names": "too_many"}),
        ({"phone": "12"}, {"phone": "phone_invalid"}),
        ({"phone": "call me"}, {"phone": "phone_invalid"}),
        ({"email": "nobody@"}, {"email": "email_invalid"}),
        ({"language": "xx"}, {"language": "not_a_choice"}),
        ({"pickup_point": str(uuid4())}, {"pickup_point": "unknown_pickup_point"}),
        ({"passport": "N123"}, {"passport": "unknown_field"}),
        (
            {"party": [], "children": {}, "phone": 1},
            {"party": "not_a_number", "children": "not_a_number", "phone": "not_a_text"},
        ),
    ],
)
async def test_bad_input_is_named(world: World, wish: dict[str, Any], problems: dict[str, str]) -> None:
    status, _, found = await refused(world, await world.event(), **wish)
    assert (status, found) == (422, problems)


async def test_a_party_too_large_has_its_own_code(world: World) -> None:
    event = await world.event(party_limit=5)
    assert await refused(world, event, party=6) == (422, "party_too_large", {"party": "party_too_large"})
    assert (await refused(world, event, party=10**9))[1] == "party_too_large"


async def test_closed_paused_cancelled_and_not_yet_open(world: World) -> None:
    closed = await world.event(registration_closes_at="2020-01-01T00:00")
    assert (await refused(world, closed))[:2] == (409, "registration_closed")
    early = await world.event(registration_opens_at=soon(days=30))
    assert (await refused(world, early))[:2] == (409, "registration_not_open")
    paused = await world.event(registration_paused=True)
    assert (await refused(world, paused))[:2] == (409, "registration_paused")
    over = await world.event(starts_at="2020-04-11T09:00", ends_at="2020-04-11T17:00")
    assert (await refused(world, over))[:2] == (409, "registration_closed")
    event = await world.event()
    async with world.api("korea") as client:
        await client.post(f"/api/v1/events/{event['slug']}/cancel")
    assert (await refused(world, event))[:2] == (409, "event_cancelled")
    draft = await world.event(publish=False)
    async with world.stranger as client:
        answer = await client.post(f"/api/v1/events/{draft['slug']}/registrations", json={"name": "x"})
    assert answer.status_code == 404


async def test_phones_are_national_or_international(world: World) -> None:
    event = await world.event()
    for phone in ("010-1234-5678", "+855 12 345 678", "០១០ ១២៣៤ ៥៦៧៨"):
        assert (await world.party(event, phone=phone))["state"] == "confirmed"
    hashes = await fetch("SELECT address_hash FROM reach")
    assert len(hashes) == 3
    assert len({row["address_hash"] for row in hashes}) == 2


# -- seats ------------------------------------------------------------------------------------------------------------


async def test_a_full_event_says_so_or_puts_the_party_last(world: World) -> None:
    event = await world.event(capacity=5, party_limit=5)
    await world.party(event, 3)
    assert (await refused(world, event, party=3))[:2] == (409, "event_full")
    waiting = await world.party(event, 3, accept_waiting=True)
    assert (waiting["state"], waiting["tickets"]) == ("waiting", [])
    # two are free: a later party that fits passes, one that takes what there is too
    assert (await world.party(event, 1))["state"] == "confirmed"
    some = await world.party(event, 4, take_what_there_is=True)
    assert (some["state"], some["party"], len(some["tickets"])) == ("confirmed", 1, 1)
    assert await miscounted() == []


async def test_given_up_places_go_to_the_first_in_line(world: World) -> None:
    event = await world.event(capacity=4, party_limit=4)
    first = await world.party(event, 4)
    second = await world.party(event, 3, accept_waiting=True)
    third = await world.party(event, 1, accept_waiting=True)
    async with world.stranger as client:
        assert (await client.delete(f"/api/v1/registrations/{first['key']}")).status_code == 204
        assert (await client.delete(f"/api/v1/registrations/{first['key']}")).status_code == 204
        for party in (second, third):
            shown = (await client.get(f"/api/v1/registrations/{party['key']}")).json()
            assert shown["state"] == "confirmed"
            assert len(shown["tickets"]) == party["party"]
        gone = (await client.get(f"/api/v1/registrations/{first['key']}")).json()
        assert (gone["state"], gone["tickets"]) == ("cancelled", [])
    assert await miscounted() == []


async def test_the_audit_tells_who_registered_before_who_moved_up(world: World) -> None:
    event = await world.event(capacity=4)
    await world.party(event, 3)
    await world.party(event, 3, accept_waiting=True)
    assert (await world.party(event))["state"] == "confirmed"  # passes the three, who do not fit
    told = await fetch("SELECT action, facts FROM audit_entry WHERE action IN ('registered', 'moved_up') ORDER BY at")
    assert [(row["action"], json_of(row["facts"]).get("state")) for row in told] == [
        ("registered", "confirmed"),
        ("registered", "waiting"),
        ("registered", "waiting"),
        ("moved_up", None),
    ]


async def test_raised_capacity_moves_the_waiting_up(world: World) -> None:
    event = await world.event(capacity=1)
    await world.party(event)
    waiting = await world.party(event, 2, accept_waiting=True)
    async with world.api("korea") as client:
        await client.patch(f"/api/v1/events/{event['slug']}", json={"capacity": 3})
    async with world.stranger as client:
        assert (await client.get(f"/api/v1/registrations/{waiting['key']}")).json()["state"] == "confirmed"


async def test_a_full_bus_never_blocks_the_festival(world: World) -> None:
    event = await world.event(pickup_points=[{"name": "Osan", "seats": 2}])
    bus = event["pickup_points"][0]["id"]
    first = await world.party(event, 2, pickup_point=bus)
    assert (await refused(world, event, pickup_point=bus))[:2] == (409, "pickup_point_full")
    assert (await world.party(event))["state"] == "confirmed"
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{first['key']}")
    assert (await world.party(event, 1, pickup_point=bus))["pickup_point"] == bus


async def test_parties_never_oversell_in_a_rush(world: World) -> None:
    event = await world.event(capacity=20, party_limit=5)

    async def come(size: int) -> int:
        async with world.stranger as client:
            answer = await client.post(
                f"/api/v1/events/{event['slug']}/registrations", json={"name": "x", "party": size}
            )
        assert answer.status_code in {201, 409}, answer.text
        return size if answer.status_code == 201 else 0

    seated = await asyncio.gather(*(come(1 + index % 5) for index in range(60)))
    assert 16 <= sum(seated) <= 20
    rows = await fetch("SELECT seats_taken FROM event")
    assert rows[0]["seats_taken"] == sum(seated)
    assert await miscounted() == []


# -- repeats ----------------------------------------------------------------------------------------------------------


async def test_an_idempotency_key_replays_the_first_success(world: World) -> None:
    event = await world.event(capacity=2)
    path = f"/api/v1/events/{event['slug']}/registrations"
    headers = {"idempotency-key": "factory-7-0123456789abcdef"}
    async with world.stranger as client:
        answers = await asyncio.gather(
            *(client.post(path, json={"name": "Dara", "party": 2}, headers=headers) for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        other = await client.post(path, json={"name": "Sok", "party": 2}, headers=headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        assert (
            await client.post(path, json={"name": "Sok"}, headers={"idempotency-key": "other-0123456789abcdef"})
        ).status_code == 409
        assert (
            await client.post(path, json={"name": "Sok"}, headers={"idempotency-key": "x" * 256})
        ).status_code == 422
    assert len(await fetch("SELECT id FROM registration")) == 1


async def test_refusals_are_not_kept(world: World) -> None:
    event = await world.event(capacity=1)
    first = await world.party(event)
    path, headers = f"/api/v1/events/{event['slug']}/registrations", {"idempotency-key": "again-0123456789abcdef"}
    async with world.stranger as client:
        assert (await client.post(path, json={"name": "Dara"}, headers=headers)).status_code == 409
        await client.delete(f"/api/v1/registrations/{first['key']}")
        assert (await client.post(path, json={"name": "Dara"}, headers=headers)).status_code == 201


# -- the form ---------------------------------------------------------------------------------------------------------


async def nonce_of(client: Any, event: dict[str, Any]) -> str:
    page = await client.get(f"/km/events/{event['slug']}/register")
    assert page.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in page.headers
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found
    return found.group(1)


async def test_the_form_books_once_however_often_it_is_sent(world: World) -> None:
    event = await world.event()
    path = f"/km/events/{event['slug']}/register"
    async with world.browser() as client:
        typed = {
            "nonce": await nonce_of(client, event),
            "name": "សុខ ដារ៉ា",
            "party": "៥",
            "children": "២",
            "phone": "",
            "pickup_point": "",
        }
        answers = await asyncio.gather(*(client.post(path, data=typed) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["location"] for answer in answers}) == 1
        corrected = await client.post(path, data={**typed, "name": "សុខ ដារ៉ារិទ្ធ"})
        assert corrected.headers["location"] == answers[0].headers["location"]
        party = await client.get(answers[0].headers["location"])
        assert party.status_code == 200
        assert "សុខ ដារ៉ា" in party.text
        assert party.text.count('class="pass"') == 5
        assert party.headers["x-robots-tag"] == "noindex"
    assert len(await fetch("SELECT id FROM registration")) == 1


async def test_the_form_says_what_is_wrong_and_loses_nothing(world: World) -> None:
    event = await world.event(party_limit=5)
    async with world.browser() as client:
        nonce = await nonce_of(client, event)
        answer = await client.post(
            f"/en/events/{event['slug']}/register",
            data={"nonce": nonce, "name": "<Dara & co>", "party": "9", "phone": "12", "email": "x@"},
        )
    assert answer.status_code == 422
    for words in (
        "at most 5 people",
        "no phone number of Korea",
        "mistake in it",
        "&lt;Dara &amp; co&gt;",
        'value="12"',
        nonce,
    ):
        assert words in answer.text, words


async def test_the_form_offers_the_waiting_list_when_full(world: World) -> None:
    event = await world.event(capacity=1)
    async with world.browser() as client:
        nonce = await nonce_of(client, event)
        await world.party(event)
        typed = {"nonce": nonce, "name": "Dara", "party": "1"}
        full = await client.post(f"/en/events/{event['slug']}/register", data=typed)
        assert full.status_code == 409
        assert "All places are taken" in full.text
        assert "Dara" in full.text
        waiting = await client.post(f"/en/events/{event['slug']}/register", data={**typed, "accept_waiting": "on"})
        assert waiting.status_code == 303
        page = await client.get(waiting.headers["location"])
        assert "You are on the waiting list." in page.text
        assert 'class="pass"' not in page.text


async def test_a_form_of_another_site_or_without_our_nonce_books_nothing(world: World) -> None:
    event = await world.event()
    path = f"/km/events/{event['slug']}/register"
    async with world.browser() as client:
        nonce = await nonce_of(client, event)
        foreign = await client.post(path, data={"nonce": nonce, "name": "x"}, headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
        for wrong in ("", "x", nonce[:-1] + ("0" if nonce[-1] != "0" else "1"), "a.b.c", "é.1.x"):
            answer = await client.post(path, data={"nonce": wrong, "name": "Dara", "party": "1"})
            assert answer.status_code == 422
            assert "Dara" in answer.text
    async with world.client(origin="https://evil.example") as client:
        assert (await client.post(path, data={"nonce": nonce, "name": "x"})).status_code == 403
    assert await fetch("SELECT id FROM registration") == []


async def test_a_closed_event_has_no_form_but_kind_words(world: World) -> None:
    event = await world.event(registration_closes_at="2020-01-01T00:00")
    async with world.stranger as client:
        page = await client.get(f"/en/events/{event['slug']}/register")
    assert "You may still come" in page.text
    assert "<form" not in page.text


# -- privacy ----------------------------------------------------------------------------------------------------------


async def test_a_stolen_database_names_nobody(world: World) -> None:
    event = await world.event()
    await world.party(
        event,
        2,
        name="Chanthou Rattana",
        names=["Chanthou Rattana", "Sokha Pisey"],
        phone="010-9876-5432",
        email="chanthou@example.org",
    )
    async with world.api("korea") as client:
        await client.get(f"/api/v1/events/{event['slug']}/registrations")
    text = []
    for table in ("registration", "ticket", "reach", "idempotency", "audit_entry"):
        text += [str(row) for row in await fetch(f"SELECT * FROM {table}")]
    everything = " ".join(text).lower()
    # the phone's eight digits: four would stand in a moment's microseconds now and then
    for secret in ("chanthou", "rattana", "pisey", "98765432", "9876-5432", "example.org"):
        assert secret not in everything
    if current().engine_type == "sqlite":
        assert b"Chanthou" not in world.settings.sqlite_path.read_bytes()  # type: ignore[union-attr]


async def test_erasing_leaves_only_counts(world: World) -> None:
    event = await world.event()
    path, headers = f"/api/v1/events/{event['slug']}/registrations", {"idempotency-key": "erase-me-0123456789abcdef"}
    async with world.stranger as client:
        party = (
            await client.post(path, json={"name": "Chanthou", "party": 3, "phone": "010-9876-5432"}, headers=headers)
        ).json()
        device = await world.gate(event)
        await world.scan(device, {"code": party["tickets"][0]["code"]})
        assert (await client.post(f"/api/v1/registrations/{party['key']}/erase")).status_code == 200
        assert (await client.get(f"/api/v1/registrations/{party['key']}")).status_code == 410
        page = await client.get(f"/en/r/{party['key']}")
        assert page.status_code == 410
        assert "erased" in page.text
        assert (await client.get(f"/T/{party['tickets'][1]['code']}")).status_code == 404
    assert await fetch("SELECT id FROM reach") == []
    assert await fetch("SELECT claim_hash FROM idempotency WHERE registration IS NOT NULL") == []
    rows = await fetch("SELECT state, sealed_name FROM registration")
    assert rows == [{"state": "erased", "sealed_name": ""}]
    assert await miscounted() == []
    async with world.api("korea") as staff:
        stats = (await staff.get(f"/api/v1/events/{event['slug']}/stats")).json()
    assert (stats["registered"], stats["admitted"], stats["seats_left"]) == (1, 1, 99)


async def test_no_answer_tells_whether_a_person_is_registered(world: World) -> None:
    event = await world.event()
    first = await world.party(event, phone="010-1234-5678")
    second = await world.party(event, phone="010-1234-5678")
    assert first["state"] == second["state"] == "confirmed"
    assert first["short_code"] != second["short_code"]


async def test_link_previews_show_no_name_and_a_ticket_shows_no_way_to_the_party(world: World) -> None:
    party = await world.party(await world.event(), 2, name="Chanthou")
    async with world.stranger as client:
        page = await client.get(f"/en/r/{party['key']}")
        head = page.text.split("</head>")[0]
        assert "Chanthou" not in head
        ticket = await client.get(f"/T/{party['tickets'][1]['code']}", headers={"accept-language": "en"})
    assert ticket.status_code == 200
    assert "Chanthou" not in ticket.text
    assert party["key"] not in ticket.text
    assert party["short_code"] in ticket.text


async def test_guessing_links_is_slowed_down(world: World) -> None:
    async with world.stranger as client:
        answers = [await client.get(f"/api/v1/registrations/{'A' * 47}") for _ in range(65)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


# -- found by a hostile reader ----------------------------------------------------------------------------------------


async def test_a_full_bus_is_told_while_others_wait_too(world: World) -> None:
    event = await world.event(capacity=5, pickup_points=[{"name": "Osan", "seats": 1}])
    bus = event["pickup_points"][0]["id"]
    await world.party(event, 1, pickup_point=bus)
    await world.party(event, 3)
    await world.party(event, 3, accept_waiting=True)
    assert (await refused(world, event, pickup_point=bus))[:2] == (409, "pickup_point_full")
    assert await miscounted() == []


async def test_who_takes_what_there_is_keeps_a_right_count_of_children(world: World) -> None:
    event = await world.event(capacity=3)
    some = await world.party(event, 5, children=3, take_what_there_is=True)
    assert (some["party"], some["children"]) == (3, 1)
    async with world.stranger as client:
        assert (await client.get(f"/api/v1/registrations/{some['key']}")).json()["children"] == 1


async def test_erasing_again_with_the_same_key_replays(world: World) -> None:
    party = await world.party(await world.event())
    headers = {"idempotency-key": "erase"}
    async with world.stranger as client:
        answers = [await client.post(f"/api/v1/registrations/{party['key']}/erase", headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (await client.post(f"/api/v1/registrations/{party['key']}/erase")).status_code == 410


async def test_a_bus_removed_while_the_form_was_open(world: World) -> None:
    event = await world.event(capacity=1, pickup_points=[{"name": "Osan", "seats": 9}])
    await world.party(event)
    bus = event["pickup_points"][0]["id"]
    wish = {"name": "x", "pickup_point": bus, "accept_waiting": True}

    async def come() -> int:
        async with world.stranger as client:
            return (await client.post(f"/api/v1/events/{event['slug']}/registrations", json=wish)).status_code

    async def remove() -> int:
        async with world.api("korea") as client:
            return (await client.patch(f"/api/v1/events/{event['slug']}", json={"pickup_points": []})).status_code

    answers = await asyncio.gather(*(come() for _ in range(4)), remove(), *(come() for _ in range(4)))
    assert set(answers) <= {200, 201, 422}
