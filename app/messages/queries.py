"""What the desk reads of messages: announcements, what became of them, whom a letter would reach.

SQL by name: these statements count parties by what they are linked to; the builder has no EXISTS and no FILTER.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.database.connection import fetch, now
from app.database.data_keys import key_of
from app.database.rows import json_of, moment_of, places
from app.messages.fanning import BY_TELEGRAM_OR_SO, audience_condition
from app.messages.letters import opened_words
from app.messages.shapes import AnnouncementRow, Audience, DeliveryCount, Queue, Reachable
from app.security.keyring import Keyring
from models.states import Channel, MessageState

_COLUMNS = """
id, event, kind, before, after, created_at, not_before, told_at, fanned_at, stopped_at, made_by, subject,
content_revision, sealed_words
"""
_OF_EVENT = f"""
SELECT {_COLUMNS} FROM announcement WHERE event = $1 AND subject IS NULL
  AND (created_at < $2 OR (created_at = $2 AND id < $3)) ORDER BY created_at DESC, id DESC LIMIT $4
"""
_ONE = f"SELECT {_COLUMNS} FROM announcement WHERE event = $1 AND id = $2 AND subject IS NULL"
_WAITING = f"""
SELECT {_COLUMNS} FROM announcement
WHERE event = $1 AND subject IS NULL AND told_at IS NULL AND stopped_at IS NULL ORDER BY not_before
"""
_DELIVERIES = """
SELECT announcement, channel, state, error, count(*) AS messages,
  sum(CASE WHEN uncertain AND state = 'sent' THEN 1 ELSE 0 END) AS uncertain
FROM message WHERE announcement IN ({places}) GROUP BY announcement, channel, state, error
"""
_ALONE = """
SELECT channel, state, error, count(*) AS messages,
  sum(CASE WHEN uncertain AND state = 'sent' THEN 1 ELSE 0 END) AS uncertain
FROM message JOIN announcement ON announcement.id = message.announcement
WHERE announcement.event = $1 AND announcement.subject IS NOT NULL GROUP BY channel, state, error
"""
_BY = """
EXISTS (SELECT 1 FROM reach WHERE reach.registration = registration.id AND reach.channel = '{channel}'
  AND reach.stopped_at IS NULL AND reach.confirmed_at IS NOT NULL)
"""
_PEOPLE = """
SELECT language, best, count(*) AS parties, coalesce(sum(party), 0) AS people FROM (
  SELECT registration.language, registration.party, CASE {cases} ELSE '' END AS best FROM registration
  WHERE registration.event = $1 AND registration.state IN ('confirmed', 'waiting') AND {audience}
) AS told GROUP BY language, best
"""
_LETTERS = """
SELECT reach.channel, count(DISTINCT reach.address_hash) AS letters FROM reach
  JOIN registration ON registration.id = reach.registration
WHERE registration.event = $1 AND registration.state IN ('confirmed', 'waiting') AND {audience}
  AND reach.stopped_at IS NULL AND reach.confirmed_at IS NOT NULL AND reach.channel IN ({channels})
  AND (reach.channel <> 'phone' OR NOT ({cheap}))
GROUP BY reach.channel
"""
_FAILED = """
SELECT announcement.event, count(*) AS messages FROM message JOIN announcement ON announcement.id = message.announcement
WHERE message.state = 'failed' AND announcement.event IN ({places}) AND message.ended_at > ${since}
GROUP BY announcement.event
"""
# a state each, as each has an index of its own that holds nothing of what was sent
_QUEUE = " UNION ALL ".join(
    f"SELECT channel, state, count(*) AS messages, min(not_before) AS oldest FROM message WHERE {which}"
    " GROUP BY channel, state"
    for which in ("state = 'queued'", "state = 'sending'", "state = 'failed' AND ended_at > $1")
)
FRESH = timedelta(days=14)  # failures that somebody should look at
LAST_ID = UUID(int=2**128 - 1)


async def announcements_of(
    keyring: Keyring, event: UUID, before: tuple[Any, UUID] | None, most: int
) -> list[AnnouncementRow]:
    """What people of an event are or were told together, the newest first."""
    at, row = before or (now() + timedelta(days=1), LAST_ID)
    return await _rows(keyring, event, await fetch(_OF_EVENT, event, at, row, most))


async def announcement_of(keyring: Keyring, event: UUID, row: UUID) -> AnnouncementRow | None:
    """One of an event's announcements."""
    found = await _rows(keyring, event, await fetch(_ONE, event, row))
    return found[0] if found else None


async def waiting_news(keyring: Keyring, event: UUID) -> list[AnnouncementRow]:
    """What people will be told once its time has come, and could still be taken back."""
    return await _rows(keyring, event, await fetch(_WAITING, event))


async def _rows(keyring: Keyring, event: UUID, rows: list[dict[str, Any]]) -> list[AnnouncementRow]:
    key = await key_of(keyring, event) if any(row["sealed_words"] for row in rows) else None
    found = []
    for row in rows:
        words = opened_words(key, row["sealed_words"], row["id"]) if key else {}
        facts = {"before": json_of(row["before"]), "after": json_of(row["after"]), "words": words}
        found.append(msgspec.convert({**row, **facts}, AnnouncementRow, strict=False))
    return found


async def deliveries_of(announcements: Collection[UUID]) -> dict[UUID, list[DeliveryCount]]:
    """What became of the messages of these announcements."""
    found: dict[UUID, list[DeliveryCount]] = {row: [] for row in announcements}
    if found:
        for row in await fetch(_DELIVERIES.format(places=places(found)), *found):
            found[UUID(str(row["announcement"]))].append(msgspec.convert(row, DeliveryCount, strict=False))
    return found


async def deliveries_to_one(event: UUID) -> list[DeliveryCount]:
    """What became of an event's messages to single parties: confirmations, moved up, another bus."""
    return [msgspec.convert(row, DeliveryCount, strict=False) for row in await fetch(_ALONE, event)]


async def reachable(event: UUID, audience: Audience, channels: Collection[Channel]) -> Reachable:
    """Whom a letter to this audience reaches by the channels that are set up, and how many people it does not.

    A party counts with the first channel that reaches it, in the order Telegram, browser, e-mail, SMS.
    """
    condition, subjects = audience_condition(audience, event, first=2)
    order = [channel for channel in (*BY_TELEGRAM_OR_SO, Channel.PHONE) if channel in channels]
    cases = " ".join(f"WHEN {_BY.format(channel=channel.value)} THEN '{channel.value}'" for channel in order)
    rows = await fetch(_PEOPLE.format(cases=cases or "WHEN 1 = 0 THEN ''", audience=condition), event, *subjects)
    cheap = " OR ".join(_BY.format(channel=channel.value) for channel in order if channel != Channel.PHONE)
    letters: dict[str, int] = {}
    if order:
        listed = ", ".join(f"'{channel.value}'" for channel in order)
        sql = _LETTERS.format(audience=condition, channels=listed, cheap=cheap or "1 = 0")
        letters = {row["channel"]: row["letters"] for row in await fetch(sql, event, *subjects)}
    by_language: dict[str, int] = {}
    for row in rows:
        by_language[row["language"]] = by_language.get(row["language"], 0) + int(row["people"])
    people = {channel: sum(int(row["people"]) for row in rows if row["best"] == channel.value) for channel in order}
    return Reachable(
        parties=sum(int(row["parties"]) for row in rows),
        people=sum(by_language.values()),
        channels={channel: (people[channel], letters.get(channel.value, 0)) for channel in order},
        by_language=by_language,
    )


async def failed_in(events: Collection[UUID]) -> dict[UUID, int]:
    """How many messages failed lately, by event."""
    if not events:
        return {}
    sql = _FAILED.format(places=places(events), since=len(events) + 1)
    rows = await fetch(sql, *events, now() - FRESH)
    return {UUID(str(row["event"])): int(row["messages"]) for row in rows}


async def troubles() -> dict[Channel, str]:
    """Channels by which something waits because it went wrong, with the word for what did."""
    rows = await fetch(
        "SELECT channel, max(error) AS error FROM message WHERE state = 'queued' AND error <> '' GROUP BY channel"
    )
    return {Channel(row["channel"]): row["error"] for row in rows}


async def queue() -> list[Queue]:
    """How many messages wait or failed within a day, by channel, and since when the oldest of them is due."""
    rows = await fetch(_QUEUE, now() - timedelta(days=1))
    return [
        Queue(Channel(row["channel"]), MessageState(row["state"]), int(row["messages"]), moment_of(row["oldest"]))
        for row in rows
    ]
