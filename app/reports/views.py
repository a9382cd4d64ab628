"""Numbers as pages and files show them: small groups told together, ids by their names, plots beside tables."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from app.events.shapes import EventRow
from app.events.words import days_of
from app.i18n.catalogues import own_name, pick, translate
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.registrations.shapes import InvitationRow
from app.reports.files import Cell
from app.reports.plots import Bar, bars, growing
from app.reports.shapes import EventTotals, Numbers, Totals
from app.seats.few import LEAST, OTHER, WITHOUT, told, told_in_order
from app.validation.marks import _

HEAD = (
    _("Host country"),
    _("Campaign"),
    _("Event"),
    _("Day"),
    _("Places"),
    _("Registered"),
    _("Waiting"),
    _("Came in"),
    _("Without ticket"),
)


class Listed(msgspec.Struct, frozen=True):
    """A breakdown with its heading, and as a plot where it is one over time."""

    heading: str
    rows: list[tuple[str, int]]
    plot: str = ""


def may_be_told(numbers: Numbers, *, over: bool, names: bool) -> Numbers:
    """For whoever must not know people: breakdowns are told once it is over.

    While an event goes on, who asks often enough sees one person come after another.
    """
    if over or names:
        return numbers
    return msgspec.structs.replace(numbers, arrivals={}, languages={}, buses={}, invitations={})


def breakdowns(event: EventRow, numbers: Numbers, invitations: Iterable[InvitationRow], language: str) -> list[Listed]:
    """Everything that is told of an event beside its totals; what is empty is left out."""

    def say(text: str) -> str:
        return translate(language, text)

    buses = {WITHOUT: say(_("No bus"))} | {str(point.id): pick(point.name, language) for point in event.pickup_points}
    labels = {WITHOUT: say(_("Without an invitation"))} | {str(each.id): each.label for each in invitations}
    arrived, days = say(_("Arrivals by quarter of an hour")), say(_("Registrations by day"))
    days_differ = len({slot.partition(" ")[0] for slot in numbers.arrivals}) > 1
    slots = [
        (slot if days_differ else slot.partition(" ")[2], people)
        for slot, people in told_in_order(numbers.arrivals).items()
    ]
    by_day = sorted(numbers.by_day.items())
    listed = [
        Listed(arrived, slots, bars([Bar(slot, people) for slot, people in slots], arrived)),
        Listed(days, by_day, growing([Bar(day[5:], people) for day, people in _every_day(by_day)], days)),
        Listed(say(_("Buses")), _named(numbers.buses, buses.get, language)),
        Listed(say(_("Languages")), _named(numbers.languages, own_name, language)),
        Listed(say(_("Invitations")), _named(numbers.invitations, labels.get, language)),
    ]
    return [each for each in listed if each.rows]


def _every_day(by_day: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Days without anybody too, so that time runs evenly."""
    if not by_day:
        return []
    known, first, last = dict(by_day), date.fromisoformat(by_day[0][0]), date.fromisoformat(by_day[-1][0])
    days = (date.fromordinal(number).isoformat() for number in range(first.toordinal(), last.toordinal() + 1))
    return [(day, known.get(day, 0)) for day in days]


def _named(groups: Mapping[str, int], name: Callable[[str], str | None], language: str) -> list[tuple[str, int]]:
    other = translate(language, "other")
    return [(other if key == OTHER else name(key) or other, people) for key, people in told(groups).items()]


def children_known(numbers: Numbers) -> int | None:
    """How many children; None where they are so few that one might know which."""
    return numbers.children if numbers.children >= LEAST or not numbers.children else None


def children_told(numbers: Numbers) -> str:
    """The same in words."""
    known = children_known(numbers)
    return f"<{LEAST}" if known is None else str(known)


def totals_of(numbers: Numbers, language: str) -> list[tuple[str, str | int]]:
    """An event's totals with their labels."""

    def say(text: str) -> str:
        return translate(language, text)

    return [
        (say(_("Registered")), numbers.registered),
        (say(_("in parties")), numbers.parties),
        (say(_("of them children")), children_told(numbers)),
        (say(_("Waiting")), numbers.waiting),
        (say(_("Moved up")), numbers.moved_up),
        (say(_("Given up")), numbers.gave_up),
        (say(_("Came in with a ticket")), numbers.came),
        (say(_("Without ticket")), numbers.walk_ins),
        (say(_("All who came")), numbers.all_who_came),
        (say(_("Did not come")), numbers.not_come),
    ]


def facts_to_print(event: EventRow, numbers: Numbers, listed: list[Listed], language: str) -> dict[str, Any]:
    """The same for the press."""
    note = _("Groups of under five people are told together, so that nobody is known by a number.")
    return {
        "language": language,
        "fonts": fonts_for(language),
        "title": said(language, pick(event.title, language)),
        "date": said(language, days_of(event, language)),
        "totals": [[said(language, label), str(people)] for label, people in totals_of(numbers, language)],
        "listed": [
            {
                "heading": said(language, each.heading),
                "rows": [{"label": said(language, label), "people": people} for label, people in each.rows],
            }
            for each in listed
        ],
        "note": said(language, translate(language, note)),
    }


def event_sheets(
    event: EventRow, numbers: Numbers, listed: list[Listed], language: str
) -> list[tuple[str, list[list[Cell]]]]:
    """An event's report as sheets of a workbook."""

    def say(text: str) -> str:
        return translate(language, text)

    totals: list[list[Cell]] = [[pick(event.title, language), event.first_day.isoformat()]]
    totals += [[label, people] for label, people in totals_of(numbers, language)]
    rows: list[tuple[str, list[list[Cell]]]] = [(say(_("Totals")), totals)]
    for each in listed:
        table: list[list[Cell]] = [[each.heading, say(_("People"))]]
        table += [[label, people] for label, people in each.rows]
        rows.append((each.heading, table))
    return rows


def chosen(
    events: Iterable[EventTotals], *, host_country: str = "", campaign: str = "", festival: str = "", year: str = ""
) -> list[EventTotals]:
    """Those of a country, campaign, festival and year; "" is any."""
    return [
        event
        for event in events
        if host_country in {"", event.host_country}
        and campaign in {"", event.campaign}
        and festival in {"", event.festival}
        and year in {"", str(event.first_day.year)}
    ]


def month_of(event: EventTotals) -> str:
    """The month of its first day: "2027-04"."""
    return f"{event.first_day:%Y-%m}"


def added(events: Iterable[EventTotals], key: Callable[[EventTotals], str]) -> list[Totals]:
    """Events together by something they share, in its order of appearance."""
    found: dict[str, Totals] = {}
    for event in events:
        total = found.setdefault(key(event), Totals(label=key(event)))
        total.events += 1
        total.capacity += event.capacity or 0
        total.registered += event.registered
        total.waiting += event.waiting
        total.came += event.came
        total.walk_ins += event.walk_ins
        total.over += event.registered if event.over else 0
    return list(found.values())


def overview_rows(events: list[EventTotals], names: Mapping[str, str], language: str) -> list[list[Cell]]:
    """All events as one table."""
    head: list[Cell] = [translate(language, word) for word in HEAD]
    return [
        head,
        *(
            [
                names.get(event.host_country, event.host_country),
                event.campaign,
                pick(event.title, language),
                event.first_day.isoformat(),
                event.capacity,
                event.registered,
                event.waiting,
                event.came if event.over else None,
                event.walk_ins if event.over else None,
            ]
            for event in events
        ),
    ]
