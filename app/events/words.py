"""The days and hours of an event as they are written beside one another: on prints, in RSS."""

from app.events.shapes import EventRow
from app.i18n.catalogues import local_time, long_date


def days_of(event: EventRow, language: str, *, tight: bool = False) -> str:
    """The day, or the first and the last; `tight` where there is little room."""
    days = dict.fromkeys((event.first_day, event.last_day))
    return " – ".join(long_date(language, day, tight=tight) for day in days)


def hours_of(event: EventRow) -> str:
    """From when to when, at the place; "" where it lasts whole days."""
    if event.all_day:
        return ""
    return f"{local_time(event.starts_at, event.time_zone)}–{local_time(event.ends_at, event.time_zone)}"
