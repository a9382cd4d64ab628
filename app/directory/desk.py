"""Contacts at the desk: attachés keep those of their countries, HQ all, and sees which nobody has tried for long."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from app.accounts.access import actor, desk_staff
from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory import actions, rules
from app.directory.queries import countries, staff_contact, staff_contacts
from app.directory.shapes import KINDS, ContactDraft, ContactRow, Country
from app.security.nonces import kept_or_new, nonce_is_ours
from app.validation.refusals import Refused
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once
from app.web.public_cache import public_cache_of
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of

FORM = "new-contact"


@get("/desk/contacts")
async def contacts(request: Req) -> Response[bytes]:
    """Every contact that this person keeps, by country."""
    staff = await desk_staff(request)
    today = now().date()
    kept = await staff_contacts(staff)
    known: list[Country | None] = [None, *await countries()]
    by_country = [
        (country, [contact for contact in kept if contact.host_country == (country.code if country else None)])
        for country in known
    ]
    return page(
        request,
        "desk/contacts.html",
        staff=staff,
        by_country=[(country, listed) for country, listed in by_country if listed],
        stale={contact.id for contact in kept if rules.is_stale(contact.checked_on, today)},
        kinds=KINDS,
    )


async def _form_page(
    request: Req,
    staff: Staff,
    typed: dict[str, str],
    *,
    contact: ContactRow | None = None,
    refused: Refused | None = None,
) -> Response[bytes]:
    reach = staff.within_reach
    return page(
        request,
        "desk/contact_form.html",
        status=refused.status if refused else 200,
        staff=staff,
        contact=contact,
        typed=typed,
        problems=refused.problems if refused else (),
        countries=[country for country in await countries() if reach is None or country.code in reach],
        kinds=KINDS,
        day_groups=rules.DAY_GROUPS,
        opening_rows=range(rules.MOST_OPENINGS - 1),
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
    )


def _typed(contact: ContactRow) -> dict[str, str]:
    typed = {
        "host_country": contact.host_country or "",
        "kind": contact.kind,
        "value": contact.value,
        "position": str(contact.position),
        "latitude": "" if contact.latitude is None else str(contact.latitude),
        "longitude": "" if contact.longitude is None else str(contact.longitude),
    }
    typed |= {f"label.{tag}": text for tag, text in contact.label.items()}
    for index, each in enumerate(contact.opening):
        row = {"days": rules.group_of(each.days), "opens": each.opens, "closes": each.closes}
        typed |= {f"opening.{index}.{name}": value for name, value in row.items()}
    return typed


async def _read(staff: Staff, typed: dict[str, str]) -> ContactDraft:
    raw: dict[str, Any] = nested({name: value for name, value in typed.items() if name != "nonce"})
    return rules.read_contact(raw, [country.code for country in await countries()], staff.within_reach)


@get("/desk/contacts/new")
async def new_contact(request: Req) -> Response[bytes]:
    """A blank form."""
    staff = await desk_staff(request)
    return await _form_page(request, staff, {"host_country": request.query_params.get("country", ""), "kind": "phone"})


@post("/desk/contacts/new")
async def add_contact(request: Req) -> Response[bytes]:
    """Add a contact; sent twice it is there once."""
    staff = await desk_staff(request)
    typed = await form(request)
    keyring, nonce = keyring_of(request), typed.get("nonce", "")

    async def act() -> Answer:
        return Answer(303, {"id": str(await actions.add_contact(await _read(staff, typed), actor(request, staff)))})

    try:
        key = nonce if nonce_is_ours(keyring, FORM, nonce) else None
        await once(keyring, (FORM, str(staff.account)), key, b"", act)
    except Refused as refused:
        return await _form_page(request, staff, typed, refused=refused)
    public_cache_of(request).clear()
    return see_other("/desk/contacts")


async def _found(request: Req, row: str) -> tuple[Staff, ContactRow]:
    staff = await desk_staff(request)
    try:
        contact = await staff_contact(UUID(row), staff)
    except ValueError:
        contact = None
    if contact is None:
        raise Refused("not_found")
    return staff, contact


@get("/desk/contacts/{row:str}")
async def contact_form(request: Req, row: FromPath[str]) -> Response[bytes]:
    """One contact as a form."""
    staff, contact = await _found(request, row)
    return await _form_page(request, staff, _typed(contact), contact=contact)


@post("/desk/contacts/{row:str}")
async def edit_contact(request: Req, row: FromPath[str]) -> Response[bytes]:
    """Change a contact."""
    staff, contact = await _found(request, row)
    typed = await form(request)
    try:
        await actions.edit_contact(contact.id, await _read(staff, typed), actor(request, staff))
    except Refused as refused:
        return await _form_page(request, staff, typed, contact=contact, refused=refused)
    public_cache_of(request).clear()
    return see_other("/desk/contacts")


@post("/desk/contacts/{row:str}/checked")
async def check_contact(request: Req, row: FromPath[str]) -> Response[bytes]:
    """It was tried today, and it works."""
    staff, contact = await _found(request, row)
    await actions.check_contact(contact.id, actor(request, staff))
    public_cache_of(request).clear()
    return see_other("/desk/contacts")


@post("/desk/contacts/{row:str}/remove")
async def remove_contact(request: Req, row: FromPath[str]) -> Response[bytes]:
    """Remove a contact."""
    staff, contact = await _found(request, row)
    await actions.remove_contact(contact.id, actor(request, staff))
    public_cache_of(request).clear()
    return see_other("/desk/contacts")


HANDLERS = [contacts, new_contact, add_contact, contact_form, edit_contact, check_contact, remove_contact]
