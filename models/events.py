"""Events and their pick-up points."""

from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    Boolean,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    Text,
    Timestamp,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from models.directory import HostCountry
from models.states import EntryRule, EventState, Festival, Measure, PictureKind


class Campaign(Table):
    """A festival's events that belong together, of one host country or (none) of all; unique (host country, slug).

    `slug` is the word that its events share, `address` its place on the web, `names` what it is called in public.
    """

    id = UUID(primary_key=True)
    host_country = ForeignKey(HostCountry, null=True, default=None, on_delete=OnDelete.restrict)
    slug = Varchar(length=120)
    names = JSON(default="{}")
    address = Varchar(length=140, default="")
    ended_at = Timestamptz(null=True, default=None)


class Event(Table):
    """A festival held at one place. Wall time + zone are the truth (`…_local`, `time_zone`); UTC follows from them.

    Localised columns (title, description, notice, venue, address) hold JSON: an object by language tag, or for places
    also a plain string. For an all-day event the wall times are midnights and the end is exclusive.
    `revision` moves with every change of the event, its seats and its tickets; `content_revision` only with what people
    can read; `sequence` with time, place and state (RFC 5545 3.8.7.4). `programme` is a list of
    {"at": "09:00", "what": {"km": …}}, `facilities` words separated by blanks, `picture` the digest of an EventPicture.
    `entry_opens`/`entry_closes` bound when the gate admits by itself (none: always); `day_turns` ("04:00") is when the
    gate's day begins. A waiting party that was passed over `held_after_passes` times, or waited `held_after_hours`,
    has freed seats kept, for `held_for_hours` at most: `kept_until` is when that ends (null: none is kept).
    `tallied_revision` is the revision at which its Tally was written last.
    `festival_name` is what an "other" festival is called; `folds` names the wall times, separated by blanks, that mean
    the second of an hour that occurs twice; `ended_at` is when a draft was deleted, while that can be undone.
    `letters_off` are the letters that do not go out by themselves, separated by blanks.
    """

    id = UUID(primary_key=True)
    number = Integer(unique=True)
    slug = Varchar(length=120, unique=True)
    host_country = ForeignKey(HostCountry, on_delete=OnDelete.restrict)
    campaign = Varchar(length=120, default="")
    festival = Varchar(length=30, choices=Festival)
    title = JSON()
    description = JSON()
    venue = JSON()
    address = JSON()
    latitude = DoublePrecision(null=True, default=None)
    longitude = DoublePrecision(null=True, default=None)
    starts_local = Timestamp(default=None)
    ends_local = Timestamp(default=None)
    time_zone = Varchar(length=60)
    starts_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    previous_starts_at = Timestamptz(null=True, default=None)
    all_day = Boolean(default=False)
    capacity = Integer(null=True, default=None)
    seats_taken = Integer(default=0)
    seats_waiting = Integer(default=0)
    party_limit = Integer(default=10)
    entry_rule = Varchar(length=10, default="once", choices=EntryRule)
    registration_opens_local = Timestamp(null=True, default=None)
    registration_opens_at = Timestamptz(null=True, default=None)
    registration_closes_local = Timestamp(null=True, default=None)
    registration_closes_at = Timestamptz(null=True, default=None)
    registration_paused = Boolean(default=False)
    state = Varchar(length=10, default="draft", choices=EventState)
    notice = JSON()
    sequence = Integer(default=0)
    created_at = Timestamptz(default=None)
    modified_at = Timestamptz(default=None)
    revision = BigInt(default=0)
    content_revision = BigInt(default=0)
    retention_days = Integer(default=14)
    programme = JSON(default="[]")
    travel = JSON()
    bring = JSON()
    facilities = Varchar(length=200, default="")
    picture = Varchar(length=64, default="")
    picture_alt = JSON()
    held_after_hours = Integer(default=24)
    held_after_passes = Integer(default=5)
    entry_opens_local = Timestamp(null=True, default=None)
    entry_opens_at = Timestamptz(null=True, default=None)
    entry_closes_local = Timestamp(null=True, default=None)
    entry_closes_at = Timestamptz(null=True, default=None)
    rush_share = Integer(default=20)
    known_networks = Text(default="")
    day_turns = Varchar(length=5, default="04:00")
    admit_waiting = Boolean(default=False)
    gate_search = Boolean(default=False)
    tallied_revision = BigInt(null=True, default=None)
    held_for_hours = Integer(default=48)
    kept_until = Timestamptz(null=True, default=None)
    belongs_to = ForeignKey(Campaign, null=True, default=None, on_delete=OnDelete.restrict)
    festival_name = JSON(default="{}")
    folds = Varchar(length=200, default="")
    ended_at = Timestamptz(null=True, default=None)
    letters_off = Varchar(length=200, default="")


class EventPicture(Table, tablename="event_picture"):
    """A picture of an event, re-encoded without metadata. `digest` (of what was uploaded) names it in addresses."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event)
    digest = Varchar(length=64)
    kind = Varchar(length=4, choices=PictureKind)
    width = Integer()
    height = Integer()
    content = Bytea()


class PickupPoint(Table, tablename="pickup_point"):
    """Where a bus leaves for an event. `seats` null means as many as come."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event)
    name = JSON()
    place = JSON()
    departs_local = Timestamp(null=True, default=None)
    departs_at = Timestamptz(null=True, default=None)
    returns_local = Timestamp(null=True, default=None)
    returns_at = Timestamptz(null=True, default=None)
    seats = Integer(null=True, default=None)
    seats_taken = Integer(default=0)
    position = Integer(default=0)


class PlaceLeft(Table, tablename="place_left"):
    """A host country from which an event moved away: its feeds show a cancelled entry for 30 days; unique of both."""

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    host_country = ForeignKey(HostCountry, on_delete=OnDelete.restrict)
    left_at = Timestamptz(default=None)


class Tally(Table):
    """How many people of an event fall under a measure, on a day ("": on all), by a key ("": without one); for good.

    Counts name nobody, so they stay when people's data go. Unique (event, day, measure, key).
    """

    id = UUID(primary_key=True)
    event = ForeignKey(Event, on_delete=OnDelete.restrict)
    day = Varchar(length=10, default="")
    measure = Varchar(length=20, choices=Measure)
    key = Varchar(length=40, default="")
    people = Integer(default=0)


class HeadCount(Table, tablename="head_count"):
    """Heads of an event that are counted as its rows change, by triggers, so that no page has to count them.

    `what` is "parties" (`key`: their state), "bus" (people who wish to ride, by pick-up point), "admitted" (people),
    "inside" (people, by day) or "came" (confirmed parties). Nobody else writes here: the triggers of m0032 do,
    whichever release runs. `bon doctor` counts anew.
    """

    id = Varchar(length=120, primary_key=True)
    event = UUID(default=None, index=True)
    what = Varchar(length=10)
    key = Varchar(length=40, default="")
    number = Integer(default=0)


class Counter(Table):
    """Numbers given out one by one, such as the event numbers that tickets carry."""

    name = Varchar(length=30, primary_key=True)
    value = Integer(default=0)


class FeedStamp(Table, tablename="feed_stamp"):
    """When the bytes of a feed last changed: its Last-Modified, which never falls."""

    feed = Varchar(length=200, primary_key=True)
    fingerprint = Varchar(length=64)
    modified_at = Timestamptz(default=None)
