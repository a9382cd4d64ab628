"""What the heart sees of events and parties, and what it answers."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from models.states import EntryRule, RegistrationState


class Days(msgspec.Struct, frozen=True):
    """How an event's admissions count by days. `day_turns` is the local time at which the gate's day begins."""

    entry_rule: EntryRule
    time_zone: str
    day_turns: str = "04:00"


class CameIn(msgspec.Struct, frozen=True):
    """An admission as it was written."""

    id: UUID
    ticket: UUID
    day: str
    admitted_at: datetime
    inside: bool = True


class Waiting(msgspec.Struct, frozen=True):
    """A party on the waiting list, as the rule for moving up sees it."""

    id: UUID
    party: int
    children: int
    take_what_there_is: bool
    passed_over: int
    created_at: datetime
    pickup_point: UUID | None = None
    kept_until: datetime | None = None


class Keeping(msgspec.Struct, frozen=True):
    """When freed places are kept for a party that does not fit: after it waited for `after` or was passed `passes`
    times, for `length` at most and never later than `latest`; never for one that is larger than `capacity`."""

    after: timedelta
    passes: int
    length: timedelta
    latest: datetime
    capacity: int | None = None


class Promotion(msgspec.Struct, frozen=True):
    """Who moves up and with how many places, and for whom places are kept. Whoever stays before the last who moves up
    was passed over."""

    promoted: tuple[tuple[Waiting, int], ...] = ()
    keeper: UUID | None = None
    kept_until: datetime | None = None


class Booked(msgspec.Struct, frozen=True):
    """A booking that was just made."""

    id: UUID
    number: str
    short_code: str
    state: RegistrationState
    party: int
    children: int
    pickup_point: UUID | None
    set_aside: bool = False


class Holding(msgspec.Struct, frozen=True):
    """What a registration holds, as it is under the event's lock. `last_ticket` is the highest number it ever had."""

    id: UUID
    event: UUID
    state: RegistrationState
    party: int
    children: int
    pickup_point: UUID | None
    last_ticket: int
    revision: int
    wait_position: int | None = None


class GivenUp(msgspec.Struct, frozen=True):
    """How many places became free, and what the party had before."""

    people: int
    before: Holding


class Place(msgspec.Struct, frozen=True):
    """One person's place that a registration still has."""

    id: UUID
    number: int
    child: bool
    issue: int
    admitted: bool


class Counts(msgspec.Struct, frozen=True):
    """Distinct people of an event. `inside` are those admitted and not left; walk-ins are counted apart."""

    registered: int
    waiting: int
    admitted: int
    inside: int
    walk_ins: int
    parties: int
