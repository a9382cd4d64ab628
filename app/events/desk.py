"""Events at the desk: list, write, publish, cancel, copy. The same rules as the API, with everything typed kept."""

from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from app.accounts.access import actor, desk_staff
from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory.queries import countries
from app.events import actions, rules
from app.events.access import desk_event
from app.events.api import copied
from app.events.queries import staff_event, staff_events
from app.events.shapes import FACILITY_NAMES, EventDraft, EventRow, as_raw
from app.festivals.queries import coming_dates
from app.festivals.rules import sundays_around
from app.festivals.shapes import NAMES, FestivalDate
from app.registrations.queries import counts
from app.security.nonces import kept_or_new, nonce_is_ours
from app.validation.fields import Reader, latin_digits
from app.validation.refusals import Refused
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once
from app.web.public_cache import public_cache_of
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of, settings_of

FORM = "new-event"
BLANK_ROWS = 2  # empty buses and programme items offered below those that are there


@get("/desk")
async def desk(request: Req) -> Response[bytes]:
    """Everything that this person looks after."""
    staff = await desk_staff(request)
    return page(request, "desk/events.html", staff=staff, events=await staff_events(staff))


def as_typed(raw: dict[str, Any]) -> dict[str, str]:
    """An event's raw material as form fields: dates and times apart, the last day inclusive."""
    typed: dict[str, str] = {}
    for name, value in raw.items():
        _flatten(typed, name, value)
    for index, facility in enumerate(raw.get("facilities") or ()):
        typed.pop(f"facilities.{index}", None)
        typed[f"facilities.{facility}"] = "on"
    for side in ("starts", "ends"):
        day, _, clock = typed.pop(f"{side}_at", "").partition("T")
        if side == "ends" and raw.get("all_day") and day:
            day = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        typed[f"{side}_on"], typed[f"{side}_time"] = day, clock[:5]
    return typed


def _flatten(typed: dict[str, str], name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(typed, f"{name}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(typed, f"{name}.{index}", inner)
    elif isinstance(value, bool):
        if value:
            typed[name] = "on"
    elif value is not None:
        typed[name] = str(value)[:16] if name.endswith("_at") else str(value)


def as_written(typed: dict[str, str]) -> dict[str, Any]:
    """Form fields as the object that the API would get."""
    fields = dict(typed)
    fields.pop("move_along", None)
    fields.pop("nonce", None)
    fields.pop("copy_of", None)
    all_day = bool(fields.get("all_day"))
    for side in ("starts", "ends"):
        day = latin_digits(fields.pop(f"{side}_on", "").strip())
        clock = "" if all_day else latin_digits(fields.pop(f"{side}_time", "").strip())
        fields.pop(f"{side}_time", None)
        if side == "ends" and all_day and day:
            day = _next_day(day)
        if day:
            fields[f"{side}_at"] = f"{day}T{clock or '00:00'}" if clock or all_day else day + "T"
    facilities = [name.removeprefix("facilities.") for name, value in fields.items() if name.startswith("facilities.")]
    raw = nested({name: value for name, value in fields.items() if not name.startswith("facilities.")})
    raw["facilities"] = facilities
    raw["pickup_points"] = [
        point for point in raw.get("pickup_points", []) if isinstance(point, dict) and (set(point) - {"id"})
    ]
    return raw


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


async def _form_page(
    request: Req, staff: Staff, typed: dict[str, str], *, refused: Refused | None = None, event: EventRow | None = None
) -> Response[bytes]:
    known = await countries()
    reach = staff.within_reach
    offered = [
        country
        for country in known
        if reach is None or country.code in reach or (event is not None and country.code == event.host_country)
    ]
    chosen = next(
        (country for country in known if country.code == typed.get("host_country")), offered[0] if offered else None
    )
    given = {name.split(".")[1] for name in typed if name.startswith("title.")}
    tags = ["km", "en", *(chosen.languages if chosen else ())]
    return page(
        request,
        "desk/event_form.html",
        status=refused.status if refused else 200,
        staff=staff,
        event=event,
        typed=typed,
        refused=refused,
        problems=refused.problems if refused else (),
        countries=offered,
        festivals=rules.FESTIVALS,
        entry_rules=rules.ENTRY_RULES,
        facilities=FACILITY_NAMES,
        tags=list(dict.fromkeys([*tags, *sorted(given)])),
        proposals=[] if event or refused else await _proposals(staff),
        names=NAMES,
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        pickup_rows=_rows(typed, "pickup_points"),
        programme_rows=_rows(typed, "programme"),
    )


def _rows(typed: dict[str, str], name: str) -> range:
    """The rows of a list that the form shows: those typed, and some blank ones."""
    rows = {field.split(".")[1] for field in typed if field.startswith(f"{name}.")}
    known = [int(row) for row in rows if row.isascii() and row.isdecimal() and len(row) < 3]
    return range((max(known) + 1 if known else 0) + BLANK_ROWS)


class Proposal(msgspec.Struct, frozen=True):
    """A festival to come: when it is, the Sundays around it, and what was held for it before."""

    festival: str
    when: FestivalDate
    sundays: list[date]
    before: list[EventRow]


async def _proposals(staff: Staff) -> list[Proposal]:
    today = now().date()
    known = await staff_events(staff)
    return sorted(
        (
            Proposal(
                festival,
                each,
                [day for day in sundays_around(each.first_day, each.last_day) if day > today],
                [event for event in known if event.festival == festival and event.first_day.year == each.year - 1][:3],
            )
            for festival, dates in (await coming_dates(today)).items()
            for each in dates
        ),
        key=lambda proposal: proposal.when.first_day,
    )[:8]


@get("/desk/events/new")
async def new_event(request: Req) -> Response[bytes]:
    """A blank form, or (with ?copy=) one filled from another event."""
    staff = await desk_staff(request)
    slug = request.query_params.get("copy", "")
    festival, day = request.query_params.get("festival", ""), request.query_params.get("day", "")
    if not slug:
        typed = {"party_limit": "10", "entry_rule": "once"}
        if festival in rules.FESTIVALS:
            typed |= {"festival": festival, "starts_on": day[:10], "ends_on": day[:10]}
            typed |= {"starts_time": "09:00", "ends_time": "17:00"}
        return await _form_page(request, staff, typed)
    event = await staff_event(slug, staff)
    if event is None:
        raise Refused("not_found")
    given = {"starts_at": f"{day[:10]}T{event.starts_local:%H:%M}"} if day else {}
    return await _form_page(request, staff, as_typed(copied(event, given)) | {"copy_of": event.slug})


@post("/desk/events/new")
async def create_event(request: Req) -> Response[bytes]:
    """Write a new draft."""
    staff = await desk_staff(request)
    typed = await form(request)
    known = {country.code: country for country in await countries()}
    keyring, nonce = keyring_of(request), typed.get("nonce", "")

    async def act() -> Answer:
        draft = rules.read_event(as_written(typed), known, staff.within_reach)
        like = await staff_event(typed.get("copy_of", ""), staff)
        event = await actions.create(
            draft, known[draft.host_country].slug, actor(request, staff), settings_of(request).retention_days, like
        )
        return Answer(303, {"slug": event.slug})

    try:
        # a double tap gets the first draft again
        key = nonce if nonce_is_ours(keyring, FORM, nonce) else None
        kept = await once(keyring, (FORM, str(staff.account)), key, b"", act)
    except Refused as refused:
        return await _form_page(request, staff, typed, refused=refused)
    return see_other(f"/desk/events/{kept.body['slug']}")


@get("/desk/events/{slug:str}")
async def event_page(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """One event with its counts and what can be done with it."""
    staff, event = await desk_event(request, slug)
    return await _event_page(request, staff, event)


async def _event_page(
    request: Req, staff: Staff, event: EventRow, *, refused: Refused | None = None, typed: dict[str, str] | None = None
) -> Response[bytes]:
    return page(
        request,
        "desk/event.html",
        status=refused.status if refused else 200,
        staff=staff,
        event=event,
        counts=await counts(event.id),
        refused=refused,
        problems=refused.problems if refused else (),
        typed=typed or {},
    )


@get("/desk/events/{slug:str}/edit")
async def edit_form(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The event as a form."""
    staff, event = await desk_event(request, slug)
    return await _form_page(request, staff, as_typed(as_raw(event)), event=event)


@post("/desk/events/{slug:str}/edit")
async def edit_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Change the event; with "move along" its registration times and pick-ups move as far as its start."""
    staff, event = await desk_event(request, slug)
    typed = await form(request)
    known = {country.code: country for country in await countries()}
    reach = None if staff.is_hq else staff.countries | {event.host_country}

    def read(present: EventRow) -> EventDraft:
        written = as_written(typed)
        raw = {**dict.fromkeys(as_raw(present)), **written}
        if typed.get("move_along"):
            raw = rules.moved_along(raw, present, _comparable(written, present))
        return rules.read_event(raw, known, reach, present)

    try:
        await actions.edit(event.id, read, actor(request, staff))
    except Refused as refused:
        return await _form_page(request, staff, typed, refused=refused, event=event)
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{slug}")


def _comparable(written: dict[str, Any], present: EventRow) -> dict[str, Any]:
    """What was written, with times that the form shows without seconds spelled as the event spells them."""
    before = as_raw(present)
    shown = as_written(as_typed(before))
    return {name: before.get(name) if value == shown.get(name) else value for name, value in written.items()}


@post("/desk/events/{slug:str}/publish")
async def publish_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Show a draft to everybody."""
    staff, event = await desk_event(request, slug)
    try:
        await actions.publish(event.id, actor(request, staff))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused)
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{slug}")


@post("/desk/events/{slug:str}/cancel")
async def cancel_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Call an event off, and say why."""
    staff, event = await desk_event(request, slug)
    typed = await form(request)
    read = Reader(nested({name: value for name, value in typed.items() if name != "sure"}))
    notice = read.localised("notice", rules.NOTICE, lines=True)
    if not typed.get("sure"):
        read.wrong("sure", "required")
    try:
        read.finish()
        await actions.cancel(event.id, notice, actor(request, staff))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused, typed=typed)
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{slug}")


@post("/desk/events/{slug:str}/delete")
async def delete_event(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Remove a draft."""
    staff, event = await desk_event(request, slug)
    try:
        await actions.delete(event.id, actor(request, staff))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused)
    return see_other("/desk")


HANDLERS = [
    desk,
    new_event,
    create_event,
    event_page,
    edit_form,
    edit_event,
    publish_event,
    cancel_event,
    delete_event,
]
