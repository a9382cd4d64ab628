"""What the gate's API is sent and answers. Scans and phones are judged by `rules`; a test holds these to it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.gate.shapes import REASONS, Result
from app.seats.shapes import Counts
from app.validation import forms
from models.states import Direction, Outcome, RegistrationState, TicketState

NONCE, MOST_SCANS, MOST_NUMBERS = 100, 500, 60
SCANS = [{"nonce": "gate-1-0001", "ticket": "0123456789abcdef-1", "direction": "in"}]
_AT = "When, by the phone's clock; the offset that `sent_at` shows is taken off."


class ScanBody(msgspec.Struct, frozen=True, kw_only=True):
    """One scan: what the square held, or a ticket by its number, or what to undo."""

    nonce: Annotated[str, forms.Line(most=NONCE, required=True, about="Unique; sent again it is answered again.")]
    code: Annotated[str, forms.Line(most=4_000, about="What the square holds, whole.")]
    ticket: Annotated[str, forms.Line(most=40, about="Or the party's number, -, and the ticket's.")]
    numbers: Annotated[
        list[int], forms.WholeNumbers(most=MOST_NUMBERS, about="Who of the party; else the ticket scanned.")
    ]
    direction: Annotated[str, forms.Choice(options=Direction, default="in", about="Which way.")]
    scanned_at: Annotated[datetime | None, forms.Moment(exact=True, about=_AT)]
    clock_off: Annotated[bool, forms.Flag(about="The phone knows that its clock is wrong.")]
    offline: Annotated[bool, forms.Flag(about="It was judged without a network.")]
    shown: Annotated[str, forms.Choice(options=Outcome, default="", about="What the phone said then.")]
    override: Annotated[str, forms.Line(most=200, about=f"Why somebody is let in anyway: {', '.join(REASONS)}, words.")]
    undo: Annotated[str, forms.Line(most=NONCE, about="The nonce of a scan to take back.")]
    rehearsal: Annotated[bool, forms.Flag(about="It does not count.")]


class ScansBody(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of scans, in order. Each names a code, a ticket, or what to undo; one that cannot be read refuses all."""

    sent_at: Annotated[datetime | None, forms.Moment(exact=True, about="The phone's clock when it sends.")]
    scans: Annotated[
        tuple[ScanBody, ...],
        forms.Rows(of=ScanBody, most=MOST_SCANS, required=True, about="The scans.", example=SCANS),
    ]


class ScansAnswer(msgspec.Struct, frozen=True):
    """What each scan came to, in order."""

    results: list[Result]


class WalkInBody(msgspec.Struct, frozen=True, kw_only=True):
    """A group without tickets."""

    nonce: Annotated[str, forms.Line(most=NONCE, required=True, about="Unique.", example="gate-1-0001")]
    size: Annotated[int, forms.Whole(low=1, high=1_000, default=1, about="How many people.", example=3)]
    children: Annotated[int, forms.Whole(low=0, high=1_000, default=0, about="How many of them are children.")]
    at: Annotated[datetime | None, forms.Moment(exact=True, about=_AT)]
    sent_at: Annotated[datetime | None, forms.Moment(exact=True, about="The phone's clock when it sends.")]


class WalkInAnswer(Counts, frozen=True, kw_only=True):
    """Whether this group was counted before, and how many people there are."""

    nonce: str
    repeat: bool


class PhoneBody(msgspec.Struct, frozen=True, kw_only=True):
    """How a phone is."""

    sent_at: Annotated[datetime | None, forms.Moment(exact=True, about="The phone's clock when it sends.")]
    synced_to: Annotated[int | None, forms.Whole(low=0, high=2**62, about="The roster's cursor that it has reached.")]
    scans_waiting: Annotated[int, forms.Whole(low=0, high=1_000_000, default=0, about="Scans not yet delivered.")]
    waiting_since: Annotated[datetime | None, forms.Moment(exact=True, about="Since when they wait.")]
    kept: Annotated[bool, forms.Flag(about="The browser promised to keep what is stored.")]
    battery: Annotated[int | None, forms.Whole(low=0, high=100, about="Percent.")]
    rehearsing: Annotated[bool, forms.Flag(about="It rehearses: nothing counts.")]


class PhoneAnswer(msgspec.Struct, frozen=True):
    """Our clock, and how many people there are on the gate's day."""

    now: datetime
    counts: Counts


class NameBody(msgspec.Struct, frozen=True, kw_only=True):
    """A name to look for."""

    name: Annotated[str, forms.Line(most=120, required=True, about="A whole word of it.", example="ដារ៉ា")]


class AtGateTicket(msgspec.Struct, frozen=True):
    """A ticket of a party; `ticket` is what a scan may name it by, `admitted_at` of the gate's present day."""

    number: int
    ticket: str
    state: TicketState
    admitted_at: datetime | None


class AtGate(msgspec.Struct, frozen=True):
    """What a gate device may see of a party that it found without a ticket."""

    short_code: str
    registration: str
    state: RegistrationState
    name: str
    note: str
    attention: tuple[str, ...]
    party: int
    children: int
    tickets: list[AtGateTicket]


class FoundAtGate(msgspec.Struct, frozen=True):
    """The few parties with this word in their name."""

    items: list[AtGate]


class PairingAnswer(msgspec.Struct, frozen=True):
    """A pairing with its first phone. `token` is told this once; `pair_url` is for a square that other phones open."""

    id: UUID
    token: str
    pair_url: str
    expires_at: datetime


class PhoneSeen(msgspec.Struct, frozen=True):
    """A paired phone as it last said it was."""

    id: UUID
    number: int
    seen_at: datetime
    scans_waiting: int
    battery: int | None


class GateAnswer(msgspec.Struct, frozen=True):
    """A pairing and its phones."""

    id: UUID
    label: str
    expires_at: datetime
    revoked_at: datetime | None
    phones: list[PhoneSeen]


class ScanAnswer(msgspec.Struct, frozen=True):
    """A scan that was kept: ids and what it came to, no names. `undone` ones count no more, rehearsals never did."""

    id: UUID
    device: UUID
    registration: UUID | None
    ticket_number: int | None
    direction: Direction
    outcome: Outcome
    code: str
    offline: bool
    rehearsal: bool
    conflict: bool
    undone: bool
    scanned_at: datetime
    received_at: datetime


class RosterQuery(msgspec.Struct, frozen=True, kw_only=True):
    """From where a phone goes on."""

    since: Annotated[str, forms.Line(most=20, about="The cursor of the answer before; none for the beginning.")]
    known: Annotated[str, forms.Line(most=64, about="The tag of the head that the phone has.")]


class RosterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone needs to judge without a network. The head (`event` to `keys`) is left out while its tag is known.

    A party is [hash, state, size, children, admissions, issues by ticket, sealed name, pick-up, attention].
    """

    version: int
    now: datetime
    cursor: str
    more: bool
    reset: Annotated[bool, Meta(description="Start anew: an older backup was restored.")]
    counts: Counts
    tag: str
    parties: list[list[Any]]
    revoked: list[str]
    event: dict[str, Any] | UnsetType = UNSET
    device: dict[str, Any] | UnsetType = UNSET
    gates: dict[str, str] | UnsetType = UNSET
    pickups: dict[str, Any] | UnsetType = UNSET
    others: dict[str, Any] | UnsetType = UNSET
    handing: str | UnsetType = UNSET
    keys: dict[str, str] | UnsetType = UNSET
