"""Events as written by attachés and as read by everybody. A new field is one line in EventFields."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from app.validation import forms
from app.validation.marks import _
from calendars.zones import happens_twice
from models.states import EntryRule, EventState, Festival

Text = dict[str, str]
Place = str | Text

TITLE, PLACE, DESCRIPTION, NOTICE, NAME = 300, 500, 10_000, 2_000, 120
MOST_PEOPLE = 1_000_000
MOST_PARTY = 60
MOST_PICKUPS = 50
MOST_DAYS = 60
MOST_PROGRAMME = 60
EXAMPLE = {"km": "បុណ្យចូលឆ្នាំខ្មែរ នៅស៊ូវ៉ុន", "en": "Khmer New Year in Suwon"}


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


class PickupFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an attaché writes of a pick-up point."""

    name: Annotated[Place, forms.PlaceName(most=PLACE, required=True, about="What the bus or stop is called.")]
    place: Annotated[Place, forms.PlaceName(most=PLACE, about="Where exactly it leaves.")]
    departs_local: Annotated[datetime | None, forms.Wall(name="departs_at", about="When it leaves.")]
    returns_local: Annotated[datetime | None, forms.Wall(name="returns_at", about="When it goes back.")]
    seats: Annotated[int | None, forms.Whole(low=1, high=MOST_PEOPLE, about="Seats; none for as many as come.")]


class PickupDraft(PickupFields, frozen=True, kw_only=True):
    """A checked pick-up point; `id` is that of one that is there already."""

    id: UUID | None = None


class Pickup(PickupFields, frozen=True, kw_only=True):
    """A pick-up point as read; `departs_at` and `returns_at` are instants."""

    id: UUID
    departs_at: datetime | None
    returns_at: datetime | None
    seats_taken: int

    @property
    def seats_left(self) -> int | None:
        return None if self.seats is None else max(0, self.seats - self.seats_taken)


class ProgrammeItem(msgspec.Struct, frozen=True):
    """What happens at an hour of a day; days are counted from the event's first, 1."""

    at: Annotated[str, forms.Clock(required=True, about="The local time, such as 09:00.")]
    what: Annotated[Text, forms.Texts(most=TITLE, required=True, about="What happens.")]
    day: Annotated[int, forms.Whole(low=1, high=MOST_DAYS, default=1, about="Which day of the event, from 1.")] = 1


class EventFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an attaché writes. Times are wall times in `time_zone`; for all-day events midnights, the end exclusive."""

    host_country: Annotated[
        str, forms.Line(most=2, required=True, about="ISO 3166 code of the host country.", example="KR")
    ]
    campaign: Annotated[str, forms.Line(most=NAME, about="The events that belong together.")] = ""
    festival: Annotated[Festival, forms.Choice(options=Festival, about="What is celebrated.", example="khmer_new_year")]
    title: Annotated[Text, forms.Texts(most=TITLE, required=True, about="What the event is called.", example=EXAMPLE)]
    description: Annotated[Text, forms.Texts(most=DESCRIPTION, lines=True, about="What people should know.")]
    venue: Annotated[Place, forms.PlaceName(most=PLACE, about="The place's name.", example="Manseok Park")]
    address: Annotated[Place, forms.PlaceName(most=PLACE, about="Where it is.", example="Songjuk-dong, Suwon")]
    latitude: Annotated[float | None, forms.Decimal(low=-90, high=90, about="Degrees north.")]
    longitude: Annotated[float | None, forms.Decimal(low=-180, high=180, about="Degrees east.")]
    time_zone: Annotated[str, forms.Line(most=60, about="IANA zone; the host country's own where none is given.")]
    starts_local: Annotated[
        datetime, forms.Wall(name="starts_at", required=True, about="The start.", example="2031-04-13T09:00")
    ]
    ends_local: Annotated[
        datetime, forms.Wall(name="ends_at", required=True, about="The end.", example="2031-04-13T17:00")
    ]
    all_day: Annotated[bool, forms.Flag(about="Whether it lasts whole days.")]
    capacity: Annotated[
        int | None, forms.Whole(low=1, high=MOST_PEOPLE, about="Places; none for no limit.", example=300)
    ]
    party_limit: Annotated[
        int, forms.Whole(low=1, high=MOST_PARTY, default=10, about="People in one booking.", example=6)
    ]
    entry_rule: Annotated[
        EntryRule, forms.Choice(options=EntryRule, default=EntryRule.ONCE, about="How often a ticket admits.")
    ]
    registration_opens_local: Annotated[
        datetime | None, forms.Wall(name="registration_opens_at", about="From when one may register.")
    ]
    registration_closes_local: Annotated[
        datetime | None, forms.Wall(name="registration_closes_at", about="Until when one may register.")
    ]
    registration_paused: Annotated[bool, forms.Flag(about="Nobody can register for the moment.")]
    notice: Annotated[Text, forms.Texts(most=NOTICE, lines=True, about="What changed, shown above everything.")]
    programme: Annotated[
        tuple[ProgrammeItem, ...], forms.Rows(of=ProgrammeItem, most=MOST_PROGRAMME, about="What happens when.")
    ] = ()
    travel: Annotated[Text, forms.Texts(most=NOTICE, lines=True, about="How to get there.")] = {}
    bring: Annotated[Text, forms.Texts(most=NOTICE, lines=True, about="What to bring.")] = {}
    facilities: Annotated[tuple[str, ...], forms.Words(options=tuple(FACILITY_NAMES), about="What there is.")] = ()
    held_after_hours: Annotated[
        int, forms.Whole(low=0, high=24 * 90, default=24, public=False, about="Wait after which freed seats are kept.")
    ] = 24
    held_after_passes: Annotated[
        int, forms.Whole(low=0, high=1000, default=5, public=False, about="Passes after which freed seats are kept.")
    ] = 5
    held_for_hours: Annotated[
        int, forms.Whole(low=0, high=24 * 90, default=48, public=False, about="Hours for which freed seats are kept.")
    ] = 48
    rush_share: Annotated[
        int,
        forms.Whole(
            low=0,
            high=100,
            default=20,
            public=False,
            about="Percent of the places that one connection may take at once.",
        ),
    ] = 20
    known_networks: Annotated[
        tuple[str, ...], forms.Networks(most=50, public=False, about="Networks that may take as many as they like.")
    ] = ()
    entry_opens_local: Annotated[
        datetime | None, forms.Wall(name="entry_opens_at", about="From when the gate admits by itself.")
    ] = None
    entry_closes_local: Annotated[
        datetime | None, forms.Wall(name="entry_closes_at", about="Until when the gate admits by itself.")
    ] = None
    day_turns: Annotated[
        str, forms.Clock(default="04:00", public=False, about="The local time at which the gate's day begins.")
    ] = "04:00"
    admit_waiting: Annotated[bool, forms.Flag(public=False, about="Waiting parties are let in.")] = False
    gate_search: Annotated[bool, forms.Flag(public=False, about="Volunteers may look for names.")] = False
    retention_days: Annotated[
        int, forms.Whole(low=1, high=365, about="Days after the end until names go; none for the installation's.")
    ]


class EventDraft(EventFields, frozen=True, kw_only=True):
    """A checked event."""

    pickup_points: tuple[PickupDraft, ...]


class EventRow(EventFields, frozen=True, kw_only=True):
    """An event as read: with instants, counters and stamps, its country's slug and names, and its pick-up points."""

    id: UUID
    number: int
    slug: str
    country_slug: str
    country_names: Text
    starts_at: datetime
    ends_at: datetime
    previous_starts_at: datetime | None
    registration_opens_at: datetime | None
    registration_closes_at: datetime | None
    entry_opens_at: datetime | None = None
    entry_closes_at: datetime | None = None
    seats_taken: int
    seats_waiting: int
    keeps: bool = False
    state: EventState
    sequence: int
    created_at: datetime
    modified_at: datetime
    revision: int
    content_revision: int
    picture: str = ""
    picture_alt: Text = {}
    pickup_points: tuple[Pickup, ...] = ()

    @property
    def draft(self) -> bool:
        return self.state == EventState.DRAFT

    @property
    def was_public(self) -> bool:
        """A draft that was published once: calendars may know it, so it is never deleted."""
        return self.draft and self.sequence > 0

    @property
    def published(self) -> bool:
        return self.state == EventState.PUBLISHED

    @property
    def cancelled(self) -> bool:
        return self.state == EventState.CANCELLED

    @property
    def seats_left(self) -> int | None:
        """Places that somebody who comes now can have, or None where there is no limit.

        None of those that are free is while they are kept for a party that waits (`keeps`).
        """
        if self.capacity is None:
            return None
        return 0 if self.keeps else max(0, self.capacity - self.seats_taken)

    def pickup(self, row: UUID | None) -> Pickup | None:
        """The pick-up point with this id."""
        return next((point for point in self.pickup_points if point.id == row), None)

    @property
    def first_day(self) -> date:
        return self.starts_local.date()

    @property
    def last_day(self) -> date:
        """The last day that people are there."""
        return (self.ends_local - timedelta(microseconds=1)).date()


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are asked for; "" and None leave a thing open."""

    host_country: str = ""
    festival: str = ""
    campaign: UUID | None = None
    state: str = ""
    ends_after: datetime | None = None
    changed_since: datetime | None = None


def as_raw(event: EventRow) -> dict[str, Any]:
    """The event as it would be written, wall times without offset: what a change or a copy starts from.

    A wall time that happens twice is a datetime with its `fold`; no text says which one is meant whatever the zone.
    """
    points = [
        {"id": str(point.id), **forms.written(point), **_folds(point, event.time_zone)} for point in event.pickup_points
    ]
    return {**forms.written(event), **_folds(event, event.time_zone), "pickup_points": points}


def _folds(row: EventRow | Pickup, zone: str) -> dict[str, datetime]:
    walls = forms.walls_of(type(row))
    told = {name: moment for attribute, name in walls.items() if (moment := getattr(row, attribute)) is not None}
    return {name: moment for name, moment in told.items() if happens_twice(moment, zone)}


def with_folds(shape: type[EventRow | Pickup], row: dict[str, Any], zone: str) -> dict[str, Any]:
    """A row's wall times with the fold that their instants tell: of two times with one name, which one."""
    place = ZoneInfo(zone)
    for attribute, name in forms.walls_of(shape).items():
        wall, at = row[attribute], row[name]
        if wall is not None and at is not None and wall.replace(tzinfo=place).astimezone(UTC) != at:
            row[attribute] = wall.replace(fold=1)
    return row
