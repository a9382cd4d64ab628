"""An event's registrations as rows of a table; names and numbers are unsealed only when they are asked for."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.database.slices import in_slices
from app.events.shapes import EventRow
from app.events.words import days_of
from app.i18n.catalogues import own_name, pick, translate
from app.printing.fonts import fonts_for
from app.printing.texts import said
from app.registrations.listing import Asked, part_of
from app.registrations.queries import reaches_of
from app.registrations.shapes import Party
from app.reports.files import Cell
from app.security.keyring import Keyring
from app.validation.marks import _
from app.validation.refusals import Problem, invalid
from models.states import Channel

BATCH = 500
WORDS = (
    _("Short code"),
    _("State"),
    _("People"),
    _("of them children"),
    _("Came in"),
    _("Bus"),
    _("Language"),
    _("Registered"),
)
WITH_NAMES = (_("Name"), _("Phone number"))
STATES = {"confirmed": _("Confirmed"), "waiting": _("Waiting"), "cancelled": _("Given up")}


async def registrations_rows(keyring: Keyring, event: EventRow, language: str, *, names: bool) -> list[list[Cell]]:
    """Every party of an event, its head first."""
    head = [*WORDS, *(WITH_NAMES if names else ())]
    rows: list[list[Cell]] = [[translate(language, word) for word in head]]
    buses = {point.id: pick(point.name, language) for point in event.pickup_points}
    after = None
    while True:
        part = await part_of(keyring, event.id, Asked(show="all"), BATCH, after=after)

        def row(party: Party) -> list[Cell]:
            return _row(party, buses, event.time_zone, language)

        listed = await in_slices(part.parties, row)
        if names:
            for cells, party in zip(listed, part.parties, strict=True):
                phone = (await reaches_of(keyring, party)).get(Channel.PHONE, "")
                cells += [party.name, phone]
        rows += listed
        if part.after is None:
            return rows
        after = part.after


def _row(party: Party, buses: dict[UUID, str], zone: str, language: str) -> list[Any]:
    return [
        party.short_code,
        translate(language, STATES[party.state]),
        party.party,
        party.children,
        sum(ticket.admitted_at is not None for ticket in party.tickets),
        buses.get(party.pickup_point, "") if party.pickup_point else "",
        own_name(party.language),
        party.created_at.astimezone(ZoneInfo(zone)).date().isoformat(),
    ]


MOST_ON_PAPER = 3_000  # parties: setting more would keep the press from others' tickets
ON_PAPER = (_("Name"), _("Short code"), _("People"), _("Bus"))


async def paper_list(keyring: Keyring, event: EventRow, language: str) -> dict[str, Any]:
    """What a gate without any phone needs on paper: who is expected, by name as it is written, with a box each.

    Raises Refused for more parties than a list holds.
    """
    part = await part_of(keyring, event.id, Asked(show="confirmed"), MOST_ON_PAPER)
    if part.after is not None:
        raise invalid([Problem("kind", "list_too_long", {"most": MOST_ON_PAPER})])
    buses = {point.id: pick(point.name, language) for point in event.pickup_points}
    return {
        "language": language,
        "fonts": fonts_for(language),
        "title": said(language, pick(event.title, language)),
        "date": said(language, days_of(event, language)),
        "head": [said(language, translate(language, word)) for word in ON_PAPER],
        "rows": [
            {
                "name": said(language, party.name),
                "code": party.short_code,
                "people": party.party,
                "bus": said(language, buses.get(party.pickup_point, "") if party.pickup_point else ""),
            }
            for party in sorted(part.parties, key=lambda party: _as_listed(party.name))
        ],
    }


def _as_listed(name: str) -> tuple[bool, str]:
    """Khmer before Latin; Khmer in the order of its letters, in which clusters come after what stands alone."""
    return not any("\u1780" <= letter <= "\u17ff" for letter in name), name.casefold()
