"""Deleting a row takes no people, scans or postings along, on either database."""

from typing import Any
from uuid import UUID

import pytest

from app.database.connection import current, fetch, write
from app.events.undoing import remove_deleted
from models.tickets import FIRST_IN
from tests.world import World


async def test_an_event_with_people_cannot_be_deleted(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    device = await world.gate(event)
    await world.scan(device, {"code": party["tickets"][0]["code"]})
    for sql, row in (
        ("DELETE FROM event WHERE id = $1", event["id"]),
        ("DELETE FROM registration WHERE id = $1", party["id"]),
        ("DELETE FROM ticket WHERE registration = $1", party["id"]),
        ("DELETE FROM pairing WHERE id = $1", device["id"]),
        ("DELETE FROM gate_device WHERE pairing = $1", device["id"]),
    ):
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            async with write():
                await fetch(sql, UUID(row))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with write():
            await fetch("DELETE FROM host_country WHERE code = 'KR'")
    assert (await fetch("SELECT count(*) AS rows FROM ticket"))[0]["rows"] == 2


async def test_a_draft_goes_with_all_that_belongs_to_it(world: World, later: Any) -> None:
    event = await world.event(publish=False, pickup_points=[{"name": "Osan", "seats": 10}])
    async with world.desk("korea") as desk:
        page = (await desk.get(f"/desk/events/{event['slug']}/invitations")).text
        nonce = page.split('name="nonce" value="')[1].split('"')[0]
        sent = {"label": "Sokha", "party_limit": "40", "nonce": nonce}
        assert (await desk.post(f"/desk/events/{event['slug']}/invitations", data=sent)).status_code == 303
    await world.gate(event)
    async with world.api("korea") as client:
        assert (await client.delete(f"/api/v1/events/{event['slug']}")).status_code == 204
    later()
    assert await remove_deleted() == 1
    for table in ("event", "pickup_point", "invitation", "pairing", "gate_device"):
        assert await fetch(f"SELECT * FROM {table}") == [], table


@pytest.mark.usefixtures("database")
async def test_the_gates_rule_is_an_index_that_is_there() -> None:
    if current().engine_type == "sqlite":
        rows = await fetch("SELECT sql FROM sqlite_master WHERE name = $1", FIRST_IN)
        assert rows[0]["sql"].startswith("CREATE UNIQUE INDEX")
    else:
        rows = await fetch("SELECT indexdef FROM pg_indexes WHERE indexname = $1", FIRST_IN)
        assert "UNIQUE" in rows[0]["indexdef"]
