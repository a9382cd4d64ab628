"""Changing events. Each is one transaction: change, audit, and whoever moves up because of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.events import rules
from app.events.pictures import Picture
from app.events.queries import event_by_id
from app.events.shapes import EventDraft, EventRow, PickupDraft
from app.seats.waiting import promote_waiting
from app.validation.refusals import Problem, Refused
from models.events import Event, EventPicture, PickupPoint

COUNTER = "event_number"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _columns(draft: EventDraft) -> dict[str, Any]:
    """A draft as columns, with the UTC instants derived from wall time and zone."""

    def at(wall: datetime | None) -> datetime | None:
        return None if wall is None else rules.instant(wall, draft.time_zone)

    return {
        "host_country": draft.host_country,
        "campaign": draft.campaign,
        "festival": draft.festival,
        "title": _json(draft.title),
        "description": _json(draft.description),
        "venue": _json(draft.venue),
        "address": _json(draft.address),
        "latitude": draft.latitude,
        "longitude": draft.longitude,
        "time_zone": draft.time_zone,
        "starts_local": draft.starts_local,
        "starts_at": at(draft.starts_local),
        "ends_local": draft.ends_local,
        "ends_at": at(draft.ends_local),
        "all_day": draft.all_day,
        "capacity": draft.capacity,
        "party_limit": draft.party_limit,
        "entry_rule": draft.entry_rule,
        "registration_opens_local": draft.registration_opens_local,
        "registration_opens_at": at(draft.registration_opens_local),
        "registration_closes_local": draft.registration_closes_local,
        "registration_closes_at": at(draft.registration_closes_local),
        "registration_paused": draft.registration_paused,
        "notice": _json(draft.notice),
        "programme": _json(draft.programme),
        "travel": _json(draft.travel),
        "bring": _json(draft.bring),
        "facilities": " ".join(draft.facilities),
        "held_after_hours": draft.held_after_hours,
        "held_after_passes": draft.held_after_passes,
        "entry_opens_local": draft.entry_opens_local,
        "entry_opens_at": at(draft.entry_opens_local),
        "entry_closes_local": draft.entry_closes_local,
        "entry_closes_at": at(draft.entry_closes_local),
        "day_turns": draft.day_turns,
        "admit_waiting": draft.admit_waiting,
        "gate_search": draft.gate_search,
    }


async def create(
    draft: EventDraft, country_slug: str, by: Actor, retention_days: int, like: EventRow | None = None
) -> EventRow:
    """A new draft with a free slug and the next event number; a copy shows the picture of the event it is `like`."""
    row = uuid4()
    moment = now().replace(microsecond=0)
    async with write():
        counted = await fetch("UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value", COUNTER)
        columns = {
            "id": row,
            "number": counted[0]["value"],
            **_columns(draft),
            "created_at": moment,
            "modified_at": moment,
            "retention_days": retention_days,
        }
        slug = rules.slug_for(draft, country_slug)
        suffix = 2 if slug in rules.RESERVED_SLUGS else 1
        while not await insert(
            Event, {**columns, "slug": slug if suffix == 1 else f"{slug}-{suffix}"}, unless_there="slug"
        ):
            suffix += 1
        await _write_pickups(row, draft)
        if like and like.picture:
            await _copy_picture(like, row)
        await audit(by, "event_created", "event", row, row, host_country=draft.host_country)
        return await event_by_id(row)


async def _copy_picture(like: EventRow, event: UUID) -> None:
    rows = await fetch("SELECT digest, kind, width, height, content FROM event_picture WHERE event = $1", like.id)
    await insert(EventPicture, *({**row, "id": uuid4(), "event": event} for row in rows))
    await _set(event, {"picture": like.picture, "picture_alt": _json(like.picture_alt)})


async def _write_pickups(event: UUID, draft: EventDraft) -> None:
    kept = [point.id for point in draft.pickup_points if point.id]
    places = ", ".join(f"${index + 2}" for index in range(len(kept)))
    gone = f" AND id NOT IN ({places})" if kept else ""
    unused = f"event = $1 AND seats_taken = 0{gone}"
    await fetch(
        f"UPDATE registration SET pickup_point = NULL"
        f" WHERE pickup_point IN (SELECT id FROM pickup_point WHERE {unused})",
        event,
        *kept,
    )
    await fetch(f"DELETE FROM pickup_point WHERE {unused}", event, *kept)
    for position, point in enumerate(draft.pickup_points):
        await _write_pickup(event, position, point, draft.time_zone)


async def _write_pickup(event: UUID, position: int, point: PickupDraft, zone: str) -> None:
    departs_at = None if point.departs is None else rules.instant(point.departs, zone)
    values = (_json(point.name), _json(point.place), point.departs, departs_at, point.seats, position)
    if point.id is None:
        names = ("name", "place", "departs_local", "departs_at", "seats", "position")
        await insert(PickupPoint, {"id": uuid4(), "event": event, **dict(zip(names, values, strict=True))})
        return
    fits = await fetch(
        "UPDATE pickup_point SET name = $3, place = $4, departs_local = $5, departs_at = $6, seats = $7, position = $8"
        " WHERE id = $1 AND event = $2 AND seats_taken <= coalesce(CAST($7 AS INTEGER), seats_taken) RETURNING id",
        point.id,
        event,
        *values,
    )
    if not fits:
        taken = await fetch("SELECT seats_taken FROM pickup_point WHERE id = $1", point.id)
        raise Refused(
            "invalid",
            (Problem(f"pickup_points.{position}.seats", "below_seats_taken", {"taken": taken[0]["seats_taken"]}),),
        )


async def _locked(event: UUID) -> EventRow:
    """Begin a change of this event: nobody else changes it, its seats or its tickets until the transaction ends."""
    await fetch("UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision", event)
    return await event_by_id(event)


def _stamp(before: EventRow) -> datetime:
    """When the event was last changed, rising by whole seconds so that calendars see every change."""
    return max(now().replace(microsecond=0), before.modified_at.replace(microsecond=0) + timedelta(seconds=1))


async def _set(event: UUID, values: dict[str, Any]) -> None:
    assignments = ", ".join(f"{name} = ${index + 2}" for index, name in enumerate(values))
    await fetch(f"UPDATE event SET {assignments} WHERE id = $1 RETURNING id", event, *values.values())


async def edit(event: UUID, read: Callable[[EventRow], EventDraft], by: Actor) -> EventRow:
    """Change an event to what `read` makes of its present state; raises Refused with every wrong field.

    `read` runs under the event's lock, so a capacity below the seats taken cannot slip through.
    """
    async with write():
        before = await _locked(event)
        draft = read(before)
        columns = _columns(draft)
        after_points = _comparable(draft.pickup_points)
        changed = sorted(
            name
            for name in EventDraft.__struct_fields__
            if name != "pickup_points" and getattr(before, name) != getattr(draft, name)
        )
        if _comparable(before.pickup_points) != after_points:
            changed.append("pickup_points")
        if not {"pickup_points", "time_zone"}.isdisjoint(changed):
            await _write_pickups(event, draft)
        if not changed:
            return before
        moved = before.state == "published" and before.starts_local != draft.starts_local
        raises = before.state != "draft" and not set(changed).isdisjoint(rules.SEQUENCED)
        await _set(
            event,
            {
                **columns,
                "sequence": before.sequence + (1 if raises else 0),
                "modified_at": _stamp(before),
                "content_revision": before.revision,
                "previous_starts_at": before.starts_at if moved else before.previous_starts_at,
            },
        )
        await audit(by, "event_edited", "event", event, event, changed=changed)
        await promote_waiting(event)
        return await event_by_id(event)


def _comparable(points: Any) -> list[tuple[Any, ...]]:
    return [
        (
            point.id,
            point.name,
            point.place,
            getattr(point, "departs", None) or getattr(point, "departs_local", None),
            point.seats,
        )
        for point in points
    ]


async def set_picture(event: UUID, picture: Picture, alt: dict[str, str], by: Actor) -> None:
    """Show this picture; the same one a second time changes nothing."""
    async with write():
        before = await _locked(event)
        if (before.picture, before.picture_alt) == (picture.digest, alt):
            return
        await fetch("DELETE FROM event_picture WHERE event = $1", event)
        rows = [
            {"id": uuid4(), "event": event, "digest": picture.digest, **msgspec.structs.asdict(file)}
            for file in picture.files
        ]
        await insert(EventPicture, *rows)
        await _show(before, picture.digest, alt)
        await audit(by, "picture_set", "event", event, event)


async def describe_picture(event: UUID, alt: dict[str, str], by: Actor) -> None:
    """Say in other words what the picture shows."""
    async with write():
        before = await _locked(event)
        if before.picture and before.picture_alt != alt:
            await _show(before, before.picture, alt)
            await audit(by, "picture_described", "event", event, event)


async def remove_picture(event: UUID, by: Actor) -> None:
    """Show no picture any more; a second time changes nothing."""
    async with write():
        before = await _locked(event)
        if before.picture:
            await fetch("DELETE FROM event_picture WHERE event = $1", event)
            await _show(before, "", {})
            await audit(by, "picture_removed", "event", event, event)


async def _show(before: EventRow, picture: str, alt: dict[str, str]) -> None:
    shown = {"picture": picture, "picture_alt": _json(alt)}
    await _set(before.id, {**shown, "modified_at": _stamp(before), "content_revision": before.revision})


async def publish(event: UUID, by: Actor) -> EventRow:
    """Show a draft to everybody; a second time changes nothing."""
    async with write():
        before = await _locked(event)
        if before.state == "published":
            return before
        if before.state == "cancelled":
            raise Refused("event_cancelled")
        await _set(event, {"state": "published", "modified_at": _stamp(before), "content_revision": before.revision})
        await audit(by, "event_published", "event", event, event)
        return await event_by_id(event)


async def cancel(event: UUID, notice: dict[str, str], by: Actor) -> EventRow:
    """Call a published event off; it stays visible as cancelled. A second time changes nothing but a new notice."""
    async with write():
        before = await _locked(event)
        if before.state == "draft":
            raise Refused("event_not_published")
        if before.state == "cancelled" and (not notice or notice == before.notice):
            return before
        await _set(
            event,
            {
                "state": "cancelled",
                "notice": _json(notice or before.notice),
                "sequence": before.sequence + (0 if before.state == "cancelled" else 1),
                "modified_at": _stamp(before),
                "content_revision": before.revision,
            },
        )
        await audit(by, "event_cancelled", "event", event, event)
        return await event_by_id(event)


async def delete(event: UUID, by: Actor) -> None:
    """Remove a draft that nobody has seen."""
    async with write():
        before = await _locked(event)
        if before.state != "draft":
            raise Refused("event_not_a_draft")
        for table in ("event_picture", "pickup_point", "gate_device", "pairing", "posting"):
            condition = (
                "pairing IN (SELECT id FROM pairing WHERE event = $1)" if table == "gate_device" else "event = $1"
            )
            await fetch(f"DELETE FROM {table} WHERE {condition}", event)
        await fetch("DELETE FROM event WHERE id = $1", event)
        await audit(by, "event_deleted", "event", event, None, slug=before.slug)
