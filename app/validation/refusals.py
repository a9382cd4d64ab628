"""Every reason to say no: a stable code, an HTTP status, and one English sentence that the catalogues translate.

Free of Litestar, so that rules may refuse. A new refusal is one line in SENTENCES and its translations.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from app.validation.marks import _, _n

SENTENCES: dict[str, tuple[int, str]] = {
    # -- what a request can get wrong as a whole
    "not_found": (404, _("There is nothing at this address. It may have been moved or mistyped.")),
    "method_not_allowed": (405, _("This address does not take that kind of request.")),
    "malformed": (400, _("The request could not be read. Send valid JSON with an object.")),
    "invalid": (422, _("Some of what was sent needs to be corrected.")),
    "too_much": (413, _("That is too much to send at once. Please make it shorter.")),
    "address_taken": (409, _("This address belongs, or belonged, to another host country.")),
    "feed_retired": (410, _("This calendar has moved for good. Subscribe to {address} instead.")),
    "unauthenticated": (401, _("Please log in first.")),
    "changed_meanwhile": (
        412,
        _("Somebody changed this meanwhile. Please load it again and make your change once more."),
    ),
    "session_expired": (401, _("You were logged out. Please log in again.")),
    "forbidden": (403, _("Your account may not do this.")),
    "cross_site": (403, _("This form was sent from another site, so nothing was changed.")),
    "too_many_requests": (
        429,
        _n(
            "Too many tries. Please wait {seconds} second and try again.",
            "Too many tries. Please wait {seconds} seconds and try again.",
        ),
    ),
    "busy": (503, _("Very many people are here right now. Please try again in a few seconds.")),
    "internal": (
        500,
        _("Something went wrong on our side. Please try again: sending the same form twice does no harm."),
    ),
    "idempotency_key_reused": (422, _("This Idempotency-Key was used before for a different request.")),
    "idempotency_key_invalid": (422, _("An Idempotency-Key is 1 to 255 printable ASCII characters.")),
    "idempotency_key_short": (
        422,
        _("An Idempotency-Key has at least {least} characters, so that no two people choose the same."),
    ),
    # -- fields
    "place_gone": (422, _("Ticket {number} was given up meanwhile, so it takes no name.")),
    "changed_to": (
        412,
        _("Somebody else changed this meanwhile. It says now: {value}. Press the button again to have yours."),
    ),
    "required": (422, _("Please fill this in.")),
    "khmer_or_english": (422, _("Please give this in Khmer or in English, at least.")),
    "not_a_text": (422, _("This must be text.")),
    "not_an_object": (422, _("This must be an object with a text for each language.")),
    "not_a_list": (422, _("This must be a list.")),
    "not_a_flag": (422, _("This must be yes or no.")),
    "not_a_number": (422, _("Please give a whole number.")),
    "not_a_decimal": (422, _("Please give a number.")),
    "not_a_choice": (422, _("Please choose one of: {options}.")),
    "not_a_time": (422, _("Please give a date and time, such as 2027-04-11T09:00.")),
    "not_a_clock": (422, _("Please give a time of day, such as 09:00.")),
    "picture_unreadable": (422, _("This is no picture that we can read. Please choose a JPEG, PNG or WebP file.")),
    "picture_too_big": (422, _("This picture is too big: at most {most} MB, and at most 30 million pixels.")),
    "picture_too_small": (422, _("This picture is too small or too narrow. Please choose one of 200 pixels or more.")),
    "alt_required": (422, _("Please say what the picture shows, in Khmer or in English: some people cannot see it.")),
    "not_a_link": (422, _("This is no name or address that {kind} knows.")),
    "not_a_phone": (422, _("This is no phone number. Please check it, or begin with + and the country.")),
    "too_long": (
        422,
        _n("This is too long: at most {most} character.", "This is too long: at most {most} characters."),
    ),
    "too_small": (422, _("This must be at least {low}.")),
    "too_large": (422, _("This must be at most {high}.")),
    "too_many": (422, _("There are too many: at most {most}.")),
    "unknown_field": (422, _("There is no field of this name.")),
    "unknown_language": (422, _("This is no language tag, such as km, en or ko.")),
    "unknown_zone": (422, _("This is no time zone, such as Asia/Seoul.")),
    "offset_disagrees": (422, _("The offset from UTC does not agree with the time zone.")),
    "not_a_network": (422, _("Write one network a line, such as 203.0.113.0/24, or a single address.")),
    "turned_away": (409, _("The phone had said that this ticket is not valid, and nobody came in by it.")),
    "nothing_set_aside": (409, _("Nobody of this connection is set aside any more.")),
    "rush": (
        409,
        _("Very many places were taken from one connection. Wait ten minutes, or ask the embassy."),
    ),
    "time_happens_twice": (
        422,
        _("The clocks are moved back then, so this time comes twice. Choose which one is meant."),
    ),
    "time_does_not_exist": (422, _("The clocks are moved forward then, so this time does not exist.")),
    "not_midnight": (422, _("An all-day event begins and ends at midnight.")),
    "ends_before_start": (422, _("The end must be after the start.")),
    "closes_before_opens": (422, _("Registration must close after it opens.")),
    "closes_after_end": (422, _("Registration must close before the event ends.")),
    "opens_after_end": (422, _("Registration must open before the event ends.")),
    "too_slow": (408, _("What you sent came too slowly. Please try again.")),
    "line_too_long": (422, _("Line {line} is longer than {most} characters.")),
    "last_place": (422, _("This is your last place. Give up all your places instead.")),
    "too_many_lines": (422, _("There are {lines} names for {people} people. Leave some out, or ask for more places.")),
    "return_before_departure": (422, _("The bus must go back after it came. Check both times.")),
    "pickup_after_start": (422, _("The pick-up must leave before the event starts.")),
    "below_seats_taken": (
        422,
        _n(
            "{taken} place is taken already; the capacity cannot be lower.",
            "{taken} places are taken already; the capacity cannot be lower.",
        ),
    ),
    "pickup_in_use": (422, _("People chose this pick-up point, so it must stay.")),
    "another_year": (422, _("The first day is not in this year.")),
    "new_year_only": (422, _("Only Khmer New Year has a moment of Sangkran.")),
    "not_on_first_day": (422, _("Sangkran must be on the first day.")),
    "nothing_ticked": (422, _("Tick at least one.")),
    "nothing_filled_in": (422, _("Fill in at least one field: what is left empty stays as it is.")),
    "same_word": (422, _("Choose another name: this one is the present campaign's.")),
    "password_common": (422, _("This password is too easy to guess. Take several words that do not belong together.")),
    "passwords_differ": (422, _("The two passwords are not the same.")),
    "password_wrong": (422, _("This is not your present password.")),
    "second_factor_wrong": (422, _("This code is not right, or was used already. Wait for the next one.")),
    "second_factor_needed": (422, _("HQ needs a second factor: it cannot be switched off.")),
    "link_over": (410, _("This link was used already, or its time is over. Ask HQ for a new one.")),
    "account_there": (409, _("There is such an account already: --replace gives it a new name, role and password.")),
    "event_of_another_country": (422, _("There is no such event in this host country. Paste the event's address.")),
    "email_taken": (409, _("There is an account with this e-mail already.")),
    "not_oneself": (409, _("You cannot do this to your own account.")),
    "list_has_names": (422, _("A list on paper needs names: tick this, and say why.")),
    "list_too_long": (422, _("A list on paper holds at most {most} parties. Take the Excel file.")),
    "not_a_day": (422, _("This is not read as a day. Write it like 2027-04-11 or 11/04/2027.")),
    "day_does_not_exist": (422, _("{day} is no day of the calendar.")),
    "not_hours": (422, _("These are not read as hours. Write them like 09:00-17:00.")),
    "not_a_bus": (422, _("“{text}” is not read as a bus. Write: name, hour, perhaps seats, like Osan 07:30 45.")),
    "not_a_table": (422, _("This file is not read as a table. Save it as XLSX or CSV, or paste the cells.")),
    "table_too_large": (422, _("This table is too large: at most {rows} rows.")),
    "file_too_large": (422, _("This file is too large: at most {most} MB.")),
    "festival_too_long": (422, _n("A festival has at most {most} day.", "A festival has at most {most} days.")),
    "both_or_none": (422, _("Please give latitude and longitude together.")),
    "unknown_country": (422, _("There is no such host country.")),
    "country_out_of_reach": (422, _("You have no posting in this host country.")),
    "country_paused": (422, _("This host country is paused: no new events for now.")),
    "unknown_pickup_point": (422, _("This event has no such pick-up point.")),
    "children_exceed_party": (422, _("There cannot be more children than people.")),
    "names_do_not_match": (422, _("Please give one name for each person, the booker first.")),
    "party_too_large": (
        422,
        _n("One booking here is for at most {limit} person.", "One booking here is for at most {limit} people."),
    ),
    "phone_invalid": (
        422,
        _("This is no phone number of {country}. Please check it, or begin with + and the country."),
    ),
    "phone_country_unclear": (
        422,
        _(
            "Is this a number of Cambodia ({cambodia}) or of {country} ({host})?"
            " Please write it with + and the country."
        ),
    ),
    "email_invalid": (422, _("This e-mail address has a mistake in it.")),
    "trap": (422, _("Please leave this field empty.")),
    "form_expired": (422, _("This form was open for too long. Please press the button once more.")),
    # -- events
    "event_not_a_draft": (409, _("Only a draft can be deleted. Cancel a published event instead.")),
    "event_was_public": (
        409,
        _("This event was public once, and people may know it. Publish and cancel it instead."),
    ),
    "people_registered": (
        409,
        _n(
            "There is {people} booking already, so the event stays public. You can cancel it.",
            "There are {people} bookings already, so the event stays public. You can cancel it.",
        ),
    ),
    "nothing_to_undo": (409, _("There is nothing to undo: it works once, and only within ten minutes.")),
    "event_not_published": (409, _("This event is not published.")),
    "event_cancelled": (409, _("This event is cancelled.")),
    "event_over": (409, _("This event is over.")),
    # -- registering
    "event_full": (409, _("All places are taken. You can wait for a place to become free.")),
    "registration_not_open": (409, _("Registration opens at {at}.")),
    "registration_closed": (409, _("Registration is closed. You may still come: nobody needs a ticket to enter.")),
    "registration_paused": (409, _("Registration is paused for a moment. Please try again later.")),
    "pickup_point_full": (409, _("This bus is full. Please choose another, or come on your own.")),
    "registration_cancelled": (409, _("These places were given up.")),
    "cancelled_by_desk": (409, _("The attaché gave these places up. Please call to have them again.")),
    "not_waiting": (409, _("This party does not wait any more.")),
    "not_enough_places": (409, _("Free places: {free}. People in this party: {party}.")),
    "drop_and_party": (422, _("The number of people does not go with the tickets to give up.")),
    "places_in_use": (
        422,
        _n(
            "{inside} of these people is inside already and keeps the place.",
            "{inside} of these people are inside already and keep their places.",
        ),
    ),
    "friend_was_there": (409, _("Your friend has used this ticket's page already, so it stays with your friend.")),
    "ticket_used": (409, _("This ticket was used at the gate already.")),
    "invitation_unknown": (422, _("This invitation is not valid, or no longer. Ask the attaché for a new one.")),
    "invitation_full": (
        422,
        _n(
            "By this invitation {left} more person can be booked. Ask the attaché for more.",
            "By this invitation {left} more people can be booked. Ask the attaché for more.",
        ),
    ),
    "changes_exhausted": (409, _("This booking was changed too often. Please make a new one.")),
    "erased": (410, _("These data were erased.")),
    # -- the gate
    "device_unknown": (401, _("This phone is not paired with a gate, or no longer.")),
    "another_pairing": (409, _("This phone was paired anew. Please open the gate's page again.")),
    "pairing_full": (409, _("{most} phones use this code already. Ask the attaché for another code.")),
    "pairing_over": (410, _("This pairing link is no longer valid. Ask the attaché for a new one.")),
    "code_malformed": (422, _("This is not a ticket of ours.")),
    "code_unknown_key": (422, _("This ticket was made with a key that we do not know.")),
    "code_forged": (422, _("This ticket is not genuine.")),
    "other_event": (409, _("This ticket is for another event.")),
    "ticket_unknown": (404, _("We do not know this ticket.")),
    "ticket_reissued": (409, _("This ticket was replaced by a newer one.")),
    "ticket_given_up": (409, _("This place was given up.")),
    "ticket_waiting": (409, _("This party is still on the waiting list.")),
    "not_inside": (409, _("This person has not come in yet.")),
    "entry_not_open": (409, _("It is too early: the gate does not let in yet.")),
    "entry_closed": (409, _("It is too late: the gate does not let in any more.")),
    "another_day": (409, _("This ticket is for another day.")),
    "search_off": (403, _("Looking for names is switched off for this event. Ask the attaché.")),
    "file_unreadable": (422, _("This is no file that a phone at this gate has written. Choose the file itself.")),
    "file_partly": (
        422,
        _("Entries taken over: {kept}. Not readable, or of another event: {unread}."),
    ),
    "phone_not_synced": (409, _("Has not loaded the list of tickets yet.")),
    "phone_roster_old": (409, _("Its list of tickets is old.")),
    "phone_clock_off": (409, _("Its clock is wrong by more than a minute.")),
    "phone_not_kept": (409, _("Its browser may throw scans away when the phone runs full.")),
    "phone_battery_low": (409, _("Its battery is low.")),
    "phone_rehearsing": (409, _("It rehearses: nothing counts.")),
    "scan_unknown": (404, _("There is no such scan to undo.")),
    "short_code_unknown": (404, _("There is no party with this code.")),
    "login_wrong": (422, _("E-mail or password is wrong.")),
    "password_too_short": (
        422,
        _n("A password has at least {low} character.", "A password has at least {low} characters."),
    ),
}

# what is said instead where this fact is there and not 0
NEARER = {
    "event_full": (
        "left",
        _n(
            "There is {left} place left, too few for all of you. Come with fewer people, or wait for places for all.",
            "There are {left} places left, too few for all of you. Come with fewer people, or wait for places for all.",
        ),
    ),
}


class Problem(msgspec.Struct, frozen=True):
    """One wrong field: its path ("title", "pickup_points.0.name"), the code of a sentence, and the facts it names."""

    field: str
    code: str
    facts: dict[str, Any] = {}


class Refused(Exception):
    """A request that is understood and refused. `code` is a key of SENTENCES; `facts` of any name fill its sentence."""

    def __init__(self, code: str, problems: tuple[Problem, ...] = (), /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems
        self.facts = facts

    @property
    def status(self) -> int:
        return SENTENCES[self.code][0]


class _Facts(dict[str, Any]):
    """Facts of a sentence; what nobody gave is left open rather than failing a second time."""

    def __missing__(self, name: str) -> str:
        return "…"


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """A sentence with its facts."""
    return text.format_map(_Facts(facts))


def invalid(problems: list[Problem]) -> Refused:
    """The refusal that names every wrong field; a single field's own code stands for the whole where it is telling."""
    own = [problem for problem in problems if problem.code in {"party_too_large"}]
    if own and len(problems) == 1:
        return Refused(own[0].code, tuple(problems), **own[0].facts)
    return Refused("invalid", tuple(problems))
