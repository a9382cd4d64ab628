"""The audit: every action writes who changed what, in the same transaction, without personal data of workers."""

from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.connection import insert, now
from models.audit import AuditEntry


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `kind` is staff, worker, device or operator; `id` an account's or device's; `address` is truncated."""

    kind: str
    id: str = ""
    address: str = ""


OPERATOR = Actor("operator")


def truncated(address: str) -> str:
    """An address cut to its network (/24, /48), enough to see a pattern and too little to find a person."""
    try:
        bits = 24 if ip_address(address).version == 4 else 48
        return str(ip_network(f"{address}/{bits}", strict=False))
    except ValueError:
        return ""


async def audit(
    by: Actor, action: str, subject_kind: str, subject: UUID | str, event: UUID | None = None, **facts: Any
) -> None:
    """Write one entry; call it inside the transaction that makes the change."""
    await insert(
        AuditEntry,
        {
            "id": uuid4(),
            "at": now(),
            "actor_kind": by.kind,
            "actor": by.id,
            "action": action,
            "subject_kind": subject_kind,
            "subject": str(subject),
            "event": event,
            "address": by.address,
            "facts": msgspec.json.encode(facts).decode(),
        },
    )
