"""What was done a moment ago can be taken back, once; what others have by now stays theirs."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.activity.record import OPERATOR
from app.database.connection import fetch, insert, now
from app.registrations import actions, undoing
from app.registrations.erasure import forget_ended_names
from app.seats.counts import miscounted
from app.validation.refusals import Refused
from models.audit import AuditEntry
from tests.world import World

BUS = [{"name": "Osan", "place": "Station", "seats": 4}]


async def post(world: World, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    async with world.client(**headers) as client:
        return await client.post(f"/api/v1/{path}", json=body or {})


async def seen(world: World, party: dict[str, Any]) -> Any:
    async with world.stranger as client:
        return (await client.get(f"/api/v1/registrations/{party['key']}")).json()


async def give_up(world: World, party: dict[str, Any]) -> None:
    async with world.stranger as client:
        assert (await client.delete(f"/api/v1/registrations/{party['key']}")).status_code == 204


async def taken(event: dict[str, Any]) -> tuple[int, int]:
    rows = await fetch("SELECT seats_taken, seats_waiting FROM event WHERE slug = $1", event["slug"])
    assert await miscounted() == []
    return rows[0]["seats_taken"], rows[0]["seats_waiting"]


async def test_places_that_were_given_up_come_back_with_bus_names_and_codes(world: World) -> None:
    event = await world.event(capacity=5, pickup_points=BUS)
    bus = event["pickup_points"][0]["id"]
    party = await world.party(event, 3, names=["Dara", "Mom", "Vichet"], children=1, pickup_point=bus)
    await give_up(world, party)
    assert await taken(event) == (0, 0)
    answer = await post(world, f"registrations/{party['key']}/undo")
    assert answer.status_code == 200, answer.text
    back = answer.json()
    assert {name: back[name] for name in party} == party  # tickets, codes, bus, children: all as it was
    assert await taken(event) == (3, 0)
    again = await post(world, f"registrations/{party['key']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")
    async with world.stranger as client:
        assert "Vichet" in (await client.get(f"/en/r/{party['key']}")).text
    gate = await world.gate(event)
    assert (await world.scan(gate, {"code": party["tickets"][2]["code"]}))[0]["outcome"] == "admitted"


async def test_who_lost_the_places_to_others_waits_before_everybody(world: World) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 3)
    moved_up = await world.party(event, 2, accept_waiting=True)
    behind = await world.party(event, 2, accept_waiting=True)
    await give_up(world, party)
    assert (await seen(world, moved_up))["state"] == "confirmed"
    back = (await post(world, f"registrations/{party['key']}/undo")).json()
    assert (back["state"], back["party"], back["tickets"]) == ("waiting", 3, [])
    assert await taken(event) == (2, 5)
    await give_up(world, moved_up)
    assert (await seen(world, party))["state"] == "confirmed"
    assert (await seen(world, behind))["state"] == "waiting"


async def test_who_waited_waits_at_the_same_place_again(world: World) -> None:
    event = await world.event(capacity=2)
    party = await world.party(event, 2)
    first, second = [await world.party(event, 2, accept_waiting=True) for _ in range(2)]
    await give_up(world, first)
    assert (await post(world, f"registrations/{first['key']}/undo")).json()["state"] == "waiting"
    await give_up(world, party)
    assert [(await seen(world, each))["state"] for each in (first, second)] == ["confirmed", "waiting"]


async def test_a_bus_that_filled_meanwhile_does_not_come_back(world: World) -> None:
    event = await world.event(pickup_points=BUS)
    bus = event["pickup_points"][0]["id"]
    party = await world.party(event, 3, pickup_point=bus)
    await give_up(world, party)
    await world.party(event, 2, pickup_point=bus)
    back = (await post(world, f"registrations/{party['key']}/undo")).json()
    assert (back["state"], back["pickup_point"]) == ("confirmed", None)
    assert await taken(event) == (5, 0)


async def test_who_is_inside_stays_and_the_others_come_back(world: World) -> None:
    event = await world.event(capacity=3)
    party, gate = await world.party(event, 3), await world.gate(event)
    await world.scan(gate, {"code": party["tickets"][0]["code"]})
    await give_up(world, party)
    assert await taken(event) == (1, 0)
    other = await world.party(event, 1)
    full = await post(world, f"registrations/{party['key']}/undo")
    assert (full.status_code, full.json()["code"]) == (409, "not_enough_places")
    await give_up(world, other)
    assert (await post(world, f"registrations/{party['key']}/undo")).json()["party"] == 3
    assert await taken(event) == (3, 0)


@pytest.mark.parametrize("end", ["erase", "cancel", "later"])
async def test_what_is_never_undone(world: World, later: Any, end: str) -> None:
    event = await world.event()
    party = await world.party(event, 2, names=["Dara", "Mom"])
    await give_up(world, party)
    if end == "erase":
        await post(world, f"registrations/{party['key']}/erase")
    elif end == "cancel":
        async with world.api("korea") as client:
            await client.post(f"/api/v1/events/{event['slug']}/cancel")
    else:
        later()
    answer = await post(world, f"registrations/{party['key']}/undo")
    expected = {"erase": (410, "erased"), "cancel": (409, "event_cancelled"), "later": (409, "nothing_to_undo")}
    assert (answer.status_code, answer.json()["code"]) == expected[end]


async def test_names_stay_for_ten_minutes_and_go_then(world: World, later: Any) -> None:
    event = await world.event()
    party = await world.party(event, 3, names=["Dara", "Mom", "Vichet"])
    await post(world, f"registrations/{party['key']}/tickets/2/hand-on", {"name": "Bory"})
    await give_up(world, party)
    names = (
        "SELECT number, sealed_name <> '' AS named FROM ticket WHERE state IN ('given_up', 'handed_on') ORDER BY number"
    )
    await forget_ended_names()
    assert [bool(row["named"]) for row in await fetch(names)] == [False, True, True]  # the booker's is the party's
    later()
    await forget_ended_names()
    assert [bool(row["named"]) for row in await fetch(names)] == [False, False, False]


async def test_a_ticket_comes_back_from_a_friend_who_has_not_used_it(world: World) -> None:
    event = await world.event(capacity=2, pickup_points=BUS)
    party = await world.party(event, 2, names=["Dara", "Mom"], pickup_point=event["pickup_points"][0]["id"])
    friend = (await post(world, f"registrations/{party['key']}/tickets/2/hand-on", {"name": "Bory"})).json()
    async with world.stranger as client:
        await client.get(f"/en/r/{friend['key']}")  # a preview of the link opens it, too
    answer = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert answer.status_code == 200, answer.text
    assert answer.json()["tickets"] == party["tickets"]
    assert await taken(event) == (2, 0)
    assert (await seen(world, friend))["code"] == "erased"
    gate = await world.gate(event)
    assert (await world.scan(gate, {"code": friend["tickets"][0]["code"]}))[0]["outcome"] == "refused"
    assert (await world.scan(gate, {"code": party["tickets"][1]["code"]}))[0]["outcome"] == "admitted"
    again = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


async def test_the_last_ticket_comes_back_with_its_bus(world: World) -> None:
    event = await world.event(capacity=2, pickup_points=BUS)
    party = await world.party(event, 1, pickup_point=event["pickup_points"][0]["id"])
    await post(world, f"registrations/{party['key']}/tickets/1/hand-on", {"name": "Bory"})
    assert (await seen(world, party))["state"] == "cancelled"
    back = (await post(world, f"registrations/{party['key']}/tickets/1/undo")).json()
    assert {name: back[name] for name in party} == party
    assert await taken(event) == (1, 0)


@pytest.mark.parametrize("used", ["page", "gate"])
async def test_a_friend_who_has_used_the_ticket_keeps_it(world: World, used: str) -> None:
    event = await world.event(capacity=2)
    party = await world.party(event, 2)
    friend = (await post(world, f"registrations/{party['key']}/tickets/2/hand-on", {"name": "Bory"})).json()
    if used == "page":
        async with world.stranger as client:
            await client.patch(f"/api/v1/registrations/{friend['key']}", json={"phone": "+821012345678"})
    else:
        await world.scan(await world.gate(event), {"code": friend["tickets"][0]["code"]})
    answer = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "friend_was_there")
    assert (await seen(world, friend))["state"] == "confirmed"


async def test_a_handed_on_ticket_does_not_come_back_into_a_party_that_gave_up(world: World) -> None:
    party = await world.party(await world.event(), 2)
    await post(world, f"registrations/{party['key']}/tickets/2/hand-on", {"name": "Bory"})
    await give_up(world, party)
    answer = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_cancelled")
    assert (await post(world, f"registrations/{party['key']}/undo")).json()["party"] == 1
    assert (await post(world, f"registrations/{party['key']}/tickets/2/undo")).json()["party"] == 2


async def step(world: World, event: dict[str, Any], way: str, by: str = "korea", **body: Any) -> Any:
    async with world.api(by) as client:
        if way == "delete":
            return await client.delete(f"/api/v1/events/{event['slug']}")
        return await client.post(f"/api/v1/events/{event['slug']}/{way}", json=body)


@pytest.mark.parametrize(
    ("way", "fields"), [("registrations/{key}/undo", {"x": 1}), ("registrations/{key}/tickets/1/undo", {"x": 1})]
)
async def test_an_undo_takes_no_fields(world: World, way: str, fields: dict[str, Any]) -> None:
    party = await world.party(await world.event(), 1)
    answer = await post(world, way.format(key=party["key"]), fields)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")


async def test_an_undo_that_is_sent_twice_with_a_key_is_answered_twice(world: World) -> None:
    party = await world.party(await world.event(), 2)
    await give_up(world, party)
    key = "an undo that a phone repeats"
    first, second = [await post(world, f"registrations/{party['key']}/undo", idempotency_key=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (200, second.json())


# -- what a hostile review found


async def hand_on(world: World, party: dict[str, Any], number: int) -> Any:
    answer = await post(world, f"registrations/{party['key']}/tickets/{number}/hand-on", {"name": "Bory"})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_ticket_does_not_come_back_into_a_party_that_waits(world: World) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 3)
    await hand_on(world, party, 3)
    await give_up(world, party)
    await world.party(event, 2)
    assert (await post(world, f"registrations/{party['key']}/undo")).json()["state"] == "waiting"
    answer = await post(world, f"registrations/{party['key']}/tickets/3/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "ticket_waiting")
    assert await taken(event) == (3, 2)


async def test_an_erased_party_takes_nothing_back(world: World) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 1)
    friend = await hand_on(world, party, 1)
    (row,) = await fetch("SELECT id, event FROM registration WHERE id = $1", UUID(party["id"]))
    await actions.erase(UUID(party["id"]), OPERATOR)  # after the link was read, before the event was held
    with pytest.raises(Refused, match="erased"):
        await undoing.take_back(UUID(str(row["event"])), UUID(party["id"]), 1, 10, OPERATOR)
    assert (await seen(world, friend))["state"] == "confirmed"


async def test_a_code_that_was_renewed_meanwhile_stays_dead(world: World) -> None:
    event = await world.event(capacity=3)
    party, gate = await world.party(event, 3), await world.gate(event)
    await hand_on(world, party, 3)
    async with world.desk("korea") as desk:
        page = f"/desk/events/{event['slug']}/registrations/{party['id']}"
        text = (await desk.post(page, data={"do": "reissue"})).text
    renewed = {"key": text.split("/r/")[1].split('"')[0].split("<")[0].strip()}
    assert (await post(world, f"registrations/{renewed['key']}/tickets/3/undo")).status_code == 200
    old = (await world.scan(gate, {"code": party["tickets"][2]["code"]}))[0]
    assert (old["outcome"], old["code"]) == ("refused", "ticket_reissued")


async def test_what_the_attache_gave_up_the_attache_alone_takes_back(world: World) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 3)
    page = f"/desk/events/{event['slug']}/registrations/{party['id']}"
    async with world.desk("korea") as desk:
        await desk.post(page, data={"do": "cancel"})
        answer = await post(world, f"registrations/{party['key']}/undo")
        assert (answer.status_code, answer.json()["code"]) == (409, "cancelled_by_desk")
        assert (await desk.post(page, data={"do": "undo"})).status_code == 303
    assert (await seen(world, party))["state"] == "confirmed"


async def test_places_come_back_after_an_admission_was_taken_back(world: World, later: Any) -> None:
    event = await world.event(capacity=3)
    party, gate = await world.party(event, 2, names=["Dara", "Mom"]), await world.gate(event)
    await world.scan(gate, {"nonce": "ab" * 12, "code": party["tickets"][1]["code"]})
    await give_up(world, party)
    await world.scan(gate, {"undo": "ab" * 12})
    assert (await post(world, f"registrations/{party['key']}/undo")).json()["party"] == 2
    await world.scan(gate, {"nonce": "cd" * 12, "code": party["tickets"][1]["code"]})
    await give_up(world, party)
    await world.scan(gate, {"undo": "cd" * 12})
    assert await taken(event) == (0, 0)
    later()
    await forget_ended_names()
    assert await fetch("SELECT id FROM ticket WHERE sealed_name <> ''") == []


async def test_an_undo_is_meant_for_what_was_seen(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    await give_up(world, party)
    for path in ("undo", "tickets/1/undo"):
        answer = await post(world, f"registrations/{party['key']}/{path}", if_match='"1"')
        assert answer.status_code in {409, 412}, path
    assert answer.json()["code"] == "nothing_to_undo"
    assert (await post(world, f"registrations/{party['key']}/undo", if_match='"1"')).status_code == 412
    await step(world, event, "cancel")
    async with world.api("korea") as client:
        path = f"/api/v1/events/{event['slug']}"
        tag = (await client.get(path)).headers["etag"]
        await client.patch(path, json={"notice": {"en": "Police closed it"}})
        assert (await client.post(f"{path}/undo", headers={"if-match": tag})).status_code == 412


async def test_a_name_left_behind_by_moving_up_goes_as_well(world: World) -> None:
    event = await world.event(capacity=2)
    others = await world.party(event, 2)
    party = await world.party(event, 3, names=["Dara", "Mom", "Vichet"], accept_waiting=True, take_what_there_is=True)
    await give_up(world, others)
    assert (await seen(world, party))["party"] == 2
    await give_up(world, party)
    gone = await fetch("SELECT number FROM ticket WHERE sealed_name <> '' AND ended_at IS NULL AND state = 'given_up'")
    assert gone == []


async def test_taking_back_passes_no_limit_of_a_party(world: World) -> None:
    event = await world.event(capacity=50, party_limit=2)
    party = await world.party(event, 2)
    await hand_on(world, party, 2)
    async with world.stranger as client:
        await client.patch(f"/api/v1/registrations/{party['key']}", json={"party": 2})
    answer = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert (answer.status_code, answer.json()["code"]) == (422, "party_too_large")


async def test_the_page_of_who_gave_up_offers_the_way_back(world: World, later: Any) -> None:
    event = await world.event(capacity=3)
    party = await world.party(event, 3)
    await give_up(world, party)
    async with world.browser() as phone:
        assert "Take our places again" in (await phone.get(f"/en/r/{party['key']}")).text
        for _ in range(2):  # a double tap
            assert (await phone.post(f"/en/r/{party['key']}/undo")).status_code == 303
        assert (await seen(world, party))["state"] == "confirmed"
        await give_up(world, party)
        later()
        assert "Take our places again" not in (await phone.get(f"/en/r/{party['key']}")).text
        assert (await phone.post(f"/en/r/{party['key']}/undo")).status_code == 409


async def test_a_waiting_party_of_whom_one_is_inside_waits_again(world: World) -> None:
    event = await world.event(capacity=1, admit_waiting=True)
    await world.party(event, 1)
    party, gate = await world.party(event, 2, accept_waiting=True), await world.gate(event)
    (row,) = await fetch("SELECT number FROM registration WHERE id = $1", UUID(party["id"]))
    (scanned,) = await world.scan(gate, {"ticket": f"{row['number']}-1"})
    assert scanned["outcome"] == "admitted"
    await give_up(world, party)
    back = await post(world, f"registrations/{party['key']}/undo")
    assert (back.status_code, back.json()["state"], back.json()["party"]) == (200, "waiting", 2)
    assert await taken(event) == (1, 2)


async def test_a_step_that_an_older_release_noted_is_refused_or_undone_with_what_it_says(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    await hand_on(world, party, 2)
    await step(world, event, "cancel", notice={"en": "No hall"})
    for action in ("event_cancelled", "handed_on"):
        (row,) = await fetch("SELECT * FROM audit_entry WHERE action = $1", action)
        await insert(AuditEntry, {**row, "id": uuid4(), "facts": '{"ticket": 2}', "at": now(), "sealed_words": ""})
    back = await step(world, event, "undo")
    assert (back.status_code, back.json()["state"]) == (200, "published")
    answer = await post(world, f"registrations/{party['key']}/tickets/2/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_undo")
