"""The history of one thing, or of one event, in the audit's own words: for people, without what was sealed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.activity.kinds import KINDS, Kind
from app.database.rows import json_of
from models.audit import AuditEntry
from models.states import ActorKind

READING = [Kind.NAMES_READ.value, Kind.PARTY_READ.value]

_ENTRY = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_kind,
    AuditEntry.actor,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.facts,
)


class Past(msgspec.Struct, frozen=True):
    """Something that happened: when, by whom (the id of an account or device, or ""), in a sentence."""

    id: UUID
    at: datetime
    by: ActorKind
    actor: str
    sentence: str
    subject: str
    facts: dict[str, Any]


async def history_of(subject: UUID | str, most: int = 50, kinds: Iterable[Kind] = ()) -> list[Past]:
    """What happened to one thing, the last first (only of these kinds, if any); who only looked stands in the audit."""
    wanted = [kind.value for kind in kinds]
    which = AuditEntry.action.is_in(wanted) if wanted else AuditEntry.action.not_in(READING)
    rows = (
        await AuditEntry.select(*_ENTRY)
        .where(AuditEntry.subject == str(subject), which)
        .order_by(AuditEntry.at, ascending=False)
        .limit(most)
    )
    return [_past(row) for row in rows]


async def when_last(event: UUID, kind: Kind) -> datetime | None:
    """When something last happened to an event; None where it never did."""
    wanted = AuditEntry.select(AuditEntry.at).where(AuditEntry.event == event, AuditEntry.action == kind.value)
    row = await wanted.order_by(AuditEntry.at, ascending=False).first()
    return row["at"] if row else None


async def history_of_event(event: UUID, before: tuple[datetime, UUID] | None, most: int) -> list[Past]:
    """What staff and rules did with an event and its parties, the last first; who only looked is told too."""
    asked = AuditEntry.select(*_ENTRY).where(AuditEntry.event == event)
    if before is not None:
        at, row = before
        asked = asked.where((AuditEntry.at < at) | ((AuditEntry.at == at) & (AuditEntry.id < row)))
    found = asked.order_by(AuditEntry.at, AuditEntry.id, ascending=False).limit(most)
    return [_past(row) for row in await found]


def _past(row: dict[str, Any]) -> Past:
    return Past(
        id=row["id"],
        at=row["at"],
        by=ActorKind(row["actor_kind"]),
        actor=row["actor"],
        sentence=KINDS[Kind(row["action"])].sentence,
        subject=row["subject"],
        facts=json_of(row["facts"]),
    )
