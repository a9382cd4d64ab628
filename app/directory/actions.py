"""Renaming host countries without losing who follows them."""

from app.database.audit import Actor, audit
from app.database.connection import fetch, write
from app.web.refusals import Refused


async def rename(slug: str, new: str, by: Actor) -> None:
    """Give a host country another address; the old one leads to it and its feeds go on. Raises Refused."""
    async with write():
        taken = await fetch(
            "SELECT slug FROM host_country WHERE slug = $1 UNION ALL"
            " SELECT slug FROM former_slug WHERE slug = $1 AND successor <> $2",
            new,
            slug,
        )
        if taken:  # whoever follows the other country must not get this one's festivals
            raise Refused("address_taken")
        renamed = await fetch("UPDATE host_country SET slug = $2 WHERE slug = $1 RETURNING code", slug, new)
        if not renamed:
            raise Refused("not_found")
        await fetch("DELETE FROM former_slug WHERE slug = $1", new)
        await fetch("UPDATE former_slug SET successor = $2 WHERE successor = $1 RETURNING slug", slug, new)
        await fetch(
            "INSERT INTO former_slug (slug, successor, gone) VALUES ($1, $2, false)"
            " ON CONFLICT (slug) DO UPDATE SET successor = $2, gone = false RETURNING slug",
            slug,
            new,
        )
        await audit(by, "country_renamed", "host_country", renamed[0]["code"], slug=new)


async def retire(slug: str, by: Actor) -> bool:
    """Serve a former address no longer: its feeds answer 410 with the new one. False if there is no such."""
    async with write():
        retired = await fetch("UPDATE former_slug SET gone = true WHERE slug = $1 RETURNING successor", slug)
        if retired:
            await audit(by, "address_retired", "host_country", slug)
    return bool(retired)
