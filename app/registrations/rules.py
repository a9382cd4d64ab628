"""What a registration needs. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import phonenumbers

from app.events.shapes import EventRow
from app.registrations.shapes import (
    ATTENTION,
    NAME,
    ChangeDraft,
    ChangeFields,
    FriendFields,
    InvitationFields,
    InvitationRow,
    NoteFields,
    PaperFields,
    Party,
    ReasonFields,
    RegistrationDraft,
    RegistrationFields,
)
from app.validation.fields import Reader, small_number
from app.validation.forms import walk
from app.validation.refusals import Problem, invalid
from app.validation.texts import clean, latin_digits, without_invisible

HOME = "KH"
LEAST_DIGITS = 8  # of a national number that no numbering plan knows yet
_DIALLED = re.compile(r"\s*\+?[\d\s().\-/–]+")

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"  # of a domain, in any script
_EMAIL = re.compile(rf"(?!=\?)[^@\s,;:<>()\[\]\\\"]{{1,64}}@(?:{_LABEL}\.)+[^\W_][\w-]{{0,61}}[^\W_]")


def read_registration(
    raw: Mapping[str, Any],
    event: EventRow,
    languages: Iterable[str],
    language: str,
    invitation: InvitationRow | None = None,
) -> RegistrationDraft:
    """Check what a worker (or a script) sent; raises Refused naming every wrong field. `language` is the default;
    an `invitation` allows a larger party."""
    read = Reader(raw)
    given = RegistrationFields(**walk(read, RegistrationFields))
    if given.invitation and invitation is None:
        read.wrong("invitation", "invitation_unknown")
    limit, party = max(event.party_limit, invitation.party_limit if invitation else 0), given.party
    if party > limit:
        read.wrong("party", "party_too_large", limit=limit)
        party = limit
    if given.children > party and not read.has_problem("party"):
        read.wrong("children", "children_exceed_party")
    names = read.texts("names", party, NAME) or []
    if read.has_problem("names"):
        names = []
    name = given.name or (names[0] if names else "")
    if not name and not read.has_problem("name", "names"):
        read.wrong("name", "required")
    draft = RegistrationDraft(
        names=(name, *names[1:], *[""] * (party - max(1, len(names))))[:party],
        children=given.children,
        phone=_phone(read, given.phone, event),
        email=_email(read, given.email),
        language=read.choice("language", languages, default=language),
        pickup_point=_bus(read, given.pickup_point, event),
        accept_waiting=given.accept_waiting,
        take_what_there_is=given.take_what_there_is,
        invitation=invitation.id if invitation else None,
    )
    read.finish()
    return draft


def _bus(read: Reader, chosen: str, event: EventRow) -> UUID | None:
    points = {str(point.id): point.id for point in event.pickup_points}
    if chosen and chosen not in points:
        read.wrong("pickup_point", "unknown_pickup_point")
    return points.get(chosen)


def read_bus(raw: Mapping[str, Any], event: EventRow) -> ChangeDraft:
    """Another bus for a party, or none; raises Refused."""
    read = Reader({"pickup_point": raw.get("pickup_point", "")})
    draft = ChangeDraft(moves_bus=True, pickup_point=_bus(read, read.text("pickup_point", 36), event))
    read.finish()
    return draft


def read_change(raw: Mapping[str, Any], event: EventRow, present: Party, limit: int) -> ChangeDraft:
    """Check how a party is to change; raises Refused naming every wrong field. `limit` is the most it may have."""
    read = Reader(raw)
    given = ChangeFields(**walk(read, ChangeFields))
    most, party = max(limit, present.party), given.party
    if party is not None and party > most:
        read.wrong("party", "party_too_large", limit=limit)
        party = None
    drop = _numbers(read, present)
    if drop and party is not None and party != present.party - len(drop):
        read.wrong("drop", "drop_and_party")
    size = present.party - len(drop) if drop else (party or present.party)
    if drop and size < 1:
        read.wrong("drop", "too_many", most=present.party - 1)
    if given.children is not None and given.children > size and not read.has_problem("party"):
        read.wrong("children", "children_exceed_party")
    names = read.texts("names", most, NAME)
    if names is not None and not read.has_problem("names") and len(names) > size:
        read.wrong("names", "names_do_not_match")
    renamed = _renamed(read, raw, present)
    draft = ChangeDraft(
        renamed=renamed or None,
        party=party,
        drop=drop,
        children=given.children,
        names=None if names is None else tuple(names),
        phone=_phone(read, given.phone, event) if "phone" in raw else None,
        email=_email(read, given.email) if "email" in raw else None,
        take_what_there_is=given.take_what_there_is if "take_what_there_is" in raw else None,
        moves_bus="pickup_point" in raw,
        pickup_point=_bus(read, given.pickup_point, event),
    )
    read.finish()
    return draft


def _renamed(read: Reader, raw: Mapping[str, Any], present: Party) -> dict[int, str]:
    """Names by ticket number, each a field of its own ("names.2"), as forms send them."""
    known = {ticket.number for ticket in present.present_tickets}
    renamed = {}
    for field in [name for name in raw if name.startswith("names.")]:
        number = small_number(field.removeprefix("names."), 999)
        if number in known:
            renamed[number] = read.text(field, NAME, required=number == min(known) == 1)
        else:
            read.given(field)
            read.wrong("names", "place_gone", number=number or "…")
    return renamed


def names_of_lines(text: str, shown: Sequence[int]) -> dict[str, str]:
    """Names pasted a line each, as the form's fields: the first line is the first ticket that the form showed, and an
    empty line leaves its name. Raises Refused where there are more names than tickets.
    """
    lines = [clean(line) for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if len(lines) > len(shown):
        raise invalid([Problem("pasted", "too_many_lines", {"lines": len(lines), "people": len(shown)})])
    for number, line in enumerate(lines, 1):
        if len(line) > NAME:
            raise invalid([Problem("pasted", "line_too_long", {"line": number, "most": NAME})])
    return {f"names.{number}": line for number, line in zip(shown, lines, strict=False) if line}


def _numbers(read: Reader, present: Party) -> tuple[int, ...]:
    """The tickets to give up, each one of the party's."""
    value = read.given("drop")
    if value is None:
        return ()
    known = {ticket.number for ticket in present.present_tickets}
    if not isinstance(value, list) or not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        read.wrong("drop", "not_a_list")
        return ()
    if not known.issuperset(value):
        read.wrong("drop", "not_a_choice", options=", ".join(map(str, sorted(known))))
        return ()
    return tuple(sorted(set(value)))


def read_invitation(raw: Mapping[str, Any], languages: Iterable[str], default: str) -> InvitationFields:
    """For whom an invitation is and for how many people; raises Refused."""
    read = Reader({"language": default, **raw})
    given = walk(read, InvitationFields)
    given["language"] = read.choice("language", languages, default=default)
    read.finish()
    return InvitationFields(**given)


def read_paper(raw: Mapping[str, Any], event: EventRow) -> tuple[PaperFields, UUID | None]:
    """A batch of tickets on paper, and the bus of all of them; raises Refused."""
    read = Reader(raw)
    given = PaperFields(**walk(read, PaperFields))
    bus = _bus(read, given.pickup_point, event)
    read.finish()
    return given, bus


def read_attention(typed: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """What the gate should know of a party: words of ATTENTION, and a sentence. Raises Refused."""
    note = _read_whole({"note": typed.get("note", "")}, NoteFields).note
    return tuple(word for word in ATTENTION if typed.get(f"attention.{word}")), note


def read_reason(typed: Mapping[str, str]) -> str:
    """Why the attaché decides by hand; raises Refused."""
    return _read_whole({"reason": typed.get("reason", "")}, ReasonFields).reason


Shape = TypeVar("Shape", bound=msgspec.Struct)


def _read_whole(raw: Mapping[str, Any], shape: type[Shape]) -> Shape:
    """A form that needs no more than its fields' own rules."""
    read = Reader(raw)
    given = walk(read, shape)
    read.finish()
    return shape(**given)


def read_friend(raw: Mapping[str, Any], languages: Iterable[str], language: str) -> tuple[str, str]:
    """The friend's name and language when a ticket is handed on; raises Refused."""
    read = Reader(raw)
    name = FriendFields(**walk(read, FriendFields)).name
    tag = read.choice("language", languages, default=language)
    read.finish()
    return name, tag


def _phone(read: Reader, given: str, event: EventRow) -> str:
    """A number as E.164. National numbers are the host country's; what only Cambodia's plan knows is asked about."""
    text = latin_digits(given)
    if not text:
        return ""
    country = event.country_names.get("en", event.host_country)
    if not _DIALLED.fullmatch(text):
        read.wrong("phone", "phone_invalid", country=country)
        return ""
    digits = re.sub(r"\D", "", text)
    abroad = "+" + (digits if text.lstrip().startswith("+") else digits[2:])
    if text.lstrip().startswith("+") or (digits.startswith("00") and _known(abroad, None)):
        number, home = _number(abroad, None), None
    else:
        number, home = _number(text, event.host_country), _number(text, HOME)
    if home and _is_valid(home) and not (number and _is_valid(number)):
        host = _e164(number) if number else country
        read.wrong("phone", "phone_country_unclear", cambodia=_e164(home), host=host, country=country)
        return ""
    if number is None or not (_is_valid(number) or _is_long_enough(number)):
        read.wrong("phone", "phone_invalid", country=country)
        return ""
    return _e164(number)


def _number(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _known(text: str, region: str | None) -> bool:
    number = _number(text, region)
    return number is not None and _is_valid(number)


def _is_valid(number: phonenumbers.PhoneNumber) -> bool:
    return bool(phonenumbers.is_valid_number(number))


def _is_long_enough(number: phonenumbers.PhoneNumber) -> bool:
    """Numbering plans change faster than libraries, and nobody may be kept out by one: the length is judged alone."""
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return possible and len(str(number.national_number)) >= LEAST_DIGITS


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(read: Reader, text: str) -> str:
    text = without_invisible(text)
    if text and not _EMAIL.fullmatch(text):
        read.wrong("email", "email_invalid")
    return text
