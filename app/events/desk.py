"""Events at the desk: write, publish, cancel, copy. The same rules as the API, with everything typed kept."""

from datetime import timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.history import when_last
from app.activity.kinds import Kind
from app.database.connection import now
from app.directory.queries import countries
from app.events import actions, rules, undoing
from app.events.access import RIGHT
from app.events.api import copied, created, reader_for
from app.events.campaigns import campaigns_within
from app.events.checks import doubts
from app.events.proposals import proposals_for
from app.events.queries import event_by_id, staff_event, twins_of
from app.events.shapes import FACILITY_NAMES, NOTICE, EventDraft, EventRow, as_raw
from app.events.showing import shown
from app.events.typed import as_typed, as_written, loaded, merged_into, rewritten, rows_of
from app.festivals.shapes import NAMES
from app.seats.counts import counts, set_aside_people
from app.seats.fresh import Fresh
from app.seats.shapes import Counts
from app.security.nonces import kept_or_new
from app.validation.fields import Reader
from app.validation.refusals import Refused
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.public_cache import public_cache_of
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, language_of, settings_of
from models.states import EntryRule

FORM = "new-event"
_fresh = Fresh[Counts]()


async def _form_page(
    request: Req, staff: Staff, typed: dict[str, str], *, refused: Refused | None = None, event: EventRow | None = None
) -> Response[bytes]:
    known = await countries()
    offered = [
        country
        for country in known
        if staff.may(Right.CHANGE_EVENTS, country.code) or (event is not None and country.code == event.host_country)
    ]
    chosen = next(
        (country for country in known if country.code == typed.get("host_country")), offered[0] if offered else None
    )
    given = {name.split(".")[1] for name in typed if name.startswith("title.")}
    tags = ["km", "en", *(chosen.languages if chosen else ())]
    return page(
        request,
        "desk/event_form.html",
        staff=staff,
        event=event,
        typed=typed,
        countries=offered,
        festivals=rules.FESTIVALS,
        entry_rules=tuple(EntryRule),
        facilities=FACILITY_NAMES,
        tags=list(dict.fromkeys([*tags, *sorted(given)])),
        campaigns=[campaign.word for campaign, _ in await campaigns_within(staff)],
        proposals=[] if event or refused else await proposals_for(staff),
        names=NAMES,
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        was=loaded(event) if event else "",
        pickup_rows=rows_of(typed, "pickup_points"),
        programme_rows=rows_of(typed, "programme"),
        **said(refused),
    )


@get("/desk/events/new")
async def new_event(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """A blank form, or (with ?copy=) one filled from another event."""
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
    return await _form_page(
        request, staff, as_typed(copied(event, given, settings_of(request).retention_days)) | {"copy_of": event.slug}
    )


@post("/desk/events/new")
async def create_event(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Write a new draft; a double tap gets the first one again."""
    typed = await form(request)

    async def act() -> Answer:
        like = await staff_event(typed.get("copy_of", ""), staff)
        return Answer(303, {"slug": (await created(request, staff, as_written(typed), like, asks=True)).slug})

    try:
        kept = await once_by_nonce(keyring_of(request), (FORM, str(staff.account)), typed, act)
    except Refused as refused:
        return await _form_page(request, staff, typed, refused=refused)
    return see_other(f"/desk/events/{kept.body['slug']}")


@get("/desk/events/{slug:str}")
async def event_page(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """One event with its counts and what can be done with it."""
    return await _event_page(request, staff, event)


async def _event_page(
    request: Req,
    staff: Staff,
    event: EventRow,
    *,
    refused: Refused | None = None,
    typed: dict[str, str] | None = None,
) -> Response[bytes]:
    return page(
        request,
        "desk/event.html",
        staff=staff,
        event=event,
        counts=await _fresh.of(event.id, event.revision, lambda: counts(event.id)),
        aside=await set_aside_people(event.id) if event.published and now() < event.ends_at else 0,
        undoable=await undoing.undoable(event),
        erased_at=await when_last(event.id, Kind.PURGED),
        erases_at=event.ends_at + timedelta(days=event.retention_days),
        at=now(),
        country_zone=await _zone_of(event),
        typed=typed or {},
        **said(refused),
    )


async def _zone_of(event: EventRow) -> str:
    return next(country.time_zone for country in await countries() if country.code == event.host_country)


@get("/desk/events/{slug:str}/edit", opt={RIGHT: Right.CHANGE_EVENTS})
async def edit_form(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event as a form."""
    return await _form_page(request, staff, as_typed(as_raw(event)) | {"move_along": "on"}, event=event)


@post("/desk/events/{slug:str}/edit")
async def edit_event(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Change what was touched in the form; with "move along" all that hangs on the start moves as far as it does."""
    typed = await form(request)
    check = await reader_for(request, staff, asks=True)

    def read(present: EventRow) -> EventDraft:
        meant = merged_into(typed, present)
        meant.refuse_both()
        written = as_written(meant.fields)
        raw = {**dict.fromkeys(as_raw(present)), **written}
        if typed.get("move_along"):
            raw, _ = rules.moved_along(raw, present, rewritten(written, present))
        return check(raw, present)

    try:
        await actions.edit(event.id, read, actor_of(request))
    except Refused as refused:
        present = await event_by_id(event.id)
        return await _form_page(request, staff, merged_into(typed, present).fields, refused=refused, event=present)
    return _done(request, event)


def _done(request: Req, event: EventRow) -> Response[bytes]:
    public_cache_of(request).clear()
    return see_other(f"/desk/events/{event.slug}")


@get("/desk/events/{slug:str}/publish", opt={RIGHT: Right.CHANGE_EVENTS})
async def check_list(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """What one may want to look at before everybody sees the event."""
    zone = await _zone_of(event)
    found = doubts(event, zone, await twins_of(event), now())
    return page(request, "desk/publish.html", staff=staff, event=event, doubts=found, country_zone=zone)


@get("/desk/events/{slug:str}/preview")
async def preview(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event's page as workers will see it."""
    language = language_of(request)
    facts = await shown(event, language, settings_of(request).base_url, now())
    return page(request, "pages/event.html", **facts | {"preview": True}, refresh=None, text_language=language)


@post("/desk/events/{slug:str}/reinstate")
async def reinstate_event(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Hold a cancelled event after all."""
    typed = await form(request)
    read = Reader(nested(typed))
    notice = read.localised("notice", NOTICE, lines=True)
    try:
        read.finish()
        await undoing.reinstate(event.id, notice, actor_of(request))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused, typed=typed)
    return _done(request, event)


@post("/desk/events/{slug:str}/undo", opt={"even_deleted": True})
async def undo_step(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Take back the last publishing, cancelling or deleting, within ten minutes."""
    try:
        await undoing.undo(keyring_of(request), event.id, actor_of(request))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused)
    return _done(request, event)


@post("/desk/events/{slug:str}/publish")
async def publish_event(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Show a draft to everybody."""
    try:
        await actions.publish(event.id, actor_of(request))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused)
    return _done(request, event)


@post("/desk/events/{slug:str}/cancel")
async def cancel_event(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Call an event off, and say why."""
    typed = await form(request)
    read = Reader(nested({name: value for name, value in typed.items() if name != "sure"}))
    notice = read.localised("notice", NOTICE, lines=True)
    if not typed.get("sure"):
        read.wrong("sure", "required")
    try:
        read.finish()
        await actions.cancel(keyring_of(request), event.id, notice, actor_of(request))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused, typed=typed)
    return _done(request, event)


@post("/desk/events/{slug:str}/delete")
async def delete_event(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """Remove a draft."""
    try:
        await actions.delete(event.id, actor_of(request))
    except Refused as refused:
        return await _event_page(request, staff, event, refused=refused)
    return see_other(f"/desk?deleted={event.slug}")


HANDLERS = [
    new_event,
    create_event,
    event_page,
    edit_form,
    edit_event,
    check_list,
    preview,
    publish_event,
    reinstate_event,
    undo_step,
    cancel_event,
    delete_event,
]
