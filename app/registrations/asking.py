"""Asking an address whether it wants to be told, and what it answers: yes, stop, or once more. And their ends.

Links in letters open nothing of the party and die with its link; opening one changes nothing, a button does.
"""

from datetime import timedelta
from uuid import UUID

from app.activity.announcing import News
from app.activity.kinds import Kind
from app.activity.record import RULE, Actor, record
from app.database.connection import now, write
from app.database.data_keys import key_of
from app.database.rows import Values
from app.registrations.linking import Wish, party_here, reaches_of_chat
from app.registrations.reach import may_ask
from app.seats.hold import hold
from app.security.keyring import Keyring
from app.security.links import make_key, proves, read_key
from app.validation.refusals import Refused
from models.registrations import Reach, Registration
from models.states import Channel

LINK = "reach"
ASKED_AGAIN = timedelta(minutes=10)


def reach_key(keyring: Keyring, reach: UUID, link_issue: int) -> str:
    """The secret part of the link by which one address says yes or stop; it opens nothing of the party.

    It dies with the party's link: whoever read the old letters must not come back by them.
    """
    return make_key(keyring, LINK, reach, link_issue)


async def asked_by_link(keyring: Keyring, key: str) -> Wish:
    """Whose address a link in a letter is about; raises Refused "not_found"."""
    parts = read_key(key)
    if parts is None:
        raise Refused("not_found")
    row = (
        await Reach.select(
            Reach.id, Reach.channel, Reach.registration, Reach.confirmed_at, Reach.stopped_at, Reach.language,
            Reach.registration.event.as_alias("event"),
        ).where(Reach.id == parts[0]).first()
    )  # fmt: skip
    party = await party_here(row["registration"]) if row else None
    if row is None or party is None or not proves(keyring, LINK, key, party["link_issue"]):
        raise Refused("not_found")
    return Wish(
        party["id"],
        party["event"],
        party["party"],
        row["language"] or party["language"],
        row["id"],
        Channel(row["channel"]),
        row["confirmed_at"] is not None,
        row["stopped_at"] is not None,
    )


async def ask_again(keyring: Keyring, reach: UUID, registration: UUID, by: Actor) -> None:
    """Ask an e-mail address once more whether it wants this; within ten minutes only once. Raises Refused."""
    async with write():
        moment = now()
        asked = (
            await Reach.update({Reach.consented_at: moment, Reach.confirmed_at: None, Reach.stopped_at: None})
            .where(
                Reach.id == reach,
                Reach.registration == registration,
                Reach.channel == Channel.EMAIL.value,
                Reach.confirmed_at.is_null() | Reach.stopped_at.is_not_null(),
                Reach.consented_at < moment - ASKED_AGAIN,
            )
            .returning(Reach.address_hash)
        )
        party = await party_here(registration)
        if not asked or party is None or not await may_ask(keyring, await _address_of(keyring, reach, registration)):
            raise Refused("asked_just_now")
        await record(Kind.REACH_ASKED, by, registration, party["event"], news=News(subject=reach))


async def on_again(reach: UUID, registration: UUID, by: Actor) -> None:
    """Tell a phone number again that was stopped on the party's page; others link themselves anew, or are asked."""
    party = await party_here(registration)
    if party is None:
        raise Refused("erased")
    async with hold(party["event"]):
        again: Values = {Reach.stopped_at: None, Reach.consented_at: now()}
        on = (
            await Reach.update(again)
            .where(
                Reach.id == reach,
                Reach.registration == registration,
                Reach.channel == Channel.PHONE.value,
                Reach.stopped_at.is_not_null(),
            )
            .returning(Reach.id)
        )
        if on:
            await record(Kind.REACH_LINKED, by, registration, party["event"], channel=Channel.PHONE)


async def _address_of(keyring: Keyring, reach: UUID, registration: UUID) -> str:
    row = await Reach.select(Reach.sealed_address).where(Reach.id == reach).first()
    key = await key_of(keyring, registration)
    return key.unseal(row["sealed_address"], f"reach.sealed_address:{reach}") if row else ""


async def confirm(asked: Wish, by: Actor) -> None:
    """Whoever reads at this address wants to be told; a second time changes nothing."""
    async with hold(asked.event):
        said: Values = {Reach.confirmed_at: now(), Reach.stopped_at: None}
        fresh = (Reach.id == asked.reach) & (Reach.confirmed_at.is_null() | Reach.stopped_at.is_not_null())
        if await Reach.update(said).where(fresh).returning(Reach.id):
            news = News(subject=asked.reach)
            await record(Kind.REACH_LINKED, by, asked.registration, asked.event, news=news, channel=asked.channel)


async def stop(reach: UUID, registration: UUID, by: Actor) -> None:
    """Nothing goes to this address any more; a second time changes nothing."""
    party = await Registration.select(Registration.event).where(Registration.id == registration).first()
    if party is None:
        return
    async with hold(party["event"], even_deleted=True):
        stopped = (
            await Reach.update({Reach.stopped_at: now()})
            .where(Reach.id == reach, Reach.registration == registration, Reach.stopped_at.is_null())
            .returning(Reach.id, Reach.channel)
        )
        if stopped:
            await record(Kind.REACH_ENDED, by, registration, party["event"], channel=stopped[0]["channel"])


async def stop_chat(keyring: Keyring, chat: str, by: Actor) -> int:
    """The same for everything that is linked to a chat; returns how many parties it was."""
    rows = await reaches_of_chat(keyring, chat)
    for row in rows:
        await stop(row.id, row.registration, by)
    return len(rows)


async def ended_from_without(reach: UUID) -> None:
    """The other side says that nobody is there any more: a blocked bot, a browser that was reset, a dead mailbox."""
    row = await Reach.select(Reach.registration).where(Reach.id == reach).first()
    if row:
        await stop(reach, row["registration"], RULE)
