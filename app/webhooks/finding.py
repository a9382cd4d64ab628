"""What webhooks are to be told, found in the revisions of events and parties by a job of every process.

An event's row is held by whatever changes its parties, so that revisions are taken in the order in which they can be
seen: whoever has read up to one has missed none below it. A mark per webhook and event says how far that is; it moves
in the transaction that writes what was found, and only if nobody else has moved it.

SQL by name: comparisons over many rows, and one statement each for what belongs together.
"""

import time
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.claims import tell
from app.database.connection import fetch, insert, now, write
from app.database.lane import Row
from app.database.rows import places
from app.webhooks.queries import FROM, GOOD
from app.webhooks.rules import low
from app.webhooks.shapes import OF_PEOPLE
from models.states import EventState, RegistrationState
from models.webhooks import Delivery, WebhookMark

EVENTS_AT_ONCE, PARTIES_AT_ONCE, MOST_LOOKS = 200, 500, 50
WHOLE_AFTER = 60.0  # seconds
SLACK = timedelta(seconds=30)  # a party may be written so long before it can be seen
KEPT, AT_LEAST = timedelta(days=30), timedelta(days=25)

_MOVED = f"""
SELECT webhook.id AS webhook, webhook.kinds, webhook.created_at AS since, event.id AS event, event.state,
  event.revision, event.content_revision, event.capacity, event.seats_taken, event.ends_at,
  mark.id AS mark, mark.revision AS seen, mark.content_revision AS seen_content, mark.state AS seen_state,
  mark.low, mark.over, mark.marked_at
FROM {FROM}
JOIN event ON webhook.host_country IS NULL OR event.host_country = webhook.host_country
LEFT JOIN webhook_mark AS mark ON mark.webhook = webhook.id AND mark.event = event.id
WHERE webhook.ended_at IS NULL AND {GOOD} AND (
  (mark.id IS NULL AND event.state <> 'draft') OR event.revision > mark.revision
  OR event.content_revision > mark.content_revision OR event.state <> mark.state
  OR (event.ends_at <= $1 AND NOT mark.over))
ORDER BY webhook.id, event.id LIMIT {EVENTS_AT_ONCE}
"""
_PARTIES = """
SELECT id, state, revision, created_at, ended_at FROM registration
WHERE event = $1 AND revision > $2 AND revision <= $3 ORDER BY revision, id {limit}
"""
_CAME_IN = """
SELECT admission.id FROM admission JOIN ticket ON ticket.id = admission.ticket
  JOIN registration ON registration.id = ticket.registration
WHERE registration.event = $1 AND registration.revision > $2 AND registration.revision <= $3
  AND admission.admitted_at >= $4 AND admission.day NOT LIKE '+%'
"""
_KNOWN = """
SELECT kind, subject, max(content_revision) AS revision FROM delivery
WHERE webhook = $1 AND kind <> 'admission' AND subject IN ({places}) GROUP BY kind, subject
"""
# a look at all that moved costs webhooks × events: this tells whether anything has
_STIR = """
SELECT count(*) AS events, coalesce(sum(revision), 0) AS revisions, coalesce(sum(content_revision), 0) AS contents,
  sum(CASE WHEN ends_at <= $1 THEN 1 ELSE 0 END) AS over,
  (SELECT count(*) FROM webhook WHERE ended_at IS NULL) AS hooks FROM event
"""
_ANY = "SELECT 1 FROM webhook WHERE ended_at IS NULL LIMIT 1"


class _Moved(msgspec.Struct):
    """An event that has moved on since a webhook heard of it; no mark: of which it never heard."""

    webhook: UUID
    kinds: str
    since: datetime
    event: UUID
    state: EventState
    revision: int
    content_revision: int
    capacity: int | None
    seats_taken: int
    ends_at: datetime
    mark: UUID | None
    seen: int | None
    seen_content: int | None
    seen_state: str | None
    low: bool | None
    over: bool | None
    marked_at: datetime | None


class Lookout:
    """Looks for news where something has stirred since, and once a minute in any case: rights come back without."""

    def __init__(self) -> None:
        self._seen: object = None
        self._whole_at = float("-inf")

    async def find(self) -> None:
        """Write down what is to be told, if anything is."""
        if not await fetch(_ANY):
            return
        stir = (await fetch(_STIR, now()))[0]
        if stir == self._seen and time.monotonic() - self._whole_at < WHOLE_AFTER:
            return
        for _ in range(MOST_LOOKS):
            if not await find_news():
                self._seen, self._whole_at = stir, time.monotonic()
                return


async def find_news() -> bool:
    """Write down what is to be told of all that has moved; whether there may be more."""
    rows, more = await fetch(_MOVED, now()), False
    for row in rows:
        try:
            more |= await _found(msgspec.convert(row, _Moved, strict=False))
        except Exception as error:  # noqa: BLE001 - one event that cannot be read must not silence all the others
            tell("webhook news failed", error, event=str(row["event"]))
    return more or len(rows) == EVENTS_AT_ONCE


async def _found(moved: _Moved) -> bool:
    """What one webhook hears of one event, and the mark, in one transaction; whether there are more parties."""
    moment, wanted = now(), set(moved.kinds.split())
    async with write():
        told = [(kind, moved.event, moved.content_revision) for kind in _of_event(moved, moment)]
        upto = moved.revision
        if wanted.intersection(OF_PEOPLE):
            people, upto = await _of_people(moved, moment, wanted)
            told += people
        if await _marked(moved, upto, moment):
            news = [each for each in told if each[0] in wanted]
            rows = [_delivery(moved, kind, subject, revision, moment) for kind, subject, revision in news]
            await insert(Delivery, *rows, unless_there="webhook, kind, subject, content_revision")
    return upto < moved.revision


def _of_event(moved: _Moved, moment: datetime) -> list[str]:
    if moved.state == EventState.DRAFT:
        return []
    was_public = moved.seen_state in {EventState.PUBLISHED, EventState.CANCELLED}
    few = _few(moved)
    happened = {
        "event.published": moved.state == EventState.PUBLISHED and moved.seen_state != EventState.PUBLISHED,
        "event.cancelled": moved.state == EventState.CANCELLED and moved.seen_state != EventState.CANCELLED,
        "event.changed": was_public
        and moved.seen_state == moved.state
        and moved.content_revision > (moved.seen_content or 0),
        "event.seats_low": moved.state == EventState.PUBLISHED and few and not moved.low,
        "event.over": moved.ends_at <= moment and not moved.over and moved.state == EventState.PUBLISHED,
    }
    return [kind for kind, true in happened.items() if true]


def _few(moved: _Moved) -> bool:
    left = None if moved.capacity is None else max(0, moved.capacity - moved.seats_taken)
    return low(left, moved.capacity)


Found = list[tuple[str, UUID, int]]  # kind, subject, revision


async def _parties(moved: _Moved) -> tuple[list[Row], int]:
    """Parties above the mark, and the revision up to which they are all: many may share one, and are not parted."""
    seen = moved.seen or 0
    limit = f"LIMIT {PARTIES_AT_ONCE}"
    parties = await fetch(_PARTIES.format(limit=limit), moved.event, seen, moved.revision)
    if len(parties) < PARTIES_AT_ONCE:
        return parties, moved.revision
    last = int(parties[-1]["revision"])
    whole = [party for party in parties if int(party["revision"]) < last]
    if whole:
        return whole, last - 1
    return await fetch(_PARTIES.format(limit=""), moved.event, last - 1, last), last


async def _of_people(moved: _Moved, moment: datetime, wanted: set[str]) -> tuple[Found, int]:
    """What became of parties above the mark, and up to which revision that is told."""
    parties, upto = await _parties(moved)
    if not parties:
        return [], upto
    before: dict[str, dict[str, int]] = {}  # kind → revision, by party
    ids = [str(party["id"]) for party in parties]
    for first in range(0, len(ids), PARTIES_AT_ONCE):
        some = ids[first : first + PARTIES_AT_ONCE]
        for each in await fetch(_KNOWN.format(places=places(some, 2)), moved.webhook, *some):
            before.setdefault(str(each["subject"]), {})[each["kind"]] = int(each["revision"])
    nothing = dict[str, int]()
    told = [
        news
        for party in parties
        if (news := _of_party(party, moved, moment, before.get(str(party["id"]), nothing), wanted))
    ]
    came = await fetch(_CAME_IN, moved.event, moved.seen or 0, upto, max(moved.since, moment - AT_LEAST))
    return [*told, *(("admission", UUID(str(each["id"])), 0) for each in came)], upto


def _of_party(
    party: Row, moved: _Moved, moment: datetime, heard: dict[str, int], wanted: set[str]
) -> tuple[str, UUID, int] | None:
    """What happened to a party; None where that was before the webhook could hear of it, or need not be heard."""
    row, revision = UUID(str(party["id"])), int(party["revision"])
    # of an event that it has never heard of (new, or moved here) only who came since
    if moved.mark is None and party["created_at"] < moved.since:
        return None
    if party["state"] in {RegistrationState.CANCELLED, RegistrationState.ERASED}:
        gone = heard.get("registration.given_up")
        again = gone is not None and heard.get("registration.changed", 0) <= gone
        late = party["ended_at"] is not None and party["ended_at"] < moved.since
        forgotten = party["state"] == RegistrationState.ERASED and moved.ends_at <= moment
        return None if again or late or forgotten else ("registration.given_up", row, revision)
    slack = max(moved.since, moved.marked_at - SLACK) if moved.marked_at else moved.since
    # where "made" is told, that it was is known; else what was made since the last look is new
    since = moved.since if "registration.made" in wanted else slack
    if party["created_at"] >= since and "registration.made" not in heard:
        return "registration.made", row, 0
    return "registration.changed", row, revision


def _delivery(moved: _Moved, kind: str, subject: UUID, revision: int, moment: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "webhook": moved.webhook,
        "kind": kind,
        "subject": str(subject),
        "content_revision": revision,
        "not_before": moment,
        "event": moved.event,
        "created_at": moment,
    }


async def _marked(moved: _Moved, upto: int, moment: datetime) -> bool:
    """Move the mark; False where somebody else has moved it meanwhile."""
    seen = {
        "revision": upto,
        "content_revision": moved.content_revision,
        "state": str(moved.state),
        "low": _few(moved),
        "over": moved.ends_at <= moment,
        "marked_at": moment if upto == moved.revision else moved.marked_at or moved.since,
    }
    if moved.mark is None:
        fresh = {"id": uuid4(), "webhook": moved.webhook, "event": moved.event, **seen}
        return bool(await insert(WebhookMark, fresh, unless_there="webhook, event"))
    mine = (WebhookMark.id == moved.mark) & (WebhookMark.revision == moved.seen)
    changed = (
        await WebhookMark.update({getattr(WebhookMark, name): value for name, value in seen.items()})
        .where(mine, WebhookMark.content_revision == moved.seen_content, WebhookMark.state == moved.seen_state)
        .returning(WebhookMark.id)
    )
    return bool(changed)


async def forget_deliveries() -> None:
    """What was told or given up long ago."""
    await Delivery.delete().where(Delivery.created_at < now() - KEPT)
