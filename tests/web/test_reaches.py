"""A phone number or an address is asked for a use: the party and its attaché see it, nobody else."""

from app.database.connection import fetch
from tests.world import World


async def test_the_attache_sees_how_to_reach_a_party_and_the_audit_says_so(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2, names=["Sok Dara", "Srey Mom"], phone="010-1234-5678", email="dara@example.org")
    (row,) = await fetch("SELECT id FROM registration")
    path = f"/desk/events/{event['slug']}/registrations/{row['id']}?lang=en"
    async with world.desk("korea") as desk:
        shown = (await desk.get(path)).text
    assert 'href="tel:+821012345678"' in shown
    assert 'href="mailto:dara@example.org"' in shown
    assert "Srey Mom" in shown
    assert [each["action"] for each in await fetch("SELECT action FROM audit_entry WHERE action = 'party_read'")] == [
        "party_read"
    ]
    for other in ("japan", "hq"):
        async with world.desk(other) as desk:
            answer = await desk.get(path)
        assert answer.status_code in {403, 404}
        assert "1012345678" not in answer.text
    async with world.stranger as client:
        form = (await client.get(f"/en/events/{event['slug']}/register")).text
        assert "Only you and the attaché see it" in form
        assert "+821012345678" in (await client.get(f"/en/r/{party['key']}")).text
