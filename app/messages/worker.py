"""The background work of messages, in every process that works: fan out, send by each channel, hear the bot.

Each channel has a loop of its own: one that hangs holds up no other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from app.database.claims import claim, tell
from app.database.connection import now
from app.messages.bot import Bot
from app.messages.fanning import fan_out
from app.messages.sending import Sender

IDLE = 2.0  # seconds until the next look where there was nothing to do
WINDOW = 60  # seconds for which one process hears the bot's updates


async def keep_sending(sender: Sender) -> None:
    """Fan out and send for as long as the process lives."""
    loops = [_again_and_again("fan-out", lambda: fan_out(sender.channels))]
    loops += [_again_and_again(channel, partial(sender.send_due, channel)) for channel in sender.channels]
    await asyncio.gather(*loops)


async def _again_and_again(what: str, act: Callable[[], Awaitable[int]]) -> None:
    while True:
        done = 0
        try:
            done = await act()
        except Exception as error:  # noqa: BLE001 - the next try must not depend on this one
            tell(f"{what} failed", error)
        if not done:
            await asyncio.sleep(IDLE)


async def keep_hearing(bot: Bot) -> None:
    """Ask for the bot's updates, in one process at a time: each minute belongs to whoever claims it first."""
    while True:
        window = int(now().timestamp()) // WINDOW
        until = datetime.fromtimestamp((window + 1) * WINDOW, UTC)
        try:
            if await claim("telegram", str(window), until):
                await bot.hear(until)
        except Exception as error:  # noqa: BLE001 - the next try must not depend on this one
            tell("bot failed", error)
            await asyncio.sleep(IDLE)
        await asyncio.sleep(max(0.0, (until - now()).total_seconds()))


async def keep_listening(bot: Bot) -> None:
    """Tell the API where the webhook is, until it has understood."""
    while not await bot.listen():  # noqa: ASYNC110 - the other side tells nobody when it is back
        await asyncio.sleep(WINDOW)
