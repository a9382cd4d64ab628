"""Registering, giving up and erasing. Each is one transaction: change and audit."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.kinds import Kind
from app.activity.record import Actor, entry_row, record
from app.database.connection import now, write
from app.database.data_keys import keep_key, key_row
from app.database.rows import uuid_of
from app.database.together import NewRows
from app.events.rules import registration_refusal
from app.events.shapes import EventRow
from app.registrations import erasure, invitations, rushes
from app.registrations.codes import draw_number, draw_short_code
from app.registrations.reach import add_reaches, reach_rows
from app.registrations.shapes import RegistrationDraft
from app.seats import booking, holdings
from app.seats.hold import Held, hold
from app.seats.shapes import Booked
from app.seats.tally import still_tallied
from app.seats.waiting import promote_waiting
from app.security.keyring import Keyring
from app.security.sealing import RowKey, new_key
from app.validation.refusals import Refused
from app.web.idempotency import Act, Answer, AtOnce, Keep
from models.audit import AuditEntry
from models.events import Event
from models.guards import DataKey
from models.registrations import Reach, Registration
from models.states import Channel, EventState


async def register(
    keyring: Keyring,
    event: EventRow,
    draft: RegistrationDraft,
    by: Actor,
    source: rushes.CountedSource = rushes.NOWHERE,
    key: RowKey | None = None,
) -> Booked:
    """Book places for a party; raises Refused when the event is closed, full, or the bus is.

    A party of a `source` that takes very much is set aside. `key` is a new one, for whoever seals under it afterwards;
    its subject becomes the registration's id.
    """
    moment = now()
    if not (by.by_staff or draft.accept_waiting or draft.take_what_there_is):
        _refuse_where_full(event, draft, moment)
    key = key or new_key(keyring, uuid4())
    row = uuid_of(key.subject)
    async with write():
        aside = await rushes.is_one(event, source, draft.party, moment)
        rows = _rows(key, row, event, draft, moment, source)
        booked = await booking.book(rows, moment, aside=aside, by_hand=by.by_staff)
        if booked is None:
            raise await _why_not(event, moment)
        if draft.invitation:
            await invitations.use(event.id, draft.invitation, draft.party)
        await keep_key(key)
        await add_reaches(keyring, key, event.id, row, draft.reaches, by, asks=not aside)
        await record(Kind.REGISTERED, by, booked.id, event.id, party=draft.party, state=booked.state, set_aside=aside)
        return await booking.settle(event.id, booked, accept_waiting=draft.accept_waiting)


async def register_once(
    keyring: Keyring,
    event: EventRow,
    read: Callable[[], Awaitable[RegistrationDraft]],
    by: Actor,
    network: str,
    answer: Callable[[Booked, RegistrationDraft], Any],
    once: Callable[[Act, AtOnce], Awaitable[Answer]],
) -> Answer:
    """Register what is `read`, and keep the body of the `answer` to it, `once`; the shortest way the database has.

    `network` is where it comes from, as far as that may be judged ("": not).
    """
    own, drafts = new_key(keyring, uuid4()), list[tuple[RegistrationDraft, rushes.CountedSource]]()

    async def drafted() -> tuple[RegistrationDraft, rushes.CountedSource]:
        if not drafts:  # whichever way it goes, it is read and counted once
            draft = await read()
            counted = "" if draft.invitation else network
            drafts.append((draft, rushes.seen(keyring, event, counted, draft.party, now())))
        return drafts[0]

    async def act() -> Answer:
        draft, source = await drafted()
        booked = await register(keyring, event, draft, by, source, own)
        return Answer(201, answer(booked, draft), booked.id, own)

    async def at_once(keep: Keep) -> Answer | None:
        (draft, source), made = await drafted(), list[Answer]()

        def beside(booked: Booked) -> list[NewRows]:
            made.append(Answer(201, answer(booked, draft), booked.id, own))
            return keep(made[-1])

        return made[-1] if await register_at_once(keyring, event, draft, by, source, own, beside) else None

    return await once(act, at_once)


async def register_at_once(
    keyring: Keyring,
    event: EventRow,
    draft: RegistrationDraft,
    by: Actor,
    source: rushes.CountedSource,
    key: RowKey,
    beside: Callable[[Booked], list[NewRows]],
) -> Booked | None:
    """The same for a party that fits, in one statement. None where it must go the long way, and then nothing is done.

    `beside` makes what else is written with the booking.
    """
    left = event.seats_left
    crowded = event.seats_waiting or (left is not None and left < draft.party)
    if crowded or source.many or draft.invitation or draft.reaches.get(Channel.EMAIL):
        return None
    moment, row = now(), uuid_of(key.subject)
    rows = _rows(key, row, event, draft, moment, source)

    def with_it(booked: Booked) -> list[NewRows]:
        facts = {"party": draft.party, "state": booked.state, "set_aside": False}
        return [
            NewRows(DataKey, [key_row(key)]),
            NewRows(Reach, reach_rows(keyring, key, event.id, row, draft.reaches)),
            NewRows(AuditEntry, [entry_row(Kind.REGISTERED, by, row, event.id, facts)]),
            *beside(booked),
        ]

    return await booking.book_at_once(rows, moment, with_it)


def _rows(
    key: RowKey, row: UUID, event: EventRow, draft: RegistrationDraft, moment: datetime, source: rushes.CountedSource
) -> booking.BookingRows:
    grown_ups = draft.party - draft.children
    registration = {
        "id": row,
        "event": event.id,
        "number": draw_number(),
        "party": draft.party,
        "children": draft.children,
        "sealed_name": key.seal(draft.names[0], f"registration.sealed_name:{row}"),
        "language": draft.language,
        "pickup_point": draft.pickup_point,
        "take_what_there_is": draft.take_what_there_is,
        "last_ticket": draft.party,
        "invitation": draft.invitation,
        "consented_at": moment,
        "created_at": moment,
        "source": source.text,
        "took_at": moment if source.text else None,
    }
    tickets = [
        {
            "id": (ticket := uuid4()),
            "event": event.id,
            "registration": row,
            "number": index + 1,
            "sealed_name": key.seal(name, f"ticket.sealed_name:{ticket}") if index and name else "",
            "child": index >= grown_ups,
        }
        for index, name in enumerate(draft.names)
    ]
    return booking.BookingRows(registration, tickets, draw_short_code)


def _refuse_where_full(event: EventRow, draft: RegistrationDraft, moment: datetime) -> None:
    """Send away whom there is no place for and who would not wait, before anything is written."""
    left = event.seats_left
    if left is not None and left < draft.party and registration_refusal(event, moment) is None:
        raise Refused("event_full", left=left)


class _Openness(msgspec.Struct):
    state: EventState
    registration_paused: bool
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    ends_at: datetime


async def _why_not(event: EventRow, moment: datetime) -> Refused:
    """Read only to explain: the UPDATE has decided already."""
    columns = [getattr(Event, name) for name in _Openness.__struct_fields__]
    row = await Event.select(*columns).where(Event.id == event.id).first()
    present = msgspec.structs.asdict(msgspec.convert(row, _Openness, strict=False)) if row else {}
    return registration_refusal(msgspec.structs.replace(event, **present), moment) or Refused("busy")


async def give_up(registration: UUID, by: Actor, meant: frozenset[int] | None = None) -> None:
    """Give up all places of a party, for others at once. A second time changes nothing; Refused once it is over."""
    async with hold(await _event_of(registration), ("ends_at",)) as held:
        if held.facts["ends_at"] > now():
            await end(held, registration, by, meant)
            await promote_waiting(held.event)
        elif await holdings.has_places(registration):
            raise Refused("event_over")
        else:
            await still_tallied(held.event)


async def _event_of(registration: UUID) -> UUID:
    row = await Registration.select(Registration.event).where(Registration.id == registration).first()
    if row is None:
        raise Refused("not_found")
    event: UUID = row["event"]
    return event


async def end(held: Held, registration: UUID, by: Actor, meant: frozenset[int] | None = None) -> None:
    """The same under `hold`; whoever calls it lets others move up."""
    moment = now()
    ended = await holdings.give_up(held, registration, moment, meant)
    if ended is None:
        return
    facts = {"state": ended.before.state, "position": ended.before.wait_position, "bus": ended.before.pickup_point}
    entry = await record(Kind.GAVE_UP, by, registration, held.event, people=ended.people, before=facts)
    await holdings.ended_by(registration, entry)
    await erasure.forget_left_names(registration)


async def erase(registration: UUID, by: Actor, meant: frozenset[int] | None = None) -> None:
    """Erase who the party is: places are given up, names, addresses and stored answers go, the counts stay.

    Once the event is over nobody else can have the places: who did not come did not come, and was counted so.
    """
    async with hold(await _event_of(registration), ("ends_at",)) as held:
        if held.facts["ends_at"] > now():
            await end(held, registration, by, meant)
            await promote_waiting(held.event)
        await erasure.forget(held, [registration])
        await still_tallied(held.event)
        await record(Kind.ERASED, by, registration, held.event)
