"""When a posting ends: what that person still holds is adopted or ended, and what nobody adopts ends with the right."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.accounts import actions, tokens
from app.accounts.queries import account_by_email
from app.activity.record import OPERATOR
from app.database.connection import fetch
from tests.web.test_desk_parties import get, invited, press
from tests.world import PASSWORD, World


async def successor(world: World) -> None:
    """Another attaché of Korea, who can log in."""
    await actions.add_account("next@bon.example", "Next", "attache", PASSWORD, OPERATOR)
    account = await account_by_email("next@bon.example")
    assert account is not None
    await world.posted("next", "KR")
    world.sessions["next"] = await world.session(account["id"])
    world.tokens["next"] = await tokens.add_token("next@bon.example", OPERATOR)


async def works(world: World, gate: dict[str, Any]) -> bool:
    async with world.phone(gate["token"]) as phone:
        return (await phone.get("/gate/api/roster")).status_code == 200


async def test_what_a_leaving_attache_made_is_adopted_or_ends(world: World) -> None:
    event = await world.event()
    north, south = await world.gate(event, "North"), await world.gate(event, "South")
    key = await invited(world, event)
    await successor(world)
    assert "Nothing is left behind." in (await get(world, "/desk/handover", "next")).text
    await actions.end_posting("korea@bon.example", "KR", OPERATOR)
    assert not await works(world, north)
    page = (await get(world, "/desk/handover", "next")).text
    assert all(label in page for label in ("North", "South", "Dormitory", "Korea"))
    assert "3 things end with somebody" in (await get(world, "/desk", "next")).text
    assert (await get(world, "/desk/handover", "japan")).text.count("North") == 0
    foreign = await press(world, "/desk/handover", who="japan", do="adopt", **{f"pairing.{north['id']}": "on"})
    assert foreign.status_code == 303
    assert not await works(world, north)
    row = (await fetch("SELECT id FROM invitation"))[0]["id"]
    ticked = {f"pairing.{north['id']}": "on", f"invitation.{row}": "on"}
    assert (await press(world, "/desk/handover", who="next", do="adopt", **ticked)).status_code == 303
    assert await works(world, north)
    assert not await works(world, south)
    assert (await world.party(event, 20, invitation=key))["state"] == "confirmed"
    await press(world, "/desk/handover", who="next", do="end", **{f"pairing.{south['id']}": "on"})
    assert "Nothing is left behind." in (await get(world, "/desk/handover", "next")).text
    await actions.end_posting("next@bon.example", "KR", OPERATOR)
    assert not await works(world, north)  # with the right of whoever adopted it
    assert len(await fetch("SELECT id FROM audit_entry WHERE action = 'adopted'")) == 2


async def test_what_will_end_is_said_before_it_does(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    await successor(world)
    await fetch("UPDATE posting SET ends_at = $1 WHERE ends_at IS NULL AND account <> $2", *await _soon(world))
    assert await works(world, gate)
    assert "It ends with the posting of Korea" in (await get(world, "/desk/handover", "next")).text


async def _soon(world: World) -> tuple[datetime, Any]:
    account = await account_by_email("next@bon.example")
    assert account is not None
    return datetime.now(UTC) + timedelta(days=3), account["id"]


async def test_a_posting_that_has_not_begun_keeps_nothing_alive(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    await actions.end_posting("korea@bon.example", "KR", OPERATOR)
    account = await account_by_email("korea@bon.example")
    assert account is not None
    later = {"host_country": "KR", "event": None, "starts_at": datetime.now(UTC) + timedelta(days=9), "ends_at": None}
    await actions.post(account["id"], later, OPERATOR)
    assert not await works(world, gate)


async def test_a_phone_that_hq_paired_before_opens_no_names(world: World) -> None:
    event = await world.event()
    gate = await world.gate(event)
    hq = await account_by_email("hq@bon.example")
    assert hq is not None
    await fetch("UPDATE pairing SET made_by = $1", hq["id"])
    assert not await works(world, gate)
