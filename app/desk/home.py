"""The desk's first page: everything that this person looks after."""

from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.shapes import Staff
from app.events.queries import staff_events
from app.web.rendering import page
from app.web.request import Req


@get("/desk")
async def home(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """Every event that exists for this person."""
    return page(request, "desk/events.html", staff=staff, events=await staff_events(staff))


HANDLERS = [home]
