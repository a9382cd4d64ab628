"""A rush by one hand: whoever takes a large share of an event's places from one connection is set aside, not refused.

Factories, carriers and leaders share addresses, so no lower fence would be right; the attaché looks and decides. What
is kept of a network is a hash under a key of the day, for a day at most.
"""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import msgspec
from piccolo.query.functions.aggregate import Sum

from app.database.connection import now
from app.events.shapes import EventRow
from app.seats.hold import hold
from app.seats.rules import most_at_once
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash
from app.validation.refusals import Refused
from models.registrations import Registration
from models.states import RegistrationState

WITHIN = timedelta(minutes=10)
KEPT = timedelta(hours=23)  # the job that forgets comes every hour
UNCOUNTED = 20  # people a source and process: as many take the short way; five processes together stay below 100
HOLDS = [RegistrationState.CONFIRMED.value, RegistrationState.WAITING.value]
MOST_SOURCES = 20_000

_seen: OrderedDict[tuple[UUID, str], tuple[datetime, int]] = OrderedDict()


def source_of(keyring: Keyring, event: EventRow, network: str, moment: datetime) -> str:
    """Whose bookings are counted together; "" where nobody's are: no limit of places, a network known, or none."""
    if not network or event.capacity is None or not event.rush_share or is_known(network, event.known_networks):
        return ""
    return keyed_hash(keyring, f"source {moment.astimezone(UTC):%Y-%m-%d}", f"{event.id} {network}")


def is_known(network: str, known: tuple[str, ...]) -> bool:
    """Whether a network, or a part of it, is one that the attaché named."""
    try:
        mine = ip_network(network, strict=False)
    except ValueError:
        return False
    named = (ip_network(each) for each in known)
    return any(each.version == mine.version and each.overlaps(mine) for each in named)


class CountedSource(msgspec.Struct, frozen=True):
    """Where a booking comes from (a hash; "": it is not counted), and whether `many` have come from there lately."""

    text: str = ""
    many: bool = False


NOWHERE = CountedSource()


def seen(keyring: Keyring, event: EventRow, network: str, party: int, moment: datetime) -> CountedSource:
    """Count a party in this process, once. Most sources bring a family; of `many` the event's row decides."""
    text = source_of(keyring, event, network, moment)
    return CountedSource(text, bool(text) and _noticed(event.id, text, party, moment) > UNCOUNTED)


async def is_one(event: EventRow, source: CountedSource, party: int, moment: datetime) -> bool:
    """Whether this party is more than its source may take at once; call it in the transaction that books."""
    if not source.many:
        return False
    async with hold(event.id):
        return await _taken(event.id, source.text, moment) + party > most_at_once(event.capacity, event.rush_share)


async def refuse_growth(event: EventRow, registration: UUID, more: int, moment: datetime, network: str = "") -> None:
    """The same for a party that grows, whenever it was booked; raises Refused "rush". Call it under `hold`."""
    if event.capacity is None or not event.rush_share or is_known(network, event.known_networks):
        return
    own = (Registration.id == registration) & (Registration.source != "")
    row = await Registration.select(Registration.source).where(own).first()
    if row is None:
        return
    if await _taken(event.id, row["source"], moment) + more > most_at_once(event.capacity, event.rush_share):
        raise Refused("rush")
    await Registration.update({Registration.took_at: moment}).where(own)


async def source_of_party(registration: UUID) -> dict[str, Any]:
    """Whose a party's places are counted as: a friend to whom it hands one on has it from the same source."""
    row = await Registration.select(Registration.source, Registration.took_at).where(Registration.id == registration)
    return row[0]


def _noticed(event: UUID, source: str, party: int, moment: datetime) -> int:
    """How many people this process has seen of a source within the time, this party among them."""
    began, people = _seen.pop((event, source), (moment, 0))
    if moment - began > WITHIN:
        began, people = moment, 0
    if people > UNCOUNTED:
        began = moment  # as long as it goes on, the event's row decides
    _seen[event, source] = (began, people + party)
    if len(_seen) > MOST_SOURCES:
        _seen.popitem(last=False)
    return people + party


async def _taken(event: UUID, source: str, moment: datetime) -> int:
    """How many people one source has of an event; call it under `hold`."""
    rows = await Registration.select(Sum(Registration.party)).where(
        Registration.event == event,
        Registration.source == source,
        Registration.took_at > moment - WITHIN,
        Registration.state.is_in(HOLDS),
        Registration.set_aside_at.is_null(),
    )
    return int(rows[0]["sum"] or 0)


async def forget_sources() -> None:
    """Nobody needs to know any more which bookings came from one network."""
    await Registration.update({Registration.source: ""}).where(
        Registration.source != "", Registration.created_at < now() - KEPT
    )
