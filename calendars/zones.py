"""VTIMEZONE components in RRULE form, written from PyPI's tzdata alone (ICAL.md 0.1, 0.2, M13, M14).

icalendar's own writer lists onsets as RDATEs an hour late, which Outlook and others misread. Zones whose rule does not
fit RRULE, or did not hold since FIRST_YEAR, are declined: their events are written in UTC.
"""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

UTC_NAMES = {"UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu"}
FIRST_YEAR, LAST_CHECKED = 2020, 2037
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_OFFSET = r"[+-]?\d{1,2}(?::\d{2})?"
_RULE = r"M(\d{1,2})\.(\d)\.(\d)(?:/(\d{1,2})(?::(\d{2}))?)?"
_POSIX = re.compile(rf"({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?,{_RULE},{_RULE})?")


@cache
def vtimezone(name: str) -> bytes | None:
    """The component for an IANA zone, CRLF-ended, or None where it must be written in UTC instead."""
    found = _POSIX.fullmatch(_footer(name))
    if found is None or name.rsplit("/", 1)[-1] in UTC_NAMES:
        return None
    standard, offset, daylight, daylight_offset = found.group(1, 2, 3, 4)
    normal = -_offset(offset)
    if daylight is None:
        parts = [_onset("STANDARD", standard, normal, normal, "19700101T000000", "")]
    else:
        summer = -_offset(daylight_offset) if daylight_offset else normal + timedelta(hours=1)
        begins, ends = _rule(found.groups()[4:9]), _rule(found.groups()[9:14])
        if begins is None or ends is None or summer <= normal:
            return None
        parts = [
            _onset("DAYLIGHT", daylight, normal, summer, *begins),
            _onset("STANDARD", standard, summer, normal, *ends),
        ]
        if not _holds(name, normal, summer, begins[0], ends[0], found.groups()[4:]):
            return None
    if daylight is None and not _constant(name, normal):
        return None
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *(line for part in parts for line in part), "END:VTIMEZONE"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def happens_twice(wall: datetime, zone: str) -> bool:
    """Whether clocks are moved back over this wall time, so that its `fold` says which one is meant."""
    place = ZoneInfo(zone)
    first, second = (wall.replace(tzinfo=place, fold=fold).utcoffset() or timedelta(0) for fold in (0, 1))
    return first > second


def before_first_onset(wall: datetime, zone: str) -> bool:
    """Whether a wall time lies before what the component of its zone can tell."""
    component = vtimezone(zone)
    return component is not None and b"RRULE" in component and wall.year <= FIRST_YEAR


def _footer(name: str) -> str:
    """The POSIX rule at the end of a TZif file (RFC 8536 3.3)."""
    *folders, file = name.split("/")
    try:
        data = resources.files("tzdata.zoneinfo").joinpath(*folders, file).read_bytes()
    except FileNotFoundError:
        return ""
    return data.rstrip(b"\n").rsplit(b"\n", 1)[-1].decode("ascii", "replace")


def _offset(text: str) -> timedelta:
    hours, _, minutes = text.lstrip("+-").partition(":")
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -size if text.startswith("-") else size


def _rule(parts: tuple[str | None, ...]) -> tuple[str, str] | None:
    """DTSTART and RRULE of a yearly onset; None for times beyond a day, which RRULE cannot say."""
    month, week, day, hour, minute = (int(part) if part else None for part in parts)
    if month is None or week is None or day is None:
        return None
    clock = timedelta(hours=2 if hour is None else hour, minutes=minute or 0)
    if clock >= timedelta(days=1):
        return None
    onset = _nth(FIRST_YEAR, month, week, day) + clock
    place = -1 if week == 5 else week
    return onset.strftime("%Y%m%dT%H%M%S"), f"FREQ=YEARLY;BYMONTH={month};BYDAY={place}{_DAYS[day]}"


def _nth(year: int, month: int, week: int, day: int) -> datetime:
    first = datetime(year, month, 1)  # noqa: DTZ001 - wall time
    found = first + timedelta(days=(day - first.isoweekday()) % 7, weeks=week - 1)
    return found if found.month == month else found - timedelta(weeks=1)


def _onset(kind: str, name: str, before: timedelta, after: timedelta, starts: str, rule: str) -> list[str]:
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{starts}",
        f"TZOFFSETFROM:{_utc_offset(before)}",
        f"TZOFFSETTO:{_utc_offset(after)}",
        *([f"RRULE:{rule}"] if rule else []),
        f"TZNAME:{name.strip('<>')}",
        f"END:{kind}",
    ]


def _utc_offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _constant(name: str, normal: timedelta) -> bool:
    zone = ZoneInfo(name)
    return all(
        datetime(year, month, 1, 12, tzinfo=zone).utcoffset() == normal
        for year in range(FIRST_YEAR, LAST_CHECKED)
        for month in range(1, 13)
    )


def _holds(
    name: str, normal: timedelta, summer: timedelta, begins: str, ends: str, rule: tuple[str | None, ...]
) -> bool:
    """Whether the rule gave the zone's offsets in every year since FIRST_YEAR, a day around each onset."""
    zone = ZoneInfo(name)
    for year in range(FIRST_YEAR, LAST_CHECKED):
        for first, before, after in ((0, normal, summer), (5, summer, normal)):
            month, week, day = (int(part or 0) for part in rule[first : first + 3])
            onset = _nth(year, month, week, day) + timedelta(hours=12)
            for shift, offset in ((-1, before), (1, after)):
                if (onset + timedelta(days=shift)).replace(tzinfo=zone).utcoffset() != offset:
                    return False
    return begins != ends
