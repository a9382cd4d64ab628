"""The parties of an event as lists, for its attaché: by state, bus and invitation, and what is done to many at once."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import record
from app.activity.undo import WITHIN
from app.database.connection import now
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.registrations import actions, changes, rules, undoing
from app.registrations.finding import look_alikes
from app.registrations.likeness import parts_of
from app.registrations.listing import NO_BUS, SHOWN, Asked, bus_counts, list_counts, part_of
from app.registrations.queries import gave_up_since, invitations_of, parties_by_ids
from app.registrations.shapes import Party
from app.validation.fields import found_id, small_number
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, read_cursor
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of

TICK = "party."
LISTS = ("registrations", "suspicious")  # from where many are ticked, and to where one comes back


@get("/desk/events/{slug:str}/registrations", opt={RIGHT: Right.NAMES})
async def registrations(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]
) -> Response[bytes]:
    """How many there are of each kind; names only of the kind that is asked for, and each reading is audited."""
    asked = _asked(request)
    keyring, part = keyring_of(request), None
    if asked.anything:
        place = {"before": read_cursor(request, "before"), "after": read_cursor(request)}
        part = await part_of(keyring, event.id, asked, ITEMS_A_PAGE, **place)
        await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=len(part.parties))
    return page(
        request,
        "desk/registrations.html",
        staff=staff,
        event=event,
        asked=asked,
        part=part,
        before=cursor_of(part.before) if part else None,
        after=cursor_of(part.after) if part else None,
        lists=await list_counts(event.id),
        buses=await bus_counts(event.id),
        no_bus=NO_BUS,
        invitations=await invitations_of(keyring, event.id),
    )


def _asked(request: Req) -> Asked:
    """What ?show=, ?bus= and ?invitation= ask; raises Refused "not_found" for what nothing is called."""
    given = {name: request.query_params.get(name, "") for name in Asked.__struct_fields__}
    if given["show"] and given["show"] not in SHOWN:
        raise Refused("not_found")
    for name, none in (("bus", NO_BUS), ("invitation", "")):
        if given[name] not in {"", none}:
            found_id(given[name])
    return Asked(**given)


MOST_PARTS = 9_999


@get("/desk/events/{slug:str}/suspicious", opt={RIGHT: Right.NAMES})
async def suspicious(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Parties that look alike: the same phone, the same name, many at once. A look, not a verdict."""
    found = await look_alikes(keyring_of(request), event.id)
    await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=found.read)
    ended = await gave_up_since(keyring_of(request), event.id, now() - WITHIN)
    parts, part = parts_of(found.clusters), small_number(request.query_params.get("page", ""), MOST_PARTS) or 1
    if part > max(1, len(parts)):
        raise Refused("not_found")
    clusters = parts[part - 1] if parts else []
    shown = {party for cluster in clusters for party in cluster.parties}
    return page(
        request,
        "desk/suspicious.html",
        staff=staff,
        event=event,
        clusters=clusters,
        parties=await parties_by_ids(keyring_of(request), event.id, shown),
        before=part - 1,
        after=part + 1 if part < len(parts) else None,
        ended=ended,
    )


@post("/desk/events/{slug:str}/registrations", opt={RIGHT: Right.NAMES})
async def act_on_many(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Give up the ticked parties, take that back, move them to another bus, or write to them; each party is audited.

    Asked once, in numbers and with their names; what could not be done is listed with why.
    """
    typed, keyring = await form(request), keyring_of(request)
    do, back = typed.get("do", ""), typed.get("back", "")
    if do not in {"give_up", "undo", "bus", "bus_back", "write"} or back not in {"", *LISTS}:
        raise Refused("not_found")
    ticked = {found_id(name.removeprefix(TICK)): text for name, text in typed.items() if name.startswith(TICK)}
    found = await parties_by_ids(keyring, event.id, ticked)
    chosen = [found[row] for row in ticked if row in found]
    facts: dict[str, Any] = {"staff": staff, "event": event, "do": do, "back": back or LISTS[0], "typed": typed}
    bus = typed.get("pickup_point", "")
    facts["bus"] = event.pickup(found_id(bus)) if bus else None
    if bus and facts["bus"] is None:
        raise Refused("not_found")
    if not chosen:
        return see_other(f"/desk/events/{event.slug}/{back or LISTS[0]}")
    if do == "write":
        who = ",".join(str(party.id) for party in chosen)
        return see_other(f"/desk/events/{event.slug}/messages/new?who=parties:{who}")
    if do in {"give_up", "bus"} and not typed.get("sure"):
        return page(request, "desk/many.html", parties=chosen, refused_of={}, done=False, **facts)
    refused_of: dict[str, Refused] = {}
    for party in chosen:
        try:
            await _act_on_one(request, event, party, do, bus if do == "bus" else ticked[party.id])
        except Refused as refused:
            refused_of[str(party.id)] = refused
    return page(request, "desk/many.html", parties=chosen, refused_of=refused_of, done=True, **facts)


async def _act_on_one(request: Req, event: EventRow, party: Party, do: str, bus: str) -> None:
    by = actor_of(request)
    match do:
        case "give_up":
            await actions.give_up(party.id, by)
        case "undo":
            await undoing.take_again(event.id, party.id, by)
        case _:
            draft = rules.read_bus({"pickup_point": "" if bus == NO_BUS else bus}, event)
            await changes.change(keyring_of(request), event, party.id, draft, by)


HANDLERS = [registrations, suspicious, act_on_many]
