"""HQ's page of festival dates: what is projected, what is confirmed and by which decree."""

from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of, may
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.festivals import actions, rules
from app.festivals.queries import festival_dates
from app.festivals.shapes import NAMES
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.web.bodies import form
from app.web.public_cache import public_cache_of
from app.web.rendering import page, said, see_other
from app.web.request import Req


async def _page(
    request: Req, staff: Staff, *, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[bytes]:
    this = now().year
    return page(
        request,
        "desk/festivals.html",
        staff=staff,
        dates=await festival_dates(range(this, this + 4)),
        names=NAMES,
        typed=typed or {"year": str(this + 1)},
        **said(refused),
    )


@get("/desk/festivals")
async def festivals(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """This year and the next three."""
    return await _page(request, staff)


@post("/desk/festivals", guards=[may(Right.FESTIVALS)])
async def confirm(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Confirm dates from a decree; HQ alone may."""
    typed = await form(request)
    try:
        draft = rules.read_confirmation({name: value for name, value in typed.items() if value})
    except Refused as refused:
        return await _page(request, staff, typed=typed, refused=refused)
    await actions.confirm(draft, actor_of(request))
    public_cache_of(request).clear()
    return see_other("/desk/festivals")


@post("/desk/festivals/withdraw", guards=[may(Right.FESTIVALS)])
async def withdraw(request: Req) -> Response[bytes]:
    """Go back to the projection; HQ alone may."""
    typed = await form(request)
    year = small_number(typed.get("year", ""), 9999) or 0
    if not await actions.withdraw(year, typed.get("festival", "")[:30], actor_of(request)):
        raise Refused("not_found")
    public_cache_of(request).clear()
    return see_other("/desk/festivals")


HANDLERS = [festivals, confirm, withdraw]
