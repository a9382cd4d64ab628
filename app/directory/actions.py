"""Renaming host countries without losing who follows them, and keeping contacts."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.record import Actor, audit
from app.database.connection import fetch, insert, now, write
from app.directory.shapes import ContactDraft, json_of
from app.validation.refusals import Refused
from models.directory import Contact


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


def _columns(draft: ContactDraft) -> dict[str, Any]:
    return {
        "host_country": draft.host_country or None,
        "kind": draft.kind,
        "label": _json(draft.label),
        "value": draft.value,
        "opening": _json(draft.opening),
        "latitude": draft.latitude,
        "longitude": draft.longitude,
        "position": draft.position,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def add_contact(draft: ContactDraft, by: Actor) -> UUID:
    """A new contact, checked today."""
    row = uuid4()
    async with write():
        await insert(Contact, {"id": row, **_columns(draft), "checked_on": now().date()})
        await _tell_calendars(draft.host_country)
        await audit(by, "contact_added", "contact", row, **msgspec.structs.asdict(draft))
    return row


async def edit_contact(contact: UUID, draft: ContactDraft, by: Actor) -> None:
    """Change a contact; the audit keeps what it was. Raises Refused "not_found"."""
    async with write():
        before = await _before(contact)
        columns = _columns(draft)
        assignments = ", ".join(f"{name} = ${index + 3}" for index, name in enumerate(columns))
        await fetch(
            f"UPDATE contact SET checked_on = $2, {assignments} WHERE id = $1 RETURNING id",
            contact,
            now().date(),
            *columns.values(),
        )
        for code in {before["host_country"] or "", draft.host_country}:
            await _tell_calendars(code)
        await audit(by, "contact_edited", "contact", contact, before=before, after=msgspec.structs.asdict(draft))


async def check_contact(contact: UUID, by: Actor) -> None:
    """Somebody tried it today and it works."""
    async with write():
        await fetch("UPDATE contact SET checked_on = $2 WHERE id = $1 RETURNING id", contact, now().date())
        await audit(by, "contact_checked", "contact", contact)


async def remove_contact(contact: UUID, by: Actor) -> None:
    """Remove a contact; a second time changes nothing."""
    async with write():
        before = await _before(contact)
        await fetch("DELETE FROM contact WHERE id = $1", contact)
        await _tell_calendars(before["host_country"] or "")
        await audit(by, "contact_removed", "contact", contact, before=before)


async def _before(contact: UUID) -> dict[str, Any]:
    rows = await fetch("SELECT host_country, kind, label, value, opening FROM contact WHERE id = $1", contact)
    if not rows:
        raise Refused("not_found")
    return {**rows[0], "label": json_of(rows[0]["label"]), "opening": json_of(rows[0]["opening"])}


async def _tell_calendars(code: str) -> None:
    """Calendar entries name the contacts, so the coming events of this country ("": of all) count as changed."""
    moment = now().replace(microsecond=0)
    told = await fetch(
        "UPDATE event SET revision = revision + 1, content_revision = revision + 1"
        " WHERE state <> 'draft' AND ends_at > $1 AND (host_country = $2 OR $2 = '') RETURNING id, modified_at",
        moment,
        code,
    )
    for event in told:
        rising = max(moment, event["modified_at"].replace(microsecond=0) + timedelta(seconds=1))
        await fetch("UPDATE event SET modified_at = $2 WHERE id = $1 RETURNING id", event["id"], rising)
