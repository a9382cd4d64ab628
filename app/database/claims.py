"""Jobs that one process takes: every process may run the list, and each slot of a job is done once.

A claim is a row by job and slot. Whoever inserts it, or finds it undone after its time, has it: the key decides.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from app.database.connection import now
from models.claims import Claim

log = logging.getLogger("bon")

KEPT = timedelta(days=7)


class Job(msgspec.Struct, frozen=True):
    """Something to be done once in each span of `every`, by one process, and taken over by another after `within`.

    What is not `claimed` every process does: a look that costs nothing where there is nothing to do.
    """

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]
    within: timedelta = timedelta(minutes=10)
    claimed: bool = True


def tell(what: str, error: Exception, **facts: str) -> None:
    """Say in the log that background work failed: what, and the kind of error; its text may name people."""
    log.error(msgspec.json.encode({"event": what, **facts, "kind": type(error).__name__}).decode())


async def claim(job: str, slot: str, until: datetime) -> bool:
    """Whether this slot of a job is this process's to do; after `until` an undone one can be claimed again."""
    fresh = Claim(id=f"{job} {slot}", job=job, slot=slot, until=until, done=False)
    taken = (
        await Claim.insert(fresh)
        .on_conflict(
            target=Claim.id,
            action="DO UPDATE",
            values=[(Claim.until, until)],
            where=(Claim.until < now()) & Claim.done.eq(False),
        )
        .returning(Claim.id)
    )
    return bool(taken)


async def run_claimed(job: Job, moment: datetime) -> bool:
    """Do the slot of this moment unless another process has it; whether it was done here."""
    if not job.claimed:
        await job.run()
        return True
    slot = f"{int(moment.timestamp() // job.every.total_seconds())}"
    if not await claim(job.name, slot, moment + job.within):
        return False
    if await job.run() is False:
        return True  # it says itself that it must come again: the claim runs out
    await Claim.update({Claim.done: True}).where(Claim.job == job.name, Claim.slot == slot)
    await Claim.delete().where(Claim.until < moment - KEPT)  # also of what is claimed without being a job
    return True


async def keep_running(job: Job, soon: float = 20.0) -> None:
    """Run a job for as long as the process lives, the first time within `soon` seconds."""
    await asyncio.sleep(random.uniform(soon / 4, soon))  # noqa: S311 - not every process at the same instant
    while True:
        try:
            await run_claimed(job, now())
        except Exception as error:  # noqa: BLE001 - the next try must not depend on this one
            tell("job failed", error, job=job.name)
        await asyncio.sleep(min(60.0, job.every.total_seconds()))
