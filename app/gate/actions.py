"""Pairing phones, and recording what they scanned: every scan exactly once, judged under the event's lock."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.audit import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.directory.shapes import json_of
from app.events.shapes import Event
from app.gate import rules
from app.gate.queries import party_states
from app.gate.shapes import Device, PartyState, Result, ScanAsk, Seen, Verdict
from app.registrations.actions import release_unused
from app.security.passwords import hash_secret, new_secret
from models.gate import GateDevice, Pairing, Scan, WalkIn
from models.tickets import Admission


async def pair(event: Event, label: str, by: Actor) -> tuple[UUID, datetime]:
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


class _EventFacts(msgspec.Struct):
    revision: int
    number: int
    entry_rule: str
    time_zone: str
    state: str


async def record_scans(device: Device, asks: list[ScanAsk]) -> list[Result]:
    """Judge scans in order and keep each; a nonce that the event has seen gets its first answer again."""
    if not asks:
        return []
    async with write():
        locked = await fetch(
            "UPDATE event SET revision = revision + 1 WHERE id = $1"
            " RETURNING revision, number, entry_rule, time_zone, state",
            device.event,
        )
        event = msgspec.convert(locked[0], _EventFacts, strict=False)
        answered = await _answered(device.event, [ask.nonce for ask in asks])
        fresh = [ask for ask in asks if ask.nonce not in answered]
        numbers = sorted({ask.registration for ask in fresh if ask.registration and not ask.refusal})
        book = _Book(device, event, await party_states(device.event, numbers))
        results = []
        for ask in asks:
            if first := answered.get(ask.nonce):
                results.append(msgspec.structs.replace(first, repeat=True))
                continue
            result = await book.undo(ask) if ask.undo else book.record(ask)
            answered[ask.nonce] = result
            results.append(result)
        await book.keep()
        return results


async def _answered(event: UUID, nonces: list[str]) -> dict[str, Result]:
    places = ", ".join(f"${index + 2}" for index in range(len(nonces)))
    rows = await fetch(
        f"SELECT nonce, answer FROM scan WHERE event = $1 AND nonce IN ({places})",
        event,
        *nonces,
    )
    return {row["nonce"]: msgspec.convert(json_of(row["answer"]), Result) for row in rows}


class _Book:
    """The scans of one batch: judged in memory under the event's lock, then kept in a few statements."""

    def __init__(self, device: Device, event: _EventFacts, parties: dict[str, PartyState]) -> None:
        self.device = device
        self.event = event
        self.parties = parties
        self.received = now()
        self.scans: list[dict[str, Any]] = []
        self.admissions: list[dict[str, Any]] = []
        self.walk_ins: list[dict[str, Any]] = []
        self.flips: list[tuple[UUID, str, bool]] = []

    def record(self, ask: ScanAsk) -> Result:
        """Judge one scan and note what to keep."""
        ask = self._in_this_event(ask)
        scan, day = uuid4(), rules.day_of(self.event.entry_rule, ask.scanned_at, self.event.time_zone)
        party = None if ask.refusal else self.parties.get(ask.registration)
        wanted = ask.numbers or (ask.ticket,)
        seen = Seen(ask.scanned_at, self.device.id, self.device.name, inside=True)
        verdicts: dict[int, Verdict] = {}
        for number in wanted:
            verdict = rules.judge(ask, party, number, entry_rule=self.event.entry_rule, day=day, device=self.device.id)
            verdicts[number] = verdict
            ticket = party.tickets.get(number) if party else None
            if not ask.rehearsal:
                self._note(ask, scan, verdict, ticket.id if ticket else None, day)
                rules.apply(verdict, ticket, day, msgspec.structs.replace(seen))
        uncounted = sum(1 for verdict in verdicts.values() if verdict.act == "count")
        if uncounted and not ask.rehearsal:
            self.walk_ins.append(_walk_in(self.device, ask.nonce, uncounted, 0, ask.scanned_at, self.received))
        main = verdicts.get(ask.ticket) or verdicts[wanted[0]]
        scanned = party.tickets.get(ask.ticket) if party else None
        first = scanned.seen.get(day) if scanned else None
        result = Result(
            nonce=ask.nonce,
            outcome=main.outcome,
            repeat=False,
            code=main.code,
            numbers=[{"number": number, "outcome": verdict.outcome} for number, verdict in verdicts.items()],
            first={"at": first.at.astimezone(UTC).isoformat(), "device": first.device_name} if first else None,
            party={"size": party.size, "admitted": party.admitted(day)} if party else None,
        )
        self._note_scan(ask, scan, result, party)
        return result

    def _in_this_event(self, ask: ScanAsk) -> ScanAsk:
        refusal = ask.refusal
        if not refusal and ask.event_number is not None and ask.event_number != self.event.number:
            refusal = "other_event"
        elif not refusal and self.event.state == "cancelled":
            refusal = "event_cancelled"
        elif not refusal and ask.scanned_at > self.device.over_at:
            refusal = "device_unknown"
        return msgspec.structs.replace(ask, refusal=refusal)

    def _note(self, ask: ScanAsk, scan: UUID, verdict: Verdict, ticket: UUID | None, day: str) -> None:
        if verdict.act == "admit" and ticket:
            self.admissions.append(
                {
                    "id": uuid4(),
                    "event": self.device.event,
                    "ticket": ticket,
                    "day": day,
                    "admitted_at": ask.scanned_at,
                    "scan": scan,
                    "revision": self.event.revision,
                }
            )
        elif verdict.act in {"return", "leave"} and ticket:
            self.flips.append((ticket, day, verdict.act == "return"))

    def _note_scan(self, ask: ScanAsk, scan: UUID, result: Result, party: PartyState | None) -> None:
        self.scans.append(
            {
                "id": scan,
                "event": self.device.event,
                "device": self.device.id,
                "nonce": ask.nonce,
                "registration": party.id if party else None,
                "ticket_number": ask.ticket or None,
                "direction": ask.direction,
                "outcome": result.outcome,
                "code": result.code,
                "override": ask.override,
                "shown": ask.shown,
                "offline": ask.offline,
                "rehearsal": ask.rehearsal,
                "clock_off": ask.clock_off,
                "phone_at": ask.phone_at,
                "scanned_at": ask.scanned_at,
                "received_at": self.received,
                "answer": msgspec.json.encode(result).decode(),
            }
        )

    async def undo(self, ask: ScanAsk) -> Result:
        """Take back what an earlier scan of this event did; what is kept of the scan itself stays."""
        await self.keep()
        rows = await fetch(
            "SELECT id, direction, registration, answer FROM scan WHERE event = $1 AND nonce = $2 AND NOT rehearsal",
            self.device.event,
            ask.undo,
        )
        over = ask.scanned_at > self.device.over_at
        undone = bool(rows) and not over and (ask.rehearsal or await self._take_back(rows[0], ask.undo))
        code = "undone" if undone else "device_unknown" if over else "scan_unknown"
        result = Result(
            ask.nonce, "left" if undone else "refused", repeat=False, code=code, numbers=[], first=None, party=None
        )
        self._note_scan(ask, uuid4(), result, None)
        return result

    async def _take_back(self, scan: dict[str, Any], nonce: str) -> bool:
        """Remove the admissions and the count of a scan, and turn round who went in or out; whether there was any."""
        event, revision = self.device.event, self.event.revision
        admitted = await fetch("DELETE FROM admission WHERE scan = $1 RETURNING ticket", scan["id"])
        counted = await fetch("DELETE FROM walk_in WHERE event = $1 AND nonce = $2 RETURNING id", event, nonce)
        turned: list[Any] = []
        if scan["registration"] is not None:
            answer = msgspec.convert(json_of(scan["answer"]), Result)
            went_out = scan["direction"] == "out"
            outcome = "left" if went_out else "admitted"
            numbers = [each["number"] for each in answer.numbers if each["outcome"] == outcome]
            places = ", ".join(f"${index + 5}" for index in range(len(numbers)))
            turned = (
                []
                if counted or not numbers
                else await fetch(
                    "UPDATE admission SET inside = $3, revision = $4 WHERE inside = $2 AND ticket IN"
                    f" (SELECT id FROM ticket WHERE registration = $1 AND number IN ({places})) RETURNING id",
                    scan["registration"],
                    not went_out,
                    went_out,
                    revision,
                    *numbers,
                )
            )
            # whoever asks for the roster must see that the party changed
            await fetch(
                "UPDATE registration SET revision = $2 WHERE id = $1 RETURNING id", scan["registration"], revision
            )
            await release_unused(UUID(str(scan["registration"])), event, revision)
        self.parties = await party_states(event, sorted(self.parties))
        return bool(admitted or counted or turned)

    async def keep(self) -> None:
        """Write what was noted."""
        await insert(Scan, *self.scans)
        await insert(Admission, *self.admissions, unless_there="ticket, day")
        await insert(WalkIn, *self.walk_ins, unless_there="event, nonce")
        for ticket, day, inside in self.flips:
            await fetch(
                "UPDATE admission SET inside = $3, revision = $4 WHERE ticket = $1 AND day = $2 RETURNING id",
                ticket,
                day,
                inside,
                self.event.revision,
            )
        self.scans, self.admissions, self.walk_ins, self.flips = [], [], [], []


def _walk_in(
    device: Device, nonce: str, size: int, children: int, counted_at: datetime, received_at: datetime
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "event": device.event,
        "device": device.id,
        "nonce": nonce,
        "size": size,
        "children": children,
        "counted_at": counted_at,
        "received_at": received_at,
    }


async def count_walk_in(device: Device, nonce: str, size: int, children: int, counted_at: datetime) -> bool:
    """Count a group without tickets; a repeated nonce counts nothing. Returns whether it was counted now."""
    async with write():
        row = _walk_in(device, nonce, size, children, counted_at, now())
        return bool(await insert(WalkIn, row, unless_there="event, nonce"))
