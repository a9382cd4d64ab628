"""Logging in and out of the desk."""

from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts import actions
from app.accounts.access import SESSION_LIFE, actor_of
from app.accounts.queries import sessions_of, staff_by_session
from app.accounts.shapes import Kept, Staff
from app.activity.record import Actor, truncated
from app.security.sealing import keyed_hash
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.rendering import page, see_other
from app.web.request import (
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
    return page(
        request,
        "desk/login.html",
        typed={},
        refused=None,
        problems=(),
        next=_next(request.query_params.get("next", "")),
        kept="",
    )


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
        answer = page(
            request,
            "desk/login.html",
            status=refused.status,
            typed={"email": typed.get("email", "")},
            refused=refused,
            problems=(),
            next=_next(typed.get("next", "")),
            kept=typed.get("kept", ""),
        )
        if refused.status == 429:
            answer.headers["retry-after"] = str(refused.facts["seconds"])
        return answer
    if before := cookie_value(request, "session"):
        await actions.log_out(before)
    cookies = [cookie(settings, "session", secret, SESSION_LIFE), cookie(settings, "known", known, KNOWN_LIFE)]
    if kept := _kept(typed.get("kept", "")):
        answer = page(request, "desk/again.html", kept=kept)
        answer.cookies.extend(cookies)
        return answer
    return see_other(_next(typed.get("next", "")), cookies)


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


@get("/desk/account")
async def account(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Where one is logged in."""
    return page(request, "desk/account.html", staff=staff, sessions=await sessions_of(staff.account))


HANDLERS = [login_form, log_in, log_out, account]
