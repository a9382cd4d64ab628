"""Scans: judged in order under the event's lock, every one kept exactly once whatever is repeated."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.database.connection import fetch, insert, now
from app.database.data_keys import words_key
from app.database.rows import as_json, json_of, places
from app.database.together import NewRows, can_together
from app.gate import rules
from app.gate.queries import device_names, judged_parties
from app.gate.shapes import Device, EntryRules, JudgedParty, Result, ScanAsk, Seen, Verdict
from app.seats import admissions
from app.seats.hold import Held, hold
from app.seats.holdings import release_unused, touch
from app.seats.rules import day_of
from app.security.keyring import Keyring
from app.security.sealing import RowKey
from models.gate import Scan, WalkIn
from models.states import Act, Direction, Outcome

AS_SHOWN = "-shown"
MOST_AT_ONCE = 5  # scans that a phone with a network sends together

_UNCOUNT = "UPDATE walk_in SET undone = true WHERE event = $1 AND nonce IN ($2, $3) AND NOT undone RETURNING id"
_UNSCAN = """
UPDATE scan SET undone = true WHERE event = $1 AND nonce IN ($2, $3) AND NOT rehearsal AND NOT undone
RETURNING id, direction, registration, answer, conflict, scanned_at
"""


class _Judging(EntryRules, frozen=True, kw_only=True):
    number: int


_FACTS = f"SELECT {', '.join(_Judging.__struct_fields__)}, content_revision, modified_at FROM event WHERE id = $1"


async def record_scans(keyring: Keyring, device: Device, asks: list[ScanAsk]) -> list[Result]:
    """Judge scans in order and keep each; a nonce that the event has seen gets its first answer again."""
    if not asks:
        return []
    if can_together() and (results := await _recorded_at_once(keyring, device, asks)):
        return results
    async with hold(device.event, _Judging.__struct_fields__) as held:
        answered = await _answered(keyring, device.event, [ask.nonce for ask in asks])
        fresh = [ask for ask in asks if ask.nonce not in answered]
        numbers = sorted({ask.registration for ask in fresh if ask.registration and not ask.refusal})
        batch = _Batch(keyring, device, held, await judged_parties(keyring, device.event, numbers))
        if any(ask.override for ask in fresh):
            batch.words = await words_key(keyring, device.event)
        results = []
        for ask in asks:
            if first := answered.get(ask.nonce):
                results.append(msgspec.structs.replace(first, repeat=True))
                continue
            result = await batch.undo(ask) if ask.undo else batch.record(ask)
            answered[ask.nonce] = result
            results.append(result)
        await batch.keep()
        return results


async def _recorded_at_once(keyring: Keyring, device: Device, asks: list[ScanAsk]) -> list[Result] | None:
    """The same for a few plain scans: judged by what stands there, and kept in one statement if that still holds.

    None where it must be judged under the event's lock, and then nothing was done.
    """
    if len(asks) > MOST_AT_ONCE or any(ask.undo or ask.override for ask in asks):
        return None
    found = await fetch(_FACTS, device.event)
    if not found:
        return None
    facts = found[0]
    numbers = sorted({ask.registration for ask in asks if ask.registration and not ask.refusal})
    parties = await judged_parties(keyring, device.event, numbers)
    batch = _Batch(keyring, device, Held(device.event, 0, facts["modified_at"], facts), parties)
    results = [batch.record(ask) for ask in asks]
    if batch.people.turns or batch.walk_ins:
        return None
    judged = admissions.Judged(
        device.event, facts["content_revision"], {party.id: party.revision for party in parties.values()}
    )
    kept = await admissions.admit_at_once(judged, batch.people, [NewRows(Scan, batch.scans)])
    return results if kept else None


async def _answered(keyring: Keyring, event: UUID, nonces: list[str]) -> dict[str, Result]:
    rows = await fetch(
        f"SELECT nonce, answer FROM scan WHERE event = $1 AND nonce IN ({places(nonces, 2)})", event, *nonces
    )
    answers = {row["nonce"]: msgspec.convert(json_of(row["answer"]), Result) for row in rows}
    if not any(answer.first for answer in answers.values()):
        return answers
    names = await device_names(keyring, event)
    return {nonce: with_first(answer, lambda phone: names.get(phone, phone)) for nonce, answer in answers.items()}


def with_first(answer: Result, called: Callable[[str], str]) -> Result:
    """The same answer, in which the phone that saw a ticket first is what it is `called`."""
    if not answer.first:
        return answer
    return msgspec.structs.replace(answer, first={**answer.first, "device": called(answer.first["device"])})


class _Batch:
    """The scans of one batch: judged in memory under the event's lock, then kept in a few statements."""

    def __init__(self, keyring: Keyring, device: Device, held: Held, parties: dict[str, JudgedParty]) -> None:
        self.keyring = keyring
        self.words: RowKey | None = None  # seals why somebody was let in anyway
        self.device = device
        self.held = held
        self.event = msgspec.convert(held.facts, _Judging, strict=False)
        self.parties = parties
        self.received = now()
        self.scans: list[dict[str, Any]] = []
        self.walk_ins: list[dict[str, Any]] = []
        self.people = admissions.AdmissionRows()

    def record(self, ask: ScanAsk) -> Result:
        """Judge one scan and note what to keep."""
        ask = self._in_this_event(ask)
        scan, day = uuid4(), day_of(self.event, ask.scanned_at)
        party = None if ask.refusal else self.parties.get(ask.registration)
        verdicts = {number: self._judged(ask, scan, party, number, day) for number in ask.numbers or (ask.ticket,)}
        uncounted = sum(1 for verdict in verdicts.values() if verdict.act == Act.COUNT)
        if uncounted and not ask.rehearsal:
            self.walk_ins.append(
                walk_in_row(self.device, ask.nonce, uncounted, 0, ask.phone_at, ask.scanned_at, self.received)
            )
        main = verdicts.get(ask.ticket) or next(iter(verdicts.values()))
        scanned = party.tickets.get(ask.ticket) if party else None
        first = scanned.seen.get(day) if scanned else None
        result = Result(
            nonce=ask.nonce,
            outcome=main.outcome,
            repeat=False,
            code=main.code,
            numbers=[{"number": number, "outcome": verdict.outcome.value} for number, verdict in verdicts.items()],
            first={"at": first.at.astimezone(UTC).isoformat(), "device": str(first.device)} if first else None,
            party={"size": party.size, "admitted": party.admitted(day)} if party else None,
        )
        conflict = any(verdict.outcome == Outcome.CONFLICT for verdict in verdicts.values())
        self._note_scan(ask, scan, result, party, conflict=conflict and not ask.rehearsal)
        return with_first(result, lambda _: first.device_name if first else "")

    def _judged(self, ask: ScanAsk, scan: UUID, party: JudgedParty | None, number: int, day: str) -> Verdict:
        """What is said of one of the scan's tickets; the next one is judged as if it were done."""
        verdict = rules.judge(ask, party, number, entry=self.event, day=day)
        ticket = party.tickets.get(number) if party else None
        if not ask.rehearsal:
            self._note(ask, scan, verdict, party.id if party else None, ticket.id if ticket else None, day)
            seen = Seen(ask.scanned_at, self.device.id, self.device.name, inside=True)
            rules.apply(verdict, ticket, day, seen)
        return verdict

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
        if verdict.act == Act.ADMIT:
            self.people.admissions.append(
                {
                    "id": uuid4(),
                    "event": self.device.event,
                    "ticket": ticket,
                    "day": day,
                    "admitted_at": ask.scanned_at,
                    "scan": scan,
                }
            )
            self.people.parties.add(party)
        elif verdict.act in {Act.RETURN, Act.LEAVE}:
            self.people.turns.append((ticket, day, verdict.act == Act.RETURN))
            self.people.parties.add(party)

    def _note_scan(
        self, ask: ScanAsk, scan: UUID, result: Result, party: JudgedParty | None, *, conflict: bool = False
    ) -> None:
        self.scans.append(
            {
                "id": scan,
                "event": self.device.event,
                "device": self.device.id,
                "nonce": ask.nonce,
                "registration": party.id if party else None,
                "ticket_number": ask.ticket or None,
                "direction": ask.direction.value,
                "outcome": result.outcome.value,
                "code": result.code,
                "sealed_override": self._sealed(ask.override, scan),
                "shown": ask.shown.value if ask.shown else "",
                "offline": ask.offline,
                "rehearsal": ask.rehearsal,
                "clock_off": ask.clock_off,
                "conflict": conflict,
                "phone_at": ask.phone_at,
                "scanned_at": ask.scanned_at,
                "received_at": self.received,
                "answer": as_json(result),
            }
        )

    def _sealed(self, why: str, scan: UUID) -> str:
        return self.words.seal(why, f"scan.sealed_override:{scan}") if self.words else ""

    async def undo(self, ask: ScanAsk) -> Result:
        """Take back what an earlier scan or count of this event did; what is kept of the scan itself stays."""
        await self.keep()
        over = ask.scanned_at > self.device.over_at
        undone = not over and (ask.rehearsal or await self._take_back(ask.undo))
        result = Result(
            nonce=ask.nonce,
            outcome=Outcome.LEFT if undone else Outcome.REFUSED,
            repeat=False,
            code="undone" if undone else "device_unknown" if over else "scan_unknown",
            numbers=[],
            first=None,
            party=None,
        )
        self._note_scan(ask, uuid4(), result, None)
        return result

    async def _take_back(self, nonce: str) -> bool:
        """Remove the admissions and the count of a scan, and turn round who went in or out; whether there was any."""
        event = self.device.event
        # a phone that showed otherwise than the server said has sent its scan once more, under this second name
        names = (event, nonce, f"{nonce}{AS_SHOWN}")
        counted = await fetch(_UNCOUNT, *names)
        scans = await fetch(_UNSCAN, *names)
        changed = bool(counted)
        for scan in scans:
            admitted = await admissions.take_back(scan["id"])
            turned = bool(not counted and scan["registration"]) and await self._turn_round(scan)
            if scan["registration"] is not None:
                await touch(self.held, scan["registration"])
                await release_unused(scan["registration"], event, self.held.revision)
            changed = changed or admitted or turned or bool(scan["conflict"])
        if scans:
            self.parties = await judged_parties(self.keyring, event, sorted(self.parties))
        return changed

    async def _turn_round(self, scan: dict[str, Any]) -> bool:
        """Who went out is inside again, who came back is outside."""
        answer = msgspec.convert(json_of(scan["answer"]), Result)
        went_out = scan["direction"] == Direction.OUT
        outcome = Outcome.LEFT if went_out else Outcome.ADMITTED
        numbers = [each["number"] for each in answer.numbers if each["outcome"] == outcome]
        day = day_of(self.event, scan["scanned_at"])
        return await admissions.turn_round(self.held, scan["registration"], numbers, day, inside=went_out)

    async def keep(self) -> None:
        """Write what was noted."""
        await insert(Scan, *self.scans)
        await admissions.admit(self.held, self.people)
        await insert(WalkIn, *self.walk_ins, unless_there="event, nonce")
        self.scans, self.walk_ins, self.people = [], [], admissions.AdmissionRows()


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
