"""Who was let in against the judge, the event's own rules for the gate, its phones, and what stays taken back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.database.connection import fetch
from tests.world import World, soon


async def stats(world: World, event: dict[str, Any]) -> dict[str, int]:
    async with world.api("korea") as client:
        return dict((await client.get(f"/api/v1/events/{event['slug']}/stats")).json())


async def test_nobody_is_sent_out_again_and_the_desk_lists_each_conflict(world: World) -> None:
    event = await world.event(capacity=5)
    twice, given_up, old = await world.party(event, 2), await world.party(event), await world.party(event)
    waiting = await world.party(event, 3, accept_waiting=True)
    north, south = await world.gate(event, "North"), await world.gate(event, "South")
    async with world.stranger as client:
        await client.delete(f"/api/v1/registrations/{given_up['key']}")
    async with world.desk("korea") as desk:
        await desk.post(f"/desk/events/{event['slug']}/registrations/{old['id']}", data={"do": "reissue"})
    number = (await fetch("SELECT number FROM registration WHERE short_code = $1", waiting["short_code"]))[0]["number"]
    await world.scan(north, {"code": twice["tickets"][0]["code"], "numbers": [1, 2]})
    shown = {"offline": True, "shown": "admitted"}
    results = await world.scan(
        south,
        {"code": twice["tickets"][1]["code"], **shown},
        {"code": given_up["tickets"][0]["code"], **shown},
        {"code": old["tickets"][0]["code"], **shown},
        {"ticket": f"{number}-1", **shown},
        {"code": "A" * 125, **shown},
    )
    assert [(each["outcome"], each["code"]) for each in results] == [
        ("conflict", "already_admitted"),
        ("conflict", "ticket_given_up"),
        ("conflict", "ticket_reissued"),
        ("conflict", "ticket_waiting"),
        ("refused", "code_malformed"),
    ]
    counts = await stats(world, event)
    assert (counts["admitted"], counts["walk_ins"]) == (4, 1)  # two, the one given up, the waiting one; an old code
    async with world.desk("korea") as desk:
        listed = (await desk.get(f"/desk/events/{event['slug']}/gate?lang=en")).text
        assert listed.count("data-conflict") == 4
        assert listed.count("I have seen it") == 4
        assert "North" in listed.split('data-conflict="already_admitted"')[1].split("</li>")[0]
        scan = listed.split("/gate/conflicts/")[1].split('"')[0]
        for _ in range(2):
            done = await desk.post(f"/desk/events/{event['slug']}/gate/conflicts/{scan}")
            assert done.status_code == 303
        live = (await desk.get(f"/desk/events/{event['slug']}/gate/live?lang=en")).text
        assert (live.count("data-conflict"), live.count("I have seen it")) == (4, 3)
        assert (await desk.post(f"/desk/events/{event['slug']}/gate/conflicts/{uuid4()}")).status_code == 404
    async with world.desk("japan") as stranger:
        assert (await stranger.post(f"/desk/events/{event['slug']}/gate/conflicts/{scan}")).status_code == 404


async def test_a_conflict_that_the_volunteer_took_back_is_none(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    north, south = await world.gate(event, "North"), await world.gate(event, "South")
    code = party["tickets"][0]["code"]
    await world.scan(north, {"code": code})
    conflict, undone, again = await world.scan(
        south,
        {"nonce": "c", "code": code, "offline": True, "shown": "admitted"},
        {"undo": "c"},
        {"undo": "c"},
    )
    assert [each["outcome"] for each in (conflict, undone, again)] == ["conflict", "left", "refused"]
    assert (await stats(world, event))["admitted"] == 1
    async with world.desk("korea") as desk:
        assert "data-conflict" not in (await desk.get(f"/desk/events/{event['slug']}/gate")).text


@pytest.mark.parametrize(
    ("opens", "closes", "code"),
    [
        (timedelta(minutes=30), None, {"entry_not_open", "another_day"}),
        (None, timedelta(minutes=-30), {"entry_closed", "another_day"}),
        (timedelta(days=3), None, {"another_day"}),
        (timedelta(minutes=-30), timedelta(minutes=30), {""}),
    ],
)
async def test_the_entry_window_asks_before_it_lets_in(
    world: World, opens: timedelta | None, closes: timedelta | None, code: set[str]
) -> None:
    moment = datetime.now(UTC) + timedelta(hours=9)  # in Seoul

    def wall(shift: timedelta | None) -> str | None:
        return None if shift is None else (moment + shift).strftime("%Y-%m-%dT%H:%M")

    event = await world.event(entry_opens_at=wall(opens), entry_closes_at=wall(closes))
    party = await world.party(event, 2)
    gate = await world.gate(event)
    (first,) = await world.scan(gate, {"code": party["tickets"][0]["code"]})
    assert first["code"] in code
    assert first["outcome"] == ("admitted" if code == {""} else "refused")
    (anyway,) = await world.scan(gate, {"code": party["tickets"][0]["code"], "override": "known_to_us"})
    assert anyway["outcome"] == "admitted"
    assert (await stats(world, event))["admitted"] == 1


async def test_the_entry_window_of_a_copy_moves_along(world: World) -> None:
    event = await world.event(entry_opens_at=soon(hour=8), entry_closes_at=soon(hour=16))
    async with world.api("korea") as client:
        moved = (
            await client.post(
                f"/api/v1/events/{event['slug']}/copy", json={"starts_at": soon(hour=10), "ends_at": soon(hour=18)}
            )
        ).json()
        assert moved["entry_opens_at"][11:16] == "09:00"
        wrong = await client.patch(
            f"/api/v1/events/{event['slug']}",
            json={"entry_opens_at": soon(hour=8), "entry_closes_at": soon(hour=7), "day_turns": "25:00"},
        )
    assert {each["field"]: each["code"] for each in wrong.json()["errors"]} == {
        "entry_closes_at": "closes_before_opens",
        "day_turns": "not_a_clock",
    }


async def test_waiting_parties_come_in_where_the_attache_allows(world: World) -> None:
    event = await world.event(capacity=1, admit_waiting=True)
    await world.party(event)
    await world.party(event, 1, accept_waiting=True)
    number = (await fetch("SELECT number FROM registration WHERE state = 'waiting'"))[0]["number"]
    (result,) = await world.scan(await world.gate(event), {"ticket": f"{number}-1"})
    assert (result["outcome"], result["code"]) == ("admitted", "")


async def test_the_day_turns_when_the_event_says(world: World) -> None:
    local = datetime.now(UTC) + timedelta(hours=9)
    turned = (local + timedelta(minutes=1)).strftime("%H:%M")  # today's day at the gate has not begun yet
    event = await world.event(entry_rule="daily", day_turns=turned)
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    before = (datetime.now(UTC) - timedelta(hours=20)).isoformat()
    results = await world.scan(gate, {"code": code, "scanned_at": before}, {"code": code})
    assert [each["outcome"] for each in results] == ["admitted", "already_admitted"]


async def test_names_are_found_only_where_allowed_few_whole_and_audited(world: World) -> None:
    event = await world.event()
    for index in range(7):
        await world.party(event, name=f"Sok Dara {'I' * index}")
    await world.party(event, name="Sokha Vanna")
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as phone:
        refused = await phone.post("/gate/api/names", json={"name": "Sok"})
        assert (refused.status_code, refused.json()["code"]) == (403, "search_off")
        async with world.api("korea") as client:
            await client.patch(f"/api/v1/events/{event['slug']}", json={"gate_search": True})
        found = (await phone.post("/gate/api/names", json={"name": "sok"})).json()["items"]
        assert len(found) == 5
        assert all(party["name"].startswith("Sok Dara") for party in found)
        (vanna,) = (await phone.post("/gate/api/names", json={"name": "VANNA sokha"})).json()["items"]
        assert vanna["name"] == "Sokha Vanna"
        assert (await phone.post("/gate/api/names", json={"name": "Vann"})).json()["items"] == []
        assert (await phone.post("/gate/api/names", json={})).status_code == 422
        statuses = [(await phone.post("/gate/api/names", json={"name": "nobody"})).status_code for _ in range(120)]
    assert statuses[-1] == 429
    audited = await fetch("SELECT facts FROM audit_entry WHERE action = 'names_read' AND actor_kind = 'device'")
    assert len(audited) >= 3
    assert "sok" not in json.dumps(audited, default=str).lower()


async def test_the_desk_sees_how_each_phone_is(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event, "North")
    async with world.desk("korea") as desk:
        page = f"/desk/events/{event['slug']}/gate?lang=en"
        assert "Has not loaded the list" in (await desk.get(page)).text
        async with world.phone(gate["token"]) as phone:
            ten_minutes_fast = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
            told = await phone.post(
                "/gate/api/phone",
                json={
                    "sent_at": ten_minutes_fast,
                    "synced_to": 0,
                    "scans_waiting": 7,
                    "kept": False,
                    "battery": 11,
                    "waiting_since": ten_minutes_fast,
                    "rehearsing": True,
                },
            )
            assert told.status_code == 200
            assert told.json()["counts"]["registered"] == 0
            wrong = await phone.post("/gate/api/phone", json={"battery": 200, "kept": "perhaps", "odd": 1})
            assert {each["field"] for each in wrong.json()["errors"]} == {"battery", "kept", "odd"}
        text = (await desk.get(page)).text
        for sentence in ("7 scans wait", "clock is wrong", "may throw scans away", "battery is low", "rehearses"):
            assert sentence in text, sentence
        assert "Has not loaded" not in text
        async with world.phone(gate["token"]) as phone:
            now = datetime.now(UTC).isoformat()
            await phone.post(
                "/gate/api/phone", json={"sent_at": now, "synced_to": event["revision"], "kept": True, "battery": 90}
            )
        text = (await desk.get(page)).text
        assert "Ready" in text
        assert 'class="wrong"' not in text


async def test_a_rehearsal_is_wiped_by_one_button(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    await world.scan(gate, {"code": code, "rehearsal": True}, {"nonce": "real", "code": code})
    async with world.desk("korea") as desk:
        assert (await desk.post(f"/desk/events/{event['slug']}/gate/rehearsal")).status_code == 303
    assert [row["nonce"] for row in await fetch("SELECT nonce FROM scan")] == ["real"]
    assert (await stats(world, event))["admitted"] == 1


async def test_undo_takes_back_a_counted_group(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as phone:
        await phone.post("/gate/api/walk-ins", json={"nonce": "g", "size": 5})
    (undone,) = await world.scan(gate, {"undo": "g"})
    assert undone["code"] == "undone"
    assert (await stats(world, event))["walk_ins"] == 0


async def test_a_group_taken_back_stays_taken_back(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    async with world.phone(gate["token"]) as phone:
        for _ in range(2):
            await phone.post("/gate/api/walk-ins", json={"nonce": "g", "size": 5})
            await world.scan(gate, {"nonce": "u", "undo": "g"})
    assert (await stats(world, event))["walk_ins"] == 0


async def test_a_revoked_phone_adds_nobody_even_anyway(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    gate = await world.gate(event)
    async with world.api("korea") as client:
        await client.delete(f"/api/v1/events/{event['slug']}/gate-devices/{gate['id']}")
    codes = [ticket["code"] for ticket in party["tickets"]]
    anyway, shown = await world.scan(
        gate,
        {"code": codes[0], "numbers": [1, 2], "override": "other"},
        {"code": codes[1], "offline": True, "shown": "admitted"},
    )
    assert (anyway["outcome"], shown["outcome"]) == ("refused", "conflict")
    counts = await stats(world, event)
    assert (counts["admitted"], counts["walk_ins"]) == (0, 0)
    async with world.desk("korea") as desk:
        assert "data-conflict" in (await desk.get(f"/desk/events/{event['slug']}/gate")).text


async def test_who_came_in_before_the_event_was_cancelled_is_counted_once(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    await world.scan(gate, {"code": codes[0]})
    async with world.api("korea") as client:
        await client.post(f"/api/v1/events/{event['slug']}/cancel", json={"notice": {"en": "Storm"}})
    again, refused, anyway = await world.scan(
        gate, {"code": codes[0]}, {"code": codes[1]}, {"code": codes[1], "override": "other"}
    )
    assert (again["outcome"], refused["code"], anyway["outcome"]) == ("already_admitted", "event_cancelled", "admitted")
    counts = await stats(world, event)
    assert (counts["admitted"], counts["walk_ins"]) == (2, 0)


async def test_yesterday_stays_as_it_was(world: World) -> None:
    event = await world.event(entry_rule="daily")
    party = await world.party(event, 2)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    yesterday = (datetime.now(UTC) - timedelta(days=1, hours=1)).isoformat()
    async with world.phone(gate["token"]) as phone:
        await phone.post("/gate/api/walk-ins", json={"nonce": "w", "size": 5, "at": yesterday})
    await world.scan(gate, {"code": code, "numbers": [1, 2], "scanned_at": yesterday}, {"nonce": "today", "code": code})
    async with world.phone(gate["token"]) as phone:
        found = (await phone.get(f"/gate/api/short-codes/{party['short_code']}")).json()
        assert [bool(ticket["admitted_at"]) for ticket in found["tickets"]] == [True, False]
        page = (await phone.get("/gate/api/roster")).json()
    assert (page["counts"]["inside"], page["counts"]["walk_ins"]) == (1, 0)
    await world.scan(gate, {"undo": "today"})
    rows = await fetch("SELECT inside FROM admission")
    assert [bool(row["inside"]) for row in rows] == [True, True]


async def test_whom_the_phone_turned_away_is_not_inside(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    (away,) = await world.scan(gate, {"code": code, "offline": True, "shown": "refused"})
    assert (away["outcome"], away["code"]) == ("refused", "turned_away")
    (comes,) = await world.scan(gate, {"code": code})
    assert comes["outcome"] == "admitted"
    (anyway,) = await world.scan(gate, {"code": code, "offline": True, "shown": "refused", "override": "known_to_us"})
    assert anyway["outcome"] == "admitted"
