"""Reading host countries and contacts."""

from typing import Any

import msgspec

from app.directory.shapes import ContactRow, Country, json_of
from models.directory import Contact, FormerSlug, HostCountry


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


async def contacts_of(code: str) -> list[ContactRow]:
    """The contacts of a host country, then those that serve every country."""
    rows = (
        await Contact.select()
        .where((Contact.host_country == code) | Contact.host_country.is_null())
        .order_by(Contact.position)
    )
    return [msgspec.convert({**row, "label": json_of(row["label"])}, ContactRow, strict=False) for row in rows]
