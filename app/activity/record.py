"""The audit: every action writes who changed what, in the same transaction, without personal data of workers.

Facts are ids, numbers and words of ours. What somebody typed may name people: it is sealed under the event's key.
"""

from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.announcing import News, announce
from app.activity.kinds import KINDS, Kind
from app.database.connection import insert, now
from app.database.data_keys import words_key
from app.database.rows import as_json
from app.security.keyring import Keyring
from models.audit import AuditEntry
from models.states import ActorKind


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `id` is an account's or device's, "" for everybody else; `address` is truncated."""

    kind: ActorKind
    id: str = ""
    address: str = ""

    @property
    def by_staff(self) -> bool:
        return self.kind == ActorKind.STAFF

    @property
    def account(self) -> UUID | None:
        """The account of staff; None for everybody else."""
        return UUID(self.id) if self.by_staff else None


OPERATOR = Actor(ActorKind.OPERATOR)
RULE = Actor(ActorKind.RULE)


def device(row: UUID) -> Actor:
    """A phone at the gate as an actor."""
    return Actor(ActorKind.DEVICE, str(row))


def truncated(address: str) -> str:
    """An address cut to its network (/24, /48), enough to see a pattern and too little to find a person."""
    try:
        bits = 24 if ip_address(address).version == 4 else 48
        return str(ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        return ""


class Said(msgspec.Struct, frozen=True):
    """What somebody typed about people of an event, by name of the field; it goes under the event's key."""

    keyring: Keyring
    words: dict[str, str]


async def record(
    kind: Kind,
    by: Actor,
    subject: UUID | str,
    event: UUID | None = None,
    /,
    said: Said | None = None,
    news: News | None = None,
    **facts: Any,
) -> UUID:
    """Write one entry, whose id it returns; call it inside the transaction that makes the change.

    Where there is `news` for people and the kind has a letter, they hear of it.
    """
    entry = entry_row(kind, by, subject, event, facts)
    row: UUID = entry["id"]
    if said and event:
        entry["sealed_words"] = await sealed_words(said, event, row)
    await insert(AuditEntry, entry)
    letter = KINDS[kind].letter
    if letter and news and event:
        await announce(letter, event, news)
    return row


def entry_row(kind: Kind, by: Actor, subject: UUID | str, event: UUID | None, facts: dict[str, Any]) -> dict[str, Any]:
    """The columns of one entry."""
    return {
        "id": uuid4(),
        "at": now(),
        "actor_kind": by.kind.value,
        "actor": by.id,
        "action": kind.value,
        "subject_kind": KINDS[kind].subject.value,
        "subject": str(subject),
        "event": event,
        "address": by.address,
        "facts": as_json(facts),
        "sealed_words": "",
    }


async def sealed_words(said: Said, event: UUID, row: UUID) -> str:
    """What was said, sealed for an entry of the audit."""
    key = await words_key(said.keyring, event)
    return key.seal(as_json(said.words), f"audit_entry.sealed_words:{row}")
