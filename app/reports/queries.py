"""Counting: live while an event is to come or under way, from its tally once it is over.

SQL by name: each statement counts over one event's rows in the database; no row of a person is brought here.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.database.rows import json_of
from app.events.queries import within
from app.events.shapes import EventRow
from app.reports.shapes import EventTotals, Numbers
from app.seats.counts import counts
from app.seats.few import whole
from app.seats.fresh import Fresh
from app.seats.measures import QUARTER, Count
from app.seats.tally import moved_up, tally_of
from models.states import Measure

# ten minutes of registering and a minute of arriving are told apart by the beginning of the instant's text (UTC)
_REGISTERED = """
SELECT substr(CAST(registration.created_at AS TEXT), 1, 15) AS slot, count(*) AS people
FROM ticket JOIN registration ON registration.id = ticket.registration
WHERE ticket.event = $1 AND ticket.state = 'valid' GROUP BY substr(CAST(registration.created_at AS TEXT), 1, 15)
"""
_ARRIVED = """
SELECT substr(CAST(admitted_at AS TEXT), 1, 16) AS slot, count(*) AS people FROM admission
WHERE event = $1 AND day NOT LIKE '+%' GROUP BY substr(CAST(admitted_at AS TEXT), 1, 16)
"""
_BY = """
SELECT {column} AS key, sum(party) AS people FROM registration
WHERE event = $1 AND state = 'confirmed' AND {column} IS NOT NULL GROUP BY {column}
"""
_FEW = """
SELECT (SELECT count(*) FROM ticket WHERE event = $1 AND state = 'valid' AND child) AS children,
  (SELECT count(*) FROM ticket WHERE event = $1 AND state = 'given_up') AS gave_up
"""
_TOTALS = """
SELECT event.slug, event.title, event.host_country, event.campaign, event.festival, event.starts_local, event.capacity,
  event.seats_taken, event.seats_waiting, event.state, event.ends_at <= $1 AS over,
  (SELECT coalesce(sum(people), 0) FROM tally WHERE tally.event = event.id AND measure = 'registered') AS registered,
  (SELECT coalesce(sum(people), 0) FROM tally WHERE tally.event = event.id AND measure = 'came') AS came,
  (SELECT coalesce(sum(people), 0) FROM tally WHERE tally.event = event.id AND measure = 'walk_ins') AS walk_ins,
  (SELECT count(*) FROM tally WHERE tally.event = event.id) AS tallied
FROM event
WHERE event.ended_at IS NULL AND event.state <> 'draft'
"""


async def numbers_of(event: EventRow) -> Numbers:
    """An event's numbers as they are now, or as they were when it was over."""
    kept = await tally_of(event.id) if now() >= event.ends_at else None
    return _from_tally(kept) if kept else await _live(event)


_fresh = Fresh[Numbers]()


async def _live(event: EventRow) -> Numbers:
    return await _fresh.of(event.id, event.revision, lambda: _counted(event))


async def _counted(event: EventRow) -> Numbers:
    zone, heads = ZoneInfo(event.time_zone), await counts(event.id)
    by_day, arrivals = Counter[str](), Counter[str]()
    for row in await fetch(_REGISTERED, event.id):
        by_day[_local(row["slot"] + "0", zone).date().isoformat()] += int(row["people"])
    for row in await fetch(_ARRIVED, event.id):
        arrivals[_quarter(_local(row["slot"], zone))] += int(row["people"])
    few = (await fetch(_FEW, event.id))[0]
    return Numbers(
        parties=heads.parties,
        registered=heads.registered,
        children=int(few["children"]),
        waiting=heads.waiting,
        gave_up=int(few["gave_up"]),
        moved_up=sum(each.people for each in await moved_up(event.id)),
        came=heads.admitted,
        walk_ins=heads.walk_ins,
        inside=heads.inside,
        by_day=dict(by_day),
        arrivals=dict(arrivals),
        languages=await _by("language", event),
        buses=whole(await _by("pickup_point", event), heads.registered),
        invitations=whole(await _by("invitation", event), heads.registered),
    )


def _local(slot: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(slot).replace(tzinfo=UTC).astimezone(zone)


def _quarter(local: datetime) -> str:
    return f"{local - timedelta(minutes=local.minute % QUARTER):%Y-%m-%d %H:%M}"


async def _by(column: str, event: EventRow) -> dict[str, int]:
    rows = await fetch(_BY.format(column=column), event.id)
    return {str(row["key"]): int(row["people"]) for row in rows}


def _from_tally(kept: list[Count]) -> Numbers:
    def total(measure: Measure) -> int:
        return sum(each.people for each in kept if each.measure == measure)

    def by_key(measure: Measure) -> dict[str, int]:
        return _added((each.key, each.people) for each in kept if each.measure == measure)

    slots = ((f"{each.day} {each.key}", each.people) for each in kept if each.measure == Measure.ARRIVALS)
    return Numbers(
        parties=total(Measure.PARTIES),
        registered=total(Measure.REGISTERED),
        children=total(Measure.CHILDREN),
        waiting=total(Measure.WAITING),
        gave_up=total(Measure.GAVE_UP),
        moved_up=total(Measure.MOVED_UP),
        came=total(Measure.REGISTERED) - total(Measure.NOT_COME),
        walk_ins=total(Measure.WALK_INS),
        by_day=_added((each.day, each.people) for each in kept if each.measure == Measure.REGISTERED),
        arrivals=_added(slots),
        languages=by_key(Measure.LANGUAGE),
        buses=whole(by_key(Measure.BUS), total(Measure.REGISTERED)),
        invitations=whole(by_key(Measure.INVITATION), total(Measure.REGISTERED)),
    )


def _added(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found = Counter[str]()
    for key, people in pairs:
        found[key] += people
    return dict(found)


async def totals_within(staff: Staff) -> list[EventTotals]:
    """Every published or cancelled event that exists for this person with its exact totals, the latest first."""
    condition, args = within(staff, 2)
    rows = await fetch(f"{_TOTALS} AND {condition} ORDER BY event.starts_at DESC, event.slug", now(), *args)
    return [_totals(row) for row in rows]


def _totals(row: dict[str, Any]) -> EventTotals:
    over, tallied = bool(row["over"]), bool(row["tallied"])
    starts: datetime = row["starts_local"]
    return EventTotals(
        slug=row["slug"],
        title=json_of(row["title"]),
        host_country=row["host_country"],
        campaign=row["campaign"],
        festival=row["festival"],
        first_day=starts.date(),
        capacity=row["capacity"],
        registered=int(row["registered"]) if tallied else int(row["seats_taken"]),
        waiting=int(row["seats_waiting"]),
        came=int(row["came"]),
        walk_ins=int(row["walk_ins"]),
        over=over and tallied,
        state=row["state"],
    )
