"""`erased.log`: which registrations were erased, kept beside the secret, outside the database that a restore replaces.

A line an id and its time; it names nobody. Each process adds what is new each minute, under a lock, so that nothing
stands twice; what a crash kept from it comes with the next look.
"""

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from app.database.connection import now
from app.database.rows import uuid_of
from models.guards import Erased

OVERLAP = timedelta(minutes=10)  # whoever erased before a later one may have committed after it
NAME = "erased.log"


async def note_erased(folder: Path) -> int:
    """Add what was erased since the last look to the folder's log; returns how many."""
    path = folder / NAME
    last = max(read_log(path).values(), default=datetime(2000, 1, 1, tzinfo=UTC))
    since = min(last, now()) - OVERLAP  # a clock may have been ahead
    wanted = Erased.select(Erased.id, Erased.at).where(Erased.at >= since).order_by(Erased.at)
    rows = {uuid_of(row["id"]): row["at"] for row in await wanted}
    if not rows:
        return 0
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        there = read_log(path)
        fresh = {row: at for row, at in rows.items() if row not in there}
        if fresh:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            half = b"\n" if size and file.read(1) != b"\n" else b""  # of a power cut, or a full disk
            file.write(half + "".join(_line(row, at) for row, at in fresh.items()).encode())
            file.flush()
            os.fsync(file.fileno())
    return len(fresh)


def _line(row: UUID, at: datetime) -> str:
    return f"{row} {at.astimezone(UTC).isoformat()}\n"


def read_log(path: Path, *, must: bool = False) -> dict[UUID, datetime]:
    """What a log holds; half a line is left out. Raises OSError where it `must` be there."""
    found = dict[UUID, datetime]()
    if not must and not path.exists():
        return found
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        row, _, at = line.partition(" ")
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is not None:
                found[UUID(row)] = moment
        except ValueError:
            continue
    return found
