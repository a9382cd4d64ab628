"""What people who registered must be told when it changes: when and where, the buses, the attaché's notice. Pure."""

from typing import Any

from app.events.shapes import EventRow


def facts_of(event: EventRow) -> dict[str, Any]:
    """These facts as JSON holds them, wall times in the event's zone; buses by id."""
    return {
        "when": {
            "starts": event.starts_local.isoformat(timespec="minutes"),
            "ends": event.ends_local.isoformat(timespec="minutes"),
            "all_day": event.all_day,
            "zone": event.time_zone,
        },
        "venue": event.venue,
        "address": event.address,
        "notice": event.notice,
        "buses": {
            str(bus.id): {
                "name": bus.name,
                "place": bus.place,
                "departs": bus.departs_local.isoformat(timespec="minutes") if bus.departs_local else "",
                "returns": bus.returns_local.isoformat(timespec="minutes") if bus.returns_local else "",
            }
            for bus in event.pickup_points
        },
    }


def differing(before: EventRow, after: EventRow) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts that differ, as they were and as they are."""
    was, now_is = facts_of(before), facts_of(after)
    changed = [name for name in was if was[name] != now_is[name]]
    return {name: was[name] for name in changed}, {name: now_is[name] for name in changed}
