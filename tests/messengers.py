"""An installation whose channels lead to receivers of the test: what went out by each of them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from datetime import time
from typing import Any

import msgspec

from app.activity.record import Actor
from app.database.connection import fetch
from app.messages import rules
from app.messages.bot import Bot
from app.messages.channels import adapters
from app.messages.fanning import fan_out
from app.messages.sending import Sender
from app.messages.telegram import Telegram
from app.registrations.linking import redeem, start_token
from app.security.keyring import Keyring
from app.settings import Channels
from models.states import ActorKind
from tests.receivers import Asked, Mailbox, Receiver, mailbox, receiving, telegram
from tests.world import World

WORKER = Actor(ActorKind.WORKER)


class Messengers:
    """Telegram, SMS, push and mail of a world, and its worker by hand."""

    def __init__(self, world: World, tg: Receiver, sms: Receiver, push: Receiver, mail: Mailbox) -> None:
        self.world, self.tg, self.sms, self.push, self.mail = world, tg, sms, push, mail
        self.sender = Sender(self.keyring, world.settings.base_url, adapters(world.app.state.settings, self.keyring))

    @property
    def keyring(self) -> Keyring:
        keyring: Keyring = self.world.app.state.keyring
        return keyring

    @property
    def bot(self) -> Bot:
        bot: Bot = self.world.app.state.bot
        return bot

    @property
    def said(self) -> list[Asked]:
        """What was sent to chats."""
        return [each for each in self.tg.asked if each.path.endswith("/sendMessage")]

    async def work(self) -> int:
        """Fan out and send until nothing is left to do at the moment; how many were sent."""
        sent = 0
        await fan_out(self.sender.channels)
        while done := sum([await self.sender.send_due(channel) for channel in self.sender.channels]):
            sent += done
        return sent

    async def link(self, key: str, chat: int, language: str = "") -> None:
        """Link a chat to a party as its page and the bot do."""
        (row,) = await fetch("SELECT id, link_issue FROM registration WHERE id = $1", id_of(key))
        token = await start_token(row["id"], row["link_issue"])
        await redeem(self.keyring, token, str(chat), language, WORKER)


def id_of(key: str) -> Any:
    """The party of a link's key."""
    from app.security.links import read_key

    parts = read_key(key)
    assert parts is not None
    return parts[0]


def counted(page: str) -> dict[str, str]:
    """What the page that counted carries along."""
    return {name: page.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("nonce", "looked")}


@contextmanager
def never_night() -> Iterator[None]:
    """What waits for the morning must not depend on when the tests run."""
    before = rules.QUIET_FROM, rules.QUIET_UNTIL
    rules.QUIET_FROM, rules.QUIET_UNTIL = time.max, time.min
    try:
        yield
    finally:
        rules.QUIET_FROM, rules.QUIET_UNTIL = before


@asynccontextmanager
async def messengers(world: World, *, nights: bool = False, **more: Any) -> AsyncIterator[Messengers]:
    """The world with every channel set up, by day unless `nights` count."""
    with nullcontext() if nights else never_night():
        async with _every_channel(world, **more) as made:
            yield made


@asynccontextmanager
async def _every_channel(world: World, **more: Any) -> AsyncIterator[Messengers]:
    async with receiving() as tg, receiving() as sms, receiving() as push, mailbox() as mail:
        telegram(tg)
        channels = Channels(
            smtp_url=f"smtp://127.0.0.1:{mail.port}",
            mail_from="Bon <bon@example.org>",
            telegram_token="123:secret",
            telegram_api=tg.address,
            sms_url=f"post+{sms.address}/send?to={{phone}}&text={{text}}&id={{id}}",
            sms_price=(50.0, "KRW"),
            push_contact="mailto:bon@example.org",
            push_hosts=(f"127.0.0.1:{push.port}",),
        )
        world.app.state.settings = msgspec.structs.replace(
            world.settings, channels=msgspec.structs.replace(channels, **more)
        )
        bot = Telegram(tg.address, channels.telegram_token)
        world.app.state.bot = Bot(world.app.state.keyring, world.settings.base_url, bot)
        made = Messengers(world, tg, sms, push, mail)
        try:
            yield made
        finally:
            await made.sender.close()
            await bot.close()
