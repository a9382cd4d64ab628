"""Forgetting who a party is: names, notes, addresses and stored answers go; rows that are counted stay."""

from uuid import UUID

from piccolo.query.functions.aggregate import Sum

from app.activity.undo import WITHIN
from app.database.connection import insert, now
from app.database.data_keys import end_keys
from app.seats.hold import Held
from app.seats.holdings import mark_erased
from app.seats.places import free
from app.security.moments import forget_people
from app.web import idempotency
from models.guards import Erased
from models.registrations import Reach, ReachToken, Registration
from models.states import RegistrationState, TicketState
from models.tickets import Ticket

GONE = [TicketState.GIVEN_UP.value, TicketState.HANDED_ON.value]


async def forget(held: Held, parties: list[UUID]) -> None:
    """Remove everything personal of these parties of an event; call it under `hold`.

    With their keys whatever was sealed for them is noise, also where an older copy of it is left.
    """
    waiting = await Registration.select(Sum(Registration.party)).where(
        Registration.id.is_in(parties), Registration.state == RegistrationState.WAITING.value
    )
    await free(held.event, RegistrationState.WAITING, waiting[0]["sum"] or 0)
    await end_keys(parties)
    await mark_erased(held, parties)
    await Registration.update(
        {
            Registration.sealed_name: "",
            Registration.sealed_note: "",
            Registration.attention: "",
            Registration.source: "",
        }
    ).where(Registration.id.is_in(parties))
    await Ticket.update({Ticket.sealed_name: ""}).where(Ticket.registration.is_in(parties))
    await Reach.delete().where(Reach.registration.is_in(parties))  # and with them what was to be said to them
    await ReachToken.delete().where(ReachToken.registration.is_in(parties))
    await idempotency.forget(parties)
    forget_people()
    moment = now()
    await insert(Erased, *({"id": party, "at": moment} for party in parties), unless_there="id")


async def forget_left_names(registration: UUID) -> None:
    """Remove the names on tickets that were given up for good: they are nobody's business any more."""
    await Ticket.update({Ticket.sealed_name: ""}).where(
        Ticket.registration == registration,
        Ticket.state.is_in(GONE),
        Ticket.ended_at.is_null(),
        Ticket.sealed_name != "",
    )


async def forget_ended_names() -> None:
    """The same for what could be undone, once it cannot any more."""
    await Ticket.update({Ticket.sealed_name: ""}).where(Ticket.ended_at < now() - WITHIN, Ticket.sealed_name != "")
