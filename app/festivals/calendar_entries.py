"""The Khmer festivals as a calendar of their own, with lunar dates and the moment of Sangkran."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from app.festivals.queries import ARITHMETIC_OF, festival_dates
from app.festivals.shapes import NAMES, FestivalDate
from app.i18n.catalogues import label, translate
from calendars.feed import CalendarEntry, calendar, vevent
from calendars.khmer import PHNOM_PENH
from calendars.words import khmer_digits, lunar_line

KHMER_CALENDAR = "khmer-calendar.ics"


async def khmer_calendar(language: str, base_url: str, address: str, years: range) -> bytes:
    """The calendar's bytes for these years."""
    dates = await festival_dates(years)
    return calendar(
        name=translate(language, "Khmer calendar"),
        description=translate(language, "The Khmer festivals, with lunar dates."),
        address=address,
        zone="Asia/Phnom_Penh",
        language=language,
        zones=(),
        events=[vevent(_entry(each, language, base_url)) for each in dates],
    )


def name_of(date: FestivalDate, language: str) -> str:
    """The festival's name, numbered where it is one of the Kan Ben days."""
    number = date.key.rsplit("_", 1)[1]
    return translate(language, NAMES[date.key], number=khmer_digits(number) if language == "km" else number)


def _entry(date: FestivalDate, language: str, base_url: str) -> CalendarEntry:
    name, english = name_of(date, language), name_of(date, "en")
    told = [lunar_line(language, date.first_day)]
    if date.sangkran_at:
        sangkran = label(language, translate(language, "Moha Sangkran"))
        told.append(f"{sangkran} {date.sangkran_at.astimezone(PHNOM_PENH):%Y-%m-%d %H:%M} (UTC+7)")
    if date.confirmed:
        told.append(f"{label(language, translate(language, 'Confirmed'))} {date.source}")
    elif date.resolved:
        told.append(translate(language, "Projected"))
    else:
        told.append(translate(language, "Not settled until a decree"))
    return CalendarEntry(
        uid=str(uuid5(NAMESPACE_URL, f"bon:festival:{date.year}:{date.key}")),
        url=f"{base_url}/{language}/",
        summary=name if name == english else f"{name} · {english}",
        description="\n".join(told),
        venue="",
        address="",
        latitude=None,
        longitude=None,
        starts=datetime.combine(date.first_day, datetime.min.time()),
        ends=datetime.combine(date.last_day + timedelta(days=1), datetime.min.time()),
        zone="Asia/Phnom_Penh",
        all_day=True,
        cancelled="",
        sequence=date.revision,
        created_at=ARITHMETIC_OF,
        modified_at=date.changed_at,
        category=NAMES[date.key] if "{" not in NAMES[date.key] else "Kan Ben",
        language=language,
    )
