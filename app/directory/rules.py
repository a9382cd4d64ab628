"""What makes a contact right and open, and where calendar apps take a subscription. Pure: the clock is an argument."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from app.directory.shapes import CALLED, KINDS, ContactDraft, ContactFields, Opening, OpeningFields
from app.validation.fields import Reader
from app.validation.forms import walk
from app.validation.marks import _
from app.validation.texts import latin_digits
from models.states import ContactKind

DAY = 24 * 60  # minutes
RESERVED = {
    "site.webmanifest",
    "events",
    "r",
    "tickets",
    "card.jpg",
    "help",
    "privacy",
    "how",
    "abroad",
    "campaigns",
    "reach",
}
STALE_AFTER = timedelta(days=90)
PHNOM_PENH = "Asia/Phnom_Penh"  # the hours of contacts that serve every country
MOST_OPENINGS = 4
DAY_GROUPS = {"every": (1, 2, 3, 4, 5, 6, 7), "working": (1, 2, 3, 4, 5), "six": (1, 2, 3, 4, 5, 6)}
DAY_GROUPS |= {str(day): (day,) for day in range(1, 8)}

_SHORT_NUMBER = re.compile(r"\d{3,6}")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d|24:00")
_NAMES = {
    ContactKind.TELEGRAM: re.compile(r"[A-Za-z]\w{3,31}", re.ASCII),
    ContactKind.MESSENGER: re.compile(r"[A-Za-z0-9.-]{3,80}"),
    ContactKind.FACEBOOK: re.compile(r"[A-Za-z0-9.-]{3,80}"),
    ContactKind.LINE: re.compile(r"@?[A-Za-z0-9._-]{2,40}"),
    ContactKind.KAKAOTALK: re.compile(r"_?[A-Za-z0-9]{2,30}"),
    ContactKind.EMAIL: re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200})\.[A-Za-z]{2,63}"),
}
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?(?:t\.me|telegram\.me|m\.me|messenger\.com/t|facebook\.com|fb\.com"
    r"|line\.me/R/ti/p|open\.kakao\.com/o|pf\.kakao\.com)/",
    re.IGNORECASE,
)


def read_contact(raw: Mapping[str, Any], countries: Iterable[str], within_reach: frozenset[str]) -> ContactDraft:
    """Check a contact as written; raises Refused naming every wrong field. HQ alone writes for every country ("")."""
    read = Reader(raw)
    given = walk(read, ContactFields)
    code = given["host_country"] = given["host_country"].upper()
    if code and code not in set(countries):
        read.wrong("host_country", "unknown_country")
    elif code not in within_reach:
        read.wrong("host_country", "country_out_of_reach")
    latitude, longitude = given["latitude"], given["longitude"]
    if (latitude is None) != (longitude is None) and not read.has_problem("latitude", "longitude"):
        read.wrong("longitude" if longitude is None else "latitude", "both_or_none")
    if given["value"] and not read.has_problem("kind"):
        given["value"] = _value(read, given["value"], given["kind"], code)
    opening = tuple(each for each in map(_opening, read.objects("opening", MOST_OPENINGS)) if each)
    read.finish()
    return ContactDraft(**given, opening=opening)


def _value(read: Reader, text: str, kind: ContactKind, code: str) -> str:
    if kind in CALLED:
        return _number(read, latin_digits(text), code, short=kind != ContactKind.WHATSAPP)
    if kind not in _NAMES:
        return text
    name = text if kind == ContactKind.EMAIL else _ADDRESS.sub("", unquote(text), count=1).rstrip("/")
    if kind == ContactKind.TELEGRAM:
        name = name.removeprefix("@")
    if not _NAMES[kind].fullmatch(name):
        read.wrong("value", "not_a_link", kind=KINDS[kind])
    return name


def _number(read: Reader, text: str, code: str, *, short: bool) -> str:
    if short and _SHORT_NUMBER.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, code or "KH")
    except phonenumbers.NumberParseException:
        number = None
    if number and (number.extension or any(each.isalpha() for each in text)):
        number = None  # an extension cannot be dialled by a tap, and letters are no number
    if number and phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    read.wrong("value", "not_a_phone")
    return text


def _opening(read: Reader) -> Opening | None:
    given = OpeningFields(**walk(read, OpeningFields))
    read.refuse_unknown()
    group, opens, closes = given.days, latin_digits(given.opens), latin_digits(given.closes)
    if not (group or opens or closes):
        return None
    if group not in DAY_GROUPS:
        read.wrong("days", "required" if not group else "not_a_choice", options=", ".join(DAY_GROUPS))
    for name, clock in (("opens", opens), ("closes", closes)):
        if not _CLOCK.fullmatch(clock):
            read.wrong(name, "not_a_clock")
    if opens.zfill(5) == closes.zfill(5) and not read.has_problem("opens", "closes"):
        read.wrong("closes", "ends_before_start")
    return Opening(DAY_GROUPS.get(group, ()), opens.zfill(5), closes.zfill(5))


def group_of(days: tuple[int, ...]) -> str:
    """The word by which the form names these days."""
    return next((name for name, each in DAY_GROUPS.items() if each == days), "")


def shifted(opening: tuple[Opening, ...], zone: str, shown: str, now: datetime) -> tuple[Opening, ...]:
    """Hours of one time zone as the clocks of another show them."""
    here, there = (now.astimezone(ZoneInfo(each)).utcoffset() or timedelta() for each in (zone, shown))
    minutes = int((there - here).total_seconds() // 60)
    if not minutes:
        return opening
    return tuple(each if each.around_the_clock else _shifted(each, minutes) for each in opening)


def _shifted(opening: Opening, minutes: int) -> Opening:
    opens, closes = _minutes(opening.opens) + minutes, _minutes(opening.closes) + minutes
    days = tuple(sorted((day - 1 + opens // DAY) % 7 + 1 for day in opening.days))
    return Opening(days, _clock(opens % DAY), _clock(closes % DAY or DAY))


def is_open(opening: tuple[Opening, ...], zone: str, now: datetime) -> bool | None:
    """Whether somebody answers at this instant; None where no hours are known."""
    if not opening:
        return None
    local = now.astimezone(ZoneInfo(zone))
    minute, today = local.hour * 60 + local.minute, local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    for each in opening:
        opens, closes = _minutes(each.opens), _minutes(each.closes)
        if closes > opens:
            if today in each.days and opens <= minute < closes:
                return True
        elif (today in each.days and minute >= opens) or (yesterday in each.days and minute < closes):
            return True
    return False


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def is_stale(checked_on: date | None, today: date) -> bool:
    """Whether nobody has tried a contact for too long."""
    return checked_on is None or today - checked_on > STALE_AFTER


class SubscribeLink(msgspec.Struct, frozen=True):
    """One way to subscribe on a `device`. `app` names it, `refreshes` says how often it looks (sentences)."""

    device: str
    app: str
    address: str
    refreshes: str


HOURS = _("looks every few hours, as you choose")
# device, way, address, how often it looks; no maker promises these addresses, so they stand in one table. Google's app
# on Android follows no address by itself: its web page does, and so does ICSx5
APPS = (
    (
        "android",
        _("ICSx5, a free app that follows addresses"),
        "https://f-droid.org/packages/at.bitfire.icsdroid/",
        HOURS,
    ),
    (
        "android",
        _("ICSx5 from Google Play"),
        "https://play.google.com/store/apps/details?id=at.bitfire.icsdroid",
        _("after installing it, come back and copy the address below"),
    ),
    (
        "android",
        _("Google Calendar in the browser, on a computer"),
        "https://calendar.google.com/calendar/r?cid={cid}",
        _("looks once or a few times a day; the phone then shows it too"),
    ),
    ("apple", _("Follow in the calendar app"), "{webcal}", HOURS),
    (
        "computer",
        _("Google Calendar"),
        "https://calendar.google.com/calendar/r?cid={cid}",
        _("looks once or a few times a day"),
    ),
    (
        "computer",
        _("Outlook"),
        "https://outlook.live.com/calendar/0/addfromweb?url={url}&name={name}",
        _("looks every three hours to once a day"),
    ),
)


def subscribe_links(feed: str, name: str) -> list[SubscribeLink]:
    """The links for a feed's https address."""
    webcal = feed.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1)
    facts = {"webcal": webcal, "url": quote(feed, safe=""), "cid": quote(feed, safe=""), "name": quote(name, safe="")}
    return [SubscribeLink(device, app, address.format(**facts), refreshes) for device, app, address, refreshes in APPS]
