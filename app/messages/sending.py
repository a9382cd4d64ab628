"""Messages go out: claimed for a minute by one process, sent at their channel's pace, tried again when they must.

SQL by name: `_CLAIM` takes messages that no other process has, in one statement on both databases.

A process that ends between sending and noting that leaves the claim behind: the message goes out once more with the
same id, and is marked as uncertain.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from app.database.claims import tell
from app.database.connection import current, fetch, now, write
from app.database.rows import Values
from app.messages import rules
from app.messages.fanning import fan_again
from app.messages.shapes import Adapter, Claimed, Fate, Ready, Reply
from app.messages.writing import Writing
from app.registrations.asking import ended_from_without
from app.security.keyring import Keyring
from models.messages import ChannelState, Message
from models.states import Channel, MessageState

AT_ONCE = 50  # messages that are claimed together
NOTED_TOGETHER = 5  # a commit for each would cost as much as sending it
SEND_WITHIN = 20.0  # seconds for a letter; a claim lasts three times as long
RECHECKED = 1.0  # seconds after which somebody may have stopped or erased what is about to go out
GIVEN_BACK = Reply(Fate.LATER, after=timedelta(0))

# picked once: PostgreSQL would look again for each row, past what it has locked
_CLAIM = """
WITH picked AS MATERIALIZED (
  SELECT id FROM message WHERE channel = $3 AND (
    (state = 'queued' AND not_before <= $2) OR (state = 'sending' AND claimed_until < $2))
  ORDER BY not_before LIMIT {most}{skip}
)
UPDATE message SET state = 'sending', attempts = attempts + 1, claimed_until = $1,
  uncertain = uncertain OR state = 'sending'
WHERE id IN (SELECT id FROM picked)
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
        self._rests_until = dict.fromkeys(self.adapters, 0.0)

    @property
    def channels(self) -> list[Channel]:
        return list(self.adapters)

    async def send_due(self, channel: Channel, most: int = AT_ONCE) -> int:
        """Claim what is due on a channel, send it, note what became of it; returns how many messages that were."""
        claimed = await self._claim(channel, most)
        if not claimed:
            return 0
        until = time.monotonic() + rules.LEASE.total_seconds()
        ready = await self._writing.prepare(claimed)
        await _note_surely([(each, each.held) for each in ready if isinstance(each.held, Reply)])
        await self._send_all(channel, [each for each in ready if each.held is None], until)
        return len(claimed)

    async def _claim(self, channel: Channel, most: int) -> list[Claimed]:
        moment = now()
        if time.monotonic() < self._rests_until[channel] or await _rests(channel, moment):
            return []
        skip = " FOR UPDATE SKIP LOCKED" if current().engine_type == "postgres" else ""
        rows = await fetch(_CLAIM.format(most=most, skip=skip), moment + rules.LEASE, moment, channel.value)
        return [msgspec.convert(row, Claimed, strict=False) for row in rows]

    async def _send_all(self, channel: Channel, some: list[Ready], until: float) -> None:
        """Send as long as the claim holds; what is not begun by then is given back: nobody else has it meanwhile."""
        turns, prepared = asyncio.Semaphore(self.adapters[channel].at_once), time.monotonic()

        async def one(ready: Ready) -> tuple[Ready, Reply]:
            async with turns:
                await self._paces[channel].turn()
                if time.monotonic() + SEND_WITHIN > until or time.monotonic() < self._rests_until[channel]:
                    return ready, GIVEN_BACK
                if time.monotonic() - prepared > RECHECKED and not await self._writing.still_wanted(ready.claimed.id):
                    return ready, Reply(Fate.HELD, "not_wanted")
                return ready, await self._give(channel, ready)

        done: list[tuple[Ready, Reply]] = []
        for each in asyncio.as_completed([one(ready) for ready in some]):
            done.append(await each)
            if len(done) >= NOTED_TOGETHER:
                await self._noted(done)
                done = []
        await self._noted(done)

    async def _give(self, channel: Channel, ready: Ready) -> Reply:
        try:
            async with asyncio.timeout(SEND_WITHIN):
                result = await self.adapters[channel].send(ready.address, ready.whole, ready.claimed.id)
        except TimeoutError:
            return Reply(Fate.LATER, "slow")
        except Exception as error:  # noqa: BLE001 - one letter that cannot be sent must not hold up the others
            tell("message failed", error, channel=channel)
            return Reply(Fate.LATER, "unreachable")
        if result.rest and result.after:
            self._rests_until[channel] = time.monotonic() + result.after.total_seconds()
        return result

    async def _noted(self, done: list[tuple[Ready, Reply]]) -> None:
        """Note results; who cannot be reached here any more hears it by the phone number that was given for this."""
        await _note_surely(done)
        try:
            for ready, result in done:
                if result.ended:
                    await ended_from_without(ready.claimed.reach)
                    await fan_again(ready.claimed.announcement, ready.claimed.registration, self.channels)
                if result.rest and result.after:
                    await rest(ready.claimed.channel, now() + result.after)
        except Exception as error:  # noqa: BLE001 - the others' results must be noted whatever happens
            tell("following up failed", error)

    async def close(self) -> None:
        """Let go of what the channels hold open."""
        for adapter in self.adapters.values():
            await adapter.close()


# -- what became of it -----------------------------------------------------------------------------------------------


async def _note_surely(done: list[tuple[Ready, Reply]]) -> None:
    """Note what became of messages, also where the database stumbles for a moment: what is not noted goes out twice."""
    for pause in (0.1, 1.0, 5.0):
        try:
            await _note(done)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be over in a moment
            tell("note failed", error)
            await asyncio.sleep(pause)
        else:
            return


async def _note(done: list[tuple[Ready, Reply]]) -> None:
    if done:
        moment = now()
        async with write():
            for ready, result in done:
                await _note_one(ready.claimed, result, ready.revision, moment)


async def _note_one(claimed: Claimed, result: Reply, revision: int, moment: datetime) -> None:
    values: Values = {Message.claimed_until: None, Message.error: result.error}
    late = moment - claimed.created_at > rules.TRIED_FOR
    match result.fate:
        case Fate.SENT:
            values |= {
                Message.state: MessageState.SENT.value,
                Message.ended_at: moment,
                Message.content_revision: revision,
            }
        case Fate.HELD:
            values |= {Message.state: MessageState.WITHHELD.value, Message.ended_at: moment}
        case Fate.LATER if not late:
            wait = max(result.after or timedelta(0), rules.delay(claimed.attempts))
            if result.after is not None and (result.rest or result is GIVEN_BACK):
                wait = result.after  # it was asked to wait, or never tried: no failed try
            values |= {Message.state: MessageState.QUEUED.value, Message.not_before: moment + wait}
        case _:
            values |= {Message.state: MessageState.FAILED.value, Message.ended_at: moment}
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


async def _rests(channel: Channel, moment: datetime) -> bool:
    row = await ChannelState.select(ChannelState.value).where(ChannelState.name == f"rests {channel.value}").first()
    return row is not None and datetime.fromisoformat(row["value"]) > moment
