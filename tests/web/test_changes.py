"""A party changes: more and fewer places, names, bus, handing on, new codes; and what the attaché does by hand."""

import asyncio
import re
from typing import Any

import pytest

from app.database.connection import fetch
from app.seats.counts import miscounted
from tests.world import World

BUSES = [{"name": "Osan", "seats": 3}, {"name": "Suwon", "seats": 2}]


async def change(world: World, party: dict[str, Any], /, **body: Any) -> Any:
    async with world.stranger as client:
        return await client.patch(f"/api/v1/registrations/{party['key']}", json=body)


async def seen(world: World, party: dict[str, Any]) -> Any:
    async with world.stranger as client:
        return (await client.get(f"/api/v1/registrations/{party['key']}")).json()


async def taken(event: dict[str, Any]) -> tuple[int, int]:
    rows = await fetch("SELECT seats_taken, seats_waiting FROM event WHERE slug = $1", event["slug"])
    assert await miscounted() == []
    return rows[0]["seats_taken"], rows[0]["seats_waiting"]


async def test_more_places_are_new_tickets_and_old_codes_stay(world: World) -> None:
    event = await world.event(capacity=5)
    party = await world.party(event, 2)
    answer = await change(world, party, party=4, children=1, names=["Dara", "Mom", "Vichet", "Bory"])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [ticket["number"] for ticket in body["tickets"]] == [1, 2, 3, 4]
    assert body["tickets"][:2] == party["tickets"]
    assert (body["party"], body["children"], body["name"]) == (4, 1, "Dara")
    assert await taken(event) == (4, 0)
    full = await change(world, party, party=5 + 1)
    assert (full.status_code, full.json()["code"]) == (422, "party_too_large")
    await world.party(event, 1)
    full = await change(world, party, party=5)
    assert (full.status_code, full.json()["code"]) == (409, "event_full")
    assert (await seen(world, party))["party"] == 4
    async with world.stranger as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
    assert "Vichet" in page
    assert "Dara" in page


async def test_fewer_places_drop_the_highest_or_the_chosen_and_numbers_never_return(world: World) -> None:
    event = await world.event(capacity=5)
    party = await world.party(event, 5)
    assert [t["number"] for t in (await change(world, party, drop=[2])).json()["tickets"]] == [1, 3, 4, 5]
    assert [t["number"] for t in (await change(world, party, party=3)).json()["tickets"]] == [1, 3, 4]
    assert [t["number"] for t in (await change(world, party, party=4)).json()["tickets"]] == [1, 3, 4, 6]
    assert await taken(event) == (4, 0)
    wrong = await change(world, party, drop=[2])
    assert wrong.json()["errors"][0]["field"] == "drop"
    wrong = await change(world, party, drop=[1, 3, 4, 6])
    assert wrong.status_code == 422
    device = await world.gate(event)
    dropped = party["tickets"][1]["code"]
    (result,) = await world.scan(device, {"code": dropped})
    assert (result["outcome"], result["code"]) == ("refused", "ticket_given_up")


async def test_children_stay_who_they_are(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3, children=1)

    async def which() -> list[int]:
        rows = await fetch("SELECT number FROM ticket WHERE child AND state = 'valid' ORDER BY number")
        return [row["number"] for row in rows]

    assert await which() == [3]
    assert (await change(world, party, party=5)).json()["children"] == 1
    assert await which() == [3]
    assert (await change(world, party, drop=[3])).json()["children"] == 0
    assert (await change(world, party, children=2)).json()["children"] == 2
    assert await which() == [4, 5]
    too_many = await change(world, party, children=5)
    assert too_many.json()["errors"][0]["code"] == "children_exceed_party"


async def test_a_full_bus_is_left_by_those_who_grow(world: World) -> None:
    event = await world.event(pickup_points=BUSES)
    party = await world.party(event, 3, pickup_point=event["pickup_points"][0]["id"])
    answer = await change(world, party, party=4, pickup_point=None)
    assert answer.status_code == 200, answer.text
    assert [row["seats_taken"] for row in await fetch("SELECT seats_taken FROM pickup_point")] == [0, 0]


async def test_names_stay_with_their_tickets_and_go_with_them(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3, names=["Boss", "Second", "Third"])
    async with world.stranger as client:
        path = f"/api/v1/registrations/{party['key']}/tickets/1/hand-on"
        assert (await client.post(path, json={"name": "Friend"})).status_code == 201
        alone = (await client.get(f"/en/r/{party['key']}/2")).text
        assert "Second" in alone
        assert "Boss" not in alone
    await change(world, party, drop=[3])
    gone = await fetch("SELECT id FROM ticket WHERE state IN ('given_up', 'handed_on') AND sealed_name <> ''")
    assert gone == []


async def test_endless_numbers_in_a_form_are_refused(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    async with world.browser() as client:
        for typed in ({"drop": "9" * 5000}, {"party": "9" * 5000, "names.1": "x"}):
            answer = await client.post(f"/en/r/{party['key']}/change", data=typed)
            assert answer.status_code in {303, 422}
    assert (await seen(world, party))["party"] == 2


async def test_whoever_is_inside_keeps_the_place(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3)
    device = await world.gate(event)
    await world.scan(device, {"code": party["tickets"][2]["code"]}, {"code": party["tickets"][1]["code"]})
    assert [t["number"] for t in (await change(world, party, party=2)).json()["tickets"]] == [2, 3]
    stuck = await change(world, party, party=1)
    assert stuck.json()["errors"][0]["code"] == "places_in_use"
    assert await taken(event) == (2, 0)


async def test_what_a_party_gives_up_goes_to_those_who_wait(world: World) -> None:
    event = await world.event(capacity=4)
    first = await world.party(event, 4)
    waiting = await world.party(event, 3, accept_waiting=True)
    small = await world.party(event, 1, accept_waiting=True)
    await change(world, first, party=3)
    assert (await seen(world, small))["state"] == "confirmed"  # it fits where the larger one does not
    assert (await seen(world, waiting))["state"] == "waiting"
    shrunk = await change(world, waiting, party=1, children=0)
    assert shrunk.json()["state"] == "waiting"
    await change(world, first, party=2)
    assert (await seen(world, waiting))["state"] == "confirmed"
    assert await taken(event) == (4, 0)


async def test_nobody_grows_past_those_who_wait(world: World) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 2)
    await world.party(event, 2, accept_waiting=True)
    assert (await change(world, party, party=3)).json()["code"] == "event_full"
    late = await world.party(event, 2, accept_waiting=True)
    assert (await change(world, late, party=3)).json()["state"] == "waiting"
    assert await taken(event) == (2, 5)


async def test_buses_follow_the_party(world: World) -> None:
    event = await world.event(pickup_points=BUSES)
    osan, suwon = (point["id"] for point in event["pickup_points"])
    party = await world.party(event, 2, pickup_point=osan)

    async def seats() -> list[int]:
        rows = await fetch("SELECT seats_taken FROM pickup_point ORDER BY position")
        return [row["seats_taken"] for row in rows]

    assert (await change(world, party, party=3)).status_code == 200
    assert await seats() == [3, 0]
    answer = await change(world, party, pickup_point=suwon)
    assert answer.json()["errors"][0]["code"] == "pickup_point_full"
    assert await seats() == [3, 0]
    await change(world, party, party=2, pickup_point=suwon)
    assert await seats() == [0, 2]
    answer = await change(world, party, party=3)
    assert answer.json()["errors"][0]["field"] == "pickup_point"
    assert (await seen(world, party))["party"] == 2
    assert (await change(world, party, party=3, pickup_point=None)).status_code in {200, 422}
    await change(world, party, pickup_point="")
    assert await seats() == [0, 0]
    other = await world.event(pickup_points=BUSES)
    wrong = await change(world, party, pickup_point=other["pickup_points"][0]["id"])
    assert wrong.json()["errors"][0]["code"] == "unknown_pickup_point"


async def test_reaches_are_replaced_and_removed(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 1, phone="010-1234-5678")
    assert (await change(world, party, phone="nonsense")).json()["errors"][0]["field"] == "phone"
    await change(world, party, phone="010-9999-8888", email="dara@example.org")
    rows = await fetch("SELECT channel, sealed_address FROM reach ORDER BY channel")
    assert [row["channel"] for row in rows] == ["e-mail", "phone"]
    assert "9999" not in str(rows)
    await change(world, party, phone="")
    assert [row["channel"] for row in await fetch("SELECT channel FROM reach")] == ["e-mail"]
    assert (await change(world, party)).status_code == 200
    assert [row["channel"] for row in await fetch("SELECT channel FROM reach")] == ["e-mail"]


async def test_handing_on_gives_the_friend_a_ticket_and_kills_the_old_code(world: World) -> None:
    event = await world.event(pickup_points=BUSES)
    party = await world.party(event, 2, pickup_point=event["pickup_points"][0]["id"])
    path = f"/api/v1/registrations/{party['key']}/tickets/2/hand-on"
    async with world.stranger as client:
        assert (await client.post(path, json={})).json()["errors"][0]["field"] == "name"
        first = await client.post(path, json={"name": "Bory"}, headers={"idempotency-key": "once"})
        again = await client.post(path, json={"name": "Bory"}, headers={"idempotency-key": "once"})
        assert (first.status_code, again.json()) == (201, first.json())
        assert (await client.post(path, json={"name": "Bory"})).json()["code"] == "ticket_given_up"
        friend = first.json()
        assert friend["key"] != party["key"]
        page = (await client.get(f"/en/r/{friend['key']}")).text
        assert "Bory" in page
        assert "Sok Dara" not in page
    assert await taken(event) == (2, 0)
    assert (await seen(world, party))["party"] == 1
    device = await world.gate(event)
    old, new = await world.scan(device, {"code": party["tickets"][1]["code"]}, {"code": friend["tickets"][0]["code"]})
    assert old["outcome"] == "refused"
    assert new["outcome"] == "admitted"
    async with world.stranger as client:
        used = await client.post(f"/api/v1/registrations/{friend['key']}/tickets/1/hand-on", json={"name": "X"})
        assert used.json()["code"] == "ticket_used"
        last = await client.post(f"/api/v1/registrations/{party['key']}/tickets/1/hand-on", json={"name": "Last"})
        assert last.status_code == 201
    assert (await seen(world, party))["state"] == "cancelled"
    assert await taken(event) == (2, 0)
    rows = await fetch("SELECT seats_taken FROM pickup_point ORDER BY position")
    assert rows[0]["seats_taken"] == 2


async def test_many_changes_at_once_lose_and_double_nothing(world: World) -> None:
    event = await world.event(capacity=30, party_limit=10)
    parties = [await world.party(event, 2) for _ in range(5)]
    waiting = [await world.party(event, 9, accept_waiting=True) for _ in range(3)]
    await asyncio.gather(
        *(change(world, party, party=size) for party in parties for size in (1, 4, 2)),
        *(change(world, party, party=size) for party in waiting for size in (3, 8)),
    )
    seats, _ = await taken(event)
    assert seats <= 30


async def test_two_who_share_a_link_cannot_shrink_the_party_to_nobody(world: World) -> None:
    event = await world.event()
    for _ in range(4):
        party = await world.party(event, 2)
        answers = await asyncio.gather(change(world, party, drop=[1]), change(world, party, drop=[2]))
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        left = await seen(world, party)
        assert (left["party"], len(left["tickets"])) == (1, 1)


async def test_children_are_counted_by_what_the_party_is_when_it_changes(world: World) -> None:
    event = await world.event()
    for _ in range(4):
        party = await world.party(event, 3)
        answers = await asyncio.gather(change(world, party, party=1), change(world, party, children=2))
        assert all(answer.status_code in {200, 422} for answer in answers)
        left = await seen(world, party)
        assert (left["party"], left["children"] <= 1) == (1, True)


async def test_the_page_changes_a_party_without_script(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    async with world.browser() as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
        assert "of 2 came in" not in page
        form = {"party": "៣", "children": "", "names.1": "Dara", "names.2": "Mom", "phone": "12"}
        wrong = await client.post(f"/en/r/{party['key']}/change", data=form)
        assert wrong.status_code == 422
        assert "This is no phone number of" in wrong.text
        assert 'value="Mom"' in wrong.text
        assert (await seen(world, party))["party"] == 2
        right = await client.post(f"/en/r/{party['key']}/change", data={**form, "phone": ""})
        assert right.status_code == 303
        dropped = await client.post(f"/en/r/{party['key']}/change", data={"drop": "2"})
        assert dropped.status_code == 303
        assert [t["number"] for t in (await seen(world, party))["tickets"]] == [1, 3]
        foreign = await client.post(
            f"/en/r/{party['key']}/change", data={"party": "1"}, headers={"sec-fetch-site": "cross-site"}
        )
        assert foreign.status_code == 403
        nonce = re.search(r'name="nonce" value="([^"]+)"', (await client.get(f"/en/r/{party['key']}")).text)
        assert nonce
        friend = {"nonce": nonce[1], "number": "3", "name": "Bory"}
        pages = [await client.post(f"/en/r/{party['key']}/hand-on", data=friend) for _ in range(2)]
        links = [re.findall(r'value="(http[^"]+/r/[^"]+)"', page.text)[0] for page in pages]
        assert links[0] == links[1]
        nameless = await client.post(f"/en/r/{party['key']}/hand-on", data={"number": "1", "name": ""})
        assert nameless.status_code == 422
        assert "Please fill this in." in nameless.text


@pytest.mark.parametrize("state", ["cancelled", "erased"])
async def test_what_is_gone_does_not_change(world: World, state: str) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    async with world.stranger as client:
        if state == "cancelled":
            await client.delete(f"/api/v1/registrations/{party['key']}")
        else:
            await client.post(f"/api/v1/registrations/{party['key']}/erase")
    answer = await change(world, party, party=3)
    assert answer.status_code == (409 if state == "cancelled" else 410)
    assert await taken(event) == (0, 0)


async def desk_post(world: World, path: str, who: str = "korea", **data: str) -> Any:
    async with world.desk(who) as client:
        return await client.post(path, data=data)


async def row_of(party: dict[str, Any]) -> str:
    return str((await fetch("SELECT id FROM registration WHERE short_code = $1", party["short_code"]))[0]["id"])


async def test_a_program_that_fills_in_everything_books_nothing(world: World) -> None:
    event = await world.event()
    async with world.browser() as client:
        page = (await client.get(f"/en/events/{event['slug']}/register")).text
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)
        assert nonce
        form = {"nonce": nonce[1], "name": "Bot", "party": "1", "website": "http://spam.example"}
        answer = await client.post(f"/en/events/{event['slug']}/register", data=form)
        assert answer.status_code == 422
        assert "Please leave this field empty." in answer.text
        assert 'value="Bot"' in answer.text
        assert await taken(event) == (0, 0)
        human = await client.post(f"/en/events/{event['slug']}/register", data={**form, "website": ""})
        assert human.status_code == 303


async def test_number_and_count_agree_after_one_place_was_given_up(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 3)
    await change(world, party, drop=[2])
    async with world.stranger as client:
        page = (await client.get(f"/en/r/{party['key']}")).text
        alone = (await client.get(f"/en/r/{party['key']}/3")).text
        opened = (await client.get(party["tickets"][2]["url"])).text
    for text in (page, alone, opened):
        assert "Ticket 2 of 2" in text
        assert "3 of 2" not in text


async def test_who_did_it_is_said(world: World) -> None:
    event = await world.event()
    party, other = await world.party(event, 2), await world.party(event, 1)
    async with world.stranger as client:
        path = f"/api/v1/registrations/{party['key']}/tickets/2/hand-on"
        assert (await client.post(path, json={"name": "Bory"})).status_code == 201
        assert "it is somebody else" in (await client.get(party["tickets"][1]["url"])).text
        assert "calendar.ics" in (await client.get(f"/en/r/{other['key']}")).text
        await desk_post(world, f"/desk/events/{event['slug']}/registrations/{await row_of(other)}", do="cancel")
        page = (await client.get(f"/en/r/{other['key']}")).text
    assert "The attaché gave these places up." in page
    assert "Take our places again" not in page
    assert "/calendar.ics" not in page  # with our tickets: there are none any more
