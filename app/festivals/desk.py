"""HQ's page of festival dates: what is projected, what is confirmed and by which decree."""

from litestar import Response, get, post

from app.accounts.access import actor, desk_staff
from app.accounts.shapes import Staff
from app.database.connection import now
from app.festivals import actions, rules
from app.festivals.queries import festival_dates
from app.festivals.shapes import NAMES
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.public_cache import public_cache_of
from app.web.rendering import page, see_other
from app.web.request import Req


async def _page(
    request: Req, staff: Staff, *, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[bytes]:
    this = now().year
    return page(
        request,
        "desk/festivals.html",
        status=refused.status if refused else 200,
        staff=staff,
        dates=await festival_dates(range(this, this + 4)),
        names=NAMES,
        typed=typed or {"year": str(this + 1)},
        problems=refused.problems if refused else (),
    )


@get("/desk/festivals")
async def festivals(request: Req) -> Response[bytes]:
    """This year and the next three."""
    return await _page(request, await desk_staff(request))


@post("/desk/festivals")
async def confirm(request: Req) -> Response[bytes]:
    """Confirm dates from a decree; HQ alone may."""
    staff = await desk_staff(request)
    if not staff.is_hq:
        raise Refused("forbidden")
    typed = await form(request)
    try:
        draft = rules.read_confirmation({name: value for name, value in typed.items() if value})
    except Refused as refused:
        return await _page(request, staff, typed=typed, refused=refused)
    await actions.confirm(draft, actor(request, staff))
    public_cache_of(request).clear()
    return see_other("/desk/festivals")


@post("/desk/festivals/withdraw")
async def withdraw(request: Req) -> Response[bytes]:
    """Go back to the projection; HQ alone may."""
    staff = await desk_staff(request)
    if not staff.is_hq:
        raise Refused("forbidden")
    typed = await form(request)
    year = typed.get("year", "")
    number = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else 0
    if not await actions.withdraw(number, typed.get("festival", "")[:30], actor(request, staff)):
        raise Refused("not_found")
    public_cache_of(request).clear()
    return see_other("/desk/festivals")


HANDLERS = [festivals, confirm, withdraw]
