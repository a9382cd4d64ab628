"""Messages go out: claimed for a minute by one process, sent at their channel's pace, tried again when they must.

SQL by name: `_CLAIM` takes messages that no other process has, in one statement on both databases.

A process that ends between sending and noting that leaves the claim behind: the message goes out once more with the
same id, and is marked as uncertain.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from app.database.connection import current, fetch, now, write
from app.database.rows import Values
from app.messages import rules
from app.messages.shapes import Adapter, Claimed, Fate, Ready, Reply
from app.messages.writing import Writing
from app.registrations.linking import ended_from_without
from app.security.keyring import Keyring
from models.messages import ChannelState, Message
from models.states import Channel, MessageState

log = logging.getLogger("bon")

AT_ONCE = 50  # messages that are claimed together
NOTED_TOGETHER = 5  # a commit for each would cost as much as sending it

_CLAIM = """
UPDATE message SET state = 'sending', attempts = attempts + 1, claimed_until = $1,
  uncertain = uncertain OR state = 'sending'
WHERE id IN (
  SELECT id FROM message WHERE channel IN ({channels}) AND (
    (state = 'queued' AND not_before <= $2) OR (state = 'sending' AND claimed_until < $2))
  ORDER BY not_before LIMIT {most}{skip})
  AND (state = 'queued' OR claimed_until < $2)
RETURNING id, announcement, reach, registration, channel, attempts, created_at
"""


class Pace:
    """No more than so many a second, spread evenly."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        at = max(time.monotonic(), self._next)
        self._next = at + self._gap
        await asyncio.sleep(max(0.0, at - time.monotonic()))


class Sender:
    """Sends what is due by the channels that are set up."""

    def __init__(self, keyring: Keyring, base_url: str, adapters: Iterable[Adapter]) -> None:
        self._writing = Writing(keyring, base_url)
        self.adapters: Mapping[Channel, Adapter] = {adapter.channel: adapter for adapter in adapters}
        self._paces = {channel: Pace(adapter.per_second) for channel, adapter in self.adapters.items()}

    @property
    def channels(self) -> list[Channel]:
        return list(self.adapters)

    async def send_due(self, most: int = AT_ONCE) -> int:
        """Claim what is due, send it, note what became of it; returns how many messages that were."""
        claimed = await self._claim(most)
        if not claimed:
            return 0
        ready = await self._writing.prepare(claimed)
        held = [each for each in ready if each.held]
        await _note([(each, Reply(Fate.NEVER, each.held)) for each in held], MessageState.WITHHELD)
        going = [each for each in ready if not each.held]
        by_channel: dict[Channel, list[Ready]] = {}
        for each in going:
            by_channel.setdefault(each.claimed.channel, []).append(each)
        await asyncio.gather(*(self._send_all(channel, some) for channel, some in by_channel.items()))
        return len(claimed)

    async def _claim(self, most: int) -> list[Claimed]:
        moment = now()
        resting = await _resting(moment)
        open_ones = [channel for channel in self.adapters if channel not in resting]
        if not open_ones:
            return []
        sql = _CLAIM.format(
            channels=", ".join(f"'{channel.value}'" for channel in open_ones),
            most=most,
            skip=" FOR UPDATE SKIP LOCKED" if current().engine_type == "postgres" else "",
        )
        rows = await fetch(sql, moment + rules.LEASE, moment)
        return [msgspec.convert(row, Claimed, strict=False) for row in rows]

    async def _send_all(self, channel: Channel, some: list[Ready]) -> None:
        adapter, pace = self.adapters[channel], self._paces[channel]
        turns = asyncio.Semaphore(10)  # letters on their way at once

        async def one(ready: Ready) -> tuple[Ready, Reply]:
            async with turns:
                await pace.turn()
                try:
                    async with asyncio.timeout(rules.LEASE.total_seconds() * 0.8):
                        result = await adapter.send(ready.address, ready.whole, ready.claimed.id)
                except TimeoutError:
                    result = Reply(Fate.LATER, "slow")
                except Exception as error:  # noqa: BLE001 - one letter that cannot be sent must not hold up the others
                    told = {"event": "message failed", "channel": channel, "kind": type(error).__name__}
                    log.error(msgspec.json.encode(told).decode())
                    result = Reply(Fate.LATER, "unreachable")
            return ready, result

        done: list[tuple[Ready, Reply]] = []
        for each in asyncio.as_completed([one(ready) for ready in some]):
            done.append(await each)
            if len(done) >= NOTED_TOGETHER:
                await _note(done)
                done = []
        await _note(done)

    async def close(self) -> None:
        """Let go of what the channels hold open."""
        for adapter in self.adapters.values():
            await adapter.close()


# -- what became of it -----------------------------------------------------------------------------------------------


async def _note(done: list[tuple[Ready, Reply]], refused: MessageState = MessageState.FAILED) -> None:
    """Write down what became of messages; whoever claimed one meanwhile has it."""
    if not done:
        return
    moment = now()
    async with write():
        for ready, result in done:
            await _note_one(ready, result, refused, moment)
    for ready, result in done:
        if result.ended:
            await ended_from_without(ready.claimed.reach)
        if result.rest and result.after:
            await rest(ready.claimed.channel, moment + result.after)


async def _note_one(ready: Ready, result: Reply, refused: MessageState, moment: datetime) -> None:
    claimed = ready.claimed
    values: Values = {Message.claimed_until: None, Message.error: result.error}
    if result.verdict == Fate.SENT:
        values |= {
            Message.state: MessageState.SENT.value,
            Message.ended_at: moment,
            Message.content_revision: ready.revision,
        }
    elif result.verdict == Fate.NEVER or moment - claimed.created_at > rules.TRIED_FOR:
        values |= {Message.state: refused.value, Message.ended_at: moment}
    else:
        wait = max(result.after or timedelta(0), rules.delay(claimed.attempts))
        if result.rest and result.after:
            wait = result.after  # it was asked to wait, which is no failed try
        values |= {Message.state: MessageState.QUEUED.value, Message.not_before: moment + wait}
    await Message.update(values).where(
        Message.id == claimed.id,
        Message.state == MessageState.SENDING.value,
        Message.attempts == claimed.attempts,
    )


async def rest(channel: Channel, until: datetime) -> None:
    """All processes leave a channel alone until then, as it asked."""
    name = f"rests {channel.value}"
    row = ChannelState(name=name, value=until.isoformat())
    await ChannelState.insert(row).on_conflict(
        target=ChannelState.name, action="DO UPDATE", values=[ChannelState.value]
    )


async def _resting(moment: datetime) -> set[str]:
    rows = await ChannelState.select(ChannelState.name, ChannelState.value).where(ChannelState.name.like("rests %"))
    return {row["name"].removeprefix("rests ") for row in rows if datetime.fromisoformat(row["value"]) > moment}
