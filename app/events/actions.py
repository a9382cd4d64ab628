"""Changing events. Each is one transaction: change, audit, and whoever moves up because of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.announcing import News, postpone, withdraw
from app.activity.kinds import Kind
from app.activity.record import Actor, Said, record
from app.database.connection import insert, now, write
from app.database.rows import Values, as_json, by_name
from app.events import rules
from app.events.campaigns import campaign_of
from app.events.news import differing
from app.events.pictures import Picture
from app.events.queries import event_by_id
from app.events.shapes import EventDraft, EventFields, EventRow, PickupDraft, PickupFields
from app.seats.admissions import count_anew
from app.seats.hold import hold, must_be
from app.seats.places import forget_buses
from app.seats.shapes import Days
from app.seats.waiting import promote_waiting
from app.security.keyring import Keyring
from app.validation.forms import Wall, fields_of, stored
from app.validation.refusals import Problem, Refused
from models.events import Counter, Event, EventPicture, PickupPoint, PlaceLeft
from models.states import EventState, Letter

COUNTER = "event_number"


def _columns(draft: EventDraft | PickupDraft, zone: str) -> dict[str, Any]:
    """A draft as columns, with the instants derived from wall times and zone."""
    columns = stored(draft)
    for attribute, field in fields_of(type(draft)).items():
        if isinstance(field, Wall):
            wall: datetime | None = getattr(draft, attribute)
            columns[field.name] = None if wall is None else rules.instant(wall, zone)
    return columns


async def create(draft: EventDraft, country_slug: str, by: Actor, like: EventRow | None = None) -> EventRow:
    """A new draft with a free slug and the next event number; a copy shows the picture of the event it is `like`."""
    row = uuid4()
    moment = now().replace(microsecond=0)
    async with write():
        counted = (
            await Counter.update({Counter.value: Counter.value + 1})
            .where(Counter.name == COUNTER)
            .returning(Counter.value)
        )
        columns = {
            "id": row,
            "number": counted[0]["value"],
            **_columns(draft, draft.time_zone),
            "belongs_to": await campaign_of(draft.host_country, draft.campaign),
            "created_at": moment,
            "modified_at": moment,
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
        await record(Kind.EVENT_CREATED, by, row, row, host_country=draft.host_country)
        return await event_by_id(row)


async def _copy_picture(like: EventRow, event: UUID) -> None:
    rows = await EventPicture.select().where(EventPicture.event == like.id)
    await insert(EventPicture, *({**row, "id": uuid4(), "event": event} for row in rows))
    await _set(event, {Event.picture: like.picture, Event.picture_alt: as_json(like.picture_alt)})


async def _write_pickups(event: UUID, draft: EventDraft, revision: int = 0) -> None:
    unused = (PickupPoint.event == event) & (PickupPoint.seats_taken == 0)
    if kept := [point.id for point in draft.pickup_points if point.id]:
        unused = unused & PickupPoint.id.not_in(kept)
    gone = [row["id"] for row in await PickupPoint.select(PickupPoint.id).where(unused)]
    if gone:
        await forget_buses(revision, gone)
        await PickupPoint.delete().where(PickupPoint.id.is_in(gone))
    for position, point in enumerate(draft.pickup_points):
        await _write_pickup(event, position, point, draft.time_zone)


async def _write_pickup(event: UUID, position: int, point: PickupDraft, zone: str) -> None:
    columns = {**_columns(point, zone), "position": position}
    if point.id is None:
        await PickupPoint.insert(PickupPoint(id=uuid4(), event=event, **columns))
        return
    own = (PickupPoint.id == point.id) & (PickupPoint.event == event)
    fits = own if point.seats is None else own & (PickupPoint.seats_taken <= point.seats)
    if not await PickupPoint.update(by_name(columns)).where(fits).returning(PickupPoint.id):
        taken = await PickupPoint.select(PickupPoint.seats_taken).where(own).first()
        facts = {"taken": taken["seats_taken"] if taken else 0}
        raise Refused("invalid", (Problem(f"pickup_points.{position}.seats", "below_seats_taken", facts),))


async def _set(event: UUID, values: Values) -> None:
    await Event.update(values).where(Event.id == event)


async def edit(
    event: UUID, read: Callable[[EventRow], EventDraft], by: Actor, meant: frozenset[int] | None = None
) -> EventRow:
    """Change an event to what `read` makes of its present state; raises Refused with every wrong field.

    `read` runs under the event's lock, so a capacity below the seats taken cannot slip through. `meant` are the content
    revisions that the change is for (None: any); another one is refused as "changed_meanwhile".
    """
    async with hold(event) as held:
        before = await event_by_id(event)
        draft = read(before)
        changed = _changed(before, draft)
        if not changed:
            return before  # sent again because the answer was lost: it is as it was meant to be
        must_be(before.content_revision, meant)
        if not {"pickup_points", "time_zone"}.isdisjoint(changed):
            await _write_pickups(event, draft, held.revision)
        moved = before.published and before.starts_at != rules.instant(draft.starts_local, draft.time_zone)
        raises = not before.draft and not set(changed).isdisjoint(rules.SEQUENCED)
        columns = {
            **_columns(draft, draft.time_zone),
            "belongs_to": await campaign_of(draft.host_country, draft.campaign),
            "sequence": before.sequence + (1 if raises else 0),
            "previous_starts_at": before.starts_at if moved else before.previous_starts_at,
        }
        await _set(event, by_name(columns))
        if before.host_country != draft.host_country and (not before.draft or before.was_public):
            await _leave(event, before.host_country, draft.host_country)
        if not rules.DAYS.isdisjoint(changed):
            await count_anew(held, before.entry_rule, Days(draft.entry_rule, draft.time_zone, draft.day_turns))
        await held.content_changed()
        after = await event_by_id(event)
        await record(Kind.EVENT_EDITED, by, event, event, news=_news(before, after), changed=changed)
        await promote_waiting(event)
        return await event_by_id(event)


def _news(before: EventRow, after: EventRow) -> News | None:
    """What people of a published event must hear of its change; nothing of one that is over."""
    was, now_is = differing(before, after)
    if not after.published or not now_is or after.ends_at <= now():
        return None
    quiet = list(now_is) == ["notice"] and not any(after.notice.values())  # a notice taken away is no news
    return News(was, now_is, after.content_revision, quiet=quiet)


async def _leave(event: UUID, former: str, present: str) -> None:
    """The former country's feeds say for a while that the event is off there; where it is now, nothing says so."""
    await PlaceLeft.delete().where(PlaceLeft.event == event, PlaceLeft.host_country.is_in([former, present]))
    await insert(PlaceLeft, {"id": uuid4(), "event": event, "host_country": former, "left_at": now()})


def _changed(before: EventRow, draft: EventDraft) -> list[str]:
    """The fields whose value is another, by name."""
    changed = [name for name in fields_of(EventFields) if _told(getattr(before, name)) != _told(getattr(draft, name))]
    points = tuple(
        PickupDraft(id=point.id, **{name: getattr(point, name) for name in fields_of(PickupFields)})
        for point in before.pickup_points
    )
    buses = [
        [[_told(value) for value in msgspec.structs.astuple(each)] for each in rows]
        for rows in (points, draft.pickup_points)
    ]
    return sorted(changed) + ["pickup_points"] * (buses[0] != buses[1])


def _told(value: Any) -> Any:
    """A value as it is compared: of two times with one name, which one is part of it."""
    return (value, value.fold) if isinstance(value, datetime) else value


async def set_picture(event: UUID, picture: Picture, alt: dict[str, str], by: Actor) -> None:
    """Show this picture; the same one a second time changes nothing."""
    async with hold(event) as held:
        before = await event_by_id(event)
        if (before.picture, before.picture_alt) == (picture.digest, alt):
            return
        await EventPicture.delete().where(EventPicture.event == event)
        rows = [
            {"id": uuid4(), "event": event, "digest": picture.digest, **msgspec.structs.asdict(file)}
            for file in picture.files
        ]
        await insert(EventPicture, *rows)
        await _set(event, {Event.picture: picture.digest, Event.picture_alt: as_json(alt)})
        await held.content_changed()
        await record(Kind.PICTURE_SET, by, event, event)


async def describe_picture(event: UUID, alt: dict[str, str], by: Actor) -> None:
    """Say in other words what the picture shows."""
    async with hold(event) as held:
        before = await event_by_id(event)
        if before.picture and before.picture_alt != alt:
            await _set(event, {Event.picture_alt: as_json(alt)})
            await held.content_changed()
            await record(Kind.PICTURE_DESCRIBED, by, event, event)


async def remove_picture(event: UUID, by: Actor) -> None:
    """Show no picture any more; a second time changes nothing."""
    async with hold(event) as held:
        before = await event_by_id(event)
        if before.picture:
            await EventPicture.delete().where(EventPicture.event == event)
            await _set(event, {Event.picture: "", Event.picture_alt: as_json({})})
            await held.content_changed()
            await record(Kind.PICTURE_REMOVED, by, event, event)


async def publish(event: UUID, by: Actor, meant: frozenset[int] | None = None, *, act: str | None = None) -> EventRow:
    """Show a draft to everybody; a second time changes nothing. `act` tells with which others it was published."""
    async with hold(event) as held:
        before = await event_by_id(event)
        if before.published:
            return before
        must_be(before.content_revision, meant)
        if before.cancelled:
            raise Refused("event_cancelled")
        await _set(event, {Event.state: EventState.PUBLISHED.value})
        await held.content_changed()
        await record(Kind.EVENT_PUBLISHED, by, event, event, act=act)
        return await event_by_id(event)


async def cancel(
    keyring: Keyring, event: UUID, notice: dict[str, str], by: Actor, meant: frozenset[int] | None = None
) -> EventRow:
    """Call a published event off; it stays visible as cancelled. A second time changes nothing but a new notice."""
    async with hold(event) as held:
        before = await event_by_id(event)
        if before.draft:
            raise Refused("event_not_published")
        if before.cancelled and (not notice or notice == before.notice):
            return before
        must_be(before.content_revision, meant)
        await _set(
            event,
            {
                Event.state: EventState.CANCELLED.value,
                Event.notice: as_json(notice or before.notice),
                Event.sequence: before.sequence + (0 if before.cancelled else 1),
            },
        )
        await held.content_changed()
        if before.cancelled:
            await record(Kind.EVENT_EDITED, by, event, event, changed=["notice"])
        else:
            said = {"notice": as_json(before.notice), "cancelled_with": as_json(notice or before.notice)}
            await postpone(Letter.CHANGED, event)  # it is news again if this is taken back
            news = None if await withdraw(Letter.REINSTATED, event) else News(revision=held.revision)
            await record(Kind.EVENT_CANCELLED, by, event, event, said=Said(keyring, said), news=news)
        return await event_by_id(event)


async def delete(event: UUID, by: Actor, meant: frozenset[int] | None = None) -> None:
    """Remove a draft that nobody has seen; what belongs to it goes with it once that cannot be undone any more."""
    async with hold(event):
        before = await event_by_id(event)
        must_be(before.content_revision, meant)
        if not before.draft:
            raise Refused("event_not_a_draft")
        if before.was_public:
            raise Refused("event_was_public")
        await _set(event, {Event.ended_at: now()})
        await record(Kind.EVENT_DELETED, by, event, event, slug=before.slug)
