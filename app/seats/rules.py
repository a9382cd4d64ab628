"""Who moves up from the waiting list, and under which day an admission counts. Pure: the clock is an argument."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.seats.shapes import CameIn, Days, Keeping, Promotion, Waiting
from models.states import EntryRule

LEAST_AT_ONCE = 100  # people
BESIDE = "+"  # begins the day of an admission that counts beside another of its ticket


def who_moves_up(waiting: Iterable[Waiting], free: int | None, now: datetime, keeping: Keeping) -> Promotion:
    """Fill `free` places (None: no limit) from the waiting list, in order of arrival.

    A party that does not fit lets later ones pass, until it has waited or was passed over long enough: from then on
    free places are kept for it, until a stated time; then the next who fit move up. "Take what there is" moves up with
    fewer.
    """
    promoted: list[tuple[Waiting, int]] = []
    left = free
    keeper: UUID | None = None
    until: datetime | None = None
    for party in waiting:
        if left == 0:
            break
        if left is None or party.party <= left:
            seats = party.party
        elif party.take_what_there_is:
            seats = left
        else:
            until = _kept_for(party, now, keeping)
            if until is not None:
                keeper = party.id
                break
            continue
        promoted.append((party, seats))
        left = None if left is None else left - seats
    return Promotion(tuple(promoted), keeper, until)


def _kept_for(party: Waiting, now: datetime, keeping: Keeping) -> datetime | None:
    """Until when free places are kept for this party from now on; None where they are not."""
    if keeping.capacity is not None and party.party > keeping.capacity:
        return None  # it never fits
    if party.kept_until is None and party.passed_over < keeping.passes and now - party.created_at < keeping.after:
        return None
    until = min(party.kept_until or now + keeping.length, keeping.latest)
    return until if until > now else None


def most_at_once(capacity: int | None, share: int) -> int:
    """How many people one connection may bring within minutes: a share in percent of the places, 100 at least."""
    return max(LEAST_AT_ONCE, (capacity or 0) * share // 100)


def day_of(days: Days, moment: datetime) -> str:
    """Under which day an admission counts: one for all unless the event admits daily (then it turns at `day_turns`)."""
    if days.entry_rule != EntryRule.DAILY:
        return "once"
    hours, minutes = days.day_turns.split(":")
    local = moment.astimezone(ZoneInfo(days.time_zone))
    return (local - timedelta(hours=int(hours), minutes=int(minutes))).date().isoformat()


def days_anew(
    admissions: Iterable[CameIn], before: EntryRule, days: Days, now: datetime
) -> dict[UUID, tuple[str, bool]]:
    """Under which day each of these counts now, and whether that person is inside, by id; given in order of time.

    Of several of a ticket in one day the first counts, and is inside if the last is; the others are kept under a name
    that no day has, for a rule that is changed back. Who is inside an event of free coming and going is so today.
    """
    found: dict[UUID, tuple[str, bool]] = {}
    first: dict[tuple[UUID, str], UUID] = {}
    more: dict[UUID, int] = {}
    for each in admissions:
        beside = each.day.startswith(BESIDE)
        came = now if before == EntryRule.FREE and each.inside and not beside else each.admitted_at
        day = day_of(days, came)
        earlier = first.setdefault((each.ticket, day), each.id)
        if earlier == each.id:
            found[each.id] = (day, each.inside)
            continue
        if not beside:
            found[earlier] = (day, each.inside)
        more[each.ticket] = more.get(each.ticket, 0) + 1
        found[each.id] = (f"{BESIDE}{more[each.ticket]}", each.inside)
    return found


def day_begins(days: Days, moment: datetime) -> datetime | None:
    """When the gate's day of this instant began; None where all days are one."""
    if days.entry_rule != EntryRule.DAILY:
        return None
    begins = datetime.fromisoformat(f"{day_of(days, moment)}T{days.day_turns}")
    return begins.replace(tzinfo=ZoneInfo(days.time_zone)).astimezone(UTC)
