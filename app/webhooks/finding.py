"""What webhooks are to be told, found in the revisions of events and parties by a job that one process at a time does.

An event's row is held by whatever changes its parties, so that revisions are taken in the order in which they can be
seen: whoever has read up to one has missed none below it. A mark per webhook and event says how far that is; it moves
in the transaction that writes what was found, and only if nobody else has moved it.

SQL by name: comparisons over many rows, and one statement each for what belongs together.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.connection import fetch, insert, now, write
from app.database.lane import Row
from app.database.rows import places
from app.webhooks.queries import FROM, GOOD
from app.webhooks.rules import low
from app.webhooks.shapes import OF_PEOPLE
from models.states import EventState, RegistrationState
from models.webhooks import Delivery, WebhookMark

EVENTS_AT_ONCE, PARTIES_AT_ONCE = 200, 500
SLACK = timedelta(seconds=30)  # a party may be written so long before it can be seen
KEPT, AT_LEAST = timedelta(days=30), timedelta(days=25)

_MOVED = f"""
SELECT webhook.id AS webhook, webhook.kinds, webhook.created_at AS since, event.id AS event, event.state,
  event.revision, event.content_revision, event.capacity, event.seats_taken, event.ends_at, event.created_at,
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
_PARTIES = f"""
SELECT id, state, revision, created_at FROM registration
WHERE event = $1 AND revision > $2 AND revision <= $3 ORDER BY revision LIMIT {PARTIES_AT_ONCE}
"""
_CAME_IN = """
SELECT admission.id FROM admission JOIN ticket ON ticket.id = admission.ticket
  JOIN registration ON registration.id = ticket.registration
WHERE registration.event = $1 AND registration.revision > $2 AND registration.revision <= $3
  AND admission.admitted_at >= $4 AND admission.day NOT LIKE '+%'
"""


_KNOWN = """
SELECT kind, subject FROM delivery
WHERE webhook = $1 AND kind IN ('registration.made', 'registration.given_up') AND subject IN ({places})
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
    created_at: datetime
    mark: UUID | None
    seen: int | None
    seen_content: int | None
    seen_state: str | None
    low: bool | None
    over: bool | None
    marked_at: datetime | None


async def find_news() -> bool:
    """Write down what is to be told of all that has moved; whether there may be more."""
    if not await fetch(_ANY):
        return False
    rows = await fetch(_MOVED, now())
    for row in rows:
        await _found(msgspec.convert(row, _Moved, strict=False))
    return len(rows) == EVENTS_AT_ONCE


async def _found(moved: _Moved) -> None:
    """What one webhook hears of one event, and the mark, in one transaction."""
    moment, wanted = now(), set(moved.kinds.split())
    async with write():
        told = [(kind, moved.event, moved.content_revision) for kind in _of_event(moved, moment)]
        upto = moved.revision
        if wanted.intersection(OF_PEOPLE):
            people, upto = await _of_people(moved, moment)
            told += people
        if await _marked(moved, upto, moment):
            rows = [
                _delivery(moved, kind, subject, revision, moment) for kind, subject, revision in told if kind in wanted
            ]
            await insert(Delivery, *rows, unless_there="webhook, kind, subject, content_revision")


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


Told = list[tuple[str, UUID, int]]


async def _of_people(moved: _Moved, moment: datetime) -> tuple[Told, int]:
    """What became of parties above the mark, and up to which revision that is told."""
    parties = await fetch(_PARTIES, moved.event, moved.seen or 0, moved.revision)
    if not parties:
        return [], moved.revision
    upto = int(parties[-1]["revision"]) if len(parties) == PARTIES_AT_ONCE else moved.revision
    ids = [str(party["id"]) for party in parties]
    known = await fetch(_KNOWN.format(places=places(ids, 2)), moved.webhook, *ids)
    before = {(each["kind"], str(each["subject"])) for each in known}
    told = [kind for party in parties if (kind := _of_party(party, moved, moment, before))]
    came = await fetch(_CAME_IN, moved.event, moved.seen or 0, upto, max(moved.since, moment - AT_LEAST))
    return [*told, *(("admission", UUID(str(each["id"])), 0) for each in came)], upto


def _of_party(
    party: Row, moved: _Moved, moment: datetime, before: set[tuple[str, str]]
) -> tuple[str, UUID, int] | None:
    """What happened to a party; None for one that is forgotten after its event, which nobody has to hear."""
    row, revision = UUID(str(party["id"])), int(party["revision"])
    if party["state"] == RegistrationState.ERASED:
        over = moved.ends_at <= moment or ("registration.given_up", str(row)) in before
        return None if over else ("registration.given_up", row, revision)
    if party["state"] == RegistrationState.CANCELLED:
        return "registration.given_up", row, revision
    since = max(moved.since, moved.marked_at - SLACK) if moved.marked_at else moved.since
    if party["created_at"] >= since and ("registration.made", str(row)) not in before:
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
        "marked_at": moment,
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
    old = now() - KEPT
    await Delivery.delete().where(Delivery.created_at < old, Delivery.not_before < old)
