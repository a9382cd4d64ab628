"""The desk's first page: what needs a hand, what comes next, what is over; and what was done with an event."""

from datetime import date, timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.queries import names_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.history import history_of_event
from app.activity.kinds import Kind
from app.database.connection import now
from app.desk import needs
from app.desk.held import held_by_others
from app.directory.queries import staff_contacts
from app.events.access import RIGHT
from app.events.queries import staff_coming, staff_event, staff_past
from app.events.shapes import EventRow
from app.events.undoing import undoable
from app.festivals.queries import coming_dates
from app.gate.news import gate_news
from app.messages.queries import failed_in
from app.seats.counts import set_aside_in
from app.security.keyring import Keyring
from app.web.cursors import ITEMS_A_PAGE, cursor_of, cut, read_cursor
from app.web.rendering import page
from app.web.request import Req, keyring_of

SHOWN, LOOKED_AT = 20, 100  # of the events to come: on the page, and for what needs a hand
STILL_LOOKED_AT = timedelta(days=14)  # after an event: conflicts and phones that are late


@get("/desk")
async def home(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """What needs a hand and every event to come; after a draft was deleted, the way to take that back."""
    at = now()
    deleted = await staff_event(request.query_params.get("deleted", ""), staff, even_deleted=True)
    back = deleted if deleted and await undoable(deleted) == Kind.EVENT_DELETED else None
    coming = await staff_coming(staff, at, None, LOOKED_AT)
    past = await staff_past(staff, at, None, 1)
    return page(
        request,
        "desk/events.html",
        staff=staff,
        needs=await _needs(keyring_of(request), staff, coming, at.date()),
        words=needs.WORDS,
        events=coming[:SHOWN],
        more=len(coming) > SHOWN,
        last=past[0] if past else None,
        deleted=back,
    )


async def _needs(keyring: Keyring, staff: Staff, coming: list[EventRow], today: date) -> list[needs.Need]:
    at = now()
    over = [event for event in await staff_past(staff, at, None, ITEMS_A_PAGE) if event.ends_at > at - STILL_LOOKED_AT]
    mine = [event for event in (*coming, *over) if staff.may(Right.CHANGE_EVENTS, event.host_country, event.id)]
    ids = [event.id for event in mine]
    found = needs.of_events(mine, await gate_news(ids), await set_aside_in(ids), await failed_in(ids), at)
    found += needs.of_contacts(
        (each for each in await staff_contacts(staff) if each.host_country in staff.countries), today
    )
    if staff.may_anywhere(Right.INVITATIONS):
        found += needs.of_handover(len(await held_by_others(keyring, staff)))
    if staff.may(Right.FESTIVALS):
        dates = {each for listed in (await coming_dates(today)).values() for each in listed}
        found += needs.of_festivals(sorted(dates, key=lambda each: each.first_day), today)
    return needs.in_order(found)


@get(["/desk/coming", "/desk/past"])
async def all_events(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Events to come, or those that are over: all of them, a page at a time."""
    over = request.scope["path"] == "/desk/past"
    found = await (staff_past if over else staff_coming)(staff, now(), read_cursor(request), ITEMS_A_PAGE + 1)
    shown, place = cut(found, ITEMS_A_PAGE, lambda row: (row.starts_at, row.id))
    return page(request, "desk/past.html", staff=staff, events=shown, over=over, next=cursor_of(place))


@get("/desk/events/{slug:str}/audit", opt={RIGHT: Right.COUNTS})
async def audit(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """What was done with an event and its parties, by whom: a plain list without anything personal."""
    found = await history_of_event(event.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown, place = cut(found, ITEMS_A_PAGE, lambda row: (row.at, row.id))
    return page(
        request,
        "desk/audit.html",
        staff=staff,
        event=event,
        past=shown,
        names=await names_of(each.actor for each in shown if each.by == "staff"),
        next=cursor_of(place),
    )


HANDLERS = [home, all_events, audit]
