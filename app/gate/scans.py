"""The book of scans: judged in order under the event's lock, every one kept exactly once whatever is repeated."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.connection import fetch, insert, now, write
from app.directory.shapes import json_of
from app.gate import rules
from app.gate.queries import party_states
from app.gate.shapes import Device, EntryRules, PartyState, Result, ScanAsk, Seen, Verdict
from app.registrations.actions import release_unused
from models.gate import Scan, WalkIn
from models.tickets import Admission

AS_SHOWN = "-shown"


class _EventFacts(EntryRules, frozen=True, kw_only=True):
    revision: int
    number: int


async def record_scans(device: Device, asks: list[ScanAsk]) -> list[Result]:
    """Judge scans in order and keep each; a nonce that the event has seen gets its first answer again."""
    if not asks:
        return []
    async with write():
        locked = await fetch(
            "UPDATE event SET revision = revision + 1 WHERE id = $1 RETURNING revision, number, entry_rule,"
            " time_zone, day_turns, entry_opens_at, entry_closes_at, admit_waiting, state",
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
        self.touched: set[UUID] = set()

    def record(self, ask: ScanAsk) -> Result:
        """Judge one scan and note what to keep."""
        ask = self._in_this_event(ask)
        scan, day = uuid4(), rules.day_of(self.event, ask.scanned_at)
        party = None if ask.refusal else self.parties.get(ask.registration)
        wanted = ask.numbers or (ask.ticket,)
        seen = Seen(ask.scanned_at, self.device.id, self.device.name, inside=True)
        verdicts: dict[int, Verdict] = {}
        for number in wanted:
            verdict = rules.judge(ask, party, number, entry=self.event, day=day, device=self.device.id)
            verdicts[number] = verdict
            ticket = party.tickets.get(number) if party else None
            if not ask.rehearsal:
                self._note(ask, scan, verdict, party.id if party else None, ticket.id if ticket else None, day)
                rules.apply(verdict, ticket, day, msgspec.structs.replace(seen))
        uncounted = sum(1 for verdict in verdicts.values() if verdict.act == "count")
        if uncounted and not ask.rehearsal:
            self.walk_ins.append(
                walk_in_row(self.device, ask.nonce, uncounted, 0, ask.phone_at, ask.scanned_at, self.received)
            )
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
        conflict = any(verdict.outcome == "conflict" for verdict in verdicts.values())
        self._note_scan(ask, scan, result, party, conflict=conflict and not ask.rehearsal)
        return result

    def _in_this_event(self, ask: ScanAsk) -> ScanAsk:
        refusal = ask.refusal
        if not refusal and ask.event_number is not None and ask.event_number != self.event.number:
            refusal = "other_event"
        elif not refusal and ask.scanned_at > self.device.over_at:
            refusal = "device_unknown"
        return msgspec.structs.replace(ask, refusal=refusal)

    def _note(
        self, ask: ScanAsk, scan: UUID, verdict: Verdict, party: UUID | None, ticket: UUID | None, day: str
    ) -> None:
        if ticket is None or party is None:
            return
        if verdict.act == "admit":
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
            self.touched.add(party)
        elif verdict.act in {"return", "leave"}:
            self.flips.append((ticket, day, verdict.act == "return"))
            self.touched.add(party)

    def _note_scan(
        self, ask: ScanAsk, scan: UUID, result: Result, party: PartyState | None, *, conflict: bool = False
    ) -> None:
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
                "conflict": conflict,
                "phone_at": ask.phone_at,
                "scanned_at": ask.scanned_at,
                "received_at": self.received,
                "answer": msgspec.json.encode(result).decode(),
            }
        )

    async def undo(self, ask: ScanAsk) -> Result:
        """Take back what an earlier scan or count of this event did; what is kept of the scan itself stays."""
        await self.keep()
        over = ask.scanned_at > self.device.over_at
        undone = not over and (ask.rehearsal or await self._take_back(ask.undo))
        code = "undone" if undone else "device_unknown" if over else "scan_unknown"
        result = Result(
            ask.nonce, "left" if undone else "refused", repeat=False, code=code, numbers=[], first=None, party=None
        )
        self._note_scan(ask, uuid4(), result, None)
        return result

    async def _take_back(self, nonce: str) -> bool:
        """Remove the admissions and the count of a scan, and turn round who went in or out; whether there was any."""
        event, revision = self.device.event, self.event.revision
        # a phone that showed otherwise than the server said has sent its scan once more, under this second name
        names = (event, nonce, f"{nonce}{AS_SHOWN}")
        counted = await fetch(
            "UPDATE walk_in SET undone = true WHERE event = $1 AND nonce IN ($2, $3) AND NOT undone RETURNING id",
            *names,
        )
        scans = await fetch(
            "UPDATE scan SET undone = true WHERE event = $1 AND nonce IN ($2, $3) AND NOT rehearsal AND NOT undone"
            " RETURNING id, direction, registration, answer, conflict, scanned_at",
            *names,
        )
        changed = bool(counted)
        for scan in scans:
            admitted = await fetch("DELETE FROM admission WHERE scan = $1 RETURNING ticket", scan["id"])
            turned = [] if counted or scan["registration"] is None else await self._turn_round(scan)
            if scan["registration"] is not None:
                # whoever asks for the roster must see that the party changed
                await fetch(
                    "UPDATE registration SET revision = $2 WHERE id = $1 RETURNING id", scan["registration"], revision
                )
                await release_unused(UUID(str(scan["registration"])), event, revision)
            changed = changed or bool(admitted or turned or scan["conflict"])
        if scans:
            self.parties = await party_states(event, sorted(self.parties))
        return changed

    async def _turn_round(self, scan: dict[str, Any]) -> list[Any]:
        """Who went out is inside again, who came back is outside."""
        answer = msgspec.convert(json_of(scan["answer"]), Result)
        went_out = scan["direction"] == "out"
        outcome = "left" if went_out else "admitted"
        numbers = [each["number"] for each in answer.numbers if each["outcome"] == outcome]
        if not numbers:
            return []
        places = ", ".join(f"${index + 6}" for index in range(len(numbers)))
        return await fetch(
            "UPDATE admission SET inside = $3, revision = $4 WHERE inside = $2 AND day = $5 AND ticket IN"
            f" (SELECT id FROM ticket WHERE registration = $1 AND number IN ({places})) RETURNING id",
            scan["registration"],
            not went_out,
            went_out,
            self.event.revision,
            rules.day_of(self.event, scan["scanned_at"]),
            *numbers,
        )

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
        if self.touched:
            places = ", ".join(f"${index + 2}" for index in range(len(self.touched)))
            await fetch(
                f"UPDATE registration SET revision = $1 WHERE id IN ({places})", self.event.revision, *self.touched
            )
        self.scans, self.admissions, self.walk_ins, self.flips = [], [], [], []
        self.touched = set()


def walk_in_row(
    device: Device,
    nonce: str,
    size: int,
    children: int,
    phone_at: datetime,
    counted_at: datetime,
    received_at: datetime,
) -> dict[str, Any]:
    """A group without tickets as a row."""
    return {
        "id": uuid4(),
        "event": device.event,
        "device": device.id,
        "nonce": nonce,
        "size": size,
        "children": children,
        "phone_at": phone_at,
        "counted_at": counted_at,
        "received_at": received_at,
    }
