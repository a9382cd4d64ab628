"""Campaigns: the events of a host country that share a word belong together, under one address and name.

SQL by name: the conflict of an insert with an index that covers some rows only.
"""

import re
import unicodedata
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import fetch, write
from app.database.rows import as_json, json_of, moment_of, uuid_of
from app.events.queries import PUBLIC, THERE, find, within
from app.events.shapes import EventRow
from app.validation.refusals import Refused
from models.events import Campaign, Event

_ADD = """
INSERT INTO campaign (id, host_country, slug, names, address) VALUES ($1, $2, $3, '{}', $4) ON CONFLICT DO NOTHING
RETURNING id
"""


class CampaignRow(msgspec.Struct, frozen=True):
    """A campaign; `names` (perhaps none) by language, `word` what its events share, `address` its place on the web."""

    id: UUID
    host_country: str | None
    word: str
    names: dict[str, str]
    address: str

    @property
    def title(self) -> dict[str, str] | str:
        """What it is called in public."""
        return self.names or self.word


async def campaign_of(host_country: str, word: str) -> UUID | None:
    """The campaign of a country by its word, made when it is first used; None for no word."""
    if not word:
        return None
    own = (Campaign.host_country == host_country) & (Campaign.slug == word)
    address, suffix = _address(host_country, word), 1
    while not (rows := await Campaign.select(Campaign.id).where(own)):
        await fetch(_ADD, uuid4(), host_country, word, address if suffix == 1 else f"{address}-{suffix}")
        suffix += 1  # another word of the country may read the same in Latin letters
    return uuid_of(rows[0]["id"])


def _address(host_country: str, word: str) -> str:
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")
    return "-".join(filter(None, (words, host_country.lower())))


def _campaign(row: dict[str, Any]) -> CampaignRow:
    facts = {**row, "word": row["slug"], "names": json_of(row["names"])}
    return msgspec.convert(facts, CampaignRow, strict=False)


_COLUMNS = (Campaign.id, Campaign.host_country, Campaign.slug, Campaign.names, Campaign.address)


async def campaign_at(address: str) -> CampaignRow:
    """The campaign at an address; raises Refused "not_found"."""
    row = await Campaign.select(*_COLUMNS).where(Campaign.address == address).first()
    if row is None:
        raise Refused("not_found")
    return _campaign(row)


async def public_campaign_at(address: str) -> CampaignRow:
    """The same for everybody: one of which nothing is public yet is not told of. Raises Refused "not_found"."""
    found = await campaign_at(address)
    if not await has_events(found.id):
        raise Refused("not_found")
    return found


async def campaigns_within(staff: Staff) -> list[tuple[CampaignRow, int]]:
    """The campaigns with events that exist for this person, with how many; those with the latest events first."""
    condition, args = within(staff, 1)
    rows = await fetch(
        f"SELECT belongs_to, count(*) AS events, max(starts_at) AS latest FROM event WHERE {THERE} AND {condition}"
        " AND belongs_to IS NOT NULL GROUP BY belongs_to ORDER BY max(starts_at) DESC",
        *args,
    )
    many = {uuid_of(row["belongs_to"]): int(row["events"]) for row in rows}
    if not many:
        return []
    found = [_campaign(row) for row in await Campaign.select(*_COLUMNS).where(Campaign.id.is_in(list(many)))]
    order = list(many)
    return [(each, many[each.id]) for each in sorted(found, key=lambda each: order.index(each.id))]


async def public_campaigns(before: tuple[datetime, UUID] | None, most: int) -> list[tuple[CampaignRow, datetime]]:
    """The campaigns of which something is public, those with the latest events first, and when the last one begins;
    `before` is that and the id of the last one seen."""
    args = [*before] if before else []
    earlier = "HAVING max(starts_at) < $1 OR (max(starts_at) = $1 AND belongs_to < $2)" if before else ""
    rows = await fetch(
        f"SELECT belongs_to, max(starts_at) AS latest FROM event WHERE {PUBLIC} AND belongs_to IS NOT NULL"
        f" GROUP BY belongs_to {earlier} ORDER BY max(starts_at) DESC, belongs_to DESC LIMIT {int(most)}",
        *args,
    )
    latest = {uuid_of(row["belongs_to"]): moment_of(row["latest"]) for row in rows}
    if not latest:
        return []
    rows = await Campaign.select(*_COLUMNS).where(Campaign.id.is_in(list(latest)))
    known = {each.id: each for each in map(_campaign, rows)}
    return [(known[row], at) for row, at in latest.items() if at is not None]


async def events_of(campaign: UUID, staff: Staff) -> list[EventRow]:
    """A campaign's events that exist for this person, the first to begin first."""
    condition, args = within(staff, 2)
    return await find(
        f"event.belongs_to = $1 AND {THERE} AND {condition} ORDER BY event.starts_at, event.slug LIMIT 500",
        campaign,
        *args,
    )


async def public_events_of(campaign: UUID) -> list[EventRow]:
    """A campaign's events that everybody sees."""
    return await find(f"event.belongs_to = $1 AND {PUBLIC} ORDER BY event.starts_at, event.slug LIMIT 500", campaign)


async def rename(campaign: UUID, names: dict[str, str], by: Actor) -> None:
    """Call a campaign otherwise in public; the word that its events share stays."""
    async with write():
        await Campaign.update({Campaign.names: as_json(names)}).where(Campaign.id == campaign)
        await record(Kind.CAMPAIGN_RENAMED, by, campaign)


async def has_events(campaign: UUID) -> bool:
    """Whether any event of it is public."""
    return await Event.exists().where(Event.belongs_to == campaign, Event.state != "draft")
