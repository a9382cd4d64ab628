"""When the clock can be trusted with what cannot be undone."""

from datetime import UTC, datetime, timedelta

from app.care.rules import MUST_RUN, Beat, left_to_run, next_beat

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_installation_that_runs_all_the_time_is_sound() -> None:
    last = next_beat(None, NOON, HOUR)
    for hours in range(1, 200):
        assert left_to_run(last, NOON + hours * HOUR) is None
        last = next_beat(last, NOON + hours * HOUR, HOUR)


def test_a_new_one_is_sound() -> None:
    assert left_to_run(None, NOON) is None


def test_three_days_of_silence_are_a_long_weekend() -> None:
    last = Beat(NOON)
    assert left_to_run(last, NOON + timedelta(days=3)) is None
    assert left_to_run(last, NOON + timedelta(days=3, seconds=1)) == MUST_RUN


def test_after_a_jump_it_must_run_a_day_by_a_steady_clock() -> None:
    jumped = NOON + timedelta(days=400)
    last = next_beat(Beat(NOON), jumped, HOUR)
    for hours in range(24):
        assert left_to_run(last, jumped + hours * HOUR) is not None
        last = next_beat(last, jumped + (hours + 1) * HOUR, HOUR)
    assert left_to_run(last, jumped + 24 * HOUR) is None


def test_a_clock_that_is_set_back_does_not_end_the_wait() -> None:
    jumped = next_beat(Beat(NOON), NOON + timedelta(days=400), HOUR)
    back = next_beat(jumped, NOON + HOUR, timedelta(minutes=1))
    assert left_to_run(back, NOON + HOUR) == MUST_RUN - timedelta(minutes=1)


def test_hours_by_the_wall_clock_alone_do_not_count() -> None:
    last = next_beat(Beat(NOON), NOON + timedelta(days=400), HOUR)
    later = next_beat(last, NOON + timedelta(days=402), timedelta(seconds=5))
    assert left_to_run(later, NOON + timedelta(days=402)) == MUST_RUN - timedelta(seconds=5)
