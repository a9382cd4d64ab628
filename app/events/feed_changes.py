"""When a feed's bytes last changed, kept in the database: Last-Modified never falls, also across restarts."""

from datetime import datetime

from app.database.connection import fetch, rising
from app.database.lane import Row

FAR = 1_000  # changes of one event that calendars may have seen since a backup
_LOOK = "SELECT fingerprint, modified_at FROM feed_stamp WHERE feed = $1"


async def changed_at(feed: str, fingerprint: str) -> datetime:
    """The time of the last change of this feed, which is now if bytes with this SHA-256 (hex) are new."""
    rows = await fetch(_LOOK, feed)
    if rows and rows[0]["fingerprint"] == fingerprint:
        return _of(rows)
    stamp = rising(_of(rows) if rows else None)
    written = await fetch(
        "INSERT INTO feed_stamp (feed, fingerprint, modified_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (feed) DO UPDATE SET fingerprint = $2, modified_at = $3"
        " WHERE feed_stamp.fingerprint <> $2 AND feed_stamp.modified_at < $3 RETURNING feed",
        feed,
        fingerprint,
        stamp,
    )
    return stamp if written else _of(await fetch(_LOOK, feed))


async def calendars_ask_anew() -> None:
    """After a restore: what calendars have seen is older than what they get, by stamp and SEQUENCE alike."""
    await fetch(f"UPDATE event SET sequence = sequence + {FAR}")
    await fetch("DELETE FROM feed_stamp")


def _of(rows: list[Row]) -> datetime:
    moment: datetime = rows[0]["modified_at"]
    return moment
