"""Who moves up: in order of arrival, big parties may be passed but do not starve."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from app.seats.rules import who_moves_up
from app.seats.shapes import Keeping, Promotion, Waiting

NOW = datetime(2027, 4, 1, tzinfo=UTC)


def promotion(waiting: list[Waiting], free: int | None, now: datetime) -> Promotion:
    return who_moves_up(waiting, free, now, keeping())


def keeping(capacity: int | None = None, latest: float = 1000) -> Keeping:
    hours = timedelta(hours=1)
    return Keeping(24 * hours, 5, 48 * hours, NOW + latest * hours, capacity)


def party(size: int, *, some: bool = False, passed: int = 0, hours: float = 1) -> Waiting:
    return Waiting(uuid4(), size, 0, some, passed, NOW - timedelta(hours=hours))


def moved(waiting: list[Waiting], free: int | None) -> list[tuple[int, int]]:
    places = {each.id: index for index, each in enumerate(waiting)}
    return [(places[each.id], seats) for each, seats in promotion(waiting, free, NOW).promoted]


def test_in_order_of_arrival() -> None:
    assert moved([party(2), party(2), party(2)], 4) == [(0, 2), (1, 2)]


def test_a_later_party_that_fits_passes() -> None:
    assert moved([party(5), party(2), party(4), party(1)], 3) == [(1, 2), (3, 1)]


def test_after_five_passes_or_a_day_places_are_kept_for_the_head() -> None:
    assert moved([party(5, passed=5), party(1)], 3) == []
    assert moved([party(5, hours=24), party(1)], 3) == []
    assert moved([party(5, passed=4, hours=23.9), party(1)], 3) == [(1, 1)]


def test_who_takes_what_there_is() -> None:
    assert moved([party(5, some=True), party(1)], 3) == [(0, 3)]
    assert moved([party(5, some=True)], 0) == []


def test_without_a_limit_everybody_moves() -> None:
    assert moved([party(5), party(60)], None) == [(0, 5), (1, 60)]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.integers(0, 6), st.floats(0, 48)), max_size=12),
    st.integers(0, 20),
)
def test_never_more_than_free_and_never_twice(rows: list[tuple[int, bool, int, float]], free: int) -> None:
    waiting = [party(size, some=some, passed=passed, hours=hours) for size, some, passed, hours in rows]
    moves = promotion(waiting, free, NOW)
    seats = [count for _, count in moves.promoted]
    ids: list[UUID] = [each.id for each, _ in moves.promoted]
    assert sum(seats) <= free
    assert len(set(ids)) == len(ids)
    assert all(count == each.party or each.take_what_there_is for each, count in moves.promoted)


def test_nothing_is_kept_for_a_party_that_never_fits() -> None:
    waiting = [party(5, passed=9, hours=90), party(1)]
    moves = who_moves_up(waiting, 3, NOW, keeping(capacity=3))
    assert ([each.id for each, _ in moves.promoted], moves.keeper) == ([waiting[1].id], None)


def test_places_are_kept_for_two_days_once() -> None:
    waiting = [party(5, passed=5), party(1)]
    moves = who_moves_up(waiting, 3, NOW, keeping(capacity=9))
    assert (moves.keeper, moves.kept_until) == (waiting[0].id, NOW + timedelta(hours=48))
    again = [msgspec.structs.replace(waiting[0], kept_until=moves.kept_until), waiting[1]]
    assert who_moves_up(again, 3, NOW + timedelta(hours=47), keeping(capacity=9)).kept_until == moves.kept_until
    over = who_moves_up(again, 3, NOW + timedelta(hours=48), keeping(capacity=9))
    assert ([each.id for each, _ in over.promoted], over.keeper, over.kept_until) == ([waiting[1].id], None, None)


def test_nothing_is_kept_on_the_last_day() -> None:
    waiting = [party(5, passed=5), party(1)]
    assert who_moves_up(waiting, 3, NOW, keeping(9, latest=10)).kept_until == NOW + timedelta(hours=10)
    assert who_moves_up(waiting, 3, NOW, keeping(9, latest=0)).keeper is None


def test_nothing_is_kept_where_nothing_is_free() -> None:
    assert who_moves_up([party(5, passed=5)], 0, NOW, keeping(9)).kept_until is None
