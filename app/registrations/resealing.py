"""Parties that releases before data keys wrote get a key each, and what is personal of them is sealed under it.

A party has a key or it has not: all of it is sealed anew in one transaction under its event's row, by the job that does
so while Bon serves, or by the change that comes first. Whatever stops the job, it goes on with who has none yet.

SQL by name: `_LEFT` asks for rows without a row elsewhere, which the builder has no join for.
"""

from uuid import UUID

from app.database.connection import fetch, write
from app.database.data_keys import keep_key, key_of, words_key
from app.database.rows import uuid_of
from app.registrations.reach import hash_of
from app.seats.hold import hold
from app.security.keyring import Keyring
from app.security.sealing import RowKey, Unreadable, new_key
from models.registrations import Invitation, Reach, Registration
from models.states import Channel, RegistrationState
from models.tickets import Ticket

ERASED = RegistrationState.ERASED.value
BATCH = 100  # rows that are read at once

# who has no key, or has a name that a process of such a release has written since ("/" is how a mark of our own begins)
_LEFT = """
SELECT event, registration.id AS party FROM registration LEFT JOIN data_key ON data_key.subject = registration.id
WHERE registration.id > $1 AND registration.state <> 'erased'
  AND (data_key.subject IS NULL OR (sealed_name <> '' AND sealed_name NOT LIKE '/%')) ORDER BY registration.id LIMIT $2
"""


async def reseal_parties(keyring: Keyring) -> int:
    """Give every party without a key one; returns how many there were."""
    done, last = 0, UUID(int=0)
    while left := await fetch(_LEFT, last, BATCH):
        for row in left:
            last = uuid_of(row["party"])
            async with hold(row["event"]):  # one at a time: others who book at this event go between
                if await Registration.exists().where(Registration.id == last, Registration.state != ERASED):
                    await _seal_all(keyring, await key_of(keyring, last), row["event"], last)
                    done += 1
    return done


async def reseal_invitations(keyring: Keyring) -> int:
    """Seal whose link an invitation is under its event's key; returns how many there were."""
    done = 0
    plain = Invitation.select(Invitation.id, Invitation.event, Invitation.label).where(Invitation.label != "")
    while rows := await plain.limit(BATCH):
        async with write():
            for row in rows:
                key = await words_key(keyring, row["event"])
                sealed = key.seal(row["label"], f"invitation.sealed_label:{row['id']}")
                await Invitation.update({Invitation.label: "", Invitation.sealed_label: sealed}).where(
                    Invitation.id == row["id"], Invitation.label != ""
                )
        done += len(rows)
    return done


async def rehash_addresses(keyring: Keyring) -> int:
    """Addresses are compared by a hash under the present secret; returns how many had another."""
    changed, after = 0, UUID(int=0)
    columns = (Reach.id, Reach.registration, Reach.channel, Reach.sealed_address, Reach.address_hash)
    event = Reach.registration.event.as_alias("event")
    while rows := await Reach.select(*columns, event).where(Reach.id > after).order_by(Reach.id).limit(BATCH):
        after = uuid_of(rows[-1]["id"])
        for row in rows:
            key = await key_of(keyring, uuid_of(row["registration"]))
            try:
                address = key.unseal(row["sealed_address"], f"reach.sealed_address:{row['id']}")
            except Unreadable:
                continue
            told = hash_of(keyring, uuid_of(row["event"]), Channel(row["channel"]), address)
            if address and told != row["address_hash"]:
                changed += 1
                await Reach.update({Reach.address_hash: told}).where(
                    Reach.id == row["id"], Reach.sealed_address == row["sealed_address"]
                )
    return changed


async def key_of_party(keyring: Keyring, event: UUID, registration: UUID) -> RowKey:
    """The key of a party that is not erased; call it under `hold`."""
    key = await key_of(keyring, registration)
    return key if key.sealed is not None else await _seal_all(keyring, key, event, registration)


async def _seal_all(keyring: Keyring, before: RowKey, event: UUID, registration: UUID) -> RowKey:
    key = before
    if key.sealed is None:
        key = new_key(keyring, registration)
        await keep_key(key)

    def anew(sealed: str, place: str) -> str:
        try:
            return key.seal(before.unseal(sealed, place), place)
        except Unreadable:
            return sealed  # it was unreadable before, and stays so

    party = await Registration.select(Registration.sealed_name, Registration.sealed_note).where(
        Registration.id == registration
    )
    await Registration.update(
        {
            Registration.sealed_name: anew(party[0]["sealed_name"], f"registration.sealed_name:{registration}"),
            Registration.sealed_note: anew(party[0]["sealed_note"], f"registration.sealed_note:{registration}"),
        }
    ).where(Registration.id == registration)
    named = Ticket.select(Ticket.id, Ticket.sealed_name).where(
        Ticket.registration == registration, Ticket.sealed_name != ""
    )
    for ticket in await named:
        sealed = anew(ticket["sealed_name"], f"ticket.sealed_name:{ticket['id']}")
        await Ticket.update({Ticket.sealed_name: sealed}).where(Ticket.id == ticket["id"])
    reaches = Reach.select(Reach.id, Reach.channel, Reach.sealed_address).where(Reach.registration == registration)
    for reach in await reaches:
        place = f"reach.sealed_address:{reach['id']}"
        try:
            address = before.unseal(reach["sealed_address"], place)
        except Unreadable:
            continue
        told = hash_of(keyring, event, Channel(reach["channel"]), address)
        await Reach.update({Reach.sealed_address: key.seal(address, place), Reach.address_hash: told}).where(
            Reach.id == reach["id"]
        )
    return key
