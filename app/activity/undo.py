"""Which step can still be undone: the last of its kind, for ten minutes, once; the audit says what was before."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.activity.kinds import Kind
from app.database.connection import now
from app.database.data_keys import key_of
from app.database.rows import json_of
from app.security.keyring import Keyring
from app.security.sealing import Unreadable
from app.validation.refusals import Refused
from models.audit import AuditEntry
from models.states import ActorKind

WITHIN = timedelta(minutes=10)

_STEP = (AuditEntry.id, AuditEntry.action, AuditEntry.actor_kind, AuditEntry.facts, AuditEntry.sealed_words)


class Step(msgspec.Struct, frozen=True):
    """Something that happened, by whom, with its facts and its free text (sealed under the event's key)."""

    id: UUID
    kind: Kind
    by: ActorKind
    facts: dict[str, Any]
    sealed_words: str


async def last_step(event: UUID, subject: UUID, kinds: Iterable[Kind], **facts: Any) -> Step:
    """The last of these things that happened to `subject` within the time of undo, where these facts are told of it.

    Raises Refused "nothing_to_undo". Call it under `hold`, and name the kinds that undo among `kinds`: a step that was
    undone is not the last one any more.
    """
    for step in await steps_since(now() - WITHIN, event, subject, kinds):
        if facts.items() <= step.facts.items():
            return step
    raise Refused("nothing_to_undo")


async def steps_since(since: datetime, event: UUID, subject: UUID, kinds: Iterable[Kind]) -> list[Step]:
    """These things that happened to `subject` since then, the last first."""
    rows = (
        await AuditEntry.select(*_STEP)
        .where(
            AuditEntry.event == event,
            AuditEntry.subject == str(subject),
            AuditEntry.at > since,
            AuditEntry.action.is_in([kind.value for kind in kinds]),
        )
        .order_by(AuditEntry.at, ascending=False)
    )
    return [_step(row) for row in rows]


async def step_of(entry: UUID) -> Step:
    """The step that an entry of the audit tells."""
    return _step((await AuditEntry.select(*_STEP).where(AuditEntry.id == entry))[0])


def _step(row: dict[str, Any]) -> Step:
    facts, words = json_of(row["facts"]), row["sealed_words"]
    return Step(row["id"], Kind(row["action"]), ActorKind(row["actor_kind"]), facts, words)


async def words_of(keyring: Keyring, event: UUID, step: Step) -> dict[str, str]:
    """What was typed about a step, by name of the field; nothing once its key has ended."""
    try:
        key = await key_of(keyring, event)
        words: dict[str, str] = json_of(key.unseal(step.sealed_words, f"audit_entry.sealed_words:{step.id}") or "{}")
    except Unreadable:
        return {}
    return words
