"""Events for integrators: /api/v1/events (DESIGN.md 6)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of, optional_staff, staff_of
from app.accounts.shapes import Staff
from app.activity.record import Actor
from app.database.connection import now
from app.directory.queries import countries
from app.events import actions, rules, undoing
from app.events.access import event_of
from app.events.campaigns import campaign_at, public_campaign_at
from app.events.present import public_event
from app.events.queries import page_of_events, staff_event
from app.events.shapes import NOTICE, EventDraft, EventRow, Pickup, as_raw
from app.seats.counts import counts
from app.seats.few import in_public
from app.seats.tally import tally_of
from app.validation.fields import Reader
from app.validation.forms import Wall, fields_of
from app.web.bodies import json_object
from app.web.conditions import meant_for, tag, unless_known
from app.web.cursors import ITEMS_A_PAGE, cursor_of, read_cursor
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.public_cache import public_cache_of
from app.web.request import Req, keyring_of, language_of, settings_of
from models.states import Measure


def picture_json(event: EventRow, base: str) -> dict[str, Any] | None:
    """Where the event's picture lies, and what it shows in words."""
    if not event.picture:
        return None
    return {"url": f"{base}/pictures/{event.picture}.jpg", "alt": event.picture_alt}


def event_json(request: Req, event: EventRow, *, private: bool) -> dict[str, Any]:
    """An event as every answer shows it; private fields and counts only for staff."""
    base, language = settings_of(request).base_url, language_of(request)

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(ZoneInfo(event.time_zone)).isoformat()

    def shown(of: EventRow | Pickup) -> dict[str, Any]:
        return {
            field.name or attribute: local(getattr(of, field.name))
            if isinstance(field, Wall)
            else field.written(getattr(of, attribute))
            for attribute, field in fields_of(type(of)).items()
            if field.public or private
        }

    body = {
        "id": str(event.id),
        "slug": event.slug,
        "state": event.state,
        "sequence": event.sequence,
        **shown(event),
        "seats_left": event.seats_left,
        "picture": picture_json(event, base),
        "pickup_points": [
            {"id": str(point.id), **shown(point), "seats_left": point.seats_left} for point in event.pickup_points
        ],
        "modified_at": event.modified_at.astimezone(UTC).isoformat(),
        "content_revision": event.content_revision,
        "urls": {
            "page": f"{base}/{language}/events/{event.slug}",
            "short": f"{base}/e/{event.slug}",
            "calendar": f"{base}/calendars/{language}/events/{event.slug}.ics",
        },
    }
    if private:
        body |= {"registered": event.seats_taken, "waiting": event.seats_waiting, "revision": event.revision}
    return body


async def reader_for(
    request: Req, staff: Staff, *, asks: bool = False
) -> Callable[[Mapping[str, Any], EventRow | None], EventDraft]:
    """What checks an event as this person writes it, new or as a change, against the countries there are."""
    known = {country.code: country for country in await countries()}
    days = settings_of(request).retention_days

    def read(raw: Mapping[str, Any], existing: EventRow | None) -> EventDraft:
        reach = staff.countries if existing is None else staff.countries | {existing.host_country}
        return rules.read_event(raw, known, reach, existing, retention=days, asks=asks)

    return read


async def created(
    request: Req, staff: Staff, raw: Mapping[str, Any], like: EventRow | None = None, *, asks: bool = False
) -> EventRow:
    """A new draft of what this person wrote."""
    draft = (await reader_for(request, staff, asks=asks))(raw, None)
    slugs = {country.code: country.slug for country in await countries()}
    return await actions.create(draft, slugs[draft.host_country], actor_of(request), like)


@get("/api/v1/events", opt={"public": True})
async def events(request: Req) -> Response[bytes]:
    """Published and cancelled events, and to staff their own drafts."""
    staff = await optional_staff(request)
    read = Reader(dict(request.query_params))
    country, campaign = read.text("host_country", 2).upper(), read.text("campaign", 140)
    festival, since = read.choice("festival", rules.FESTIVALS, default=""), read.moment("changed_since", exact=True)
    for name in ("cursor", "lang"):
        read.given(name)
    read.finish()
    if since is not None:
        since = since.replace(tzinfo=since.tzinfo or UTC)
    page = await page_of_events(
        staff=staff,
        host_country=country or None,
        festival=festival or None,
        campaign=(await (campaign_at if staff else public_campaign_at)(campaign)).id if campaign else None,
        changed_since=since,
        after=read_cursor(request),
        limit=ITEMS_A_PAGE,
    )
    return json_answer(
        {
            "items": [
                event_json(request, event, private=staff is not None and staff.reaches(event.host_country, event.id))
                for event in page.items
            ],
            "next": cursor_of(page.next),
        }
    )


@post("/api/v1/events", status_code=201)
async def create_event(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """A new draft."""
    raw = await json_object(request)

    async def act() -> Answer:
        return Answer(201, event_json(request, await created(request, staff, raw), private=True))

    return await answer_once(request, str(staff.account), act)


@get("/api/v1/events/{slug:str}", opt={"public": True})
async def one_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """One event: public to all, a draft to its own attachés."""
    staff = await optional_staff(request)
    mine = await staff_event(slug, staff) if staff else None
    event = mine or await public_event(slug)
    body = event_json(request, event, private=mine is not None)
    # how much happens at an event is for staff alone; everybody else gets a digest of what they can see
    seen = event.revision if mine else crc32(msgspec.json.encode(body))
    return unless_known(request, tag(event.content_revision, seen), body)


@patch("/api/v1/events/{slug:str}")
async def edit_event(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Change what is given; the rest stays, or moves along with the start."""
    given = await json_object(request)
    along, check, moved = _along(given), await reader_for(request, staff), list[str]()

    def read(present: EventRow) -> EventDraft:
        raw = {**as_raw(present), **given}
        if along:
            raw, moved[:] = rules.moved_along(raw, present, given)
        return check(raw, present)

    changed = await actions.edit(event.id, read, actor_of(request), meant_for(request))
    public_cache_of(request).clear()
    return json_answer(
        {**event_json(request, changed, private=True), "moved": moved},
        headers={"etag": tag(changed.content_revision, changed.revision)},
    )


@post("/api/v1/events/{slug:str}/publish", status_code=200)
async def publish_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Show a draft to everybody."""
    Reader(await json_object(request)).finish()
    return await _step(request, partial(actions.publish, event.id))


@post("/api/v1/events/{slug:str}/cancel", status_code=200)
async def cancel_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Call an event off, with a notice."""
    notice = await _notice(request)
    return await _step(request, partial(actions.cancel, keyring_of(request), event.id, notice))


@post("/api/v1/events/{slug:str}/undo", status_code=200, opt={"even_deleted": True})
async def undo_last_step(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Take back the last publishing, cancelling or deleting, within ten minutes."""
    Reader(await json_object(request)).finish()
    return await _step(request, partial(undoing.undo, keyring_of(request), event.id))


@post("/api/v1/events/{slug:str}/reinstate", status_code=200)
async def reinstate(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Hold a cancelled event after all; a notice says what people should know."""
    notice = await _notice(request)
    return await _step(request, partial(undoing.reinstate, event.id, notice))


@post("/api/v1/events/{slug:str}/copy", status_code=201)
async def copy_event(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A new draft like this event, with what is given instead."""
    given = await json_object(request)
    along = _along(given)

    async def act() -> Answer:
        raw = copied(event, given, settings_of(request).retention_days, along=along)
        copy = await created(request, staff, raw, event)
        return Answer(201, event_json(request, copy, private=True))

    return await answer_once(request, str(staff.account), act, str(event.id))


def _along(given: dict[str, Any]) -> bool:
    """Whether what hangs on the start moves along; taken out of what is given. Raises Refused."""
    read = Reader({"move_along": given.pop("move_along", True)})
    along: bool = read.flag("move_along")
    read.finish()
    return along


def copied(event: EventRow, given: Mapping[str, Any], retention: int, *, along: bool = True) -> dict[str, Any]:
    """An event as raw material for another: new buses, times that move along, names kept no longer than is said now."""
    raw = as_raw(event) | {"notice": {}, "registration_paused": False}
    raw["retention_days"] = min(event.retention_days, retention)
    raw |= dict(given)
    if along:
        raw, _ = rules.moved_along(raw, event, given)
    if "pickup_points" not in given:
        raw["pickup_points"] = [{**point, "id": None} for point in raw["pickup_points"]]
    if "host_country" in given and given["host_country"] != event.host_country and "time_zone" not in given:
        raw["time_zone"] = None
    return raw


@delete("/api/v1/events/{slug:str}", status_code=200)
async def delete_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Remove a draft."""
    await actions.delete(event.id, actor_of(request), meant_for(request))
    return json_answer(None, 204)


@get("/api/v1/events/{slug:str}/stats")
async def event_stats(event: NamedDependency[EventRow]) -> Response[bytes]:
    """Head counts in distinct people; once the event has ended also what stays of them, by day, language, bus, …"""
    # of one that was moved after it had ended what was counted then is not what stays
    tally, heads = await tally_of(event.id) if now() >= event.ends_at else None, await counts(event.id)
    if tally is not None:
        heads = msgspec.structs.replace(
            heads, waiting=sum(each.people for each in tally if each.measure == Measure.WAITING)
        )
    facts = {"capacity": event.capacity, "seats_left": event.seats_left, "tally": tally and in_public(tally)}
    return json_answer(msgspec.structs.asdict(heads) | facts)


async def _notice(request: Req) -> dict[str, str]:
    read = Reader(await json_object(request))
    notice = read.localised("notice", NOTICE, lines=True)
    read.finish()
    return notice


async def _step(request: Req, take: Callable[[Actor, frozenset[int] | None], Awaitable[EventRow]]) -> Response[bytes]:
    """The event as it is after a step."""

    async def act() -> Answer:
        return Answer(200, event_json(request, await take(actor_of(request), meant_for(request)), private=True))

    answer = await answer_once(request, str(staff_of(request).account), act, str(event_of(request).id))
    public_cache_of(request).clear()
    return answer


HANDLERS = [
    events,
    create_event,
    one_event,
    edit_event,
    publish_event,
    cancel_event,
    undo_last_step,
    reinstate,
    copy_event,
    delete_event,
    event_stats,
]
