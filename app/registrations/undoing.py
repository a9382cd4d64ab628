"""Undoing what a party gave up or handed on, for ten minutes; what others have by now stays theirs."""

from uuid import UUID

import msgspec

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.undo import WITHIN, last_step, step_of
from app.database.connection import now
from app.registrations import invitations
from app.registrations.erasure import forget
from app.seats import holdings, returning
from app.seats.hold import Held, hold, must_be
from app.validation.refusals import Refused
from models.states import ActorKind, EventState, RegistrationState


async def take_again(
    event: UUID, registration: UUID, by: Actor, meant: frozenset[int] | None = None, *, place: int | None = None
) -> RegistrationState:
    """Undo a party's giving up: it has its places again, or stands first on the waiting list (or at this place of it).
    Raises Refused.

    What the attaché gave up for a party, the attaché alone takes back.
    """
    async with hold(event, ("state", "ends_at")) as held:
        _must_be_coming(held)
        ended = await returning.ended(registration, now() - WITHIN)
        must_be(ended.revision, meant)
        step = await step_of(ended.ended_by)
        if step.by == ActorKind.STAFF and by.kind != ActorKind.STAFF:
            raise Refused("cancelled_by_desk")
        before = msgspec.convert(step.facts["before"], returning.Before)
        state = await returning.take_again(held, ended, before, place)
        await invitations.refuse_growth(registration, 0)
        await record(Kind.TAKEN_AGAIN, by, registration, event, undone=str(step.id), state=state)
        return state


async def take_back(
    event: UUID, registration: UUID, number: int, most: int, by: Actor, meant: frozenset[int] | None = None
) -> None:
    """Undo the handing on of a ticket, unless the friend's page was used; the friend's link ends. Raises Refused."""
    async with hold(event, ("state", "ends_at")) as held:
        _must_be_coming(held)
        step = await last_step(event, registration, (Kind.HANDED_ON, Kind.HANDED_BACK), ticket=number)
        if step.kind != Kind.HANDED_ON or "revision" not in step.facts:  # an older release noted none
            raise Refused("nothing_to_undo")
        must_be((await holdings.holding(registration)).revision, meant)
        friend = UUID(step.facts["friend"])
        await returning.take_back(held, registration, number, friend, step.facts["revision"], most)
        await forget(held, [friend])
        await invitations.refuse_growth(registration, 0)
        await record(Kind.HANDED_BACK, by, registration, event, ticket=number, undone=str(step.id))


def _must_be_coming(held: Held) -> None:
    if held.facts["state"] != EventState.PUBLISHED:
        raise Refused("event_cancelled")
    if held.facts["ends_at"] <= now():
        raise Refused("event_over")
