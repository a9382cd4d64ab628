"""Community leaders' links: made, used by bookings, and revoked; and batches of tickets on paper, counted alike.

SQL by name: `_USE` decides by a sum over the bookings of a link, which the builder cannot put into an UPDATE.
"""

from typing import Any
from uuid import UUID, uuid4

from app.activity.kinds import Kind
from app.activity.record import Actor, Said, record
from app.database.connection import fetch, insert, now, write
from app.database.data_keys import words_key
from app.registrations.shapes import InvitationFields, PaperFields
from app.security.keyring import Keyring
from app.validation.refusals import Problem, invalid
from models.registrations import Invitation, Registration

# whoever gave up does not count any more; one statement, so that two bookings at once cannot both fit
_USE = """
UPDATE invitation SET uses = uses + 1
WHERE id = $1 AND event = $2 AND revoked_at IS NULL AND (people_limit IS NULL OR people_limit >= (
  SELECT coalesce(sum(party), 0) FROM registration
  WHERE registration.invitation = $1 AND registration.state IN ('confirmed', 'waiting')))
RETURNING id
"""
_LEFT = """
SELECT revoked_at, people_limit - (SELECT coalesce(sum(party), 0) FROM registration
  WHERE registration.invitation = $1 AND registration.state IN ('confirmed', 'waiting')) AS people
FROM invitation WHERE id = $1 AND event = $2
"""


async def invite(keyring: Keyring, event: UUID, given: InvitationFields, by: Actor) -> UUID:
    """A link with which a community leader may book for up to so many people."""
    limits = {"party_limit": given.party_limit, "people_limit": given.people_limit}
    made = {**limits, "language": given.language}
    return await _write(keyring, event, made, given.label, Kind.INVITED, by, **limits)


async def for_paper(keyring: Keyring, event: UUID, given: PaperFields, by: Actor) -> UUID:
    """What a batch of tickets on paper hangs on; nobody books by it."""
    made = {"party_limit": 1, "people_limit": given.people, "paper": True}
    return await _write(keyring, event, made, given.label, Kind.PAPER_MADE, by, people=given.people)


async def _write(
    keyring: Keyring, event: UUID, made: dict[str, Any], label: str, kind: Kind, by: Actor, **facts: Any
) -> UUID:
    row = uuid4()
    async with write():
        sealed = (await words_key(keyring, event)).seal(label, f"invitation.sealed_label:{row}")
        who = {"id": row, "event": event, "sealed_label": sealed, "created_at": now(), "made_by": by.account}
        await insert(Invitation, {**who, **made})
        await record(kind, by, row, event, said=Said(keyring, {"label": label}), **facts)
    return row


async def use(event: UUID, invitation: UUID, party: int) -> None:
    """Count a booking by this link; call it in the transaction that booked. Raises Refused once the link is revoked, or
    for more people together than it may book.
    """
    if await fetch(_USE, invitation, event):
        return
    left = await fetch(_LEFT, invitation, event)
    if not left or left[0]["revoked_at"] is not None:
        raise invalid([Problem("invitation", "invitation_unknown")])
    raise invalid([Problem("party", "invitation_full", {"left": max(0, int(left[0]["people"]) + party)})])


async def still_counted(registration: UUID) -> dict[str, UUID]:
    """What a friend's registration has of the one that it comes from: an invitation that counts its people goes on
    counting them."""
    row = (
        await Registration.select(Registration.invitation)
        .where(Registration.id == registration, Registration.invitation.people_limit.is_not_null())
        .first()
    )
    return {"invitation": row["invitation"]} if row else {}


async def refuse_growth(registration: UUID, more: int) -> None:
    """Raise Refused where a party that grows by so many would be more than its invitation may book, revoked or not.

    Of 0: where it is too many already, because it came back. Call it under `hold`.
    """
    row = await Registration.select(Registration.invitation, Registration.event).where(Registration.id == registration)
    if not row or row[0]["invitation"] is None:
        return
    left = await fetch(_LEFT, row[0]["invitation"], row[0]["event"])
    if left and left[0]["people"] is not None and left[0]["people"] < more:
        raise invalid([Problem("party", "invitation_full", {"left": max(0, int(left[0]["people"]))})])


async def adopt(event: UUID, invitation: UUID, by: Actor) -> bool:
    """An invitation is good while the adopter's right lasts; what was revoked stays so. False if there is none."""
    async with write():
        adopted = (
            await Invitation.update({Invitation.made_by: by.account})
            .where(Invitation.id == invitation, Invitation.event == event, Invitation.revoked_at.is_null())
            .returning(Invitation.id)
        )
        if adopted:
            await record(Kind.ADOPTED, by, event, event, invitation=str(invitation))
    return bool(adopted)


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
