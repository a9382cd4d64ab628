"""Reading festival dates: what HQ confirmed, else what the arithmetic gives."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from app.festivals.shapes import OF_EVENT, FestivalDate
from calendars.festivals import Confirmation, festivals
from calendars.khmer import FIRST, LAST, new_year
from models.festivals import ConfirmedFestival

# when the arithmetic last changed: what projected dates carry as their time of change
ARITHMETIC_OF = datetime(2026, 11, 23, tzinfo=UTC)


class _Confirmed(msgspec.Struct):
    year: int
    festival: str
    first_day: date
    last_day: date
    sangkran_at: datetime | None
    source: str
    withdrawn: bool
    revision: int
    confirmed_at: datetime


async def confirmations(years: range) -> list[dict[str, Any]]:
    """What HQ confirmed for these years."""
    table = ConfirmedFestival
    return (
        await table.select(
            table.year,
            table.festival,
            table.first_day,
            table.last_day,
            table.sangkran_at,
            table.source,
            table.withdrawn,
            table.revision,
            table.confirmed_at,
        )
        .where(table.year >= years.start, table.year < years.stop)
        .order_by(table.year, table.first_day)
    )


async def festival_dates(years: range) -> list[FestivalDate]:
    """Every festival of these years in order; confirmed dates win. Raises OutOfRange outside 1900–2100."""
    known = msgspec.convert(await confirmations(years), list[_Confirmed], strict=False)
    found = []
    for year in years:
        noted = {each.festival: each for each in known if each.year == year}
        mine = {key: each for key, each in noted.items() if not each.withdrawn}
        layer = {key: Confirmation(each.first_day, each.last_day, each.source) for key, each in mine.items()}
        for festival in festivals(year, layer):
            # the day of Sangkran is the New Year's first unless it was confirmed by itself
            followed = "khmer_new_year" if festival.key == "moha_sangkran" else festival.key
            own = noted.get(festival.key) or noted.get(followed)
            found.append(
                FestivalDate(
                    year=year,
                    key=festival.key,
                    first_day=festival.first_day,
                    last_day=festival.last_day,
                    source=festival.source,
                    resolved=festival.resolved,
                    sangkran_at=_sangkran(year, festival.key, mine.get(festival.key) or mine.get(followed)),
                    revision=own.revision if own else 0,
                    changed_at=own.confirmed_at if own else ARITHMETIC_OF,
                )
            )
    return found


def _sangkran(year: int, key: str, told: _Confirmed | None) -> datetime | None:
    if key not in {"khmer_new_year", "moha_sangkran"}:
        return None
    computed = new_year(year).sangkran
    if told and told.sangkran_at:
        return told.sangkran_at
    # a confirmed day without a time: the computed one, if it is on that day
    return computed if told is None or told.first_day == computed.date() else None


async def dates_of(festival: str, year: int) -> FestivalDate | None:
    """When the festival that an event is for is held in a year."""
    key = OF_EVENT.get(festival)
    if not FIRST <= year <= LAST:
        return None
    return next((each for each in await festival_dates(range(year, year + 1)) if each.key == key), None)


async def coming_dates(today: date) -> dict[str, list[FestivalDate]]:
    """For each festival that an event can be for, its dates this year and next that are not long over."""
    dates = await festival_dates(range(today.year, today.year + 2))
    recent = today - timedelta(days=14)
    return {
        festival: [each for each in dates if each.key == key and each.last_day >= recent]
        for festival, key in OF_EVENT.items()
    }
