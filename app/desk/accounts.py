"""The accounts, for HQ: invite by a one-time link, post, end, disable. No e-mail is needed, and no shell."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts import actions, second
from app.accounts.access import actor_of, may
from app.accounts.links import make_link
from app.accounts.queries import StaffMember, names_of, people, person
from app.accounts.rights import Right
from app.accounts.rules import read_person, read_span
from app.accounts.shapes import Staff
from app.activity.history import history_of
from app.database.connection import now
from app.directory.queries import countries
from app.events.queries import staff_event
from app.printing import qr
from app.security.nonces import kept_or_new
from app.validation.fields import found_id
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of
from models.states import Role

FORM, POSTING = "invite-staff", "post-staff"
GUARDS = [may(Right.ACCOUNTS)]

Typed = dict[str, str]


@get("/desk/accounts", guards=GUARDS)
async def accounts(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Everybody with an account, and a form to invite somebody."""
    return await _accounts_page(request, staff, {"role": Role.ATTACHE.value})


async def _accounts_page(request: Req, staff: Staff, typed: Typed, refused: Refused | None = None) -> Response[bytes]:
    after = request.query_params.get("after", "")
    found = await people(found_id(after) if after else None, ITEMS_A_PAGE + 1)
    shown = found[:ITEMS_A_PAGE]
    return page(
        request,
        "desk/accounts.html",
        staff=staff,
        people=shown,
        next=shown[-1].id if len(found) > ITEMS_A_PAGE else None,
        countries=await countries(),
        typed=typed,
        at=now(),
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **said(refused),
    )


@post("/desk/accounts", guards=GUARDS)
async def invite(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Somebody new, with a first posting, and a link to hand over; the same one again for a second tap."""
    typed, by = await form(request), actor_of(request)

    async def act() -> Answer:
        email, name, role = read_person(typed)
        posting = await _posting(staff, typed) if typed.get("host_country") or role == Role.ATTACHE else None
        account = await actions.invite(email, name, role, by)
        if posting:
            await actions.post(account, posting, by)
        return Answer(200, {"id": str(account), "link": await make_link(account, by)})

    try:
        made = (await once_by_nonce(keyring_of(request), (FORM, str(staff.account)), typed, act)).body
    except Refused as refused:
        return await _accounts_page(request, staff, typed, refused)
    return await _person_page(request, staff, await person(found_id(made["id"])), link=made["link"])


async def _posting(staff: Staff, typed: Typed) -> dict[str, Any]:
    """A posting as it was typed; raises Refused beside its fields. Days are those of the host country."""
    known = {country.code: country for country in await countries()}
    code, slug = typed.get("host_country", ""), typed.get("event", "").strip()
    if code not in known:
        raise invalid([Problem("host_country", "required" if not code else "unknown_country")])
    event = await staff_event(slug.rsplit("/", 1)[-1], staff) if slug else None
    if slug and (event is None or event.host_country != code):
        raise invalid([Problem("event", "event_of_another_country")])
    first, last = read_span(typed, now().date())
    zone = ZoneInfo(known[code].time_zone)
    at_once = first <= now().astimezone(zone).date()
    return {
        "host_country": code,
        "event": event.id if event else None,
        "starts_at": now() if at_once else _midnight(first, zone),
        "ends_at": _midnight(last + timedelta(days=1), zone) if last else None,
    }


def _midnight(day: Any, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@get("/desk/accounts/{account_id:str}", guards=GUARDS)
async def one_account(request: Req, staff: NamedDependency[Staff], account_id: FromPath[str]) -> Response[bytes]:
    """One person: postings, state, history."""
    return await _person_page(request, staff, await person(found_id(account_id)))


async def _person_page(
    request: Req,
    staff: Staff,
    who: StaffMember,
    *,
    link: str = "",
    typed: Typed | None = None,
    refused: Refused | None = None,
) -> Response[bytes]:
    address = f"{settings_of(request).base_url}/desk/welcome/{link}" if link else ""
    past = await history_of(who.id)
    return page(
        request,
        "desk/person.html",
        staff=staff,
        person=who,
        link=address,
        symbol=qr.svg(address) if address else "",
        countries=await countries(),
        typed=typed or {},
        nonce=kept_or_new(keyring_of(request), POSTING, (typed or {}).get("nonce", "")),
        at=now(),
        past=past,
        names=await names_of(each.actor for each in past if each.by == "staff"),
        **said(refused),
    )


@post("/desk/accounts/{account_id:str}", guards=GUARDS)
async def act_on_account(request: Req, staff: NamedDependency[Staff], account_id: FromPath[str]) -> Response[bytes]:
    """What the pressed button says: post, end a posting, a new link, second factor lost, disable, enable."""
    typed, by = await form(request), actor_of(request)
    who = await person(found_id(account_id))
    link = ""

    async def post_once() -> Answer:
        await actions.post(who.id, await _posting(staff, typed), by)
        return Answer(303, {})

    try:
        if who.id == staff.account and typed.get("do") in {"link", "reset_second", "disable"}:
            raise Refused("not_oneself")  # whoever sits at an open browser must not get past password and factor
        match typed.get("do"):
            case "post":
                await once_by_nonce(keyring_of(request), (POSTING, str(who.id)), typed, post_once)
            case "end_posting":
                await actions.end_posting_now(who.id, found_id(typed.get("posting", "")), by)
            case "link":
                link = await make_link(who.id, by)
            case "reset_second":
                await second.reset(who.id, by, lost=True)
            case "disable":
                await actions.disable(who.email, by)
            case "enable":
                await actions.enable(who.id, by)
                link = await make_link(who.id, by)
            case _:
                raise Refused("not_found")
    except Refused as refused:
        if refused.code == "not_found":
            raise
        return await _person_page(request, staff, who, typed=typed, refused=refused)
    if link:
        return await _person_page(request, staff, await person(who.id), link=link)
    return see_other(f"/desk/accounts/{who.id}")


HANDLERS = [accounts, invite, one_account, act_on_account]
