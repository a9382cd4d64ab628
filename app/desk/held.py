"""What people whose posting ends still hold: paired phones and leaders' links of events that are not over.

SQL by name: one statement over two tables and their makers' postings; labels are sealed under their event's keys.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.queries import JOIN_MAKER, MAKER, is_posted, maker_until
from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.database.data_keys import SEALED_KEY
from app.database.rows import json_of, moment_of, uuid_of
from app.events.queries import within
from app.security.keyring import Keyring
from app.security.sealing import open_key
from models.states import Role

AHEAD = timedelta(days=30)
_HELD = f"""
SELECT {{table}}.id, {{table}}.label, {{table}}.sealed_label, {SEALED_KEY.format(id="event.id")}, event.id AS event,
  event.slug, event.title, maker.name AS maker, {MAKER}
FROM {{table}} JOIN event ON event.id = {{table}}.event {JOIN_MAKER}
WHERE {{table}}.revoked_at IS NULL AND {{table}}.made_by IS NOT NULL AND {{table}}.made_by <> $1
  AND event.ends_at > $2 AND event.ended_at IS NULL AND {{within}}
ORDER BY event.starts_at, {{table}}.created_at, {{table}}.id
"""
KINDS = ("pairing", "invitation")


class HeldThing(msgspec.Struct, frozen=True):
    """A pairing or invitation whose maker's right ended, or ends at `until`."""

    kind: str
    id: UUID
    label: str
    event: UUID
    slug: str
    title: dict[str, str]
    maker: str
    until: datetime
    over: bool


async def held_by_others(keyring: Keyring, staff: Staff) -> list[HeldThing]:
    """What ends, or ended, with somebody else's posting, in the countries of this person."""
    condition, args = within(staff, 3)
    found = []
    for table in KINDS:
        statement = _HELD.format(table=table, made=table, within=condition)
        rows = await fetch(statement, staff.account, now(), *args)
        found += [thing for row in rows if (thing := _held(keyring, table, row))]
    return found


def _held(keyring: Keyring, kind: str, row: dict[str, Any]) -> HeldThing | None:
    ended = maker_until(row)
    open_end = is_posted(row) and row["maker_role"] != Role.HQ
    until = ended or (None if open_end else moment_of(row["posted_until"]))
    if until is None or until > now() + AHEAD:
        return None
    key = open_key(keyring, row["sealed_key"], row["event"])
    return HeldThing(
        kind=kind,
        id=uuid_of(row["id"]),
        label=key.words(row["label"], row["sealed_label"], f"{kind}.sealed_label:{row['id']}"),
        event=uuid_of(row["event"]),
        slug=row["slug"],
        title=json_of(row["title"]),
        maker=row["maker"],
        until=until,
        over=ended is not None,
    )
