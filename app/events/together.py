"""Changing many events at once: each in its own transaction by the rules of one, and taken back together."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.activity.kinds import Kind
from app.activity.record import Actor, Said, record
from app.activity.undo import last_step, words_of
from app.database.rows import as_json, json_of
from app.events.actions import edit
from app.events.queries import event_by_id
from app.events.shapes import EventDraft, EventRow, as_raw
from app.seats.hold import hold
from app.security.keyring import Keyring
from app.validation.refusals import Refused

Check = Callable[[Mapping[str, Any], EventRow | None], EventDraft]

# what may be the same in many events; texts change in the languages that are given
TEXTS = ("notice", "description", "travel", "bring")
PLAIN = ("registration_opens_at", "registration_closes_at", "registration_paused", "party_limit", "capacity")


def with_given(present: EventRow, given: Mapping[str, Any]) -> dict[str, Any]:
    """An event as it would be written with what is given for many; a text keeps its other languages."""
    raw = as_raw(present)
    texts = {name: {**raw[name], **given[name]} for name in TEXTS if name in given}
    return {**raw, **given, **texts}


async def edit_together(
    keyring: Keyring, event: UUID, given: Mapping[str, Any], check: Check, by: Actor, act: UUID
) -> EventRow:
    """Change one of many events; `act` tells which ones were changed together. Raises Refused."""
    async with hold(event):
        before = await event_by_id(event)
        after = await edit(event, lambda present: check(with_given(present, given), present), by)
        was, now_is = (_plain(as_raw(each)) for each in (before, after))
        changed = [name for name in was if was[name] != now_is[name]]
        if changed:
            words = {
                "before": as_json({name: was[name] for name in changed}),
                "after": as_json({name: now_is[name] for name in changed}),
            }
            await record(Kind.EVENTS_CHANGED, by, event, event, said=Said(keyring, words), act=str(act))
        return after


async def take_back(keyring: Keyring, event: UUID, check: Check, by: Actor, act: UUID) -> EventRow:
    """Undo what was changed together in one of the events; what somebody changed since stays. Raises Refused."""
    async with hold(event):
        step = await last_step(event, event, (Kind.EVENTS_CHANGED, Kind.EVENTS_CHANGED_BACK), act=str(act))
        if step.kind != Kind.EVENTS_CHANGED:
            raise Refused("nothing_to_undo")
        words = await words_of(keyring, event, step)
        before, after = json_of(words.get("before", "{}")), json_of(words.get("after", "{}"))
        present = _plain(as_raw(await event_by_id(event)))
        restored = {name: value for name, value in before.items() if present.get(name) == after.get(name)}
        if not restored:
            raise Refused("nothing_to_undo")
        back = await edit(event, lambda row: check({**as_raw(row), **restored}, row), by)
        await record(Kind.EVENTS_CHANGED_BACK, by, event, event, act=str(act), undone=str(step.id))
        return back


def _plain(raw: dict[str, Any]) -> dict[str, Any]:
    """An event's fields as JSON holds them."""
    return {name: json_of(as_json(value)) for name, value in raw.items() if name in {*TEXTS, *PLAIN}}
