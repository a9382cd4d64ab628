"""Finding a party for its attaché: by a ticket, a short code, the end of a phone number, or a name in any spelling;
and those that look alike.

Nothing is indexed: names and numbers are unsealed a few at a time, so that nobody else waits, and forgotten again.

SQL by name: these statements bring sealed columns with their keys, which no foreign key joins.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch
from app.database.data_keys import SEALED_KEY
from app.database.rows import places, uuid_of
from app.database.slices import in_slices
from app.registrations.codes import LENGTH
from app.registrations.likeness import Likeness
from app.registrations.names import Wanted
from app.registrations.queries import parties_where
from app.registrations.shapes import Cluster, Party
from app.security.keyring import Keyring
from app.security.sealing import Unreadable, open_key
from app.security.ticket_code import NotATicket, decode
from app.validation.texts import latin_digits

MOST_FOUND = 30
LEAST_DIGITS = 3
A_CODE = 60  # characters: whatever is longer was scanned

_SHORT = "SELECT id, event FROM registration WHERE event IN ({places}) AND short_code = $1 AND state <> 'erased'"
_TICKET = "SELECT id, event FROM registration WHERE event IN ({places}) AND number = $1 AND state <> 'erased'"
# ids as plain text: 20,000 typed columns would cost as much as opening the names
_NAMES = """
SELECT CAST(id AS TEXT) AS id, CAST(event AS TEXT) AS event, sealed_name, sealed_key FROM registration
  LEFT JOIN data_key ON data_key.subject = registration.id
WHERE event IN ({places}) AND state <> 'erased'
"""
_BOOKED = """
SELECT CAST(id AS TEXT) AS id, substr(CAST(created_at AS TEXT), 1, 19) AS second, sealed_name, sealed_key
FROM registration LEFT JOIN data_key ON data_key.subject = registration.id
WHERE event = $1 AND state IN ('confirmed', 'waiting') ORDER BY created_at, registration.id LIMIT 20000
"""
_SAME_PHONE = """
SELECT CAST(reach.registration AS TEXT) AS id, address_hash FROM reach
WHERE channel = 'phone' AND registration IN (SELECT id FROM registration WHERE event = $1)
"""
_PHONES = f"""
SELECT
  registration.id, registration.event, reach.id AS reach, sealed_address, {SEALED_KEY.format(id="registration.id")}
FROM reach JOIN registration ON registration.id = reach.registration
WHERE registration.event IN ({{places}}) AND registration.state <> 'erased' AND reach.channel = 'phone'
"""


async def find_parties(keyring: Keyring, events: list[UUID], text: str) -> list[Party]:
    """The parties of these events that somebody may mean, the best first, at most MOST_FOUND."""
    if not events:
        return []
    found = await _by_code(keyring, events, text) or await _by_phone(keyring, events, text)
    found = found or await _by_name(keyring, events, text)
    best = [uuid_of(row["id"]) for row in found[:MOST_FOUND]]
    if not best:
        return []
    parties = {party.id: party for party in await parties_where(keyring, f"id IN ({places(best)})", *best)}
    return [parties[row] for row in best if row in parties and not parties[row].erased]


async def _by_code(keyring: Keyring, events: list[UUID], text: str) -> list[dict[str, Any]]:
    if len(text) > A_CODE:
        try:
            number = decode(keyring, text).registration
        except NotATicket:
            return []
        return await fetch(_TICKET.format(places=places(events, 2)), number, *events)
    short = "".join(each for each in text.upper() if each.isalnum())
    if len(short) != LENGTH:
        return []
    return await fetch(_SHORT.format(places=places(events, 2)), short, *events)


async def _by_phone(keyring: Keyring, events: list[UUID], text: str) -> list[dict[str, Any]]:
    plain = latin_digits(text)
    digits = "".join(each for each in plain if each.isdigit()).lstrip("0")
    if len(digits) < LEAST_DIGITS or any(each.isalpha() for each in plain):
        return []

    def fits(row: dict[str, Any]) -> bool:
        key = open_key(keyring, row["sealed_key"], row["id"])
        try:
            return key.unseal(row["sealed_address"], f"reach.sealed_address:{row['reach']}").endswith(digits)
        except Unreadable:
            return False

    rows = await fetch(_PHONES.format(places=places(events)), *events)
    return [row for row, fit in zip(rows, await in_slices(rows, fits), strict=True) if fit]


async def _by_name(keyring: Keyring, events: list[UUID], text: str) -> list[dict[str, Any]]:
    wanted = Wanted(text)
    if wanted.empty:
        return []

    def fits(row: dict[str, Any]) -> tuple[int, str] | None:
        name = _name_in(keyring, row)
        fit = None if name is None else wanted.fit(name)
        return None if name is None or fit is None else (fit, name)

    rows = await fetch(_NAMES.format(places=places(events)), *events)
    fitting = zip(await in_slices(rows, fits), rows, strict=True)
    return [row for _, row in sorted(((fit, row) for fit, row in fitting if fit), key=lambda each: each[0])]


def _name_in(keyring: Keyring, row: dict[str, Any]) -> str | None:
    key = open_key(keyring, row["sealed_key"], row["id"])
    try:
        return key.unseal(row["sealed_name"], f"registration.sealed_name:{row['id']}")
    except Unreadable:
        return None


class LookAlikes(msgspec.Struct, frozen=True):
    """Groups of parties that look alike, and among how many that were read."""

    clusters: list[Cluster]
    read: int


async def look_alikes(keyring: Keyring, event: UUID) -> LookAlikes:
    """An event's booked parties by likeness."""
    rows = await fetch(_BOOKED, event)
    phones = {row["id"]: row["address_hash"] for row in await fetch(_SAME_PHONE, event)}
    likeness = Likeness()

    def add(row: dict[str, Any]) -> None:
        likeness.add(row["id"], _name_in(keyring, row) or "", row["second"], phones.get(row["id"], ""))

    await in_slices(rows, add)
    return LookAlikes(likeness.clusters(), len(rows))
