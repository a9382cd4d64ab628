"""Events as written by attachés and as read by everybody."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

Text = dict[str, str]
Place = str | Text


def _(text: str) -> str:
    """Marks a sentence for the catalogues."""
    return text


FACILITY_NAMES = {
    "wheelchair": _("Ways for wheelchairs"),
    "toilets": _("Toilets"),
    "drinking_water": _("Drinking water"),
    "first_aid": _("First aid"),
    "prayer_room": _("Room for prayer"),
    "vegetarian": _("Vegetarian food"),
    "halal": _("Halal food"),
    "children": _("A place for children"),
    "parking": _("Parking"),
}


class PickupDraft(msgspec.Struct, frozen=True):
    """A pick-up point as written; `departs` is wall time."""

    id: UUID | None
    name: Place
    place: Place
    departs: datetime | None
    seats: int | None


class ProgrammeItem(msgspec.Struct, frozen=True):
    """What happens at an hour of the day; `at` is wall time, "09:00"."""

    at: str
    what: Text


class EventDraft(msgspec.Struct, frozen=True):
    """A checked event. Times are wall times in `time_zone`; for all-day events midnights, the end exclusive."""

    host_country: str
    campaign: str
    festival: str
    title: Text
    description: Text
    venue: Place
    address: Place
    latitude: float | None
    longitude: float | None
    time_zone: str
    starts_local: datetime
    ends_local: datetime
    all_day: bool
    capacity: int | None
    party_limit: int
    entry_rule: str
    registration_opens_local: datetime | None
    registration_closes_local: datetime | None
    registration_paused: bool
    notice: Text
    programme: tuple[ProgrammeItem, ...]
    travel: Text
    bring: Text
    facilities: tuple[str, ...]
    held_after_hours: int
    held_after_passes: int
    entry_opens_local: datetime | None
    entry_closes_local: datetime | None
    day_turns: str
    admit_waiting: bool
    gate_search: bool
    pickup_points: tuple[PickupDraft, ...]


class Pickup(msgspec.Struct, frozen=True):
    """A pick-up point as read; `departs_at` is an instant."""

    id: UUID
    name: Place
    place: Place
    departs_local: datetime | None
    departs_at: datetime | None
    seats: int | None
    seats_taken: int

    @property
    def seats_left(self) -> int | None:
        return None if self.seats is None else max(0, self.seats - self.seats_taken)


class EventRow(msgspec.Struct, frozen=True):
    """An event as read, with its country's slug and pause, and its pick-up points."""

    id: UUID
    number: int
    slug: str
    host_country: str
    country_slug: str
    country_names: Text
    campaign: str
    festival: str
    title: Text
    description: Text
    venue: Place
    address: Place
    latitude: float | None
    longitude: float | None
    starts_local: datetime
    ends_local: datetime
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    previous_starts_at: datetime | None
    all_day: bool
    capacity: int | None
    seats_taken: int
    seats_waiting: int
    party_limit: int
    entry_rule: str
    registration_opens_local: datetime | None
    registration_opens_at: datetime | None
    registration_closes_local: datetime | None
    registration_closes_at: datetime | None
    registration_paused: bool
    state: str
    notice: Text
    sequence: int
    created_at: datetime
    modified_at: datetime
    revision: int
    content_revision: int
    retention_days: int
    programme: tuple[ProgrammeItem, ...] = ()
    travel: Text = {}
    bring: Text = {}
    facilities: tuple[str, ...] = ()
    picture: str = ""
    picture_alt: Text = {}
    held_after_hours: int = 24
    held_after_passes: int = 5
    entry_opens_local: datetime | None = None
    entry_opens_at: datetime | None = None
    entry_closes_local: datetime | None = None
    entry_closes_at: datetime | None = None
    day_turns: str = "04:00"
    admit_waiting: bool = False
    gate_search: bool = False
    pickup_points: tuple[Pickup, ...] = ()

    @property
    def seats_left(self) -> int | None:
        """Free places, or None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.seats_taken)

    @property
    def first_day(self) -> date:
        return self.starts_local.date()

    @property
    def last_day(self) -> date:
        """The last day that people are there."""
        return (self.ends_local - timedelta(microseconds=1)).date()


def as_raw(event: EventRow) -> dict[str, Any]:
    """The event as it would be written, wall times without offset: what a change or a copy starts from."""
    return {
        "host_country": event.host_country,
        "campaign": event.campaign,
        "festival": event.festival,
        "title": event.title,
        "description": event.description,
        "venue": event.venue,
        "address": event.address,
        "latitude": event.latitude,
        "longitude": event.longitude,
        "starts_at": event.starts_local.isoformat(),
        "ends_at": event.ends_local.isoformat(),
        "time_zone": event.time_zone,
        "all_day": event.all_day,
        "capacity": event.capacity,
        "party_limit": event.party_limit,
        "entry_rule": event.entry_rule,
        "registration_opens_at": _iso(event.registration_opens_local),
        "registration_closes_at": _iso(event.registration_closes_local),
        "registration_paused": event.registration_paused,
        "notice": event.notice,
        "programme": [{"at": item.at, "what": item.what} for item in event.programme],
        "travel": event.travel,
        "bring": event.bring,
        "facilities": list(event.facilities),
        "held_after_hours": event.held_after_hours,
        "held_after_passes": event.held_after_passes,
        "entry_opens_at": _iso(event.entry_opens_local),
        "entry_closes_at": _iso(event.entry_closes_local),
        "day_turns": event.day_turns,
        "admit_waiting": event.admit_waiting,
        "gate_search": event.gate_search,
        "pickup_points": [
            {
                "id": str(point.id),
                "name": point.name,
                "place": point.place,
                "departs_at": _iso(point.departs_local),
                "seats": point.seats,
            }
            for point in event.pickup_points
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
