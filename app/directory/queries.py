"""Reading host countries and contacts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.shapes import Staff
from app.database.connection import fetch, now
from app.directory.rules import PHNOM_PENH, is_open, shifted
from app.directory.shapes import ContactRow, Country, json_of
from models.directory import FormerSlug, HostCountry

_CONTACTS = """
SELECT contact.id, contact.host_country, kind, label, value, contact.position, checked_on, opening, latitude, longitude
FROM contact LEFT JOIN host_country ON host_country.code = contact.host_country
"""
_HOTLINE_FIRST = "CASE WHEN kind = 'hotline' THEN 0 ELSE 1 END, contact.position, contact.id"


def _country(row: dict[str, Any]) -> Country:
    row = {**row, "names": json_of(row["names"]), "languages": tuple(row["languages"].split())}
    return msgspec.convert(row, Country, strict=False)


async def countries() -> list[Country]:
    """Every host country, in the ministry's order."""
    return [_country(row) for row in await HostCountry.select().order_by(HostCountry.position)]


async def country_by_slug(slug: str) -> Country | None:
    rows = await HostCountry.select().where(HostCountry.slug == slug)
    return _country(rows[0]) if rows else None


class FormerAddress(msgspec.Struct, frozen=True):
    """Where an address of a host country leads now; `gone` once it is no longer served."""

    successor: str
    gone: bool


async def former_address(slug: str) -> FormerAddress | None:
    """What became of an address that a host country had."""
    rows = await FormerSlug.select(FormerSlug.successor, FormerSlug.gone).where(FormerSlug.slug == slug)
    return msgspec.convert(rows[0], FormerAddress, strict=False) if rows else None


def _contact(row: dict[str, Any]) -> ContactRow:
    return msgspec.convert(
        {**row, "label": json_of(row["label"]), "opening": json_of(row["opening"])}, ContactRow, strict=False
    )


async def contacts_of(code: str) -> list[ContactRow]:
    """The contacts of a host country and those that serve every country, hotlines first, hours in its own time."""
    rows = await fetch(
        f"SELECT listed.*, (SELECT time_zone FROM host_country WHERE code = $1) AS shown FROM ({_CONTACTS}"
        f" WHERE contact.host_country = $1 OR contact.host_country IS NULL ORDER BY {_HOTLINE_FIRST}) AS listed",
        code,
    )
    at = now()
    return [_shown(_contact(row), row["shown"] or PHNOM_PENH, at) for row in rows]


async def contacts_everywhere() -> list[ContactRow]:
    """The contacts that serve every country, hours in Phnom Penh's time."""
    at = now()
    rows = await fetch(f"{_CONTACTS} WHERE contact.host_country IS NULL ORDER BY {_HOTLINE_FIRST}")
    return [_shown(_contact(row), PHNOM_PENH, at) for row in rows]


def _shown(contact: ContactRow, zone: str, at: datetime) -> ContactRow:
    opening = contact.opening if contact.host_country else shifted(contact.opening, PHNOM_PENH, zone, at)
    return msgspec.structs.replace(contact, opening=opening, open_now=is_open(opening, zone, at))


def _reach(staff: Staff, first: int) -> tuple[str, list[str]]:
    """SQL over `contact` for the contacts that this person keeps: HQ all, an attaché those of the own countries."""
    if staff.is_hq:
        return "1 = 1", []
    codes = sorted(staff.countries)
    places = ", ".join(f"${first + index}" for index in range(len(codes)))
    return (f"contact.host_country IN ({places})" if codes else "1 = 0"), codes


async def staff_contacts(staff: Staff) -> list[ContactRow]:
    """The contacts that this person keeps, by country; hours as they were written."""
    condition, codes = _reach(staff, 1)
    rows = await fetch(f"{_CONTACTS} WHERE {condition} ORDER BY host_country.position, {_HOTLINE_FIRST}", *codes)
    return [_contact(row) for row in rows]


async def staff_contact(contact: UUID, staff: Staff) -> ContactRow | None:
    """One contact, if this person keeps it."""
    condition, codes = _reach(staff, 2)
    rows = await fetch(f"{_CONTACTS} WHERE contact.id = $1 AND {condition}", contact, *codes)
    return _contact(rows[0]) if rows else None
