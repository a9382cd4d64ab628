"""What a confirmation needs, and which days suit an event abroad. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.festivals.shapes import ConfirmationDraft, ConfirmationFields
from app.validation.fields import Reader
from app.validation.forms import walk

MOST_DAYS = 40  # the Kathina season has 29
PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")


def read_confirmation(raw: Mapping[str, Any]) -> ConfirmationDraft:
    """Check what HQ typed; raises Refused naming every wrong field."""
    read = Reader(raw)
    given = walk(read, ConfirmationFields)
    year, festival = given["year"], given["festival"]
    first, last = (given[name] and given[name].date() for name in ("first_day", "last_day"))
    if first and last and last < first:
        read.wrong("last_day", "ends_before_start")
    elif first and last and (last - first).days >= MOST_DAYS:
        read.wrong("last_day", "festival_too_long", most=MOST_DAYS)
    if first and year and first.year != year:
        read.wrong("first_day", "another_year")
    sangkran = given["sangkran_at"]
    if sangkran and sangkran.tzinfo:
        sangkran = sangkran.astimezone(PHNOM_PENH).replace(tzinfo=None)
    if sangkran and festival != "khmer_new_year":
        read.wrong("sangkran_at", "new_year_only")
    elif sangkran and first and sangkran.date() != first:
        read.wrong("sangkran_at", "not_on_first_day")
    read.finish()
    at = None if sangkran is None else sangkran.replace(tzinfo=PHNOM_PENH)
    return ConfirmationDraft(year, festival, first, last, at, given["source"])


def sundays_around(first_day: date, last_day: date) -> list[date]:
    """The Sundays from two weeks before a festival to two weeks after: when workers abroad are free."""
    start = first_day - timedelta(days=14)
    days = (start + timedelta(days=offset) for offset in range((last_day - first_day).days + 29))
    return [day for day in days if day.isoweekday() == 7]
