"""What a registration needs, and who moves up from the waiting list. Pure: the clock comes in as an argument."""

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import phonenumbers

from app.events.shapes import Event
from app.registrations.shapes import Promotion, RegistrationDraft, Waiting
from app.web.fields import Reader, latin_digits

NAME = 120
SHORT_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, U: they are misheard and misread
SHORT_CODE_LENGTH = 6
HELD_AFTER = timedelta(hours=24)
HELD_AFTER_PASSES = 5

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,62}\.)*[A-Za-z0-9-]{0,62}\.[A-Za-z0-9-]{2,63}")


def read_registration(
    raw: Mapping[str, Any], event: Event, languages: Iterable[str], language: str
) -> RegistrationDraft:
    """Check what a worker (or a script) sent; raises Refused naming every wrong field. `language` is the default."""
    read = Reader(raw)
    name = read.text("name", NAME)
    party = read.whole("party", 1, 10**18, 1) or 1
    if party > event.party_limit:
        read.wrong("party", "party_too_large", limit=event.party_limit)
        party = event.party_limit
    children = read.whole("children", 0, 10**18, 0) or 0
    if children > party and not read.has_problem("party"):
        read.wrong("children", "children_exceed_party")
    names = read.texts("names", party, NAME) or []
    if read.has_problem("names"):
        names = []
    name = name or (names[0] if names else "")
    if not name and not read.has_problem("name", "names"):
        read.wrong("name", "required")
    pickup = read.text("pickup_point", 36)
    points = {str(point.id): point.id for point in event.pickup_points}
    if pickup and pickup not in points:
        read.wrong("pickup_point", "unknown_pickup_point")
    draft = RegistrationDraft(
        names=(name, *names[1:], *[""] * (party - max(1, len(names))))[:party],
        children=children,
        phone=_phone(read, event),
        email=_email(read),
        language=read.choice("language", languages, default=language),
        pickup_point=points.get(pickup),
        accept_waiting=read.flag("accept_waiting"),
        take_what_there_is=read.flag("take_what_there_is"),
    )
    read.finish()
    return draft


def _phone(read: Reader, event: Event) -> str:
    text = latin_digits(read.text("phone", 40))
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, event.host_country)
    except phonenumbers.NumberParseException:
        number = None
    # only the length is judged: numbering plans change faster than libraries, and nobody may be kept out by one
    if number and phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    read.wrong("phone", "phone_invalid", country=event.country_names.get("en", event.host_country))
    return ""


def _email(read: Reader) -> str:
    text = read.text("email", 254)
    if text and not _EMAIL.fullmatch(text):
        read.wrong("email", "email_invalid")
    return text


def new_short_code() -> str:
    """Six characters that can be read out over a bad line."""
    return "".join(secrets.choice(SHORT_CODE_ALPHABET) for _ in range(SHORT_CODE_LENGTH))


def who_moves_up(waiting: Iterable[Waiting], free: int | None, now: datetime) -> Promotion:
    """Fill `free` places (None: no limit) from the waiting list, in order of arrival.

    A party that does not fit lets later ones pass, until it has waited 24 hours or was passed over 5 times: from then
    on free places are kept for it. "Take what there is" moves up with fewer people.
    """
    promoted: list[tuple[Waiting, int]] = []
    skipped: list[UUID] = []
    passed = 0
    left = free
    for party in waiting:
        if left is None or party.party <= left:
            seats = party.party
        elif left > 0 and party.take_what_there_is:
            seats = left
        else:
            skipped.append(party.id)
            if party.passed_over >= HELD_AFTER_PASSES or now - party.created_at >= HELD_AFTER:
                break
            continue
        promoted.append((party, seats))
        passed = len(skipped)
        if left is not None:
            left -= seats
            if left == 0:
                break
    return Promotion(tuple(promoted), tuple(skipped[:passed]))
