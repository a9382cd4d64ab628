"""Registrations as asked for and as read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from app.events.shapes import MOST_PEOPLE
from app.validation import forms
from app.validation.marks import _
from models.states import Channel, RegistrationState, TicketState

NAME = 120
REASON = 300
MOST = 10**18  # people: whoever asks for more than the party's limit is told the limit
MOST_INVITED = 60
MOST_ON_PAPER = 48  # tickets of a batch: six sheets of eight, booked in one transaction
HELD = {TicketState.VALID, TicketState.WAITING}


ATTENTION = {
    "wheelchair": _("Wheelchair"),
    "elderly": _("Needs help to walk"),
    "monk": _("Monk"),
    "guest": _("Guest of honour"),
    "performer": _("Performer"),
}


class RegistrationFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker (or a script) sends; `names` are read by the size of the party."""

    name: Annotated[str, forms.Line(most=NAME, about="Who books; a nickname is enough.", example="សុខ ដារ៉ា")]
    party: Annotated[int, forms.Whole(low=1, high=MOST, default=1, about="How many people.", example=2)]
    children: Annotated[int, forms.Whole(low=0, high=MOST, default=0, about="How many of them are children.")]
    phone: Annotated[str, forms.Line(most=40, about="A phone to be told of changes; may be left out.")]
    email: Annotated[str, forms.Line(most=254, about="An e-mail address; may be left out.")]
    pickup_point: Annotated[str, forms.Line(most=36, about="The id of a pick-up point.")]
    accept_waiting: Annotated[bool, forms.Flag(about="To wait where all places are taken.")]
    take_what_there_is: Annotated[bool, forms.Flag(about="To move up with fewer people.")]
    invitation: Annotated[str, forms.Line(most=200, about="The key of a community leader's link.")]


class RegistrationDraft(msgspec.Struct, frozen=True):
    """A checked wish to come. `names` has a name (perhaps "") for each person, the booker first; `phone` is E.164."""

    names: tuple[str, ...]
    children: int
    phone: str
    email: str
    language: str
    pickup_point: UUID | None
    accept_waiting: bool
    take_what_there_is: bool
    invitation: UUID | None = None

    @property
    def party(self) -> int:
        return len(self.names)

    @property
    def reaches(self) -> dict[Channel, str]:
        """The addresses that were given, by channel."""
        return {channel: address for channel, address in _by_channel(self.phone, self.email).items() if address}


def _by_channel(phone: str | None, email: str | None) -> dict[Channel, str | None]:
    return {Channel.PHONE: phone, Channel.EMAIL: email}


class InvitationRow(msgspec.Struct, frozen=True):
    """A community leader's link. `registered` counts the people booked by it, `admitted` those who came."""

    id: UUID
    event: UUID
    label: str
    party_limit: int
    uses: int
    created_at: datetime
    revoked_at: datetime | None
    people_limit: int | None = None
    language: str = ""
    paper: bool = False
    registered: int = 0
    admitted: int = 0


def leaders_link(base: str, slug: str, language: str, key: str) -> str:
    """What a community leader opens to book."""
    return f"{base}/{language}/events/{slug}/register?invitation={key}"


class ChangeFields(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder of a party's link sends; `names` and `drop` are read by what the party has."""

    party: Annotated[int | None, forms.Whole(low=1, high=MOST, about="How many people it shall be.", example=1)]
    children: Annotated[int | None, forms.Whole(low=0, high=MOST, about="How many of them are children.")]
    take_what_there_is: Annotated[bool, forms.Flag(about="While it waits: to move up with fewer people.")]
    phone: Annotated[str, forms.Line(most=40, about="Another phone; empty for none any more.")]
    email: Annotated[str, forms.Line(most=254, about="Another e-mail address; empty for none any more.")]
    pickup_point: Annotated[str, forms.Line(most=36, about="The id of another pick-up point; empty for none.")]


CHANGES = ("party", "children", "names", "renamed", "phone", "email", "take_what_there_is")


class ChangeDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A checked change of a party. None leaves a thing as it is; an empty phone or e-mail removes it.

    `party` is the new size, or `drop` names the tickets to give up; `names` go with the places in order of number,
    `renamed` with ticket numbers.
    `moves_bus` says whether `pickup_point` (None: no bus) is meant.
    """

    party: int | None = None
    drop: tuple[int, ...] = ()
    children: int | None = None
    names: tuple[str, ...] | None = None
    renamed: dict[int, str] | None = None
    phone: str | None = None
    email: str | None = None
    take_what_there_is: bool | None = None
    moves_bus: bool = False
    pickup_point: UUID | None = None

    @property
    def changed(self) -> list[str]:
        """What is meant to change, without what it becomes: for the audit."""
        given = [name for name in CHANGES if getattr(self, name) is not None]
        return given + ["drop"] * bool(self.drop) + ["pickup_point"] * self.moves_bus

    @property
    def reaches(self) -> dict[Channel, str]:
        """The addresses to write down, by channel; "" for one to remove."""
        given = _by_channel(self.phone, self.email)
        return {channel: address for channel, address in given.items() if address is not None}


class InvitationFields(msgspec.Struct, frozen=True):
    """For whom an invitation is, and for how many people."""

    label: Annotated[str, forms.Line(most=NAME, required=True, about="Whose link it is.", example="Wat Ansan")]
    party_limit: Annotated[
        int, forms.Whole(low=1, high=MOST_INVITED, required=True, about="People in one booking.", example=20)
    ]
    people_limit: Annotated[int | None, forms.Whole(low=1, high=MOST_PEOPLE, about="People in all bookings together.")]
    language: Annotated[str, forms.Line(most=10, about="The language in which the link opens.")]


class PaperFields(msgspec.Struct, frozen=True):
    """A batch of tickets on paper, for people without a phone."""

    label: Annotated[str, forms.Line(most=80, required=True, about="Where they are given out; it stands on each.")]
    people: Annotated[int, forms.Whole(low=1, high=MOST_ON_PAPER, required=True, about="How many tickets.")]
    pickup_point: Annotated[str, forms.Line(most=36, about="The id of a pick-up point.")]


class FriendFields(msgspec.Struct, frozen=True):
    """To whom a ticket is handed on."""

    name: Annotated[str, forms.Line(most=NAME, required=True, about="The friend's name.", example="ស្រីមុំ")]


class NoteFields(msgspec.Struct, frozen=True):
    """What the gate should know of a party."""

    note: Annotated[str, forms.Line(most=NAME, about="A sentence that only the party's tickets open.")]


class ReasonFields(msgspec.Struct, frozen=True):
    """Why the attaché decides by hand."""

    reason: Annotated[str, forms.Line(most=REASON, required=True, about="Why; it is kept in the audit.")]


MOST_IN_PICTURE = 10  # squares below one another


class TicketRow(msgspec.Struct, frozen=True):
    """One person's place. `admitted_at` is when they first came in."""

    id: UUID
    number: int
    issue: int
    state: TicketState
    name: str
    child: bool
    admitted_at: datetime | None

    @property
    def valid(self) -> bool:
        return self.state == TicketState.VALID


class Party(msgspec.Struct, frozen=True):
    """A registration with its unsealed name. `ahead` counts the people waiting before it."""

    id: UUID
    event: UUID
    number: str
    short_code: str
    state: RegistrationState
    party: int
    children: int
    name: str
    language: str
    pickup_point: UUID | None
    link_issue: int
    created_at: datetime
    ahead: int
    passed_over: int
    take_what_there_is: bool
    invitation: UUID | None
    tickets: tuple[TicketRow, ...]
    attention: tuple[str, ...] = ()
    note: str = ""
    revision: int = 0
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    kept_until: datetime | None = None
    set_aside: bool = False
    link_shown_at: datetime | None = None

    @property
    def confirmed(self) -> bool:
        return self.state == RegistrationState.CONFIRMED

    @property
    def waiting(self) -> bool:
        return self.state == RegistrationState.WAITING

    @property
    def erased(self) -> bool:
        return self.state == RegistrationState.ERASED

    @property
    def valid_tickets(self) -> tuple[TicketRow, ...]:
        return tuple(ticket for ticket in self.tickets if ticket.valid)

    def place(self, number: int) -> int:
        """Which of its people the ticket of this number is for, counted from 1: it agrees with how many there are."""
        return 1 + sum(ticket.number < number for ticket in self.present_tickets)

    @property
    def pictures(self) -> tuple[tuple[int, int], ...]:
        """The first and the last ticket of each picture, counted from 1."""
        many = len(self.valid_tickets)
        return tuple((first + 1, min(first + MOST_IN_PICTURE, many)) for first in range(0, many, MOST_IN_PICTURE))

    @property
    def present_tickets(self) -> tuple[TicketRow, ...]:
        """Those that admit, or will once the party moves up."""
        return tuple(ticket for ticket in self.tickets if ticket.state in HELD)


class Friend(msgspec.Struct, frozen=True):
    """Who got the ticket of this number; name and link only while nobody used the friend's page."""

    number: int
    name: str
    key: str


class Cluster(msgspec.Struct, frozen=True):
    """Parties that look alike. `why` is "phone", "name" or "burst"; `size` is how many there are with those of other
    pages."""

    why: str
    parties: tuple[UUID, ...]
    size: int = 0
