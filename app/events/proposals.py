"""What one may write an event for: the festivals to come, the Sundays around them, and what was held before."""

from datetime import date

import msgspec

from app.accounts.shapes import Staff
from app.database.connection import now
from app.events.queries import staff_events
from app.events.shapes import EventRow
from app.festivals.queries import coming_dates
from app.festivals.rules import sundays_around
from app.festivals.shapes import FestivalDate


class Proposal(msgspec.Struct, frozen=True):
    """A festival to come: when it is, the Sundays around it, and what was held for it before."""

    festival: str
    when: FestivalDate
    sundays: list[date]
    before: list[EventRow]


async def proposals_for(staff: Staff) -> list[Proposal]:
    """The next of them, the first to come first."""
    today = now().date()
    known = await staff_events(staff)
    return sorted(
        (
            Proposal(
                festival,
                each,
                [day for day in sundays_around(each.first_day, each.last_day) if day > today],
                [event for event in known if event.festival == festival and event.first_day.year == each.year - 1][:3],
            )
            for festival, dates in (await coming_dates(today)).items()
            for each in dates
        ),
        key=lambda proposal: proposal.when.first_day,
    )[:8]
