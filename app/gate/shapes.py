"""Devices, scans and what is said about them."""

from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

import msgspec

from app.seats.shapes import Days
from app.validation.marks import _
from models.states import Act, Direction, EventState, Outcome, RegistrationState, TicketState

# why somebody is let in against the judge
REASONS = {
    "known_to_us": _("We know this person"),
    "elderly_or_ill": _("Elderly, ill or with small children"),
    "long_queue": _("The queue is too long"),
    "technical": _("The ticket or the phone does not work"),
    "other": _("Another reason"),
}


EXPIRES_AFTER_EVENT = timedelta(hours=12)


def over_after(ends_at: datetime) -> datetime:
    """When the phones of an event stop, as it is now: an event that moves takes its gate along."""
    return ends_at + EXPIRES_AFTER_EVENT


def device_name(label: str, number: int) -> str:
    """What people call a phone: its gate's label, numbered from the second phone on."""
    return label if number == 1 else f"{label} · {number}"


class Device(msgspec.Struct, frozen=True):
    """A paired phone with what it needs to know of its event. It counts until `over_at`."""

    id: UUID
    number: int
    label: str
    pairing: UUID
    event: UUID
    event_slug: str
    event_title: dict[str, str]
    event_zone: str
    expires_at: datetime
    revoked_at: datetime | None

    @property
    def over_at(self) -> datetime:
        return min(self.expires_at, self.revoked_at) if self.revoked_at else self.expires_at

    @property
    def name(self) -> str:
        return device_name(self.label, self.number)


class PhoneState(msgspec.Struct, frozen=True):
    """How a phone said it was; None where it did not or could not tell. `clock_offset` is what must be added to its
    clock, in seconds; `synced_to` the event's revision that its roster has reached."""

    synced_to: int | None = None
    synced_at: datetime | None = None
    scans_waiting: int = 0
    waiting_since: datetime | None = None
    clock_offset: int | None = None
    kept: bool | None = None
    battery: int | None = None
    rehearsing: bool = False


class DeviceRow(PhoneState, frozen=True, kw_only=True):
    """A phone as the desk shows it."""

    id: UUID
    pairing: UUID
    number: int
    seen_at: datetime


class PairingRow(msgspec.Struct, frozen=True):
    """What the desk shows of a pairing."""

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    devices: tuple[DeviceRow, ...] = ()


class EntryRules(Days, frozen=True, kw_only=True):
    """Whom an event lets in, and when: what the judge needs to know of it. Its fields are columns of the event."""

    entry_opens_at: datetime | None = None
    entry_closes_at: datetime | None = None
    admit_waiting: bool = False
    state: EventState = EventState.PUBLISHED


class Conflict(msgspec.Struct, frozen=True):
    """Somebody who was let in although the judge would have refused: both times, both gates."""

    scan: UUID
    code: str
    gate: str
    phone_at: datetime
    scanned_at: datetime
    received_at: datetime
    clock_off: bool
    registration: UUID | None
    short_code: str
    numbers: tuple[int, ...]
    first_at: datetime | None
    first_gate: str
    acknowledged_at: datetime | None


class ByHand(msgspec.Struct, frozen=True):
    """Somebody whom a volunteer let in against a refusal, with the volunteer's reason."""

    gate: str
    at: datetime
    reason: str
    registration: UUID | None
    short_code: str


class ScanAsk(msgspec.Struct, frozen=True):
    """A scan as a phone sent it; `registration` and `ticket` are set once what it read is understood.

    `refusal` is set when it is no ticket of ours. `scanned_at` is already corrected by the phone's offset.
    """

    nonce: str
    direction: Direction
    scanned_at: datetime
    phone_at: datetime
    clock_off: bool
    offline: bool
    shown: Outcome | None
    override: str
    undo: str
    rehearsal: bool
    numbers: tuple[int, ...]
    registration: str = ""
    ticket: int = 0
    issue: int | None = None
    event_number: int | None = None
    refusal: str = ""


class WalkInAsk(msgspec.Struct, frozen=True):
    """A group without tickets as a phone counted it; `counted_at` is corrected."""

    nonce: str
    size: int
    children: int
    phone_at: datetime
    counted_at: datetime


class Seen(msgspec.Struct):
    """An admission as the judge sees it."""

    at: datetime
    device: UUID
    device_name: str
    inside: bool


class JudgedTicket(msgspec.Struct):
    """A ticket as the judge sees it; `seen` by day."""

    id: UUID
    number: int
    issue: int
    state: TicketState
    seen: dict[str, Seen] = {}


class JudgedParty(msgspec.Struct):
    """A party as the judge sees it; `revision` is another once anything of that has changed."""

    id: UUID
    number: str
    state: RegistrationState
    size: int
    tickets: dict[int, JudgedTicket]
    revision: int = 0

    def admitted(self, day: str) -> int:
        """How many of its valid tickets came in (on this day)."""
        return sum(1 for ticket in self.tickets.values() if ticket.state == TicketState.VALID and day in ticket.seen)


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one ticket, and what is to be done about it."""

    outcome: Outcome
    code: str = ""
    act: Act = Act.NOTHING


class NumberOutcome(TypedDict):
    """What a scan came to for one ticket of the party."""

    number: int
    outcome: str


class FirstSeen(TypedDict):
    """When, and by which phone, a ticket came in first."""

    at: str
    device: str


class PartySeen(TypedDict):
    """How many people a party has, and how many of them came in."""

    size: int
    admitted: int


class Result(msgspec.Struct):
    """What became of a scan, and why: `code` is that of a refusal; `first` says who was let in before."""

    nonce: str
    outcome: Outcome
    repeat: bool
    code: str
    numbers: list[NumberOutcome]
    first: FirstSeen | None
    party: PartySeen | None

    @property
    def admitted(self) -> bool:
        return self.outcome == Outcome.ADMITTED

    @property
    def already(self) -> bool:
        return self.outcome == Outcome.ALREADY_ADMITTED

    @property
    def refused(self) -> bool:
        return self.outcome == Outcome.REFUSED

    @property
    def can_be_overruled(self) -> bool:
        """Whether "let in anyway" is offered: nobody was let in, and it was a ticket at all."""
        let_in = self.outcome in {Outcome.ADMITTED, Outcome.LEFT}
        return not let_in and self.code != "scan_unknown"
