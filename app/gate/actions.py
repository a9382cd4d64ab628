"""Pairing phones and what they tell, counting groups without tickets, and what the desk does about scans."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.activity.record import device as device_actor
from app.database.connection import insert, now, write
from app.database.data_keys import words_key
from app.database.rows import by_name
from app.events.shapes import EventRow
from app.gate.rules import GateFields
from app.gate.scans import walk_in_row
from app.gate.shapes import Device, PhoneState, WalkInAsk, over_after
from app.seats.hold import hold
from app.security.keyring import Keyring
from app.security.passwords import hash_secret, new_secret
from app.validation.refusals import Refused
from models.gate import GateDevice, Pairing, Scan, WalkIn

LIVELY = timedelta(hours=12)  # a phone that was silent for longer is counted no more


async def pair(keyring: Keyring, event: EventRow, gate: GateFields, by: Actor) -> tuple[UUID, datetime]:
    """A new pairing, which the desk shows as a QR; it ends 12 hours after the event. Returns its id and expiry."""
    row, expires_at = uuid4(), over_after(event.ends_at)
    async with write():
        sealed = (await words_key(keyring, event.id)).seal(gate.label, f"pairing.sealed_label:{row}")
        await insert(
            Pairing,
            {
                "id": row,
                "event": event.id,
                "sealed_label": sealed,
                "created_at": now(),
                "expires_at": expires_at,  # for older releases: when phones stop follows the event as it is now
                "made_by": by.account,
                "most_phones": gate.phones,
            },
        )
        await record(Kind.GATE_PAIRED, by, row, event.id)
    return row, expires_at


async def add_device(pairing: UUID) -> str:
    """One more phone under a pairing; returns its secret, of which only the hash is kept.

    Raises Refused "pairing_full": a square that somebody posts makes no crowd of gates.
    """
    secret = new_secret()
    async with write():
        # touching the pairing's row makes the count below safe: two phones never get the same number
        own = Pairing.update({Pairing.created_at: Pairing.created_at}).where(Pairing.id == pairing)
        most = (await own.returning(Pairing.most_phones))[0]["most_phones"]
        count = await GateDevice.count().where(GateDevice.pairing == pairing)
        lively = (GateDevice.pairing == pairing) & (GateDevice.seen_at > now() - LIVELY)
        if await GateDevice.count().where(lively) >= most:
            raise Refused("pairing_full", most=most)
        device = uuid4()
        await insert(
            GateDevice,
            {
                "id": device,
                "pairing": pairing,
                "secret_hash": hash_secret(secret),
                "number": count + 1,
                "created_at": now(),
                "seen_at": now(),
            },
        )
        await record(Kind.DEVICE_ADDED, device_actor(device), pairing)
    return secret


async def revoke(event: UUID, pairing: UUID, by: Actor) -> bool:
    """End a pairing and all its devices at once; False if the event has no such pairing."""
    own = (Pairing.id == pairing) & (Pairing.event == event)
    async with write():
        ended = (
            await Pairing.update({Pairing.revoked_at: now()})
            .where(own, Pairing.revoked_at.is_null())
            .returning(Pairing.id)
        )
        if ended:
            await record(Kind.GATE_REVOKED, by, pairing, event)
    return bool(ended) or await Pairing.exists().where(own)


async def adopt(event: UUID, pairing: UUID, by: Actor) -> bool:
    """A pairing is good while the adopter's right lasts; what was revoked stays so. False if there is none."""
    async with write():
        adopted = (
            await Pairing.update({Pairing.made_by: by.account})
            .where(Pairing.id == pairing, Pairing.event == event, Pairing.revoked_at.is_null())
            .returning(Pairing.id)
        )
        if adopted:
            await record(Kind.ADOPTED, by, event, event, pairing=str(pairing))
    return bool(adopted)


async def count_walk_in(device: Device, ask: WalkInAsk) -> bool:
    """Count a group without tickets; a repeated nonce counts nothing. Returns whether it was counted now.

    Raises Refused "device_unknown" for what a phone counted after its time was over.
    """
    if ask.counted_at > device.over_at:
        raise Refused("device_unknown")
    async with hold(device.event):  # a count moves the event on, as a scan does
        row = walk_in_row(device, ask.nonce, ask.size, ask.children, ask.phone_at, ask.counted_at, now())
        return bool(await insert(WalkIn, row, unless_there="event, nonce"))


async def note_phone(device: Device, phone: PhoneState) -> None:
    """Keep how a phone says it is, for the desk."""
    columns = {**msgspec.structs.asdict(phone), "seen_at": now()}
    await GateDevice.update(by_name(columns)).where(GateDevice.id == device.id)


async def acknowledge(event: UUID, scan: UUID, by: Actor) -> bool:
    """An attaché has seen this conflict; False if the event has no such. Twice changes nothing."""
    own = (Scan.id == scan) & (Scan.event == event) & Scan.conflict.eq(True)
    async with write():
        seen = (
            await Scan.update({Scan.acknowledged_at: now()})
            .where(own, Scan.acknowledged_at.is_null())
            .returning(Scan.id)
        )
        if seen:
            await record(Kind.CONFLICT_ACKNOWLEDGED, by, scan, event)
    return bool(seen) or await Scan.exists().where(own)


async def wipe_rehearsal(event: UUID, by: Actor) -> int:
    """Forget every scan of the rehearsal; it counted nothing. Returns how many there were."""
    async with write():
        rows = await Scan.delete().where(Scan.event == event, Scan.rehearsal.eq(True)).returning(Scan.id)
        if rows:
            await record(Kind.REHEARSAL_WIPED, by, event, event, scans=len(rows))
    return len(rows)
