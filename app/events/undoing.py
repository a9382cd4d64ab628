"""Undoing the last step with an event, for ten minutes; a draft that was deleted goes for good after that."""

from uuid import UUID

from app.activity.announcing import News, withdraw
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.undo import WITHIN, Step, last_step, steps_since, words_of
from app.database.connection import now
from app.database.data_keys import end_keys
from app.database.rows import Values, as_json, json_of
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.seats.hold import Held, hold, must_be
from app.seats.waiting import promote_waiting
from app.security.keyring import Keyring
from app.validation.refusals import Refused
from models.accounts import Posting
from models.events import Event, EventPicture, PickupPoint
from models.gate import GateDevice, Pairing, Scan, WalkIn
from models.registrations import Invitation, Registration
from models.states import EventState, Letter

STEPS = (
    Kind.EVENT_PUBLISHED,
    Kind.EVENT_CANCELLED,
    Kind.EVENT_DELETED,
    Kind.EVENT_REINSTATED,
    Kind.EVENT_STEP_UNDONE,
)
STATES = {
    Kind.EVENT_PUBLISHED: EventState.PUBLISHED,
    Kind.EVENT_CANCELLED: EventState.CANCELLED,
    Kind.EVENT_DELETED: EventState.DRAFT,
}


async def undoable(event: EventRow) -> Kind | None:
    """The last step with an event if it can still be taken back."""
    steps = await steps_since(now() - WITHIN, event.id, event.id, STEPS)
    kind = steps[0].kind if steps else None
    return kind if kind in STATES and STATES[kind] == event.state else None


async def reinstate(event: UUID, notice: dict[str, str], by: Actor, meant: frozenset[int] | None = None) -> EventRow:
    """A cancelled event takes place after all, under its old address and calendar id; raises Refused.

    What was said of the cancelling goes; `notice` says what people should know instead. A second time changes nothing.
    """
    async with hold(event, ("ends_at",)) as held:
        present = await event_by_id(event)
        if present.published:
            return present
        must_be(present.content_revision, meant)
        if not present.cancelled:
            raise Refused("event_not_published")
        if held.facts["ends_at"] <= now():
            raise Refused("event_over")
        changed: Values = {
            Event.state: EventState.PUBLISHED.value,
            Event.sequence: present.sequence + 1,
            Event.notice: as_json(notice),
        }
        await Event.update(changed).where(Event.id == event)
        await held.content_changed()
        await promote_waiting(event)  # places that became free while it was cancelled
        await record(Kind.EVENT_REINSTATED, by, event, event, news=await _takes_place(held))
        return await event_by_id(event)


async def undo(
    keyring: Keyring, event: UUID, by: Actor, meant: frozenset[int] | None = None, *, act: str | None = None
) -> EventRow:
    """Take back the last publishing, cancelling or deleting of an event; raises Refused.

    With an `act`, only if the last step was done with that one.

    What calendars may have seen gets a new sequence number, so that they follow (RFC 5545 3.8.7.4).
    """
    async with hold(event, even_deleted=True) as held:
        step = await last_step(event, event, STEPS)
        if act is not None and step.facts.get("act") != act:
            raise Refused("nothing_to_undo")
        present = await event_by_id(event)
        must_be(present.content_revision, meant)
        changed: Values = {}
        match step.kind, present.state:
            case Kind.EVENT_DELETED, EventState.DRAFT:
                changed = {Event.ended_at: None}
            case Kind.EVENT_PUBLISHED, EventState.PUBLISHED:
                await _must_be_empty(event)
                changed = {Event.state: EventState.DRAFT.value, Event.sequence: present.sequence + 1}
            case Kind.EVENT_CANCELLED, EventState.CANCELLED:
                changed = await _before(keyring, present, step)
            case _:
                raise Refused("nothing_to_undo")
        await Event.update(changed).where(Event.id == event)
        await held.content_changed()
        await promote_waiting(event)  # places that became free while it was cancelled
        news = await _takes_place(held) if step.kind == Kind.EVENT_CANCELLED else None
        await record(Kind.EVENT_STEP_UNDONE, by, event, event, news=news, undone=str(step.id), step=step.kind)
        return await event_by_id(event)


async def _takes_place(held: Held) -> News | None:
    """News only for those who have heard that it was called off."""
    return None if await withdraw(Letter.CANCELLED, held.event) else News(revision=held.revision)


async def _must_be_empty(event: UUID) -> None:
    people = await Registration.count().where(Registration.event == event)
    if people:
        raise Refused("people_registered", people=people)


async def _before(keyring: Keyring, present: EventRow, step: Step) -> Values:
    """A cancelled event as it was: its notice too, unless somebody wrote another one since."""
    words = await words_of(keyring, present.id, step)
    changed: Values = {Event.state: EventState.PUBLISHED.value, Event.sequence: present.sequence + 1}
    if "notice" in words and json_of(words["cancelled_with"]) == present.notice:
        changed[Event.notice] = words["notice"]
    return changed


async def remove_deleted() -> int:
    """Remove the drafts whose deletion cannot be undone any more, with what belongs to them; returns how many."""
    due = (Event.ended_at < now() - WITHIN) & (Event.state == EventState.DRAFT.value)
    removed = 0
    for row in await Event.select(Event.id).where(due):
        try:
            async with hold(row["id"], even_deleted=True):
                if await Event.exists().where(Event.id == row["id"], due):
                    await _remove(row["id"])
                    removed += 1
        except Refused:
            continue  # another process was first
    return removed


async def _remove(event: UUID) -> None:
    pairings = [row["id"] for row in await Pairing.select(Pairing.id).where(Pairing.event == event)]
    await Scan.delete().where(Scan.event == event)  # of rehearsals, and of whoever tried the gate
    await WalkIn.delete().where(WalkIn.event == event)
    if pairings:
        await GateDevice.delete().where(GateDevice.pairing.is_in(pairings))
    for table in (Pairing, Posting, Invitation, EventPicture, PickupPoint):
        await table.delete().where(table.event == event)
    await Event.delete().where(Event.id == event)
    await end_keys([event])
