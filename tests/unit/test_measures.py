"""What is counted of an event and stays."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from app.seats.measures import Count, Happened, Person, count
from models.states import Measure, TicketState

BUS, LEADER = uuid4(), uuid4()
LATE = datetime(2090, 4, 10, 16, 30, tzinfo=UTC)  # half past one of the next morning in Seoul


def person(state: TicketState = TicketState.VALID, registration: UUID | None = None, **more: object) -> Person:
    facts = {"language": "km", "child": False, "admitted": False, **more}
    return Person(registration or uuid4(), LATE, state=state, **facts)  # type: ignore[arg-type]


def test_days_are_those_of_the_place() -> None:
    found = count("Asia/Seoul", [person()], moved_up=[], admissions=[], walk_ins=[Happened(LATE, 4)])
    assert Count("2090-04-11", Measure.REGISTERED, "", 1) in found
    assert Count("2090-04-11", Measure.WALK_INS, "", 4) in found


def test_each_person_counts_where_they_belong() -> None:
    family = uuid4()
    people = [
        person(registration=family, pickup_point=BUS, admitted=True),
        person(registration=family, pickup_point=BUS, child=True),
        person(language="en", invitation=LEADER),
        person(TicketState.WAITING),
        person(TicketState.WAITING, admitted=True),  # let in from the list: came, and waits no more
        person(TicketState.GIVEN_UP),
        person(TicketState.HANDED_ON),
    ]
    came = [Happened(LATE, day="once"), Happened(LATE.replace(minute=44), day="once")]
    found = count("Asia/Seoul", people, moved_up=[Happened(LATE, 2)], admissions=came, walk_ins=[])
    assert found == [
        Count("", Measure.BUS, str(BUS), 2),
        Count("", Measure.CHILDREN, "", 1),
        Count("", Measure.GAVE_UP, "", 1),
        Count("", Measure.INVITATION, str(LEADER), 1),
        Count("", Measure.LANGUAGE, "en", 1),
        Count("", Measure.LANGUAGE, "km", 2),
        Count("", Measure.NOT_COME, "", 2),
        Count("", Measure.PARTIES, "", 2),
        Count("", Measure.WAITING, "", 1),
        Count("2090-04-11", Measure.ARRIVALS, "01:30", 2),
        Count("2090-04-11", Measure.MOVED_UP, "", 2),
        Count("2090-04-11", Measure.REGISTERED, "", 3),
        Count("once", Measure.CAME, "", 2),
    ]


def test_nobody_is_no_row() -> None:
    assert count("Asia/Tokyo", [], moved_up=[], admissions=[], walk_ins=[]) == []
