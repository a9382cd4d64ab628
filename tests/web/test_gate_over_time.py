"""The gate over days: pairings that end or move with the event, how many phones, what is counted by gate."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from app.database.connection import fetch
from app.gate import actions as gate_actions
from app.gate import api as gate_api
from app.web import limits
from tests.world import World, soon


async def stats(world: World, event: dict[str, Any]) -> dict[str, int]:
    async with world.api("korea") as client:
        return dict((await client.get(f"/api/v1/events/{event['slug']}/stats")).json())


async def roster(world: World, gate: dict[str, Any], since: str = "0") -> dict[str, Any]:
    async with world.phone(gate["token"]) as phone:
        return dict((await phone.get(f"/gate/api/roster?since={since}")).json())


async def test_pairings_end_twelve_hours_after_the_event(world: World) -> None:
    gate = await world.gate(await world.event())
    assert datetime.fromisoformat(gate["expires_at"]) == datetime.fromisoformat(f"{soon(days=61, hour=5)}:00+09:00")


async def test_a_phone_that_was_offline_all_day_delivers_its_backlog_at_once(world: World) -> None:
    event = await world.event(capacity=None, party_limit=60)
    gate = await world.gate(event)
    parties = [await world.party(event, 60) for _ in range(84)]
    everybody = list(range(1, 61))
    scans = [{"code": party["tickets"][0]["code"], "numbers": everybody} for party in parties]
    results = await world.scan(gate, *scans)
    assert {result["party"]["admitted"] for result in results} == {60}
    assert (await stats(world, event))["admitted"] == 84 * 60


async def test_times_are_kept_to_the_fraction_of_a_second(world: World) -> None:
    event = await world.event()
    party = await world.party(event)
    gate = await world.gate(event)
    at = datetime.now(UTC) - timedelta(seconds=45)
    (result,) = await world.scan(
        gate, {"code": party["tickets"][0]["code"], "scanned_at": at.isoformat()}, sent_at=datetime.now(UTC).isoformat()
    )
    assert abs(datetime.fromisoformat(result["first"]["at"]) - at) < timedelta(seconds=5)
    assert not (await fetch("SELECT clock_off FROM scan"))[0]["clock_off"]


async def test_an_event_that_moves_takes_its_gate_along(world: World) -> None:
    entry: dict[str, Any] = {"entry_opens_at": soon(-3, 8), "entry_closes_at": soon(-2, 9)}
    event = await world.event(starts_at=soon(-3), ends_at=soon(-3, 17), **entry)
    gate = await world.gate(event)
    path = f"/api/v1/events/{event['slug']}"
    async with world.phone(gate["token"]) as phone:
        over = (await phone.get("/gate/api/roster")).status_code
        assert over in {401, 403, 410}
        async with world.api("korea") as api:
            today = soon(0, 1)
            moved = (await api.patch(path, json={"starts_at": today, "ends_at": soon(1, 23)})).json()
            assert moved["entry_opens_at"].startswith(soon(0, 0))
        party = await world.party(event)
        assert (await phone.get("/gate/api/roster")).status_code == 200
        (scanned,) = await world.scan(gate, {"code": party["tickets"][0]["code"]})
    assert scanned["outcome"] in {"admitted", "refused"}
    assert scanned["code"] != "another_day"
    async with world.desk("korea") as desk:
        form = (await desk.get(f"/desk/events/{event['slug']}/edit?lang=en")).text
    assert re.search(r'name="move_along"\s+value="on" checked', form)


async def test_one_square_pairs_so_many_phones_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event()
    async with world.api("korea") as api:
        made = await api.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "North", "phones": 2})
        wrong = await api.post(f"/api/v1/events/{event['slug']}/gate-devices", json={"label": "North", "phones": 0})
    assert wrong.json()["errors"][0]["field"] == "phones"
    gate = made.json()
    path = gate["pair_url"].partition("8000")[2]
    codes = []
    for _ in range(3):
        async with world.stranger as phone:
            codes.append((await phone.post(f"{path}?lang=en")).status_code)
    assert codes.count(303) == 1  # one is the API's own
    assert codes[-1] == 409
    monkeypatch.setattr(gate_actions, "LIVELY", timedelta(0))  # half a day later
    async with world.stranger as phone:
        assert (await phone.post(path)).status_code == 303


async def test_names_are_counted_by_gate_not_by_phone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await world.event(gate_search=True)
    await world.party(event)
    gate = await world.gate(event)
    path = gate["pair_url"].partition("8000")[2]
    monkeypatch.setattr(gate_api, "NAMES", msgspec.structs.replace(limits.NAMES, most=3))
    async with world.phone(gate["token"]) as one, world.stranger as other:
        assert (await other.post(path)).status_code == 303
        answers = [
            (await phone.post("/gate/api/names", json={"name": "Sok"})).status_code
            for phone in (one, other, one, other, one)
        ]
    assert answers == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("before", "after"), [("once", "daily"), ("daily", "once"), ("free", "daily"), ("daily", "free")]
)
async def test_a_rule_of_entry_changed_during_the_day_lets_nobody_in_again(
    world: World, before: str, after: str
) -> None:
    event = await world.event(entry_rule=before)
    party, second = await world.party(event, 2), await world.party(event)
    gate = await world.gate(event)
    codes = [ticket["code"] for ticket in party["tickets"]]
    await world.scan(gate, {"nonce": "first", "code": codes[0]})
    since = (await roster(world, gate))["cursor"]
    async with world.api("korea") as client:
        for rule in (after, before, after):
            changed = await client.patch(f"/api/v1/events/{event['slug']}", json={"entry_rule": rule})
            assert changed.status_code == 200, changed.text
    (again, other, later) = await world.scan(
        gate, {"code": codes[0]}, {"code": codes[1]}, {"code": second["tickets"][0]["code"]}
    )
    assert [each["outcome"] for each in (again, other, later)] == ["already_admitted", "admitted", "admitted"]
    assert (await stats(world, event))["admitted"] == 3
    told = await roster(world, gate, since)  # phones learn under which day it counts
    assert len(told["parties"]) == 2
    (undone,) = await world.scan(gate, {"undo": "first"})
    assert undone["code"] == "undone"
    assert (await stats(world, event))["admitted"] == 2


async def test_days_told_together_and_apart_again(world: World) -> None:
    """Two days of a daily event; as one day it knows of both, and daily again it lets in neither a second time."""
    event = await world.event(entry_rule="daily")
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    now = datetime.now(UTC)
    yesterday = (now - timedelta(days=1)).isoformat()
    first, second = await world.scan(gate, {"code": code, "scanned_at": yesterday}, {"code": code})
    assert (first["outcome"], second["outcome"]) == ("admitted", "admitted")
    for rule in ("once", "daily"):
        async with world.api("korea") as client:
            assert (await client.patch(f"/api/v1/events/{event['slug']}", json={"entry_rule": rule})).status_code == 200
        results = await world.scan(gate, {"code": code, "scanned_at": yesterday}, {"code": code})
        assert [each["outcome"] for each in results] == ["already_admitted"] * 2
    assert len(await fetch("SELECT id FROM admission")) == 2


async def change_event(world: World, event: dict[str, Any], **changes: Any) -> None:
    async with world.api("korea") as client:
        answer = await client.patch(f"/api/v1/events/{event['slug']}", json=changes)
    assert answer.status_code == 200, answer.text


async def test_days_that_fall_together_by_mistake_come_apart_again(world: World) -> None:
    """A wrong hour at which days turn, put right again, takes nobody's admission away."""
    event = await world.event(entry_rule="daily", day_turns="04:00", time_zone="Asia/Seoul")
    party = await world.party(event)
    gate = await world.gate(event)
    code = party["tickets"][0]["code"]
    turn = datetime.now(UTC) + timedelta(hours=9)  # on Seoul's wall
    hour = f"{(turn - timedelta(hours=1)):%H}:00"
    await change_event(world, event, day_turns=hour)
    before = (datetime.now(UTC) - timedelta(hours=2, minutes=5)).isoformat()
    results = await world.scan(gate, {"code": code, "scanned_at": before}, {"code": code})
    assert [each["outcome"] for each in results] == ["admitted", "admitted"]
    wrong = f"{(turn - timedelta(hours=4)):%H}:00"
    await change_event(world, event, day_turns=wrong)
    await change_event(world, event, day_turns=hour)
    (again,) = await world.scan(gate, {"code": code})
    assert again["outcome"] == "already_admitted"
    assert len(await fetch("SELECT id FROM admission")) == 2


async def test_who_is_inside_stays_so_under_any_rule(world: World) -> None:
    event = await world.event(entry_rule="free")
    party, other = await world.party(event), await world.party(event)
    gate = await world.gate(event)
    code, second = party["tickets"][0]["code"], other["tickets"][0]["code"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    later = (datetime.now(UTC) - timedelta(hours=23)).isoformat()
    for scan in ({"scanned_at": yesterday}, {"scanned_at": later, "direction": "out"}, {}):
        await world.scan(gate, {"code": code, **scan})  # came yesterday, left, came back today
    await change_event(world, event, entry_rule="daily")
    assert [each["outcome"] for each in await world.scan(gate, {"code": code})] == ["already_admitted"]
    for scan in ({"scanned_at": yesterday}, {"scanned_at": later, "direction": "out"}, {}):
        await world.scan(gate, {"code": second, **scan})
    await change_event(world, event, entry_rule="free")
    assert [each["outcome"] for each in await world.scan(gate, {"code": second})] == ["already_admitted"]
