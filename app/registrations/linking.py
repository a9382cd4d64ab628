"""Linking a chat or a browser to a party, saying yes or stop to it, and what a chat is linked to.

A chat links itself by a token that lives for minutes and is good once; whoever reads at an e-mail address says yes by a
link that opens nothing of the party; a browser is linked on the party's page.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.announcing import News
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import insert, now, write
from app.database.rows import Values
from app.registrations.reach import hash_of
from app.registrations.resealing import key_of_party
from app.seats.hold import hold
from app.security.keyring import Keyring
from app.security.passwords import hash_secret, new_secret
from app.validation.refusals import Refused
from models.registrations import Reach, ReachToken, Registration
from models.states import Channel, RegistrationState

TOKEN_LIFE = timedelta(minutes=15)
MOST_LINKED = 20  # chats and browsers of a party
HERE = [RegistrationState.CONFIRMED.value, RegistrationState.WAITING.value]


class Wish(msgspec.Struct, frozen=True):
    """For whom a link or token asks: the party, its event, how many people, and the language it reads."""

    registration: UUID
    event: UUID
    people: int
    language: str
    reach: UUID | None = None
    channel: Channel | None = None
    confirmed: bool = False
    stopped: bool = False


async def start_token(registration: UUID, link_issue: int) -> str:
    """A token that links one chat to the party, once, within TOKEN_LIFE; only its hash is kept."""
    token, moment = new_secret(), now()
    async with write():
        await ReachToken.delete().where(ReachToken.expires_at < moment - timedelta(days=1))
        await insert(
            ReachToken,
            {
                "token_hash": hash_secret(token),
                "registration": registration,
                "link_issue": link_issue,
                "expires_at": moment + TOKEN_LIFE,
            },
        )
    return token


async def asked_by_token(token: str) -> Wish:
    """For whom a start token asks; raises Refused "token_over" for one that is unknown, used, or too old."""
    row = (
        await ReachToken.select(ReachToken.registration, ReachToken.link_issue)
        .where(
            ReachToken.token_hash == hash_secret(token),
            ReachToken.used_at.is_null(),
            ReachToken.expires_at > now(),
        )
        .first()
    )
    party = await party_here(row["registration"]) if row else None
    if row is None or party is None or party["link_issue"] != row["link_issue"]:
        raise Refused("token_over")
    return Wish(party["id"], party["event"], party["party"], party["language"])


async def redeem(keyring: Keyring, token: str, chat: str, language: str, by: Actor) -> UUID:
    """Link a chat by its token; raises Refused "token_over". The reach's id."""
    asked = await asked_by_token(token)
    async with hold(asked.event):
        asked = await asked_by_token(token)
        used = (
            await ReachToken.update({ReachToken.used_at: now()})
            .where(
                ReachToken.token_hash == hash_secret(token),
                ReachToken.used_at.is_null(),
                ReachToken.expires_at > now(),
            )
            .returning(ReachToken.token_hash)
        )
        if not used:
            raise Refused("token_over")
        row, _ = await _link(keyring, asked, Channel.TELEGRAM, chat, language)
        await record(Kind.REACH_LINKED, by, asked.registration, asked.event, channel=Channel.TELEGRAM)
        return row


async def link_browser(keyring: Keyring, event: UUID, registration: UUID, subscription: str, by: Actor) -> UUID:
    """Tell this party on a browser too (its push subscription as JSON); a letter says that it works."""
    async with hold(event):
        party = await party_here(registration)
        if party is None:
            raise Refused("erased")
        asked = Wish(registration, event, party["party"], party["language"])
        row, fresh = await _link(keyring, asked, Channel.PUSH, subscription, "")
        if fresh:  # tapped twice it says so once
            await record(Kind.REACH_LINKED, by, registration, event, news=News(subject=row), channel=Channel.PUSH)
        return row


async def party_here(registration: UUID) -> dict[str, Any] | None:
    return (
        await Registration.select(
            Registration.id, Registration.event, Registration.party, Registration.language, Registration.link_issue
        )
        .where(Registration.id == registration, Registration.state.is_in(HERE))
        .first()
    )


async def _link(keyring: Keyring, asked: Wish, channel: Channel, address: str, language: str) -> tuple[UUID, bool]:
    """The reach of an address, and whether it was not linked already."""
    key = await key_of_party(keyring, asked.event, asked.registration)
    told, moment = hash_of(keyring, asked.event, channel, address), now()
    own = Reach.registration == asked.registration
    same = (Reach.channel == channel.value) & (Reach.address_hash == told)
    known = await Reach.select(Reach.id, Reach.stopped_at).where(own, same).first()
    row: UUID = known["id"] if known else uuid4()
    sealed = key.seal(address, f"reach.sealed_address:{row}")
    if known:
        again: Values = {
            Reach.sealed_address: sealed,
            Reach.consented_at: moment,
            Reach.confirmed_at: moment,
            Reach.stopped_at: None,
            Reach.language: language,
        }
        await Reach.update(again).where(Reach.id == row)
        return row, known["stopped_at"] is not None
    if await Reach.count().where(own) >= MOST_LINKED:
        raise Refused("too_many_reaches", most=MOST_LINKED)
    await insert(
        Reach,
        {
            "id": row,
            "registration": asked.registration,
            "channel": channel.value,
            "sealed_address": sealed,
            "address_hash": told,
            "consented_at": moment,
            "confirmed_at": moment,
            "language": language,
        },
    )
    return row, True


class ChatReach(msgspec.Struct, frozen=True):
    """A party that a chat hears of."""

    id: UUID
    registration: UUID
    event: UUID
    language: str


async def reaches_of_chat(keyring: Keyring, chat: str) -> list[ChatReach]:
    """What a chat is linked to and did not stop, the newest first."""
    told = hash_of(keyring, None, Channel.TELEGRAM, chat)
    rows = (
        await Reach.select(
            Reach.id,
            Reach.registration,
            Reach.language,
            Reach.registration.event.as_alias("event"),
            Reach.registration.language.as_alias("own"),
        )
        .where(
            Reach.address_hash == told,
            Reach.channel == Channel.TELEGRAM.value,
            Reach.stopped_at.is_null(),
            Reach.registration.state.is_in(HERE),
        )
        .order_by(Reach.consented_at, ascending=False)
    )
    return [ChatReach(row["id"], row["registration"], row["event"], row["language"] or row["own"]) for row in rows]


async def set_language(keyring: Keyring, chat: str, language: str) -> None:
    """A chat reads another language from now on, whatever its parties do."""
    told = hash_of(keyring, None, Channel.TELEGRAM, chat)
    await Reach.update({Reach.language: language}).where(
        Reach.address_hash == told, Reach.channel == Channel.TELEGRAM.value
    )
