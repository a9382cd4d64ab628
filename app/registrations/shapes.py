"""Registrations as asked for and as read."""

from datetime import datetime
from uuid import UUID

import msgspec


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

    @property
    def party(self) -> int:
        return len(self.names)


class Ticket(msgspec.Struct, frozen=True):
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
    tickets: tuple[Ticket, ...]

    @property
    def valid_tickets(self) -> tuple[Ticket, ...]:
        return tuple(ticket for ticket in self.tickets if ticket.state == "valid")


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
