"""Who moves up from the waiting list, and under which day an admission counts. Pure: the clock is an argument."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.seats.shapes import Days, Promotion, Waiting
from models.states import EntryRule


def who_moves_up(
    waiting: Iterable[Waiting],
    free: int | None,
    now: datetime,
    *,
    held_after: timedelta,
    held_after_passes: int,
) -> Promotion:
    """Fill `free` places (None: no limit) from the waiting list, in order of arrival.

    A party that does not fit lets later ones pass, until it has waited for `held_after` or was passed over
    `held_after_passes` times: from then on free places are kept for it. "Take what there is" moves up with fewer.
    """
    promoted: list[tuple[Waiting, int]] = []
    skipped: list[UUID] = []
    passed = 0
    left = free
    for party in waiting:
        if left is None or party.party <= left:
            seats = party.party
        elif left > 0 and party.take_what_there_is:
            seats = left
        else:
            skipped.append(party.id)
            if party.passed_over >= held_after_passes or now - party.created_at >= held_after:
                break
            continue
        promoted.append((party, seats))
        passed = len(skipped)
        if left is not None:
            left -= seats
            if left == 0:
                break
    return Promotion(tuple(promoted), tuple(skipped[:passed]))


def day_of(days: Days, moment: datetime) -> str:
    """Under which day an admission counts: one for all unless the event admits daily (then it turns at `day_turns`)."""
    if days.entry_rule != EntryRule.DAILY:
        return "once"
    hours, minutes = days.day_turns.split(":")
    local = moment.astimezone(ZoneInfo(days.time_zone))
    return (local - timedelta(hours=int(hours), minutes=int(minutes))).date().isoformat()


def day_begins(days: Days, moment: datetime) -> datetime | None:
    """When the gate's day of this instant began; None where all days are one."""
    if days.entry_rule != EntryRule.DAILY:
        return None
    begins = datetime.fromisoformat(f"{day_of(days, moment)}T{days.day_turns}")
    return begins.replace(tzinfo=ZoneInfo(days.time_zone)).astimezone(UTC)
