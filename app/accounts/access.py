"""Who is at the other end: staff by session cookie or bearer token. Cookies are ours alone, strict and short-lived."""

from datetime import timedelta

from litestar.datastructures import Cookie

from app.accounts.queries import staff_by_session, staff_by_token
from app.accounts.shapes import Staff
from app.activity.record import Actor, truncated
from app.settings import Settings
from app.validation.refusals import Refused
from app.web.request import Req, client_address, require_same_origin, settings_of

SESSION_LIFE = timedelta(days=14)
SAFE = {"GET", "HEAD"}


def cookie_name(settings: Settings, kind: str) -> str:
    """`__Host-` binds a cookie to this very host; browsers take it over https only."""
    return f"__Host-bon-{kind}" if settings.secure else f"bon-{kind}"


def cookie(settings: Settings, kind: str, value: str, life: timedelta) -> Cookie:
    """A cookie for staff, gates or the language; a life of zero removes it."""
    return Cookie(
        key=cookie_name(settings, kind),
        value=value,
        path="/",
        max_age=int(life.total_seconds()),
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def cookie_value(request: Req, kind: str) -> str:
    return request.cookies.get(cookie_name(settings_of(request), kind), "")


def bearer(request: Req) -> str:
    """The bearer token of the request, or ""."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def desk_staff(request: Req) -> Staff:
    """Who is logged in at the desk; raises Refused. A form must come from our own pages."""
    secret = cookie_value(request, "session")
    staff = await staff_by_session(secret) if secret else None
    if staff is None:
        raise Refused("session_expired" if secret else "unauthenticated")
    if request.method not in SAFE:
        require_same_origin(request)
    return staff


async def api_staff(request: Req) -> Staff:
    """For whom the bearer token acts; raises Refused."""
    staff = await optional_staff(request)
    if staff is None:
        raise Refused("unauthenticated")
    return staff


async def optional_staff(request: Req) -> Staff | None:
    """The same where the public may ask too; a wrong token is refused all the same."""
    token = bearer(request)
    if not token:
        if "authorization" in request.headers:
            raise Refused("unauthenticated")
        return None
    staff = await staff_by_token(token)
    if staff is None:
        raise Refused("unauthenticated")
    return staff


def actor(request: Req, staff: Staff) -> Actor:
    """The staff member as the audit names them."""
    return Actor("staff", str(staff.account), truncated(client_address(request)))
