"""From the rows of a table to events like one that is there: what each town would be written as. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from app.events.shapes import EventDraft, EventRow
from app.events.tables import Town, TownBus
from app.validation.refusals import Problem, Refused

PLACE = "{place}"
# where a title names its town, by language; what stands there is replaced
_TOWN = {"en": re.compile(r"(?<= in )[^,–(]+$"), "km": re.compile(r"(?<=នៅ)[^,–(]+$")}
# which column tells of a field that the rules of an event refuse
COLUMN_OF = {
    "starts_at": "day",
    "ends_at": "hours",
    "capacity": "capacity",
    "venue": "venue",
    "pickup_points": "bus",
    "title": "place",
}

Copied = Callable[[EventRow, Mapping[str, Any]], dict[str, Any]]
Check = Callable[[Mapping[str, Any], EventRow | None], EventDraft]


def title_patterns(like: EventRow) -> dict[str, str]:
    """The titles of an event with {place} where its town stands, or behind them where none is seen."""
    patterns = {}
    for tag, text in like.title.items():
        found = _TOWN[tag].search(text) if tag in _TOWN else None
        patterns[tag] = f"{text[: found.start()]} {PLACE}".replace("  ", " ") if found else f"{text} – {PLACE}"
    return patterns


def written(town: Town, like: EventRow, titles: Mapping[str, str], campaign: str, copied: Copied) -> dict[str, Any]:
    """A town as it would be written: like the event, with what its row says."""
    place = town.cell("place")
    names = {"km": town.cell("place_km") or place}
    starts = town.starts or like.starts_local.time()
    day = town.day or like.first_day
    raw = copied(like, {"starts_at": f"{datetime.combine(day, starts):%Y-%m-%dT%H:%M}"})
    last = str(raw["ends_at"])[:10]
    if town.ends and not like.all_day:
        raw["ends_at"] = f"{last}T{town.ends:%H:%M}"
    venue, there = town.cell("venue"), town.cell("venue_host")
    raw |= {
        "title": {tag: text.replace(PLACE, names.get(tag, place)) for tag, text in titles.items() if text},
        "campaign": campaign,
        "venue": {"en": venue or there, like_language(there, like): there} if there else venue,
        "address": "",
        "latitude": None,
        "longitude": None,
        "pickup_points": [_bus(bus, day.isoformat(), last) for bus in town.buses],
    }
    return raw if town.capacity is None else raw | {"capacity": town.capacity}


def like_language(text: str, like: EventRow) -> str:
    """The language of a venue in the host country's own: as its script says, else the country's first."""
    for tag, low, high in (("ko", "가", "힣"), ("ja", "ぁ", "ヿ"), ("th", "ก", "๛"), ("ar", "ء", "ي")):
        if any(low <= letter <= high for letter in text):
            return tag
    return {"JP": "ja", "TW": "zh", "HK": "zh", "SG": "zh", "MY": "ms"}.get(like.host_country, "en")


def _bus(bus: TownBus, day: str, last: str) -> dict[str, Any]:
    return {
        "name": bus.name,
        "departs_at": f"{day}T{bus.departs:%H:%M}",
        "returns_at": f"{last}T{bus.returns:%H:%M}" if bus.returns else None,
        "seats": bus.seats,
    }


def judged(town: Town, raw: Mapping[str, Any], check: Check) -> Town:
    """A row with everything that is wrong with it, also by the rules of events."""
    if town.problems:
        return town
    try:
        check(raw, None)
    except Refused as refused:
        beside = tuple(
            Problem(COLUMN_OF.get(problem.field.split(".")[0], "place"), problem.code, problem.facts)
            for problem in refused.problems
        )
        return msgspec.structs.replace(town, problems=beside or (Problem("place", refused.code, refused.facts),))
    return town
