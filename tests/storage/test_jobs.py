"""Background work: a slot of a job is done once, by one process; what has nothing to do writes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.background import jobs
from app.care import purge as purging
from app.care.heartbeat import beat, unsound
from app.care.purge import purge, purge_if_time_is_sound
from app.care.resealing import reseal
from app.database.claims import Job, claim, run_claimed
from app.database.connection import current, fetch, insert
from app.database.slices import in_slices
from app.security.sealing import ENDED, seal
from app.settings import Settings
from models.events import Event
from tests.storage.test_migrations import event_row
from tests.world import World

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.usefixtures("database")
async def test_a_slot_is_one_processs() -> None:
    won = await asyncio.gather(*(claim("purge", "1", NOON + timedelta(days=9999)) for _ in range(8)))
    assert won.count(True) == 1
    assert await claim("purge", "2", NOON + timedelta(days=9999))
    assert await claim("tally", "1", NOON + timedelta(days=9999))


@pytest.mark.usefixtures("database")
async def test_a_slot_whose_process_died_is_taken_over() -> None:
    assert await claim("purge", "1", datetime(2020, 1, 1, tzinfo=UTC))  # claimed long ago, never done
    assert await claim("purge", "1", NOON + timedelta(days=9999))
    assert not await claim("purge", "1", NOON + timedelta(days=9999))


@pytest.mark.usefixtures("database")
async def test_a_job_runs_once_in_each_span() -> None:
    ran = []

    async def work() -> None:
        ran.append("x")

    job = Job("work", timedelta(hours=1), work)
    assert await run_claimed(job, NOON)
    assert not await run_claimed(job, NOON + timedelta(minutes=59))
    assert await run_claimed(job, NOON + timedelta(minutes=60))
    assert len(ran) == 2


@pytest.mark.usefixtures("database")
async def test_a_job_that_failed_is_tried_again_after_its_time() -> None:
    async def fail() -> None:
        raise RuntimeError("no")

    async def work() -> None:
        return

    with pytest.raises(RuntimeError):
        await run_claimed(Job("work", timedelta(hours=1), fail, within=timedelta(days=-9999)), NOON)
    assert await run_claimed(Job("work", timedelta(hours=1), work), NOON)
    assert not await run_claimed(Job("work", timedelta(hours=1), work), NOON)


@pytest.mark.usefixtures("database")
async def test_what_was_claimed_outside_jobs_goes_too() -> None:
    """The bot's minutes and taps are claimed by the million: none may stay for good."""

    async def work() -> None:
        return

    assert await claim("telegram", "1", NOON - timedelta(days=8))
    assert await claim("posted", "fresh", NOON)
    assert await run_claimed(Job("work", timedelta(hours=1), work), NOON)
    assert {row["job"] for row in await fetch("SELECT job FROM claim")} == {"posted", "work"}


async def test_a_purge_with_nothing_to_erase_writes_nothing(world: World) -> None:
    over = event_row(number=77, slug="long-over")
    past = datetime(2020, 1, 1, tzinfo=UTC)
    wall = past.replace(tzinfo=None)
    over |= {"starts_at": past, "ends_at": past + timedelta(hours=1), "starts_local": wall, "ends_local": wall}
    await insert(Event, over)
    event = await world.event()
    await world.party(event, 2)
    before = await revisions()
    assert await purge(world.app.state.keyring) == 0
    assert await revisions() == before


async def test_a_purge_erases_what_is_due_and_nothing_else(world: World) -> None:
    due, coming = await world.event(title={"en": "Due"}), await world.event(title={"en": "Coming"})
    gone, kept = await world.party(due, 2), await world.party(coming, 2)
    await world.party(due, 200 // 100, accept_waiting=True)
    await end(due)
    assert await purge(world.app.state.keyring, dry_run=True) == 2
    assert await purge(world.app.state.keyring) == 2
    before = await revisions()
    assert await purge(world.app.state.keyring) == 0
    assert await revisions() == before
    async with world.stranger as worker:
        assert (await worker.get(f"/api/v1/registrations/{gone['key']}")).status_code == 410
        assert (await worker.get(f"/api/v1/registrations/{kept['key']}")).json()["name"] == "Sok Dara"


async def test_an_event_that_is_moved_while_others_are_purged_keeps_its_parties(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, moved = await world.event(title={"en": "Over"}), await world.event(title={"en": "Moved"})
    gone, kept = await world.party(over), await world.party(moved)
    await end(over, moved)
    due = purging._due

    async def due_before_it_moved(moment: datetime) -> dict[UUID, int]:
        found = await due(moment)
        later = datetime.now(UTC) + timedelta(days=30)
        move = fetch("UPDATE event SET ends_at = $2 WHERE slug = $1 RETURNING id", moved["slug"], later)
        await asyncio.create_task(move)  # somebody else does it
        return found

    monkeypatch.setattr(purging, "_due", due_before_it_moved)
    assert await purge(world.app.state.keyring) == 1
    async with world.stranger as worker:
        assert (await worker.get(f"/api/v1/registrations/{gone['key']}")).status_code == 410
        assert (await worker.get(f"/api/v1/registrations/{kept['key']}")).json()["name"] == "Sok Dara"


async def test_a_wrong_clock_erases_nobody(world: World) -> None:
    keyring, event = world.app.state.keyring, await world.event()
    party = await world.party(event)
    await end(event)
    await beat()
    await fetch("UPDATE heartbeat SET at = $1", datetime.now(UTC) - timedelta(days=5))
    assert await purge_if_time_is_sound(keyring) == 0
    await beat()  # the silence is over, but which of the two clocks was right nobody knows yet
    assert await unsound() is not None
    assert await purge_if_time_is_sound(keyring) == 0
    async with world.stranger as worker:
        assert (await worker.get(f"/api/v1/registrations/{party['key']}")).json()["name"] == "Sok Dara"
    await fetch("UPDATE heartbeat SET waits = 0")
    assert await purge_if_time_is_sound(keyring) == 1


async def test_a_key_that_an_older_release_left_of_an_erased_party_ends(world: World) -> None:
    keyring, party = world.app.state.keyring, await world.party(await world.event())
    row = UUID(party["id"])
    await fetch("UPDATE registration SET state = 'erased', sealed_name = '' WHERE id = $1 RETURNING id", row)
    await purge(keyring)
    (key,) = await fetch("SELECT sealed_key FROM data_key WHERE subject = $1", row)
    assert key["sealed_key"] == ENDED


async def test_a_name_that_an_older_release_writes_meanwhile_is_sealed_anew(world: World) -> None:
    keyring, party = world.app.state.keyring, await world.party(await world.event())
    row = UUID(party["id"])
    old = seal(keyring, "Written by the old one", f"registration.sealed_name:{row}")
    await fetch("UPDATE registration SET sealed_name = $2 WHERE id = $1 RETURNING id", row, old)
    assert await reseal(keyring) == 1
    assert await reseal(keyring) == 0
    (kept,) = await fetch("SELECT sealed_name FROM registration WHERE id = $1", row)
    assert kept["sealed_name"].startswith("/")
    async with world.stranger as worker:
        assert (await worker.get(f"/api/v1/registrations/{party['key']}")).json()["name"] == "Written by the old one"


async def test_a_job_that_must_come_again_leaves_its_slot(world: World) -> None:
    async def later() -> bool:
        return False

    async def done() -> bool:
        return True

    job = Job("work", timedelta(hours=1), later, within=timedelta(days=-9999))
    assert await run_claimed(job, NOON)
    assert await run_claimed(Job("work", timedelta(hours=1), done), NOON)
    assert not await run_claimed(Job("work", timedelta(hours=1), done), NOON)


async def test_jobs_of_the_application_run_when_they_should(world: World) -> None:
    every = {job.name: job for job in jobs(world.settings, world.app.state.keyring)}
    names = {
        "heartbeat",
        "reseal",
        "rewrite",
        "kept",
        "ended",
        "news",
        "told",
        "sources",
        "erased",
        "remind",
        "tally",
        "purge",
        "sweep",
    }
    assert set(every) == names
    assert every["ended"].every == timedelta(minutes=1)
    assert every["purge"].every == every["heartbeat"].every == timedelta(hours=1)
    if current().engine_type == "sqlite":  # erased within a minute, whichever process did it
        assert (every["sweep"].every, every["sweep"].claimed) == (timedelta(seconds=20), False)
    else:
        assert (every["sweep"].every, every["sweep"].claimed) == (timedelta(hours=1), True)


async def test_words_of_an_event_open_until_its_time_is_over(world: World) -> None:
    keyring, event = world.app.state.keyring, await world.event()
    await world.gate(event, "Sokha at the north")
    assert await purge(keyring) == 0
    async with world.desk("korea") as desk:
        assert "Sokha at the north" in (await desk.get(f"/desk/events/{event['slug']}/gate")).text
        await end(event)
        assert await purge(keyring) == 0  # nobody had registered, but the gate's name goes as well
        assert "Sokha at the north" not in (await desk.get(f"/desk/events/{event['slug']}/gate")).text
    before = await revisions()
    assert await purge(keyring) == 0
    assert await revisions() == before
    await world.gate(event, "Later")  # a new key is made for what comes after
    async with world.desk("korea") as desk:
        assert "Later" in (await desk.get(f"/desk/events/{event['slug']}/gate")).text
    await purge(keyring)
    async with world.desk("korea") as desk:
        assert "Later" not in (await desk.get(f"/desk/events/{event['slug']}/gate")).text


LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)


async def end(*events: dict[str, Any], at: datetime = LONG_AGO) -> None:
    """These events took place long ago, or ended at this moment."""
    for event in events:
        await fetch(
            "UPDATE event SET starts_at = $2, ends_at = $3 WHERE slug = $1 RETURNING id",
            event["slug"],
            at - timedelta(days=1),
            at,
        )


async def revisions() -> list[dict[str, Any]]:
    return await fetch("SELECT slug, revision FROM event ORDER BY slug")


async def test_long_work_lets_others_have_their_turn(settings: Settings) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    made = await in_slices(range(300_000), lambda number: number * 2)
    waiting.cancel()
    assert made[-1] == 599_998
    assert turns > 3
