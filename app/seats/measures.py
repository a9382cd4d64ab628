"""What is counted of an event and stays when its people's data go. Pure: rows come in, counts come out."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from models.states import Measure, TicketState

QUARTER = 15  # minutes


class Person(msgspec.Struct, frozen=True):
    """A ticket with what its registration says, and whether anybody came in by it."""

    registration: UUID
    registered_at: datetime
    language: str
    state: TicketState
    child: bool
    admitted: bool
    pickup_point: UUID | None = None
    invitation: UUID | None = None


class Count(msgspec.Struct, frozen=True, order=True):
    """So many people on a day ("": on all of them), under a measure and a key ("": without one)."""

    day: str
    measure: Measure
    key: str
    people: int


class Happened(msgspec.Struct, frozen=True):
    """Something that so many people did at an instant: moved up, came in (a day's name with it), were counted."""

    at: datetime
    people: int = 1
    day: str = ""


def count(
    time_zone: str,
    people: Iterable[Person],
    *,
    moved_up: Iterable[Happened],
    admissions: Iterable[Happened],
    walk_ins: Iterable[Happened],
) -> list[Count]:
    """Every count that is not 0, in order. Days are the event's local dates; those of `admissions` are the gate's."""
    zone, found, parties = ZoneInfo(time_zone), Counter[tuple[str, Measure, str]](), set[UUID]()

    def add(measure: Measure, number: int = 1, *, day: str = "", key: str = "") -> None:
        found[day, measure, key] += number

    def date_of(moment: datetime) -> str:
        return moment.astimezone(zone).date().isoformat()

    for person in people:
        if person.state == TicketState.GIVEN_UP:
            add(Measure.GAVE_UP)
        elif person.state == TicketState.WAITING and not person.admitted:
            add(Measure.WAITING)
        elif person.state == TicketState.VALID:
            parties.add(person.registration)
            add(Measure.REGISTERED, day=date_of(person.registered_at))
            add(Measure.LANGUAGE, key=person.language)
            if person.child:
                add(Measure.CHILDREN)
            if person.pickup_point:
                add(Measure.BUS, key=str(person.pickup_point))
            if person.invitation:
                add(Measure.INVITATION, key=str(person.invitation))
            if not person.admitted:
                add(Measure.NOT_COME)
    for each in moved_up:
        add(Measure.MOVED_UP, each.people, day=date_of(each.at))
    for each in admissions:
        add(Measure.CAME, day=each.day)
        local = each.at.astimezone(zone)
        quarter = local - timedelta(minutes=local.minute % QUARTER)
        add(Measure.ARRIVALS, day=date_of(each.at), key=f"{quarter:%H:%M}")
    for each in walk_ins:
        add(Measure.WALK_INS, each.people, day=date_of(each.at))
    add(Measure.PARTIES, len(parties))
    return sorted(Count(day, measure, key, number) for (day, measure, key), number in found.items() if number)
