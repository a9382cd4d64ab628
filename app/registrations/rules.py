"""What a registration needs, and who moves up from the waiting list. Pure: the clock comes in as an argument."""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import phonenumbers

from app.events.shapes import EventRow
from app.registrations.shapes import (
    ATTENTION,
    ChangeDraft,
    Cluster,
    InvitationRow,
    Party,
    Promotion,
    RegistrationDraft,
    Waiting,
)
from app.validation.fields import Reader, latin_digits

NAME = 120
SHORT_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0 O, 1 I L, U: they are misheard and misread
SHORT_CODE_LENGTH = 6
MOST_INVITED = 60
BURST = 10  # parties in one second
MOST_CLUSTERS = 50
HELD_AFTER = timedelta(hours=24)
HELD_AFTER_PASSES = 5

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,62}\.)*[A-Za-z0-9-]{0,62}\.[A-Za-z0-9-]{2,63}")


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
    if read.text("invitation", 200) and invitation is None:
        read.wrong("invitation", "invitation_unknown")
    limit = max(event.party_limit, invitation.party_limit if invitation else 0)
    name = read.text("name", NAME)
    party = read.whole("party", 1, 10**18, 1) or 1
    if party > limit:
        read.wrong("party", "party_too_large", limit=limit)
        party = limit
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
        invitation=invitation.id if invitation else None,
    )
    read.finish()
    return draft


def read_change(raw: Mapping[str, Any], event: EventRow, present: Party, limit: int) -> ChangeDraft:
    """Check how a party is to change; raises Refused naming every wrong field. `limit` is the most it may have."""
    read = Reader(raw)
    most = max(limit, present.party)
    party = read.whole("party", 1, 10**18)
    if party is not None and party > most:
        read.wrong("party", "party_too_large", limit=limit)
        party = None
    drop = _numbers(read, present)
    if drop and party is not None and party != present.party - len(drop):
        read.wrong("drop", "drop_and_party")
    size = present.party - len(drop) if drop else (party or present.party)
    if drop and size < 1:
        read.wrong("drop", "too_many", most=present.party - 1)
    children = read.whole("children", 0, 10**18)
    if children is not None and children > size and not read.has_problem("party"):
        read.wrong("children", "children_exceed_party")
    names = read.texts("names", most, NAME)
    if names is not None and not read.has_problem("names") and len(names) > size:
        read.wrong("names", "names_do_not_match")
    pickup = read.text("pickup_point", 36)
    points = {str(point.id): point.id for point in event.pickup_points}
    if pickup and pickup not in points:
        read.wrong("pickup_point", "unknown_pickup_point")
    draft = ChangeDraft(
        party=party,
        drop=drop,
        children=children,
        names=None if names is None else tuple(names),
        phone=_phone(read, event) if "phone" in raw else None,
        email=_email(read) if "email" in raw else None,
        moves_bus="pickup_point" in raw,
        pickup_point=points.get(pickup),
    )
    read.finish()
    return draft


def _numbers(read: Reader, present: Party) -> tuple[int, ...]:
    """The tickets to give up, each one of the party's."""
    value = read.given("drop")
    if value is None:
        return ()
    known = {ticket.number for ticket in present.tickets if ticket.state in {"valid", "waiting"}}
    if not isinstance(value, list) or not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        read.wrong("drop", "not_a_list")
        return ()
    if not known.issuperset(value):
        read.wrong("drop", "not_a_choice", options=", ".join(map(str, sorted(known))))
        return ()
    return tuple(sorted(set(value)))


def read_invitation(raw: Mapping[str, Any]) -> tuple[str, int]:
    """For whom an invitation is and for how many people; raises Refused."""
    read = Reader(raw)
    label = read.text("label", NAME, required=True)
    limit = read.whole("party_limit", 1, MOST_INVITED)
    if limit is None and not read.has_problem("party_limit"):
        read.wrong("party_limit", "required")
    read.finish()
    return label, limit or 1


def read_attention(typed: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """What the gate should know of a party: words of ATTENTION, and a sentence. Raises Refused."""
    read = Reader({"note": typed.get("note", "")})
    note = read.text("note", NAME)
    read.finish()
    return tuple(word for word in ATTENTION if typed.get(f"attention.{word}")), note


def folded(name: str) -> str:
    """A name without what differs between two spellings of one: case, marks, blanks, digits."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in plain if unicodedata.category(each)[0] == "L")


def clusters(parties: Iterable[Party], phones: Mapping[UUID, str]) -> list[Cluster]:
    """Parties that look alike, the largest group first: one phone, one name, or a burst. A look, not a verdict."""
    groups: dict[tuple[str, str], list[Party]] = {}
    booked = [party for party in parties if party.state in {"confirmed", "waiting"}]
    for party in booked:
        if party.id in phones:
            groups.setdefault(("phone", phones[party.id]), []).append(party)
        if name := folded(party.name):
            groups.setdefault(("name", name), []).append(party)
        groups.setdefault(("burst", party.created_at.strftime("%Y-%m-%d %H:%M:%S")), []).append(party)
    least = {"phone": 2, "name": 3, "burst": BURST}
    found = [Cluster(why, tuple(group)) for (why, _), group in groups.items() if len(group) >= least[why]]
    return sorted(found, key=lambda cluster: -len(cluster.parties))[:MOST_CLUSTERS]


def read_friend(raw: Mapping[str, Any], languages: Iterable[str], language: str) -> tuple[str, str]:
    """The friend's name and language when a ticket is handed on; raises Refused."""
    read = Reader(raw)
    name = read.text("name", NAME, required=True)
    tag = read.choice("language", languages, default=language)
    read.finish()
    return name, tag


def _phone(read: Reader, event: EventRow) -> str:
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


def who_moves_up(
    waiting: Iterable[Waiting],
    free: int | None,
    now: datetime,
    *,
    held_after: timedelta = HELD_AFTER,
    held_after_passes: int = HELD_AFTER_PASSES,
) -> Promotion:
    """Fill `free` places (None: no limit) from the waiting list, in order of arrival.

    A party that does not fit lets later ones pass, until it has waited for `held_after` or was passed over
    `held_after_passes` times: from then on free places are kept for it. "Take what there is" moves up with fewer.
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
            if party.passed_over >= held_after_passes or now - party.created_at >= held_after:
                break
            continue
        promoted.append((party, seats))
        passed = len(skipped)
        if left is not None:
            left -= seats
            if left == 0:
                break
    return Promotion(tuple(promoted), tuple(skipped[:passed]))
