"""A sign of life each hour: after days of silence it may be the clock that is wrong, and a jump erases nobody."""

import time
from datetime import timedelta

from app.care.rules import Beat, left_to_run, next_beat
from app.database.connection import insert, now, write
from models.guards import Heartbeat

EVERY = timedelta(hours=1)
NAME = "running"

_steady = [time.monotonic()]  # when this process last beat, or began


async def beat() -> None:
    """Note that this installation runs; several processes share the hours, so none counts more than one at once."""
    steady = time.monotonic()
    ran = min(EVERY, timedelta(seconds=steady - _steady[0]))
    _steady[0] = steady
    async with write():
        last, moment = await _last(), now()
        fresh = next_beat(last, moment, ran)
        waits = int(fresh.waits.total_seconds())
        if last is None:
            await insert(Heartbeat, {"name": NAME, "at": moment, "waits": waits}, unless_there="name")
        else:
            await Heartbeat.update({Heartbeat.at: moment, Heartbeat.waits: waits}).where(Heartbeat.name == NAME)


async def unsound() -> timedelta | None:
    """How long this must run before its clock is believed again; None where all is well."""
    return left_to_run(await _last(), now())


async def _last() -> Beat | None:
    row = await Heartbeat.select(Heartbeat.at, Heartbeat.waits).where(Heartbeat.name == NAME).first()
    return Beat(row["at"], timedelta(seconds=row["waits"])) if row else None
