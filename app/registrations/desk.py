"""The parties of an event, for its attaché. HQ sees counts, never this list."""

from litestar import Response, get
from litestar.params import FromPath

from app.database.audit import audit
from app.registrations.queries import counts, parties_of
from app.web.answers import PAGE, cursor_of, read_cursor
from app.web.client import Req, keyring_of
from app.web.pages import page
from app.web.refusals import Refused
from app.web.scope import desk_event
from app.web.sessions import actor


@get("/desk/events/{slug:str}/registrations")
async def registrations(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """Names, sizes and states; each reading is audited."""
    staff, event = await desk_event(request, slug)
    if staff.is_hq:
        raise Refused("forbidden")
    parties = await parties_of(keyring_of(request), event.id, read_cursor(request), PAGE + 1)
    shown = parties[:PAGE]
    await audit(actor(request, staff), "names_read", "event", event.id, event.id, parties=len(shown))
    return page(
        request,
        "desk/registrations.html",
        staff=staff,
        event=event,
        parties=shown,
        counts=await counts(event.id),
        next=cursor_of((shown[-1].created_at, shown[-1].id)) if len(parties) > PAGE else None,
    )


HANDLERS = [registrations]
