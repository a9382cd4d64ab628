"""The desk says when the people of an event are erased, and when they were; the purge's dry run lists what is due."""

from datetime import UTC, datetime, timedelta

from app.care.purge import due_by_event, purge
from app.database.connection import fetch
from app.printing.typesetting import PRESS
from tests.world import World


async def test_the_desk_says_when_names_go_and_when_they_went(world: World) -> None:
    event = await world.event()
    await world.party(event, 2)
    here = f"/desk/events/{event['slug']}?lang=en"
    async with world.desk("korea") as desk:
        before = (await desk.get(here)).text
        assert "addresses are erased on" in before
        assert await due_by_event() == {}
        past = datetime.now(UTC) - timedelta(days=20)
        moved = "UPDATE event SET starts_at = $1, ends_at = $2 WHERE slug = $3"
        await fetch(moved, past - timedelta(hours=8), past, event["slug"])
        assert await due_by_event() == {event["slug"]: 1}
        world.app.state.public_cache.clear()
        assert "erased within the next hours" in (await desk.get(here)).text
        assert await purge(world.app.state.keyring) == 1
        after = (await desk.get(here)).text
        assert "addresses were erased on" in after
        assert await due_by_event() == {}


async def test_a_draft_promises_nothing(world: World) -> None:
    event = await world.event(publish=False)
    async with world.desk("korea") as desk:
        assert "data-erasing" not in (await desk.get(f"/desk/events/{event['slug']}")).text


async def test_no_picture_of_who_is_erased_is_held(world: World) -> None:
    event = await world.event()
    party = await world.party(event, 2)
    async with world.stranger as worker:
        drawn = await worker.get(f"/km/r/{party['key']}/1.png")
        assert drawn.headers["content-type"] == "image/png"
        assert len(drawn.content) < 40_000
        assert len(PRESS._tickets) == 1
        await worker.post(f"/api/v1/registrations/{party['key']}/erase")
        assert len(PRESS._tickets) == 0
        assert (await worker.get(f"/km/r/{party['key']}/1.png")).status_code == 410
