"""How a party is reached: the addresses it gave or linked, sealed, each under a keyed hash that finds equal ones.

What people type themselves is a phone (read back on their page) and an e-mail address (asked once whether it is so).
"""

from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.announcing import News
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import insert, now
from app.database.data_keys import key_of
from app.database.rows import Values
from app.security.keyring import Keyring
from app.security.sealing import RowKey, Unreadable, keyed_hash
from app.validation.refusals import Refused
from app.web.limits import ASKED, count_failure
from models.registrations import Reach, ReachToken
from models.states import Channel

TYPED = (Channel.PHONE, Channel.EMAIL)
LINKED = (Channel.EMAIL, Channel.TELEGRAM, Channel.PUSH)  # what ends with the party's link


class Way(msgspec.Struct, frozen=True):
    """One channel of a party, for itself to see; `address` is "" of a chat or browser, which nobody could read."""

    id: UUID
    channel: Channel
    address: str
    confirmed: bool = False
    stopped: bool = False


def hash_of(keyring: Keyring, event: UUID | None, channel: Channel, address: str) -> str:
    """Equal for equal addresses of one event; of two events nobody can tell whether the same person came to both.

    A chat's is the same wherever it is linked, because the bot is told nothing but the chat.
    """
    about = "telegram" if channel == Channel.TELEGRAM else event
    return keyed_hash(keyring, "reach", f"{about}:{address}")


async def add_reaches(
    keyring: Keyring,
    key: RowKey,
    event: UUID,
    registration: UUID,
    reaches: dict[Channel, str],
    by: Actor,
    *,
    asks: bool = True,
) -> None:
    """Write down the addresses of a new party; one for e-mail is asked whether it wants this (`asks`)."""
    rows = reach_rows(keyring, key, event, registration, reaches)
    await insert(Reach, *rows)
    for row in rows:
        if row["channel"] == Channel.EMAIL and asks and await may_ask(keyring, reaches[Channel.EMAIL]):
            await record(Kind.REACH_ASKED, by, registration, event, news=News(subject=row["id"]))


def reach_rows(
    keyring: Keyring, key: RowKey, event: UUID, registration: UUID, reaches: dict[Channel, str]
) -> list[dict[str, Any]]:
    """The columns of the addresses of a new party."""
    moment = now()
    return [
        {
            "id": (row := uuid4()),
            "registration": registration,
            "channel": channel.value,
            "sealed_address": key.seal(address, f"reach.sealed_address:{row}"),
            "address_hash": hash_of(keyring, event, channel, address),
            "consented_at": moment,
            "confirmed_at": moment if channel == Channel.PHONE else None,
        }
        for channel, address in reaches.items()
        if address
    ]


async def may_ask(keyring: Keyring, address: str) -> bool:
    """Whether an address may be asked once more: a few times a day, whoever types it, so that nobody floods another."""
    try:
        await count_failure(keyring, ASKED, address.casefold())
    except Refused:
        return False
    return True


async def set_reaches(
    keyring: Keyring, key: RowKey, event: UUID, registration: UUID, reaches: dict[Channel, str], by: Actor
) -> None:
    """The addresses on these channels in place of what was there; "" for none any more. Equal ones stay as they are."""
    if not reaches:
        return
    rows = await Reach.select(Reach.id, Reach.channel, Reach.address_hash, Reach.stopped_at).where(
        Reach.registration == registration, Reach.channel.is_in([channel.value for channel in reaches])
    )
    there = {Channel(row["channel"]): row for row in rows}
    for channel, address in reaches.items():
        row = there.get(channel)
        if row is None:
            await add_reaches(keyring, key, event, registration, {channel: address}, by)
        elif not address:
            await Reach.delete().where(Reach.id == row["id"])
        elif row["address_hash"] == hash_of(keyring, event, channel, address) and not row["stopped_at"]:
            continue
        elif channel == Channel.PHONE:
            await _correct_phone(keyring, key, event, row["id"], address)
        else:  # what was to go to the old one must not ask the new one
            await Reach.delete().where(Reach.id == row["id"])
            await add_reaches(keyring, key, event, registration, {channel: address}, by)


async def _correct_phone(keyring: Keyring, key: RowKey, event: UUID, row: UUID, phone: str) -> None:
    """Another number in the place of one: what waits for it goes to the new one."""
    moment = now()
    values: Values = {
        Reach.sealed_address: key.seal(phone, f"reach.sealed_address:{row}"),
        Reach.address_hash: hash_of(keyring, event, Channel.PHONE, phone),
        Reach.consented_at: moment,
        Reach.confirmed_at: moment,
        Reach.stopped_at: None,
    }
    await Reach.update(values).where(Reach.id == row)


async def ways_of(keyring: Keyring, registration: UUID) -> list[Way]:
    """Every channel of a party, the oldest first."""
    key = await key_of(keyring, registration)
    rows = await Reach.select(
        Reach.id, Reach.channel, Reach.sealed_address, Reach.confirmed_at, Reach.stopped_at
    ).where(Reach.registration == registration).order_by(Reach.consented_at, Reach.id)  # fmt: skip
    ways = []
    for row in rows:
        channel = Channel(row["channel"])
        try:
            address = key.unseal(row["sealed_address"], f"reach.sealed_address:{row['id']}") if channel in TYPED else ""
        except Unreadable:
            address = ""
        ways.append(Way(row["id"], channel, address, row["confirmed_at"] is not None, row["stopped_at"] is not None))
    return ways


async def is_asked(registration: UUID) -> bool:
    """Whether an e-mail address of this party has still to say yes."""
    return await Reach.exists().where(
        Reach.registration == registration,
        Reach.channel == Channel.EMAIL.value,
        Reach.confirmed_at.is_null(),
        Reach.stopped_at.is_null(),
    )


async def end_linked(registration: UUID) -> None:
    """A new link of the party ends what was linked by the old one; a phone number opens nothing and stays."""
    await Reach.update({Reach.stopped_at: now()}).where(
        Reach.registration == registration,
        Reach.channel.is_in([channel.value for channel in LINKED]),
        Reach.stopped_at.is_null(),
    )
    await ReachToken.delete().where(ReachToken.registration == registration)
