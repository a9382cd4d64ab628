"""Announcements become messages: 500 reaches at a time, each batch its own transaction that holds no event's row.

SQL by name: `_REACHES` asks in one statement who is to be told; the builder has no EXISTS.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec

from app.activity.undo import WITHIN
from app.database.claims import tell
from app.database.connection import fetch, insert, now, write
from app.database.rows import Values, as_json, json_of, places
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.messages import rules
from app.messages.shapes import BY_THEMSELVES, Audience
from models.events import Event
from models.messages import Announcement, Message
from models.states import Channel, EventState, Letter, MessageState

BATCH = 500
AHEAD = timedelta(days=2)  # events that may need a reminder begin sooner than this
BY_TELEGRAM_OR_SO = (Channel.TELEGRAM, Channel.PUSH, Channel.EMAIL)  # an SMS costs: only for whom no other reaches

_REACHES = """
SELECT reach.id, reach.channel, reach.address_hash, reach.registration FROM reach
  JOIN registration ON registration.id = reach.registration
WHERE registration.event = $1 AND reach.id > $2
  AND (registration.state IN ('confirmed', 'waiting') OR registration.ended_at > $3)
  AND reach.stopped_at IS NULL AND reach.channel IN ({channels}) AND {confirmed} AND {audience}
ORDER BY reach.id LIMIT 500
"""
_CONFIRMED = """
reach.confirmed_at IS NOT NULL AND (reach.channel <> 'phone' OR NOT EXISTS (
  SELECT 1 FROM reach AS other WHERE other.registration = reach.registration AND other.channel IN ({cheap})
    AND other.stopped_at IS NULL AND other.confirmed_at IS NOT NULL))
"""
_AUDIENCES = {
    "all": "registration.event = ${first}",
    "confirmed": "registration.state = 'confirmed' AND registration.event = ${first}",
    "waiting": "registration.state = 'waiting' AND registration.event = ${first}",
    "not_come": """
      registration.state = 'confirmed' AND registration.event = ${first} AND NOT EXISTS (SELECT 1 FROM admission
        JOIN ticket ON ticket.id = admission.ticket WHERE ticket.registration = registration.id)""",
    "bus": "registration.pickup_point = ${first}",
    "invitation": "registration.invitation = ${first}",
    "party": "registration.id = ${first}",
    "reach": "reach.id = ${first}",
}


_DUE = (
    Announcement.id,
    Announcement.event,
    Announcement.kind,
    Announcement.subject,
    Announcement.after,
    Announcement.fanned_to,
    Announcement.told_at,
)


class _Due(msgspec.Struct, frozen=True):
    """An announcement that tells: what, of which event, for whom, how far it got."""

    id: UUID
    event: UUID
    kind: Letter
    subject: UUID | None
    after: dict[str, Any]
    fanned_to: UUID | None
    begun: bool


async def remind() -> int:
    """Write the reminders whose time has come, each once: its id is made of event, letter and day."""
    moment, made = now(), 0
    coming = await Event.select(Event.id).where(
        Event.state == EventState.PUBLISHED.value, Event.ends_at > moment, Event.starts_at < moment + AHEAD
    )
    for row in coming:
        event = await event_by_id(row["id"])
        for letter, day in rules.reminders_due(event, moment):
            columns = {
                "after": as_json({"day": day}),
                "id": uuid5(NAMESPACE_URL, f"bon:{event.id}:{letter}:{day}"),
                "event": event.id,
                "kind": letter.value,
                "content_revision": event.content_revision,
                "created_at": moment,
                "not_before": moment,
                "told_at": moment,
            }
            made += len(await insert(Announcement, columns, unless_there="id"))
    return made


async def fan_out(channels: Collection[Channel]) -> int:
    """Turn what is due into messages on these channels; returns how many were made."""
    made = 0
    for row in await _due(now()):
        try:
            due = await _begun(row)
            while due is not None:
                fanned, due = await _batch(due, channels)
                made += fanned
        except Exception as error:  # noqa: BLE001 - one that cannot be told must not hold up the others
            tell("announcement failed", error, letter=row.kind)
    return made


async def fan_again(announcement: UUID, registration: UUID, channels: Collection[Channel]) -> int:
    """Tell a party by what is left, when a channel turned out to lead nowhere; returns how many messages were made."""
    row = await Announcement.select(*_DUE).where(Announcement.id == announcement).first()
    if row is None or of_one_reach(Letter(row["kind"])):
        return 0
    due = _as_due({**row, "subject": registration, "fanned_to": None})
    rows = await _reaches(due, await event_by_id(due.event), channels)
    return await _make(due, rows)


async def _due(moment: datetime) -> list[_Due]:
    rows = (
        await Announcement.select(*_DUE)
        .where(Announcement.fanned_at.is_null(), Announcement.stopped_at.is_null(), Announcement.not_before <= moment)
        .order_by(Announcement.not_before)
        .limit(100)
    )
    return [_as_due(row) for row in rows]


def _as_due(row: dict[str, Any]) -> _Due:
    return msgspec.convert({**row, "after": json_of(row["after"]), "begun": row["told_at"] is not None}, _Due)


async def _begun(due: _Due) -> _Due | None:
    """From here on a change is another announcement; None where one took its place meanwhile, or the night does."""
    if due.begun:
        return due
    if due.kind in {Letter.CHANGED, Letter.REINSTATED}:
        morning = rules.not_in_the_night(now(), await event_by_id(due.event))
        if morning > now():  # it waits as an announcement, so that further changes still go out with it
            await Announcement.update({Announcement.not_before: morning}).where(
                Announcement.id == due.id, Announcement.told_at.is_null(), Announcement.not_before <= now()
            )
            return None
    begun = (
        await Announcement.update({Announcement.told_at: now()})
        .where(Announcement.id == due.id, Announcement.told_at.is_null(), Announcement.not_before <= now())
        .returning(Announcement.id)
    )
    return due if begun else None


async def _batch(due: _Due, channels: Collection[Channel]) -> tuple[int, _Due | None]:
    """Messages for the next reaches; how many, and what is left to do."""
    event = await event_by_id(due.event)
    off = due.kind in BY_THEMSELVES and due.kind in await letters_off(event.id)
    held = off or rules.holds(due.kind, event.state, event.ends_at, now())
    rows = [] if held or not channels else await _reaches(due, event, channels)
    last = rows[-1]["id"] if rows else None
    over = len(rows) < BATCH
    async with write():
        own = Announcement.fanned_to.is_null() if due.fanned_to is None else Announcement.fanned_to == due.fanned_to
        values: Values = {
            Announcement.fanned_to: last or due.fanned_to,
            Announcement.fanned_at: now() if over else None,
        }
        taken = (
            await Announcement.update(values)
            .where(Announcement.id == due.id, own, Announcement.fanned_at.is_null(), Announcement.stopped_at.is_null())
            .returning(Announcement.id)
        )
        if not taken:
            return 0, None  # another process was first, or somebody stopped it
        made = await _make(due, rows)
    return made, None if over else msgspec.structs.replace(due, fanned_to=last)


async def _reaches(due: _Due, event: EventRow, channels: Collection[Channel]) -> list[dict[str, Any]]:
    audience, subject = audience_of(due.kind, due.after, due.subject)
    condition, subjects = audience_condition(audience, subject or event.id, first=4)
    confirmed = (
        "reach.confirmed_at IS NULL" if due.kind == Letter.CONFIRM else _CONFIRMED.format(cheap=_cheap(channels))
    )
    sql = _REACHES.format(channels=_listed(channels), confirmed=confirmed, audience=condition)
    may_come_back = now() - WITHIN  # who gave up since then can take it back, and must know then what all know
    return await fetch(sql, event.id, due.fanned_to or UUID(int=0), may_come_back, *subjects)


def audience_condition(audience: Audience, subject: UUID, first: int) -> tuple[str, list[UUID]]:
    """SQL that holds of an audience's registrations, and its arguments from the place `first` on."""
    if audience.who == "parties" and audience.parties:
        return f"registration.id IN ({places(audience.parties, first)})", list(audience.parties)
    return _AUDIENCES[audience.who].format(first=first), [audience.bus or audience.invitation or subject]


def audience_of(kind: Letter, after: dict[str, Any], subject: UUID | None) -> tuple[Audience, UUID | None]:
    """For whom an announcement is, and the one row that says so."""
    if of_one_reach(kind):
        return Audience("reach"), subject
    if subject is not None:
        return Audience("party"), subject
    audience = (
        msgspec.convert(after.get("audience", {}), Audience, strict=False) if kind == Letter.WRITTEN else Audience()
    )
    return audience, None


def of_one_reach(kind: Letter) -> bool:
    """Whether a letter is about one address alone."""
    return kind in {Letter.CONFIRM, Letter.REGISTERED}


def _listed(channels: Collection[Channel]) -> str:
    return ", ".join(f"'{channel.value}'" for channel in channels)


def _cheap(channels: Collection[Channel]) -> str:
    return _listed([channel for channel in BY_TELEGRAM_OR_SO if channel in channels]) or "''"


async def _make(due: _Due, rows: list[dict[str, Any]]) -> int:
    moment = now()
    messages = (
        {
            "id": uuid4(),
            "announcement": due.id,
            "reach": row["id"],
            "registration": row["registration"],
            "channel": row["channel"],
            "target": row["address_hash"],
            "state": MessageState.QUEUED.value,
            "not_before": moment,
            "created_at": moment,
        }
        for row in rows
    )
    return len(await insert(Message, *messages, unless_there="announcement, reach"))


async def letters_off(event: UUID) -> frozenset[Letter]:
    """The letters that do not go out by themselves for an event."""
    row = await Event.select(Event.letters_off).where(Event.id == event).first()
    known = set(Letter)
    return frozenset(Letter(word) for word in (row["letters_off"].split() if row else ()) if word in known)
