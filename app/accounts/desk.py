"""Logging in and out of the desk: password, second factor, and the one-time link that sets a password."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts import actions, own, passkeys, second
from app.accounts.access import SESSION_LIFE, actor_of
from app.accounts.links import account_of_link, use_link
from app.accounts.queries import account_by_email, email_of, staff_by_half, staff_by_session
from app.accounts.second import has_app, has_factor
from app.accounts.shapes import Kept, Staff
from app.activity.record import Actor, truncated
from app.database.connection import now
from app.i18n.catalogues import languages
from app.printing import qr
from app.security.passwords import LEAST_LENGTH
from app.security.sealing import keyed_hash
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.limits import LOGIN_FROM_ADDRESS, ONE_TIME_LINKS, count_failure, forgive
from app.web.rendering import page, said, see_other
from app.web.request import (
    LANGUAGE_COOKIE,
    Req,
    client_address,
    cookie,
    cookie_value,
    keyring_of,
    require_same_origin,
    settings_of,
    source_of,
)
from models.states import ActorKind

KNOWN_LIFE = timedelta(days=365)


def _next(address: str) -> str:
    """Where to go after logging in: only to our own desk."""
    try:
        parts = urlsplit(address)
    except ValueError:  # "//[" is no address
        return "/desk"
    own = not parts.scheme and not parts.netloc and parts.path.startswith("/desk") and "\\" not in address
    return address if own else "/desk"


@get("/desk/login", opt={"public": True})
async def login_form(request: Req) -> Response[bytes]:
    """E-mail and password."""
    secret = cookie_value(request, "session")
    if secret and await staff_by_session(secret):
        return see_other("/desk")
    asked = request.query_params  # of an address, only where to go: what was typed comes by a form of ours
    return await _login_page(request, {name: asked[name] for name in ("next", "welcome") if name in asked})


async def _login_page(request: Req, typed: dict[str, str], refused: Refused | None = None) -> Response[bytes]:
    answer = page(
        request,
        "desk/login.html",
        typed={"email": typed.get("email", "")},
        next=_next(typed.get("next", "")),
        kept=typed.get("kept", ""),
        welcome=refused is None and "welcome" in typed,
        passkey=await _asked_passkey(request),
        **said(refused),
    )
    if refused and refused.status == 429:
        answer.headers["retry-after"] = str(refused.facts["seconds"])
    return answer


async def _asked_passkey(request: Req, account: UUID | None = None) -> str:
    """What the browser is asked for, "" where passkeys cannot be: Bon's address is a number."""
    site = passkeys.relying_party(settings_of(request).base_url)
    return await passkeys.to_log_in(keyring_of(request), site, account) if site else ""


@post("/desk/login", opt={"public": True})
async def log_in(request: Req) -> Response[bytes]:
    """Start a session under a new id."""
    require_same_origin(request)
    typed = await form(request)
    settings, keyring, address = settings_of(request), keyring_of(request), source_of(request)
    email = typed.get("email", "").strip().lower()
    known = keyed_hash(keyring, "known-browser", email)
    try:
        secret = await actions.log_in(
            keyring,
            email,
            typed.get("password", ""),
            address=address,
            known_browser=cookie_value(request, "known") == known,
            by=Actor(ActorKind.STAFF, "", truncated(client_address(request))),
            life=SESSION_LIFE,
        )
    except Refused as refused:
        return await _login_page(request, typed, refused)
    if before := cookie_value(request, "session"):
        await actions.log_out(before)
    cookies = [cookie(settings, "session", secret, SESSION_LIFE), cookie(settings, "known", known, KNOWN_LIFE)]
    cookies += await _spoken(email)
    if half := await staff_by_half(secret):
        return await _second_page(request, half, secret, typed, cookies=cookies)
    return _onward(request, typed, cookies)


def _onward(request: Req, typed: dict[str, str], cookies: list[Cookie]) -> Response[bytes]:
    """Logged in: to where one was going, or to what one had typed."""
    if kept := _kept(typed.get("kept", "")):
        return page(request, "desk/again.html", kept=kept, cookies=cookies)
    return see_other(_next(typed.get("next", "")), cookies)


@post("/desk/login/passkey", opt={"public": True})
async def show_passkey(request: Req) -> Response[bytes]:
    """A passkey is both factors: the session is whole at once, whether or not the password was shown before."""
    require_same_origin(request)
    typed, settings, keyring = await form(request), settings_of(request), keyring_of(request)
    source = source_of(request)
    before = cookie_value(request, "session")
    half = await staff_by_half(before) if before else None
    moment = now()  # whoever is disabled meanwhile has not logged in
    try:
        await count_failure(keyring, LOGIN_FROM_ADDRESS, source)
        site = passkeys.relying_party(settings.base_url)
        if site is None:
            raise Refused("not_found")
        account = await passkeys.account_shown(keyring, site, typed.get("answer", ""))
        by = Actor(ActorKind.STAFF, "", truncated(client_address(request)))
        secret = await actions.log_in_by_passkey(account, moment, by, SESSION_LIFE)
    except Refused as refused:
        if half is not None and refused.status != 429:
            return await _second_page(request, half, before, typed, refused=refused)
        return await _login_page(request, typed, refused)
    await forgive(keyring, LOGIN_FROM_ADDRESS, source)
    if before:
        await actions.log_out(before)
    if half is not None and half.account != account:
        typed["kept"] = ""  # it was typed by somebody else
    email = await email_of(account)
    known = keyed_hash(keyring, "known-browser", email)
    cookies = [cookie(settings, "session", secret, SESSION_LIFE), cookie(settings, "known", known, KNOWN_LIFE)]
    return _onward(request, typed, cookies + await _spoken(email))


async def _spoken(email: str) -> list[Cookie]:
    """The desk in the language that this person chose."""
    account = await account_by_email(email)
    chosen = account["language"] if account else ""
    if chosen not in languages():
        return []
    return [Cookie(LANGUAGE_COOKIE, value=chosen, max_age=365 * 86400, samesite="lax", httponly=True)]


async def _second_page(
    request: Req,
    half: Staff,
    secret: str,
    typed: dict[str, str],
    *,
    refused: Refused | None = None,
    cookies: list[Cookie] | None = None,
) -> Response[bytes]:
    """Ask for the second factor, or, where there is none and HQ must have one, set it up."""
    there = await has_factor(half.account)
    return page(
        request,
        "desk/second.html",
        cookies=cookies,
        next=_next(typed.get("next", "")),
        kept=typed.get("kept", ""),
        offer=None if there else await _offer(request, half),
        app=there and await has_app(half.account),
        passkey=await _asked_passkey(request, half.account) if await passkeys.passkeys_of(half.account) else "",
        **said(refused),
    )


async def _offer(request: Req, staff: Staff) -> dict[str, str]:
    """A secret for the app of the phone, as QR and to type."""
    secret = await second.offered(keyring_of(request), staff.account)
    return {"secret": secret, "symbol": qr.svg(second.address_of(secret, staff.email))}


@get(["/desk/login/second", "/desk/login/passkey"], opt={"public": True})
async def back_to_login() -> Response[bytes]:
    """Where a form's answer stands: another language, or a reload, begins again."""
    return see_other("/desk/login")


@post("/desk/login/second", opt={"public": True})
async def show_second(request: Req) -> Response[bytes]:
    """The second factor: only then is the session whole."""
    require_same_origin(request)
    typed, keyring = await form(request), keyring_of(request)
    secret = cookie_value(request, "session")
    half = await staff_by_half(secret) if secret else None
    if half is None:
        return see_other("/desk/login")
    codes = list[str]()
    try:
        if await has_factor(half.account):
            await second.shown(keyring, half.account, typed.get("code", ""))
        else:
            actor = Actor(ActorKind.STAFF, str(half.account), truncated(client_address(request)))
            codes = await second.confirm(keyring, half.account, typed.get("code", ""), actor)
        fresh = await own.finish_log_in(secret)
    except Refused as refused:
        if refused.status == 429:
            raise
        return await _second_page(request, half, secret, typed, refused=refused)
    cookies = [cookie(settings_of(request), "session", fresh, SESSION_LIFE)]
    onward = _next(typed.get("next", ""))
    if codes:
        kept = _kept(typed.get("kept", ""))
        return page(request, "desk/codes.html", codes=codes, next=onward, kept=kept, cookies=cookies)
    return _onward(request, typed, cookies)


@get("/desk/welcome/{secret:str}", opt={"public": True})
async def welcome(request: Req, secret: FromPath[str]) -> Response[bytes]:
    """A one-time link: choose a password."""
    return await _welcome_page(request, secret)


async def _welcome_page(request: Req, secret: str, refused: Refused | None = None) -> Response[bytes]:
    try:
        account = await account_of_link(secret)
    except Refused:
        await count_failure(keyring_of(request), ONE_TIME_LINKS, source_of(request))
        raise
    return page(request, "desk/welcome.html", account=account, least=LEAST_LENGTH, **said(refused))


@post("/desk/welcome/{secret:str}", opt={"public": True})
async def choose_password(request: Req, secret: FromPath[str]) -> Response[bytes]:
    """The password is set, the link is over, and one logs in with it."""
    require_same_origin(request)
    typed = await form(request)
    try:
        address = truncated(client_address(request))
        await use_link(secret, typed.get("password", ""), typed.get("again", ""), address)
    except Refused as refused:
        if refused.code == "link_over":
            raise
        return await _welcome_page(request, secret, refused)
    return see_other("/desk/login?welcome=1", [cookie(settings_of(request), "session", "", timedelta(0))])


def _kept(text: str) -> Kept | None:
    """The form that was sent when the session had ended; only to our own desk."""
    try:
        kept = msgspec.json.decode(text, type=Kept)
    except msgspec.DecodeError:
        return None
    return kept if _next(kept.path) == kept.path and kept.typed else None


@post("/desk/logout")
async def log_out(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """End this session, or (with "everywhere") every one of the account."""
    if (await form(request)).get("everywhere"):
        await actions.log_out_everywhere(staff.account, actor_of(request))
    else:
        await actions.log_out(cookie_value(request, "session"))
    return see_other("/desk/login", [cookie(settings_of(request), "session", "", timedelta(0))])


HANDLERS = [login_form, log_in, back_to_login, show_second, show_passkey, welcome, choose_password, log_out]
