"""One's own account: password, second factor, language, and where one is logged in."""

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from app.accounts import own, passkeys, second
from app.accounts.access import actor_of
from app.accounts.queries import account_by_email, sessions_of
from app.accounts.rights import MAY, PARTS, WORDS
from app.accounts.shapes import Staff
from app.i18n.catalogues import languages, own_name
from app.printing import qr
from app.validation.fields import found_id
from app.validation.refusals import Problem, Refused, invalid
from app.web.bodies import form
from app.web.rendering import page, said, see_other
from app.web.request import LANGUAGE_COOKIE, Req, keyring_of

HERE = "/desk/account"


@get(HERE)
async def account(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """What one may set of oneself."""
    return await _account_page(request, staff)


async def _account_page(request: Req, staff: Staff, refused: Refused | None = None) -> Response[bytes]:
    row = await account_by_email(staff.email) or {}
    there = await second.has_factor(staff.account)
    return page(
        request,
        "desk/account.html",
        staff=staff,
        sessions=await sessions_of(staff.account),
        there=there,
        app=there and await second.has_app(staff.account),
        passkeys=len(await passkeys.passkeys_of(staff.account)),
        codes_left=await second.codes_left(staff.account) if there else 0,
        due=row.get("factor_due"),
        tongue=row.get("language", ""),
        tongues=[(tag, own_name(tag)) for tag in languages()],
        done=request.query_params.get("done", ""),
        **said(refused),
    )


@post(f"{HERE}/password")
async def change_password(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """A new password, for whoever knows the present one."""
    typed = await form(request)
    try:
        present, password, again = (typed.get(name, "") for name in ("present", "password", "again"))
        await own.change_password(keyring_of(request), staff, present, password, again, actor_of(request))
    except Refused as refused:
        if refused.status == 429:
            raise
        return await _account_page(request, staff, refused)
    return see_other(f"{HERE}?done=password")


@post(f"{HERE}/language")
async def choose_language(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """The desk's language, in every browser of this person."""
    chosen = (await form(request)).get("language", "")
    if chosen not in languages():
        return await _account_page(request, staff, invalid([Problem("language", "unknown_language")]))
    await own.choose_language(staff.account, chosen)
    spoken = Cookie(LANGUAGE_COOKIE, value=chosen, max_age=365 * 86400, samesite="lax", httponly=True)
    return see_other(f"{HERE}?done=language", [spoken])


@post(f"{HERE}/sessions")
async def end_session(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Log one browser out."""
    await own.end_session(staff.account, found_id((await form(request)).get("session", "")), actor_of(request))
    return see_other(f"{HERE}?done=session")


@get(f"{HERE}/second")
async def second_form(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Set up a second factor."""
    return await _second_page(request, staff)


async def _second_page(request: Req, staff: Staff, refused: Refused | None = None) -> Response[bytes]:
    if await second.has_app(staff.account):
        return see_other(HERE)
    secret = await second.offered(keyring_of(request), staff.account)
    symbol = qr.svg(second.address_of(secret, staff.email))
    asked = await second.has_factor(staff.account)
    facts: dict[str, Any] = {"secret": secret, "symbol": symbol, "asks_password": asked}
    return page(request, "desk/second_setup.html", staff=staff, **facts, **said(refused))


@post(f"{HERE}/second")
async def set_second(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Switch it on with a first code; or off, with a code, for whoever may do without."""
    typed, keyring, by = await form(request), keyring_of(request), actor_of(request)
    code = typed.get("code", "")
    if typed.get("do") not in {"off", "codes"}:
        try:
            if await second.has_factor(staff.account):  # whoever only has the browser adds no way in
                await own.show_password(keyring, staff, typed.get("present", ""))
            codes = await second.confirm(keyring, staff.account, code, by)
        except Refused as refused:
            if refused.status == 429:
                raise
            return await _second_page(request, staff, refused)
        if not codes:  # a passkey brought them before
            return see_other(f"{HERE}?done=on")
        return page(request, "desk/codes.html", codes=codes, next=HERE, kept=None)
    try:
        if typed["do"] == "codes":
            codes = await second.renew_codes(keyring, staff.account, code, by)
            return page(request, "desk/codes.html", codes=codes, next=HERE, kept=None)
        if staff.is_hq:
            raise invalid([Problem("code", "second_factor_needed")])
        await second.shown(keyring, staff.account, code)
        await second.reset(staff.account, by, lost=False)
    except Refused as refused:
        return await _account_page(request, staff, refused)
    return see_other(f"{HERE}?done=off")


@get("/desk/rights")
async def rights(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Who may what: the table that pages and API go by."""
    return page(request, "desk/rights.html", staff=staff, may=MAY, words=WORDS, parts=PARTS)


HANDLERS = [account, change_password, choose_language, end_session, second_form, set_second, rights]
