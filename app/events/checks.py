"""What one may want to look at before an event is published. Pure: the clock comes in as an argument."""

from datetime import datetime, timedelta

from app.events.shapes import EventRow

FAR_AHEAD, BUS_AHEAD = timedelta(days=730), timedelta(hours=18)


def doubts(event: EventRow, country_zone: str, twins: int, now: datetime) -> list[str]:
    """What one may want to look at before publishing, by code; none of it forbids it."""
    departures = [bus.departs_at for bus in event.pickup_points if bus.departs_at]
    found = {
        "doubt_past": event.starts_at <= now,
        "doubt_far": event.starts_at > now + FAR_AHEAD,
        "doubt_zone": event.time_zone != country_zone,
        "doubt_venue": not event.venue,
        "doubt_twin": twins > 0,
        "doubt_closed": bool(event.registration_closes_at and event.registration_closes_at <= now),
        "doubt_bus": any(event.starts_at - leaves > BUS_AHEAD for leaves in departures),
        "doubt_khmer": any(text and not text.get("km") for text in (event.title, event.description)),
        "doubt_picture": not event.picture,
        "doubt_capacity": event.capacity is None,
    }
    return [code for code, true in found.items() if true]
