"""Campaigns: the events of a host country that share a word belong together.

SQL by name: the conflict of an insert with an index that covers some rows only.
"""

from uuid import UUID, uuid4

from app.database.connection import fetch
from app.database.rows import uuid_of
from models.events import Campaign

_ADD = """
INSERT INTO campaign (id, host_country, slug, names) VALUES ($1, $2, $3, '{}')
ON CONFLICT (host_country, slug) WHERE host_country IS NOT NULL DO NOTHING RETURNING id
"""


async def campaign_of(host_country: str, word: str) -> UUID | None:
    """The campaign of a country by its word, made when it is first used; None for no word."""
    if not word:
        return None
    await fetch(_ADD, uuid4(), host_country, word)
    rows = await Campaign.select(Campaign.id).where(Campaign.host_country == host_country, Campaign.slug == word)
    return uuid_of(rows[0]["id"])
