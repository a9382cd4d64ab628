"""An event's parties by what is asked of them: state, bus, whether they came, by whose invitation; pages both ways."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.registrations.queries import parties_where
from app.registrations.shapes import Party
from app.seats.counts import bus_wishes, party_counts
from app.security.keyring import Keyring

NO_BUS = "none"
_CAME = """EXISTS (SELECT 1 FROM ticket JOIN admission ON admission.ticket = ticket.id
  WHERE ticket.registration = registration.id)"""
SHOWN = {
    "all": "state <> 'erased'",
    "confirmed": "state = 'confirmed'",
    "waiting": "state = 'waiting'",
    "came": f"state = 'confirmed' AND {_CAME}",
    "not_come": f"state = 'confirmed' AND NOT {_CAME}",
    "given_up": "state = 'cancelled'",
}

Place = tuple[datetime, UUID]


class Asked(msgspec.Struct, frozen=True):
    """What is asked of parties; "" asks nothing. `show` is one of SHOWN, `bus` an id or NO_BUS."""

    show: str = ""
    bus: str = ""
    invitation: str = ""

    @property
    def anything(self) -> bool:
        return bool(self.show or self.bus or self.invitation)

    @property
    def words(self) -> dict[str, str]:
        """As an address holds it."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value}


class ListPart(msgspec.Struct, frozen=True):
    """A part of a list, with where the ones before and after it begin (None: there are none)."""

    parties: list[Party]
    before: Place | None
    after: Place | None


async def part_of(
    keyring: Keyring, event: UUID, asked: Asked, limit: int, *, after: Place | None = None, before: Place | None = None
) -> ListPart:
    """The first parties after a place (or the last ones before it), the first to register first."""
    conditions, args = _asked_of(event, asked)
    at = before or after
    if at is not None:
        first = len(args) + 1
        sign = "<" if before else ">"
        conditions.append(f"(created_at, id) {sign} (${first}, ${first + 1})")
        args += at
    order = "created_at DESC, id DESC" if before else "created_at, id"
    found = await parties_where(keyring, f"{' AND '.join(conditions)} ORDER BY {order} LIMIT {limit + 1}", *args)
    more, found = len(found) > limit, found[:limit]
    if before:
        found.reverse()
    first_place, last_place = (_place(found[0]), _place(found[-1])) if found else (None, None)
    return ListPart(
        parties=found,
        before=first_place if (more if before else after is not None) else None,
        after=last_place if (more if not before else True) else None,
    )


def _asked_of(event: UUID, asked: Asked) -> tuple[list[str], list[Any]]:
    conditions, args = ["event = $1", SHOWN.get(asked.show) or SHOWN["all"]], list[Any]([event])
    if asked.bus == NO_BUS:
        conditions.append("pickup_point IS NULL AND state IN ('confirmed', 'waiting')")
    elif asked.bus:
        args.append(UUID(asked.bus))
        conditions.append(f"pickup_point = ${len(args)} AND state IN ('confirmed', 'waiting')")
    if asked.invitation:
        args.append(UUID(asked.invitation))
        conditions.append(f"invitation = ${len(args)}")
    return conditions, args


def _place(party: Party) -> Place:
    return party.created_at, party.id


async def list_counts(event: UUID) -> dict[str, int]:
    """How many parties each list has."""
    states = await party_counts(event)
    confirmed, waiting, came = (states.get(each, 0) for each in ("confirmed", "waiting", "came"))
    return {
        "all": confirmed + waiting + states.get("cancelled", 0),
        "confirmed": confirmed,
        "waiting": waiting,
        "came": came,
        "not_come": confirmed - came,
        "given_up": states.get("cancelled", 0),
    }


async def bus_counts(event: UUID) -> dict[str, int]:
    """How many people go by each bus, those that wait among them; NO_BUS for those without."""
    return {bus or NO_BUS: people for bus, people in (await bus_wishes(event)).items()}
