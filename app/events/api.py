"""Events for integrators: /api/v1/events (DESIGN.md 6)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from zlib import crc32

import msgspec
from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of, optional_staff
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory.queries import countries
from app.events import actions, rules
from app.events.answers import (
    STEP,
    EventAnswer,
    EventBody,
    MovingBody,
    StatsAnswer,
    shown,
)
from app.events.campaigns import campaign_at, public_campaign_at
from app.events.present import public_event
from app.events.queries import page_of_events, staff_event
from app.events.shapes import EventDraft, EventRow, Sought, as_raw
from app.seats.counts import counts
from app.seats.few import in_public
from app.seats.tally import tally_of
from app.validation import forms
from app.validation.fields import Reader
from app.web.bodies import json_object
from app.web.conditions import meant_for, tag, unless_known
from app.web.cursors import PageFields, PageOf, page_answer, read_cursor, read_page
from app.web.described import told
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.public_cache import public_cache_of
from app.web.request import Req, language_of, settings_of
from models.states import EventState, Festival, Measure


class EventsQuery(PageFields, frozen=True, kw_only=True):
    """Which events are asked for."""

    host_country: Annotated[str, forms.Line(most=2, about="ISO 3166 code of a host country.")] = ""
    campaign: Annotated[str, forms.Line(most=140, about="A campaign's word, as /api/v1/campaigns tells it.")] = ""
    festival: Annotated[str, forms.Choice(options=tuple(Festival), default="", about="What is celebrated.")] = ""
    state: Annotated[
        str, forms.Choice(options=tuple(EventState), default="", about="Those in this state; drafts only one's own.")
    ] = ""
    ends_after: Annotated[
        datetime | None,
        forms.Moment(exact=True, about="Those that end later: with now, the coming ones. UTC if not said."),
    ] = None
    changed_since: Annotated[
        datetime | None,
        forms.Moment(exact=True, about="Those changed since, in order of change (else of start). UTC if not said."),
    ] = None


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC)


OPEN = {"public": True, "shared": True}


def event_json(request: Req, event: EventRow, *, private: bool) -> dict[str, Any]:
    """An event as every answer shows it; private fields and counts only for staff."""
    return shown(event, settings_of(request).base_url, language_of(request), private=private)


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


@get(
    "/api/v1/events",
    opt={
        "public": True,
        "shared": True,
        **told(PageOf[EventAnswer], "unauthenticated", "not_found", query=EventsQuery),
    },
)
async def events(request: Req) -> Response[bytes]:
    """Published and cancelled events, and to staff their own drafts."""
    staff = await optional_staff(request)
    asked = read_page(request, EventsQuery)
    campaign = await (campaign_at if staff else public_campaign_at)(asked.campaign) if asked.campaign else None
    sought = Sought(
        host_country=asked.host_country.upper(),
        festival=asked.festival,
        campaign=campaign.id if campaign else None,
        state=asked.state,
        ends_after=_in_utc(asked.ends_after),
        changed_since=_in_utc(asked.changed_since),
    )
    page = await page_of_events(sought, staff, read_cursor(request), asked.limit)
    items = [
        event_json(request, event, private=staff is not None and staff.reaches(event.host_country, event.id))
        for event in page.items
    ]
    return page_answer(request, items, page.next)


@post(
    "/api/v1/events",
    status_code=201,
    opt=told(EventAnswer, "forbidden", body=EventBody, status=201, once=True),
)
async def create_event(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """A new draft."""
    raw = await json_object(request)

    async def act() -> Answer:
        return Answer(201, event_json(request, await created(request, staff, raw), private=True))

    return await answer_once(request, str(staff.account), act)


@get(
    "/api/v1/events/{slug:str}",
    opt={"public": True, "shared": True, **told(EventAnswer, "unauthenticated", tagged=True)},
)
async def one_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """One event: public to all, a draft to its own attachés."""
    staff = await optional_staff(request)
    mine = await staff_event(slug, staff) if staff else None
    event = mine or await public_event(slug)
    body = event_json(request, event, private=mine is not None)
    # how much happens at an event is for staff alone; everybody else gets a digest of what they can see
    seen = event.revision if mine else crc32(msgspec.json.encode(body))
    return unless_known(request, tag(event.content_revision, seen), body)


@patch(
    "/api/v1/events/{slug:str}",
    opt=told(EventAnswer, *STEP, body=MovingBody, partial=True, guarded=True, tagged=True),
)
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


@post(
    "/api/v1/events/{slug:str}/copy",
    status_code=201,
    opt=told(EventAnswer, "forbidden", body=MovingBody, partial=True, status=201, once=True),
)
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


@get("/api/v1/events/{slug:str}/stats", opt=told(StatsAnswer))
async def event_stats(staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Head counts in distinct people; once the event has ended also what stays of them, by day, language and bus."""
    # of one that was moved after it had ended what was counted then is not what stays
    tally, heads = await tally_of(event.id) if now() >= event.ends_at else None, await counts(event.id)
    if tally is not None:
        heads = msgspec.structs.replace(
            heads, waiting=sum(each.people for each in tally if each.measure == Measure.WAITING)
        )
    invites = staff.may(Right.INVITATIONS, event.host_country)
    shown = None if tally is None else in_public(tally, invitations=invites)
    return json_answer(
        StatsAnswer(**msgspec.structs.asdict(heads), capacity=event.capacity, seats_left=event.seats_left, tally=shown)
    )


HANDLERS = [events, create_event, one_event, edit_event, copy_event, event_stats]
