"""Tickets on paper, for people without a phone: a batch of registrations of one, numbered, nameless, revocable.

SQL by name: `_CAME` joins over two tables that the builder cannot type.
"""

from uuid import UUID

from app.activity.record import Actor
from app.database.connection import fetch, now, write
from app.database.rows import uuid_of
from app.events.shapes import EventRow
from app.registrations import invitations
from app.registrations.actions import end, register
from app.registrations.shapes import PaperFields, RegistrationDraft
from app.seats.hold import hold
from app.seats.waiting import promote_waiting
from app.security.keyring import Keyring
from app.validation.refusals import Refused
from models.registrations import Invitation, Registration
from models.states import RegistrationState

_CAME = """
SELECT ticket.registration FROM ticket JOIN registration ON registration.id = ticket.registration
JOIN admission ON admission.ticket = ticket.id WHERE registration.invitation = $1
"""


async def make(
    keyring: Keyring, event: EventRow, given: PaperFields, bus: UUID | None, language: str, by: Actor
) -> UUID:
    """Book so many people as tickets on paper, all of them or none; returns the batch. Raises Refused."""
    async with write():
        batch = await invitations.for_paper(keyring, event.id, given, by)
        for number in range(1, given.people + 1):
            draft = RegistrationDraft(
                names=(f"{given.label} · {number}",),
                children=0,
                phone="",
                email="",
                language=language,
                pickup_point=bus,
                accept_waiting=False,
                take_what_there_is=False,
                invitation=batch,
            )
            await register(keyring, event, draft, by)
    return batch


async def revoke(event: UUID, batch: UUID, by: Actor) -> int:
    """Give up the places of a batch that nobody came in with; returns how many. Twice changes nothing."""
    async with hold(event, ("ends_at",)) as held:
        if held.facts["ends_at"] <= now():
            raise Refused("event_over")
        is_paper = Invitation.exists().where(
            Invitation.id == batch, Invitation.event == event, Invitation.paper.eq(True)
        )
        if not await is_paper:
            raise Refused("not_found")
        came = {uuid_of(row["registration"]) for row in await fetch(_CAME, batch)}
        rows = await Registration.select(Registration.id).where(
            Registration.invitation == batch,
            Registration.event == event,
            Registration.state == RegistrationState.CONFIRMED.value,
        )
        unused = [row["id"] for row in rows if row["id"] not in came]
        for registration in unused:
            await end(held, registration, by)
        await promote_waiting(event)
        await invitations.uninvite(event, batch, by)
    return len(unused)
