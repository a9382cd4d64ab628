"""Who at the staff asks, and what exists for them: by session cookie at the desk, by bearer token in the API."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

import msgspec
from litestar.handlers import BaseRouteHandler

from app.accounts.queries import staff_by_session, staff_by_token
from app.accounts.rights import Right
from app.accounts.shapes import Kept, Staff
from app.activity.record import Actor, truncated
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.request import (
    SAFE,
    Connection,
    Req,
    asking,
    bearer,
    client_address,
    cookie_value,
    is_public,
    require_same_origin,
)
from models.states import ActorKind

SESSION_LIFE = timedelta(days=14)
FORM_TYPE = "application/x-www-form-urlencoded"


async def logged_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """The desk's guard: whoever asks is logged in, and their form comes from our own pages."""
    if is_public(handler):
        return
    request = asking(connection)
    secret = cookie_value(request, "session")
    staff = await staff_by_session(secret) if secret else None
    if staff is None and secret:
        await _keep_typed(request)
    if staff is None:
        raise Refused("session_expired" if secret else "unauthenticated")
    if request.method not in SAFE:
        require_same_origin(request)
    request.state.staff = staff


async def _keep_typed(request: Req) -> None:
    """What was typed when the session ended comes along to the log-in, if a form of our own page sent it."""
    if request.scope["path"].startswith("/desk/account"):
        return  # passwords and codes are never kept
    if request.method in SAFE or not request.headers.get("content-type", "").startswith(FORM_TYPE):
        return
    with contextlib.suppress(Refused):
        require_same_origin(request)
        typed = await form(request)
        shown = {name: text for name, text in typed.items() if "password" not in name}
        request.state.kept = msgspec.json.encode(Kept(request.scope["path"], shown)).decode()


async def holds_token(connection: Connection, handler: BaseRouteHandler) -> None:
    """The API's guard: the bearer token acts for somebody."""
    if is_public(handler):
        return
    staff = await optional_staff(asking(connection))
    if staff is None:
        raise Refused("unauthenticated")
    connection.state.staff = staff


async def optional_staff(request: Req) -> Staff | None:
    """For whom the bearer token acts where the public may ask too; a wrong token is refused all the same."""
    token = bearer(request)
    if not token:
        if "authorization" in request.headers:
            raise Refused("unauthenticated")
        return None
    staff = await staff_by_token(token)
    if staff is None:
        raise Refused("unauthenticated")
    return staff


def may(right: Right) -> Callable[[Connection, BaseRouteHandler], None]:
    """A guard of single handlers that name no event: whoever has this right anywhere."""

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        if not staff_of(asking(connection)).may_anywhere(right):
            raise Refused("forbidden")

    return guard


def staff_of(request: Req) -> Staff:
    """Who asks, as the guard found them."""
    staff: Staff = request.state.staff
    return staff


def actor_of(request: Req) -> Actor:
    """The staff member as the audit names them."""
    return Actor(ActorKind.STAFF, str(staff_of(request).account), truncated(client_address(request)))
