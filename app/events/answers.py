"""What the API is sent and answers of events: the fields that an attaché writes, and what stands around them."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Meta, UnsetType

from app.events.shapes import MOST_PICKUPS, NOTICE, EventFields, EventRow, Pickup, PickupFields
from app.seats.measures import Count
from app.seats.shapes import Counts
from app.validation import forms
from app.validation.fields import Localised
from app.validation.forms import Wall, fields_of
from models.states import EventState


class PickupBody(PickupFields, frozen=True, kw_only=True):
    """A pick-up point as it is sent."""

    id: Annotated[str, forms.Line(most=36, about="The id of one that is there already; none for a new one.")] = ""


class EventBody(EventFields, frozen=True, kw_only=True):
    """An event as it is sent."""

    pickup_points: Annotated[
        tuple[PickupBody, ...], forms.Rows(of=PickupBody, most=MOST_PICKUPS, about="Buses, and where they stop.")
    ] = ()


class MovingBody(EventBody, frozen=True, kw_only=True):
    """What is to change, or to be different in a copy; the rest stays."""

    move_along: Annotated[bool, forms.Flag(about="Whether what hangs on the start moves with it; yes if not said.")]


class NoticeBody(msgspec.Struct, frozen=True, kw_only=True):
    """What people should know of a step."""

    notice: Annotated[
        Localised,
        forms.Texts(most=NOTICE, lines=True, about="Shown above everything.", example={"km": "ព្យុះកំពុងមក"}),
    ]


class NoBody(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing needs to be said."""


class PictureAnswer(msgspec.Struct, frozen=True):
    """The event's picture, and in words what it shows."""

    url: str
    alt: Localised


class PickupAnswer(msgspec.Struct, frozen=True):
    """A pick-up point: what the attaché wrote of it, and how many seats are left (null: as many as come)."""

    shows: ClassVar[type] = Pickup
    id: UUID
    seats_left: int | None


class EventAddresses(msgspec.Struct, frozen=True):
    """The event's page in the language that was asked for, its short address, and the entry for calendars."""

    page: str
    short: str
    calendar: str


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `sequence` rises with time, place and state, `content_revision` with all that can be read. Of what
    staff alone see, `revision` rises with every booking and scan."""

    shows: ClassVar[type] = EventRow
    id: UUID
    slug: str
    state: EventState
    sequence: int
    seats_left: Annotated[int | None, Meta(description="Places that somebody who comes now can have; null: no limit.")]
    picture: PictureAnswer | None
    pickup_points: list[PickupAnswer]
    modified_at: datetime
    content_revision: int
    urls: EventAddresses
    registered: int | UnsetType = UNSET
    waiting: int | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    moved: Annotated[list[str] | UnsetType, Meta(description="After a change: fields that moved with the start.")] = (
        UNSET
    )


class StatsAnswer(Counts, frozen=True, kw_only=True):
    """Head counts in distinct people; `tally` is what stays of an event that is over, null before."""

    capacity: int | None
    seats_left: int | None
    tally: list[Count] | None


STEP = ("event_not_published", "event_cancelled", "event_over", "forbidden")


def shown(event: EventRow, base: str, language: str, *, private: bool) -> dict[str, Any]:
    """An event as every answer shows it; private fields and counts only for staff."""

    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(ZoneInfo(event.time_zone)).isoformat()

    def written(of: EventRow | Pickup) -> dict[str, Any]:
        return {
            field.name or attribute: local(getattr(of, field.name))
            if isinstance(field, Wall)
            else field.written(getattr(of, attribute))
            for attribute, field in fields_of(type(of)).items()
            if field.public or private
        }

    frame = EventAnswer(
        id=event.id,
        slug=event.slug,
        state=event.state,
        sequence=event.sequence,
        seats_left=event.seats_left,
        picture=PictureAnswer(f"{base}/pictures/{event.picture}.jpg", event.picture_alt) if event.picture else None,
        pickup_points=[],
        modified_at=event.modified_at.astimezone(UTC),
        content_revision=event.content_revision,
        urls=EventAddresses(
            page=f"{base}/{language}/events/{event.slug}",
            short=f"{base}/e/{event.slug}",
            calendar=f"{base}/calendars/{language}/events/{event.slug}.ics",
        ),
        registered=event.seats_taken if private else UNSET,
        waiting=event.seats_waiting if private else UNSET,
        revision=event.revision if private else UNSET,
    )
    points = [
        msgspec.to_builtins(PickupAnswer(point.id, point.seats_left)) | written(point) for point in event.pickup_points
    ]
    body: dict[str, Any] = msgspec.to_builtins(frame) | written(event) | {"pickup_points": points}
    return body
