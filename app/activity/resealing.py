"""The audit of releases that wrote what people typed in plain words, and where workers were.

The one change of an entry that its triggers let pass, once: see m0015.
"""

from typing import Any
from uuid import UUID

from app.activity.kinds import Kind
from app.activity.record import Said, sealed_words
from app.database.connection import write
from app.database.rows import as_json, json_of, uuid_of
from app.security.keyring import Keyring
from models.audit import AuditEntry
from models.states import ActorKind

BATCH = 200  # entries

# what was typed, by the kind of the entry
TYPED = {
    Kind.INVITED: "label",
    Kind.MOVED_UP_BY_HAND: "reason",
    Kind.MOVED_FIRST_BY_HAND: "reason",
    Kind.ATTENTION_SET: "attention",
}


async def reseal_audit(keyring: Keyring) -> int:
    """Seal what was typed, and forget where anybody but staff was; returns how many entries that were."""
    return await _seal_words(keyring) + await _forget_addresses()


async def _seal_words(keyring: Keyring) -> int:
    done, last = 0, UUID(int=0)
    plain = AuditEntry.select(AuditEntry.id, AuditEntry.event, AuditEntry.action, AuditEntry.facts).where(
        AuditEntry.action.is_in([kind.value for kind in TYPED]), AuditEntry.sealed_words == ""
    )
    while entries := await plain.where(AuditEntry.id > last).order_by(AuditEntry.id).limit(BATCH):
        async with write():
            for entry in entries:
                facts, field = json_of(entry["facts"]), TYPED[Kind(entry["action"])]
                if field in facts:
                    await _seal(keyring, entry, facts, field)
                    done += 1
        last = uuid_of(entries[-1]["id"])
    return done


async def _seal(keyring: Keyring, entry: dict[str, Any], facts: dict[str, Any], field: str) -> None:
    said = Said(keyring, {field: str(facts.pop(field))})
    sealed = await sealed_words(said, uuid_of(entry["event"]), uuid_of(entry["id"]))
    await AuditEntry.update({AuditEntry.facts: as_json(facts), AuditEntry.sealed_words: sealed}).where(
        AuditEntry.id == entry["id"], AuditEntry.sealed_words == ""
    )


async def _forget_addresses() -> int:
    done = 0
    told = AuditEntry.select(AuditEntry.id).where(
        AuditEntry.address != "", AuditEntry.actor_kind != ActorKind.STAFF.value
    )
    while entries := await told.limit(BATCH):
        ids = [entry["id"] for entry in entries]
        await AuditEntry.update({AuditEntry.address: ""}).where(AuditEntry.id.is_in(ids))
        done += len(ids)
    return done
