"""Contacts at the desk: attachés keep those of their countries, HQ all, and sees which nobody has tried for long."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory import actions, rules
from app.directory.queries import countries, staff_contacts
from app.directory.shapes import KINDS, ContactDraft, ContactRow, Country
from app.security.nonces import kept_or_new
from app.validation.refusals import Refused
from app.validation.stale import merged, was_of
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.public_cache import public_cache_of
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of
from models.states import ContactKind

FORM = "new-contact"


@get("/desk/contacts")
async def contacts(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Every contact that this person keeps, by country."""
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
    return page(
        request,
        "desk/contact_form.html",
        staff=staff,
        contact=contact,
        typed=typed,
        countries=[country for country in await countries() if staff.may(Right.CONTACTS, country.code)],
        kinds=KINDS,
        day_groups=rules.DAY_GROUPS,
        opening_rows=range(rules.MOST_OPENINGS - 1),
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        was=was_of(_typed(contact)) if contact else "",
        **said(refused),
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
    reach = staff.countries | ({""} if staff.may(Right.MINISTRY) else set())
    raw: dict[str, Any] = nested({name: value for name, value in typed.items() if name != "nonce"})
    return rules.read_contact(raw, [country.code for country in await countries()], reach)


@get("/desk/contacts/new")
async def new_contact(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """A blank form."""
    typed = {"host_country": request.query_params.get("country", ""), "kind": ContactKind.PHONE.value}
    return await _form_page(request, staff, typed)


@post("/desk/contacts/new")
async def add_contact(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Add a contact; sent twice it is there once."""
    typed = await form(request)

    async def act() -> Answer:
        return Answer(303, {"id": str(await actions.add_contact(await _read(staff, typed), actor_of(request)))})

    try:
        await once_by_nonce(keyring_of(request), (FORM, str(staff.account)), typed, act)
    except Refused as refused:
        return await _form_page(request, staff, typed, refused=refused)
    return _done(request)


def _done(request: Req) -> Response[bytes]:
    public_cache_of(request).clear()
    return see_other("/desk/contacts")


@get("/desk/contacts/{contact_id:str}")
async def contact_form(
    request: Req, staff: NamedDependency[Staff], contact: NamedDependency[ContactRow]
) -> Response[bytes]:
    """One contact as a form."""
    return await _form_page(request, staff, _typed(contact), contact=contact)


@post("/desk/contacts/{contact_id:str}")
async def edit_contact(
    request: Req, staff: NamedDependency[Staff], contact: NamedDependency[ContactRow]
) -> Response[bytes]:
    """Change a contact."""
    meant = merged(await form(request), _typed(contact))
    try:
        meant.refuse_both()
        await actions.edit_contact(contact.id, await _read(staff, meant.fields), actor_of(request))
    except Refused as refused:
        return await _form_page(request, staff, meant.fields, contact=contact, refused=refused)
    return _done(request)


@post("/desk/contacts/{contact_id:str}/checked")
async def check_contact(request: Req, contact: NamedDependency[ContactRow]) -> Response[bytes]:
    """It was tried today, and it works."""
    await actions.check_contact(contact.id, actor_of(request))
    return _done(request)


@post("/desk/contacts/{contact_id:str}/remove")
async def remove_contact(request: Req, contact: NamedDependency[ContactRow]) -> Response[bytes]:
    """Remove a contact."""
    await actions.remove_contact(contact.id, actor_of(request))
    return _done(request)


HANDLERS = [contacts, new_contact, add_contact, contact_form, edit_contact, check_contact, remove_contact]
