"""Reading host countries and contacts.

SQL by name: `_OF_COUNTRY` is read by every party's page, which is made anew each time; the builder would cost it 1 ms.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns.combination import And, Or, Where

from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.database.rows import json_of
from app.directory.rules import PHNOM_PENH, is_open, shifted
from app.directory.shapes import ContactRow, Country
from models.directory import Contact, FormerSlug, HostCountry
from models.states import ContactKind

_OF_COUNTRY = """
SELECT contact.*, (SELECT time_zone FROM host_country WHERE code = $1) AS shown_in FROM contact
WHERE host_country = $1 OR host_country IS NULL
"""


def _country(row: dict[str, Any]) -> Country:
    row = {**row, "names": json_of(row["names"]), "languages": tuple(row["languages"].split())}
    return msgspec.convert(row, Country, strict=False)


async def countries() -> list[Country]:
    """Every host country, in the ministry's order."""
    return [_country(row) for row in await HostCountry.select().order_by(HostCountry.position)]


async def country_by_slug(slug: str) -> Country | None:
    row = await HostCountry.select().where(HostCountry.slug == slug).first()
    return _country(row) if row else None


class FormerAddress(msgspec.Struct, frozen=True):
    """Where an address of a host country leads now; `gone` once it is no longer served."""

    successor: str
    gone: bool


async def former_address(slug: str) -> FormerAddress | None:
    """What became of an address that a host country had."""
    row = await FormerSlug.select(FormerSlug.successor, FormerSlug.gone).where(FormerSlug.slug == slug).first()
    return msgspec.convert(row, FormerAddress, strict=False) if row else None


async def _contacts(condition: Where | And | Or | None) -> list[ContactRow]:
    """Contacts, hotlines first."""
    query = Contact.select()
    rows = await (query if condition is None else query.where(condition))
    return [contact for _, contact in _hotlines_first(rows)]


def _hotlines_first(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], ContactRow]]:
    """Each row with its contact."""
    rows = sorted(rows, key=lambda row: (row["kind"] != ContactKind.HOTLINE, row["position"], str(row["id"])))
    return [(row, msgspec.convert(_decoded(row), ContactRow, strict=False)) for row in rows]


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "label": json_of(row["label"]), "opening": json_of(row["opening"])}


async def contacts_of(code: str) -> list[ContactRow]:
    """A host country's own contacts, then those that serve every country, hotlines first, hours in its own time.

    What the country lists itself is not told a second time as everybody's: so HQ says that it was tried from there.
    """
    rows, at = await fetch(_OF_COUNTRY, code), now()
    listed = [_shown(contact, row["shown_in"] or PHNOM_PENH, at) for row, contact in _hotlines_first(rows)]
    own = [contact for contact in listed if contact.host_country]
    known = {(contact.kind, contact.value) for contact in own}
    return own + [row for row in listed if not row.host_country and (row.kind, row.value) not in known]


async def contacts_everywhere() -> list[ContactRow]:
    """The contacts that serve every country, hours in Phnom Penh's time."""
    at = now()
    return [_shown(row, PHNOM_PENH, at) for row in await _contacts(Contact.host_country.is_null())]


def _shown(contact: ContactRow, zone: str, at: datetime) -> ContactRow:
    opening = contact.opening if contact.host_country else shifted(contact.opening, PHNOM_PENH, zone, at)
    return msgspec.structs.replace(contact, opening=opening, open_now=is_open(opening, zone, at))


async def staff_contacts(staff: Staff) -> list[ContactRow]:
    """The contacts that this person keeps, by country: HQ all, an attaché those of the own countries."""
    own = sorted(staff.countries)
    if not staff.is_hq and not own:
        return []
    order = [country.code for country in await countries()]
    listed = await _contacts(None if staff.is_hq else Contact.host_country.is_in(own))
    return sorted(listed, key=lambda row: order.index(row.host_country) if row.host_country else len(order))


async def staff_contact(contact: UUID, staff: Staff) -> ContactRow | None:
    """One contact, if this person keeps it: of the own countries, and of the ministry for HQ."""
    found = await _contacts(Contact.id == contact)
    if not found:
        return None
    country = found[0].host_country
    may = staff.may(Right.CONTACTS, country) if country else staff.may(Right.MINISTRY)
    return found[0] if may else None
