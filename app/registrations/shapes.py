"""Registrations as asked for and as read."""

from datetime import datetime
from uuid import UUID

import msgspec


def _(text: str) -> str:
    """Marks a sentence for the catalogues."""
    return text


ATTENTION = {
    "wheelchair": _("Wheelchair"),
    "elderly": _("Needs help to walk"),
    "monk": _("Monk"),
    "guest": _("Guest of honour"),
    "performer": _("Performer"),
}


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


class InvitationRow(msgspec.Struct, frozen=True):
    """A community leader's link. `registered` counts the people booked by it, `admitted` those who came."""

    id: UUID
    event: UUID
    label: str
    party_limit: int
    uses: int
    created_at: datetime
    revoked_at: datetime | None
    registered: int = 0
    admitted: int = 0


class ChangeDraft(msgspec.Struct, frozen=True):
    """A checked change of a party. None leaves a thing as it is; an empty phone or e-mail removes it.

    `party` is the new size, or `drop` names the tickets to give up; `names` go with the places in order of number.
    `moves_bus` says whether `pickup_point` (None: no bus) is meant.
    """

    party: int | None
    drop: tuple[int, ...]
    children: int | None
    names: tuple[str, ...] | None
    phone: str | None
    email: str | None
    moves_bus: bool
    pickup_point: UUID | None

    @property
    def changed(self) -> list[str]:
        """What is meant to change, without what it becomes: for the audit."""
        given = [name for name in ("party", "children", "names", "phone", "email") if getattr(self, name) is not None]
        return given + ["drop"] * bool(self.drop) + ["pickup_point"] * self.moves_bus


class Held(msgspec.Struct, frozen=True):
    """What a registration holds, as it is under the event's lock."""

    id: UUID
    event: UUID
    state: str
    party: int
    children: int
    pickup_point: UUID | None
    last_ticket: int


class TicketRow(msgspec.Struct, frozen=True):
    """One person's place. `admitted_at` is when they first came in."""

    id: UUID
    number: int
    issue: int
    state: str
    name: str
    child: bool
    admitted_at: datetime | None


class Party(msgspec.Struct, frozen=True):
    """A registration with its unsealed name. `ahead` counts the people waiting before it."""

    id: UUID
    event: UUID
    number: str
    short_code: str
    state: str
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

    @property
    def valid_tickets(self) -> tuple[TicketRow, ...]:
        return tuple(ticket for ticket in self.tickets if ticket.state == "valid")


class Cluster(msgspec.Struct, frozen=True):
    """Parties that look alike. `why` is "phone", "name" or "burst"."""

    why: str
    parties: tuple[Party, ...]


class Waiting(msgspec.Struct, frozen=True):
    """A party on the waiting list, as the rule for moving up sees it."""

    id: UUID
    party: int
    children: int
    take_what_there_is: bool
    passed_over: int
    created_at: datetime
    pickup_point: UUID | None = None


class Promotion(msgspec.Struct, frozen=True):
    """Who moves up and with how many places, and which parties were passed over by that."""

    promoted: tuple[tuple[Waiting, int], ...]
    passed: tuple[UUID, ...]
