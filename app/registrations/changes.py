"""Changing a party that is booked: more or fewer places, names, reaches, bus, handing a ticket on, new codes.

Each is one transaction under `hold`, like everything that changes seats.
"""

from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.announcing import News
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import now, write
from app.database.data_keys import keep_key
from app.events.rules import registration_refusal
from app.events.shapes import EventRow
from app.registrations import invitations, rushes
from app.registrations.codes import draw_number, draw_short_code
from app.registrations.erasure import forget_left_names
from app.registrations.reach import end_linked, set_reaches
from app.registrations.resealing import key_of_party
from app.registrations.shapes import HELD, ChangeDraft
from app.seats import holdings
from app.seats.booking import insert_registration
from app.seats.hold import Held, hold, must_be
from app.seats.places import left
from app.seats.shapes import Booked, Holding, Place
from app.seats.waiting import promote_waiting
from app.security.keyring import Keyring
from app.security.sealing import RowKey, new_key
from app.validation.refusals import Problem, Refused, invalid
from models.registrations import Registration
from models.states import RegistrationState, TicketState
from models.tickets import Ticket

MOST_ISSUES = 255  # a ticket's issue is one byte in its code


async def change(
    keyring: Keyring,
    event: EventRow,
    registration: UUID,
    draft: ChangeDraft,
    by: Actor,
    meant: frozenset[int] | None = None,
    network: str = "",
) -> None:
    """Make a party what the draft says; what it leaves out stays. Raises Refused, and then nothing has changed.

    `meant` are the revisions of the party that the change is for (None: any), `network` is where the change comes from.
    """
    async with hold(event.id) as held:
        holding, places = await holdings.holding_of(registration)
        must_be(holding.revision, meant)
        wanted = holding.party - len(draft.drop) if draft.drop else (draft.party or holding.party)
        _must_still_fit(draft, holding, wanted)
        if wanted < holding.party:
            places = await _shrink(held, holding, places, holding.party - wanted, draft.drop)
            holding = msgspec.structs.replace(holding, party=wanted)
        if draft.moves_bus:  # before more people come: a bus that they leave must not refuse them
            await holdings.move_bus(holding, draft.pickup_point)
            holding = msgspec.structs.replace(holding, pickup_point=draft.pickup_point)
        if wanted > holding.party:
            moment = now()
            await invitations.refuse_growth(registration, wanted - holding.party)
            await rushes.refuse_growth(event, registration, wanted - holding.party, moment, network)
            fresh = await holdings.grow(held, holding, wanted - holding.party, moment, by_hand=by.by_staff)
            if fresh is None:
                raise registration_refusal(event, moment) or Refused("event_full", left=await left(event.id, moment))
            places += fresh
        await _write_down(keyring, held, registration, places, draft, by)
        news = News(subject=registration) if by.by_staff and draft.moves_bus else None
        await record(Kind.PARTY_CHANGED, by, registration, event.id, news=news, party=wanted, changed=draft.changed)
        await promote_waiting(event.id)


def _must_still_fit(draft: ChangeDraft, holding: Holding, wanted: int) -> None:
    """What was right when it was read may be wrong by now: friends share a link."""
    if wanted < 1:
        raise invalid([Problem("drop", "too_many", {"most": holding.party - 1})])
    if draft.children is not None and draft.children > wanted:
        raise invalid([Problem("children", "children_exceed_party")])


async def _shrink(
    held: Held, holding: Holding, places: list[Place], fewer: int, chosen: tuple[int, ...]
) -> list[Place]:
    """Give up the chosen places, else the highest numbers; whoever is inside keeps the place."""
    free = [place for place in places if not place.admitted]
    dropped = [place for place in free if place.number in chosen] if chosen else free[::-1][:fewer]
    if len(dropped) < fewer:
        raise invalid([Problem("drop" if chosen else "party", "places_in_use", {"inside": len(places) - len(free)})])
    await holdings.drop(held, holding, dropped)
    await forget_left_names(holding.id)
    return [place for place in places if place not in dropped]


async def _write_down(
    keyring: Keyring, held: Held, registration: UUID, places: list[Place], draft: ChangeDraft, by: Actor
) -> None:
    children = sum(place.child for place in places)
    if draft.children is not None and draft.children != children:
        children = draft.children
        await _set_children(places, children)
    key = await key_of_party(keyring, held.event, registration)
    for place, name in zip(places, draft.names or (), strict=False):
        await _set_name(key, registration, place, name)
    for place in places:
        if draft.renamed and place.number in draft.renamed:
            await _set_name(key, registration, place, draft.renamed[place.number])
    if draft.take_what_there_is is not None:
        await Registration.update({Registration.take_what_there_is: draft.take_what_there_is}).where(
            Registration.id == registration
        )
    await set_reaches(keyring, key, held.event, registration, draft.reaches, by)
    await holdings.resize(held, registration, len(places), children)


async def _set_children(places: list[Place], children: int) -> None:
    """How many there are says nothing of which: the last ones, as at registration."""
    for index, place in enumerate(places):
        child = index >= len(places) - children
        if place.child != child:
            await Ticket.update({Ticket.child: child}).where(Ticket.id == place.id)


async def _set_name(key: RowKey, registration: UUID, place: Place, name: str) -> None:
    """The name of one person; the booker's stands with the party and cannot be empty."""
    if place.number == 1:
        if name:
            sealed = key.seal(name, f"registration.sealed_name:{registration}")
            await Registration.update({Registration.sealed_name: sealed}).where(Registration.id == registration)
        return
    sealed = key.seal(name, f"ticket.sealed_name:{place.id}")
    await Ticket.update({Ticket.sealed_name: sealed}).where(Ticket.id == place.id)


async def hand_on(
    keyring: Keyring,
    event: EventRow,
    registration: UUID,
    number: int,
    name: str,
    language: str,
    by: Actor,
    meant: frozenset[int] | None = None,
) -> Booked:
    """Make a registration of one for a friend out of a ticket, whose old code dies. Raises Refused."""
    async with hold(event.id) as held:
        holding, places = await holdings.holding_of(registration)
        must_be(holding.revision, meant)
        place = _to_hand_on(event, holding, places, number)
        await forget_left_names(registration)
        await holdings.hand_on(held, holding, place, now())
        friend = await _friend(keyring, held, holding, place, name, language)
        friends = str(friend.id)
        await record(Kind.HANDED_ON, by, registration, event.id, ticket=number, friend=friends, revision=held.revision)
        return friend


def _to_hand_on(event: EventRow, holding: Holding, places: list[Place], number: int) -> Place:
    if holding.state != RegistrationState.CONFIRMED:
        raise Refused("ticket_waiting")
    if now() >= event.ends_at or not event.published:
        raise Refused("event_cancelled" if event.cancelled else "event_over")
    place = next((each for each in places if each.number == number), None)
    if place is None:
        raise Refused("ticket_given_up")
    if place.admitted:
        raise Refused("ticket_used")
    return place


async def _friend(keyring: Keyring, held: Held, holding: Holding, place: Place, name: str, language: str) -> Booked:
    row, moment = uuid4(), now()
    key = new_key(keyring, row)
    columns: dict[str, Any] = {
        "id": row,
        "event": held.event,
        "number": draw_number(),
        "state": RegistrationState.CONFIRMED.value,
        "party": 1,
        "children": int(place.child),
        "sealed_name": key.seal(name, f"registration.sealed_name:{row}"),
        "language": language,
        "pickup_point": holding.pickup_point,
        "last_ticket": 1,
        "consented_at": moment,
        "created_at": moment,
        "revision": held.revision,
        **await rushes.source_of_party(holding.id),
        **await invitations.still_counted(holding.id),
    }
    short_code = await insert_registration(columns, draw_short_code)
    await keep_key(key)
    own = msgspec.structs.replace(place, id=uuid4(), number=1, issue=0)
    await holdings.insert_tickets(held, row, [own], TicketState.VALID)
    return Booked(
        id=row,
        number=columns["number"],
        short_code=short_code,
        state=RegistrationState.CONFIRMED,
        party=1,
        children=columns["children"],
        pickup_point=holding.pickup_point,
    )


async def reissue_ticket(event: UUID, registration: UUID, number: int, by: Actor) -> None:
    """A new code for one ticket; the old one dies, and the party's link stays. Raises Refused."""
    async with hold(event) as held:
        _, places = await holdings.holding_of(registration)
        place = next((each for each in places if each.number == number), None)
        if place is None:
            raise Refused("ticket_given_up")
        if place.issue >= MOST_ISSUES:
            raise Refused("changes_exhausted")
        await Ticket.update({Ticket.issue: Ticket.issue + 1}).where(Ticket.id == place.id)
        await holdings.touch_tickets(held, registration)
        await record(Kind.TICKET_REISSUED, by, registration, event, ticket=number)


async def show_link(event: UUID, registration: UUID, by: Actor) -> None:
    """Note that an attaché has the party's link shown: its page tells. Raises Refused "erased"."""
    async with write():
        shown = (
            await Registration.update({Registration.link_shown_at: now()})
            .where(
                Registration.id == registration,
                Registration.event == event,
                Registration.state != RegistrationState.ERASED.value,
            )
            .returning(Registration.id)
        )
        if not shown:
            raise Refused("erased")
        await record(Kind.LINK_SHOWN, by, registration, event)


async def reissue(event: UUID, registration: UUID, by: Actor) -> int:
    """New codes and a new link for a party; the old ones die. Returns the issue of the link. Raises Refused."""
    async with hold(event) as held:
        _, places = await holdings.holding_of(registration)
        if any(place.issue >= MOST_ISSUES for place in places):
            raise Refused("changes_exhausted")
        await Ticket.update({Ticket.issue: Ticket.issue + 1}).where(
            Ticket.registration == registration,
            Ticket.state.is_in([state.value for state in (*HELD, TicketState.HANDED_ON)]),  # which may come back
            Ticket.issue < MOST_ISSUES,
        )
        renewed = (
            await Registration.update({Registration.link_issue: Registration.link_issue + 1})
            .where(Registration.id == registration)
            .returning(Registration.link_issue)
        )
        await end_linked(registration)
        await holdings.touch_tickets(held, registration)
        await record(Kind.REISSUED, by, registration, event)
        return int(renewed[0]["link_issue"])


async def set_attention(
    keyring: Keyring, event: UUID, registration: UUID, attention: tuple[str, ...], note: str, by: Actor
) -> None:
    """What the gate should know of a party: words that phones can tell, and a sentence that only its tickets open."""
    async with hold(event) as held:
        await holdings.must_not_be_erased(registration)
        key = await key_of_party(keyring, event, registration)
        sealed = key.seal(note, f"registration.sealed_note:{registration}")
        await Registration.update(
            {Registration.attention: " ".join(attention), Registration.sealed_note: sealed}
        ).where(
            Registration.id == registration,
            Registration.event == event,
            Registration.state != RegistrationState.ERASED.value,
        )
        await holdings.touch(held, registration)
        await record(Kind.ATTENTION_SET, by, registration, event)
