"""Community leaders' links: made, used by bookings, and revoked."""

from uuid import UUID, uuid4

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import now, write
from app.registrations.shapes import InvitationFields
from models.registrations import Invitation


async def invite(event: UUID, given: InvitationFields, by: Actor) -> UUID:
    """A link with which a community leader may book for up to so many people."""
    row = uuid4()
    label, limit = given.label, given.party_limit
    async with write():
        await Invitation.insert(Invitation(id=row, event=event, label=label, party_limit=limit, created_at=now()))
        await record(Kind.INVITED, by, row, event, label=label, party_limit=limit)
    return row


async def use(event: UUID, invitation: UUID) -> bool:
    """Count a booking by this link; False once it is revoked."""
    used = (
        await Invitation.update({Invitation.uses: Invitation.uses + 1})
        .where(Invitation.id == invitation, Invitation.event == event, Invitation.revoked_at.is_null())
        .returning(Invitation.id)
    )
    return bool(used)


async def uninvite(event: UUID, invitation: UUID, by: Actor) -> bool:
    """Revoke an invitation; what was booked by it stays. False if there is no such; twice changes nothing."""
    own = (Invitation.id == invitation) & (Invitation.event == event)
    async with write():
        ended = (
            await Invitation.update({Invitation.revoked_at: now()})
            .where(own, Invitation.revoked_at.is_null())
            .returning(Invitation.id)
        )
        if ended:
            await record(Kind.INVITATION_REVOKED, by, invitation, event)
    return bool(ended) or await Invitation.exists().where(own)
