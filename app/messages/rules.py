"""When letters go out, how often they are tried, what differs in words, how long an SMS is. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.events.news import facts_of
from app.events.shapes import EventRow
from app.i18n.catalogues import long_date, pick
from app.messages.shapes import Change
from models.states import EventState, Letter

QUIET_FROM, QUIET_UNTIL = time(21), time(7)  # in the event's zone
URGENT = timedelta(hours=24)  # before the start nothing waits for the morning
EVE, MORNING = time(18), time(7)  # when reminders go out
BEFORE_LEAVING = timedelta(hours=2)
DELAYS = (10, 30, 60, 300, 900)  # seconds until the next try; then hourly
TRIED_FOR = timedelta(hours=24)
LEASE = timedelta(seconds=60)
# the alphabet of a plain SMS (3GPP TS 23.038), a letter each; those of the extension count twice
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = set("^{}\\[~]|€\f")


def parts_of_sms(text: str) -> int:
    """How many parts an SMS is paid for: of 160 (153) letters in the plain alphabet, of 70 (67) in Khmer and others."""
    if all(letter in _GSM or letter in _EXTENDED for letter in text):
        length, one, each = sum(2 if letter in _EXTENDED else 1 for letter in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // each)


def delay(attempts: int) -> timedelta:
    """How long to wait after so many tries."""
    return timedelta(seconds=DELAYS[attempts - 1]) if attempts <= len(DELAYS) else timedelta(hours=1)


def not_in_the_night(moment: datetime, event: EventRow) -> datetime:
    """The same moment, or the morning after a night at the event's place, unless it starts before long."""
    if event.starts_at - moment < URGENT:
        return moment
    local = moment.astimezone(ZoneInfo(event.time_zone))
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, local.tzinfo).astimezone(UTC)


def reminders_due(event: EventRow, moment: datetime) -> list[tuple[Letter, str]]:
    """Reminders whose time has come, with the local day that each is for: one a day and event, whatever is moved.

    The evening before from 18:00 until the day, the morning from 07:00 (or earlier where a bus leaves) until it starts.
    """
    zone = ZoneInfo(event.time_zone)
    local, day = moment.astimezone(zone), event.first_day
    if not event.published or moment >= (event.ends_at if event.all_day else event.starts_at):
        return []
    leaves = [bus.departs_at for bus in event.pickup_points if bus.departs_at]
    first = min([*leaves, event.starts_at]) - BEFORE_LEAVING
    eve, morning = (datetime.combine(each, clock, zone).astimezone(UTC) for each, clock in (
        (day - timedelta(days=1), EVE), (day, MORNING),
    ))  # fmt: skip
    if local.date() == day - timedelta(days=1) and local.time() >= QUIET_UNTIL and moment >= min(eve, first):
        return [(Letter.REMINDER_EVE, day.isoformat())]
    if local.date() == day and moment >= (morning if event.all_day else min(morning, first)):
        return [(Letter.REMINDER, day.isoformat())]
    return []


def is_its_day(letter: Letter, after: Mapping[str, Any], event: EventRow, moment: datetime) -> bool:
    """Whether a reminder still says "today" or "tomorrow" of the day that it was written for."""
    if letter not in {Letter.REMINDER, Letter.REMINDER_EVE}:
        return True
    local, ahead = moment.astimezone(ZoneInfo(event.time_zone)).date(), letter == Letter.REMINDER_EVE
    return after.get("day") == event.first_day.isoformat() and local == event.first_day - timedelta(days=ahead)


def holds(letter: Letter, state: EventState, ends_at: datetime, moment: datetime) -> str:
    """Why a letter must not go out any more, in a word; "" where it may."""
    if moment >= ends_at:
        return "too_late"
    if letter == Letter.CANCELLED:
        return "" if state == EventState.CANCELLED else "not_so_any_more"
    if letter == Letter.WRITTEN:
        return "" if state != EventState.DRAFT else "not_so_any_more"
    return "" if state == EventState.PUBLISHED else "not_so_any_more"


def changes_of(before: Mapping[str, Any], event: EventRow, language: str) -> list[Change]:
    """What is different from what people were told, as it is now, in words of one language."""
    present = facts_of(event)
    found: list[Change] = []
    if "when" in before and before["when"] != present["when"]:
        found += _moved(before["when"], present["when"], language)
    for name in ("venue", "address"):
        if name in before:  # another language more is no other place
            old, new = pick(before[name], language), pick(present[name], language)
            found += [Change(name, old, new)] if new and old != new else []
    if "buses" in before and before["buses"] != present["buses"]:
        days = [
            datetime.fromisoformat(each["starts"]).date()
            for each in (before.get("when", present["when"]), present["when"])
        ]
        found += _buses(before["buses"], present["buses"], days, language)
    if "notice" in before and before["notice"] != present["notice"] and pick(present["notice"], language):
        found.append(Change("notice", "", pick(present["notice"], language)))
    return found


def _moved(was: Mapping[str, Any], now_is: Mapping[str, Any], language: str) -> list[Change]:
    old, new = (datetime.fromisoformat(each["starts"]) for each in (was, now_is))
    found = []
    if old.date() != new.date():
        found.append(Change("day", long_date(language, old.date()), long_date(language, new.date())))
    if now_is["all_day"]:
        ends = [long_date(language, _last_day(each)) for each in (was, now_is)]
    else:
        hours = [_hour(each["starts"], each, was["zone"] != now_is["zone"]) for each in (was, now_is)]
        if was["all_day"] or hours[0] != hours[1]:
            found.append(Change("time", "" if was["all_day"] else hours[0], hours[1]))
        same_day = not was["all_day"] and _last_day(was) == _last_day(now_is)
        ends = [each["ends"][11:16] if same_day else long_date(language, _last_day(each)) for each in (was, now_is)]
    if not found and ends[0] != ends[1]:
        found.append(Change("end", ends[0], ends[1]))
    return found


def _hour(wall: str, when: Mapping[str, Any], with_zone: bool) -> str:
    return f"{wall[11:16]} ({when['zone']})" if with_zone else wall[11:16]


def _last_day(when: Mapping[str, Any]) -> date:
    return (datetime.fromisoformat(when["ends"]) - timedelta(microseconds=1)).date()


def _buses(was: Mapping[str, Any], now_is: Mapping[str, Any], days: list[date], language: str) -> list[Change]:
    """What is different of buses; an hour that is not on the event's day says its day."""
    found = []
    for row, bus in now_is.items():
        name, place = pick(bus["name"], language), pick(bus["place"], language)
        leaves, returns = (_leaving(bus[each], days[1], language) for each in ("departs", "returns"))
        if row not in was:
            found.append(Change("bus_new", "", leaves, name, place))
            continue
        left, returned = (_leaving(was[row][each], days[0], language) for each in ("departs", "returns"))
        if (left, pick(was[row]["place"], language)) != (leaves, place):
            found.append(Change("bus", left, leaves, name, place))
        if returned != returns and returns:
            found.append(Change("bus_back", returned, returns, name))
    gone = [pick(bus["name"], language) for row, bus in was.items() if row not in now_is]
    return found + [Change("bus_gone", "", "", name) for name in gone]


def _leaving(wall: str, day: date, language: str) -> str:
    """When a bus leaves: the hour, with its day where that is not the event's."""
    if not wall or wall[:10] == day.isoformat():
        return wall[11:16]
    return f"{wall[11:16]} ({long_date(language, date.fromisoformat(wall[:10]), tight=True)})"
