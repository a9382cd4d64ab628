"""Community leaders' links: made, used by bookings, and revoked."""

from uuid import UUID, uuid4

from app.activity.kinds import Kind
from app.activity.record import Actor, Said, record
from app.database.connection import now, write
from app.database.data_keys import words_key
from app.registrations.shapes import InvitationFields
from app.security.keyring import Keyring
from models.registrations import Invitation


async def invite(keyring: Keyring, event: UUID, given: InvitationFields, by: Actor) -> UUID:
    """A link with which a community leader may book for up to so many people."""
    row, limit = uuid4(), given.party_limit
    async with write():
        label = (await words_key(keyring, event)).seal(given.label, f"invitation.sealed_label:{row}")
        await Invitation.insert(
            Invitation(id=row, event=event, sealed_label=label, party_limit=limit, created_at=now(), made_by=by.account)
        )
        await record(Kind.INVITED, by, row, event, said=Said(keyring, {"label": given.label}), party_limit=limit)
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
