"""The desk's first page: everything that this person looks after."""

from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.shapes import Staff
from app.activity.kinds import Kind
from app.events.queries import staff_event, staff_events
from app.events.undoing import undoable
from app.web.rendering import page
from app.web.request import Req


@get("/desk")
async def home(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Every event that exists for this person; after a draft was deleted, the way to take that back."""
    deleted = await staff_event(request.query_params.get("deleted", ""), staff, even_deleted=True)
    back = deleted if deleted and await undoable(deleted) == Kind.EVENT_DELETED else None
    return page(request, "desk/events.html", staff=staff, events=await staff_events(staff), deleted=back)


HANDLERS = [home]
