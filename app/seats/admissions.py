"""Admissions: finished rows of a judged batch are kept, turned round and taken back, under `hold`.

SQL by name: the gate's hot path. The unique index on (ticket, day) decides who was first.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, insert, now
from app.database.rows import places, uuid_of
from app.database.together import NewRows, SqlPart, change_together
from app.seats.hold import Held
from app.seats.rules import days_anew
from app.seats.shapes import CameIn, Days
from models.states import EntryRule
from models.tickets import Admission

_TURN = "UPDATE admission SET inside = $3, revision = $4 WHERE ticket = $1 AND day = $2 RETURNING id"
_ALL = "SELECT * FROM admission WHERE event = $1 ORDER BY admitted_at, id"
_FORGET = "DELETE FROM admission WHERE event = $1 RETURNING id"
_TELL_PHONES = """
UPDATE registration SET revision = $2
WHERE id IN (SELECT registration FROM ticket JOIN admission ON admission.ticket = ticket.id WHERE admission.event = $1)
RETURNING id
"""
_HOLD_AS_JUDGED = """
UPDATE event SET revision = revision + 1 WHERE id = $1 AND content_revision = $2 AND ended_at IS NULL RETURNING revision
"""
_STAMP_PARTY = """
UPDATE registration SET revision = head.revision FROM head WHERE registration.id = $1 AND registration.revision = $2
RETURNING registration.id
"""
_STILL_SO = "SELECT id FROM registration WHERE id = $1 AND revision = $2 AND EXISTS (SELECT 1 FROM head) FOR SHARE"
_TAKE_BACK = "DELETE FROM admission WHERE scan = $1 RETURNING ticket"


class AdmissionRows(msgspec.Struct):
    """What a batch of scans does to people: first admissions as rows, who went in or out again, whose party it is."""

    admissions: list[dict[str, Any]] = []
    turns: list[tuple[UUID, str, bool]] = []
    parties: set[UUID] = set()


async def admit(held: Held, rows: AdmissionRows) -> None:
    """Keep what was judged; a ticket that came in before stays as it is."""
    await insert(
        Admission, *({**row, "revision": held.revision} for row in rows.admissions), unless_there="ticket, day"
    )
    for ticket, day, inside in rows.turns:
        await fetch(_TURN, ticket, day, inside, held.revision)
    if rows.parties:
        await fetch(
            f"UPDATE registration SET revision = $1 WHERE id IN ({places(rows.parties, 2)})",
            held.revision,
            *rows.parties,
        )


class Judged(msgspec.Struct, frozen=True):
    """The state that scans were judged by: the event's rules, and the parties, each by its revision."""

    event: UUID
    content_revision: int
    parties: dict[UUID, int]


async def admit_at_once(judged: Judged, rows: AdmissionRows, beside: list[NewRows]) -> bool:
    """The same with all that belongs to it, in one statement, where the database can; turns go the long way.

    False, and nothing is done, where it was judged by another state than there is, or a row is there already.
    """
    parties = judged.parties.items()
    head = SqlPart(_HOLD_AS_JUDGED, (judged.event, judged.content_revision))
    took = await change_together(
        head,
        [NewRows(Admission, rows.admissions, stamped=True), *beside],
        [SqlPart(_STAMP_PARTY if each[0] in rows.parties else _STILL_SO, each) for each in parties],
    )
    return took is not None


async def count_anew(held: Held, before: EntryRule, days: Days) -> None:
    """The rule of the days has changed: who came in counts under the new one, so nobody is let in a second time."""
    rows = await fetch(_ALL, held.event)
    found = days_anew(msgspec.convert(rows, list[CameIn], strict=False), before, days, now())
    if found == {uuid_of(row["id"]): (row["day"], bool(row["inside"])) for row in rows}:
        return
    await fetch(_FORGET, held.event)
    for row in rows:
        row["day"], row["inside"] = found[uuid_of(row["id"])]
    await insert(Admission, *({**row, "revision": held.revision} for row in rows))
    await fetch(_TELL_PHONES, held.event, held.revision)


async def take_back(scan: UUID) -> bool:
    """Undo the admissions that a scan made; whether there were any."""
    return bool(await fetch(_TAKE_BACK, scan))


async def turn_round(held: Held, registration: UUID, numbers: list[int], day: str, *, inside: bool) -> bool:
    """Bring tickets of a party back inside, or out again; whether any was on the other side."""
    if not numbers:
        return False
    turned = await fetch(
        "UPDATE admission SET inside = $3, revision = $4 WHERE inside = $2 AND day = $5 AND ticket IN"
        f" (SELECT id FROM ticket WHERE registration = $1 AND number IN ({places(numbers, 6)})) RETURNING id",
        registration,
        not inside,
        inside,
        held.revision,
        day,
        *numbers,
    )
    return bool(turned)
