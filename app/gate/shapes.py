"""Devices, scans and what is said about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


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
        return self.label if self.number == 1 else f"{self.label} · {self.number}"


class PairingRow(msgspec.Struct, frozen=True):
    """What the desk shows of a pairing."""

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    devices: int
    seen_at: datetime | None


class ScanAsk(msgspec.Struct, frozen=True):
    """A scan as a phone sent it. `text` is what it read; `registration` and `ticket` are set once that is understood.

    `refusal` is set when it is no ticket of ours. `scanned_at` is already corrected by the phone's offset.
    """

    nonce: str
    direction: str
    scanned_at: datetime
    phone_at: datetime
    clock_off: bool
    offline: bool
    shown: str
    override: str
    undo: str
    rehearsal: bool
    numbers: tuple[int, ...]
    registration: str = ""
    ticket: int = 0
    issue: int | None = None
    event_number: int | None = None
    refusal: str = ""


class Seen(msgspec.Struct):
    """An admission as the judge sees it."""

    at: datetime
    device: UUID
    device_name: str
    inside: bool


class TicketState(msgspec.Struct):
    """A ticket as the judge sees it; `seen` by day."""

    id: UUID
    number: int
    issue: int
    state: str
    seen: dict[str, Seen] = {}


class PartyState(msgspec.Struct):
    """A party as the judge sees it."""

    id: UUID
    number: str
    state: str
    size: int
    tickets: dict[int, TicketState]

    def admitted(self, day: str) -> int:
        """How many of its valid tickets came in (on this day)."""
        return sum(1 for ticket in self.tickets.values() if ticket.state == "valid" and day in ticket.seen)


class Verdict(msgspec.Struct, frozen=True):
    """What is said of one ticket, and what is to be done about it: "admit", "return", "leave", "count" or nothing."""

    outcome: str
    code: str = ""
    act: str = ""


class Result(msgspec.Struct):
    """The answer to one scan (DESIGN.md 6)."""

    nonce: str
    outcome: str
    repeat: bool
    code: str
    numbers: list[dict[str, Any]]
    first: dict[str, Any] | None
    party: dict[str, int] | None
