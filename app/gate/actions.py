"""Pairing phones and what they tell, counting groups without tickets, and what the desk does about scans."""

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.events.shapes import EventRow
from app.gate import rules
from app.gate.scans import walk_in_row
from app.gate.shapes import Device, PhoneState, WalkInAsk
from app.security.passwords import hash_secret, new_secret
from app.validation.refusals import Refused
from models.gate import GateDevice, Pairing, WalkIn


async def pair(event: EventRow, label: str, by: Actor) -> tuple[UUID, datetime]:
    """A new pairing, which the desk shows as a QR; it ends 12 hours after the event. Returns its id and expiry."""
    row, expires_at = uuid4(), event.ends_at + rules.EXPIRES_AFTER_EVENT
    async with write():
        await insert(
            Pairing, {"id": row, "event": event.id, "label": label, "created_at": now(), "expires_at": expires_at}
        )
        await audit(by, "gate_paired", "pairing", row, event.id)
    return row, expires_at


async def add_device(pairing: UUID) -> str:
    """One more phone under a pairing; returns its secret, of which only the hash is kept."""
    secret = new_secret()
    async with write():
        # touching the pairing's row makes the count below safe: two phones never get the same number
        await fetch("UPDATE pairing SET label = label WHERE id = $1 RETURNING id", pairing)
        count = await fetch("SELECT count(*) AS devices FROM gate_device WHERE pairing = $1", pairing)
        device = uuid4()
        await insert(
            GateDevice,
            {
                "id": device,
                "pairing": pairing,
                "secret_hash": hash_secret(secret),
                "number": int(count[0]["devices"]) + 1,
                "created_at": now(),
                "seen_at": now(),
            },
        )
        await audit(Actor("device", str(device)), "device_added", "pairing", pairing)
    return secret


async def revoke(event: UUID, pairing: UUID, by: Actor) -> bool:
    """End a pairing and all its devices at once; False if the event has no such pairing."""
    async with write():
        there = await fetch(
            "UPDATE pairing SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND event = $2 RETURNING id",
            pairing,
            event,
            now(),
        )
        if there:
            await audit(by, "gate_revoked", "pairing", pairing, event)
    return bool(there)


async def count_walk_in(device: Device, ask: WalkInAsk) -> bool:
    """Count a group without tickets; a repeated nonce counts nothing. Returns whether it was counted now.

    Raises Refused "device_unknown" for what a phone counted after its time was over.
    """
    if ask.counted_at > device.over_at:
        raise Refused("device_unknown")
    async with write():
        row = walk_in_row(device, ask.nonce, ask.size, ask.children, ask.phone_at, ask.counted_at, now())
        return bool(await insert(WalkIn, row, unless_there="event, nonce"))


async def note_phone(device: Device, phone: PhoneState) -> None:
    """Keep how a phone says it is, for the desk."""
    columns = {**msgspec.structs.asdict(phone), "seen_at": now()}
    assignments = ", ".join(f"{name} = ${index + 2}" for index, name in enumerate(columns))
    await fetch(f"UPDATE gate_device SET {assignments} WHERE id = $1 RETURNING id", device.id, *columns.values())


async def acknowledge(event: UUID, scan: UUID, by: Actor) -> bool:
    """An attaché has seen this conflict; False if the event has no such. Twice changes nothing."""
    async with write():
        rows = await fetch(
            "UPDATE scan SET acknowledged_at = coalesce(acknowledged_at, $3)"
            " WHERE id = $1 AND event = $2 AND conflict RETURNING id",
            scan,
            event,
            now(),
        )
        if rows:
            await audit(by, "conflict_acknowledged", "scan", scan, event)
    return bool(rows)


async def wipe_rehearsal(event: UUID, by: Actor) -> int:
    """Forget every scan of the rehearsal; it counted nothing. Returns how many there were."""
    async with write():
        rows = await fetch("DELETE FROM scan WHERE event = $1 AND rehearsal RETURNING id", event)
        if rows:
            await audit(by, "rehearsal_wiped", "event", event, event, scans=len(rows))
    return len(rows)
