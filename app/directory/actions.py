"""Renaming host countries without losing who follows them, and keeping contacts."""

from typing import Any
from uuid import UUID, uuid4

import msgspec

from app.activity.kinds import Kind
from app.activity.record import Actor, record
from app.database.connection import now, write
from app.database.rows import as_json, by_name, json_of
from app.directory.shapes import ContactDraft
from app.seats.hold import content_changed_in
from app.validation.refusals import Refused
from models.directory import Contact, FormerSlug, HostCountry


async def rename(slug: str, new: str, by: Actor) -> None:
    """Give a host country another address; the old one leads to it and its feeds go on. Raises Refused."""
    async with write():
        # whoever follows the other country must not get this one's festivals
        if await HostCountry.exists().where(HostCountry.slug == new) or await FormerSlug.exists().where(
            (FormerSlug.slug == new) & (FormerSlug.successor != slug)
        ):
            raise Refused("address_taken")
        renamed = (
            await HostCountry.update({HostCountry.slug: new})
            .where(HostCountry.slug == slug)
            .returning(HostCountry.code)
        )
        if not renamed:
            raise Refused("not_found")
        await FormerSlug.delete().where(FormerSlug.slug == new)
        await FormerSlug.update({FormerSlug.successor: new}).where(FormerSlug.successor == slug)
        await FormerSlug.insert(FormerSlug(slug=slug, successor=new, gone=False)).on_conflict(
            target=FormerSlug.slug,
            action="DO UPDATE",
            values=[(FormerSlug.successor, new), (FormerSlug.gone, False)],
        )
        await record(Kind.COUNTRY_RENAMED, by, renamed[0]["code"], slug=new)


async def retire(slug: str, by: Actor) -> bool:
    """Serve a former address no longer: its feeds answer 410 with the new one. False if there is no such."""
    async with write():
        retired = (
            await FormerSlug.update({FormerSlug.gone: True})
            .where(FormerSlug.slug == slug)
            .returning(FormerSlug.successor)
        )
        if retired:
            await record(Kind.ADDRESS_RETIRED, by, slug)
    return bool(retired)


def _columns(draft: ContactDraft) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(draft),
        "host_country": draft.host_country or None,
        "kind": draft.kind.value,
        "label": as_json(draft.label),
        "opening": as_json(draft.opening),
        "checked_on": now().date(),
    }


async def add_contact(draft: ContactDraft, by: Actor) -> UUID:
    """A new contact, checked today."""
    row = uuid4()
    async with write():
        await Contact.insert(Contact(id=row, **_columns(draft)))
        await content_changed_in(draft.host_country)
        await record(Kind.CONTACT_ADDED, by, row, **msgspec.structs.asdict(draft))
    return row


async def edit_contact(contact: UUID, draft: ContactDraft, by: Actor) -> None:
    """Change a contact; the audit keeps what it was. Raises Refused "not_found"."""
    async with write():
        before = await _before(contact)
        await Contact.update(by_name(_columns(draft))).where(Contact.id == contact)
        for code in {before["host_country"] or "", draft.host_country}:
            await content_changed_in(code)
        await record(Kind.CONTACT_EDITED, by, contact, before=before, after=msgspec.structs.asdict(draft))


async def check_contact(contact: UUID, by: Actor) -> None:
    """Somebody tried it today and it works."""
    async with write():
        await Contact.update({Contact.checked_on: now().date()}).where(Contact.id == contact)
        await record(Kind.CONTACT_CHECKED, by, contact)


async def remove_contact(contact: UUID, by: Actor) -> None:
    """Remove a contact; a second time changes nothing."""
    async with write():
        before = await _before(contact)
        await Contact.delete().where(Contact.id == contact)
        await content_changed_in(before["host_country"] or "")
        await record(Kind.CONTACT_REMOVED, by, contact, before=before)


async def _before(contact: UUID) -> dict[str, Any]:
    row = (
        await Contact.select(Contact.host_country, Contact.kind, Contact.label, Contact.value, Contact.opening)
        .where(Contact.id == contact)
        .first()
    )
    if row is None:
        raise Refused("not_found")
    return {**row, "label": json_of(row["label"]), "opening": json_of(row["opening"])}
