"""What people of an event were told, for integrators: as counts, without a word of it."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from app.accounts.rights import Right
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.messages.queries import announcements_of, deliveries_of
from app.messages.shapes import DeliveryCount
from app.web.cursors import PageFields, PageOf, cut, page_answer, read_cursor, read_page
from app.web.described import told
from app.web.request import Req, keyring_of
from models.states import Letter


class AnnouncementAnswer(msgspec.Struct, frozen=True):
    """Something that people of an event were or will be told, and what became of its messages."""

    id: UUID
    kind: Letter
    created_at: datetime
    not_before: datetime
    told_at: datetime | None
    stopped_at: datetime | None
    content_revision: int
    deliveries: list[DeliveryCount]


@get(
    "/api/v1/events/{slug:str}/messages",
    opt={RIGHT: Right.MESSAGES, **told(PageOf[AnnouncementAnswer], "forbidden", query=PageFields)},
)
async def delivered(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """What people were told together, the newest first, by channel and state."""
    asked = read_page(request, PageFields)
    found = await announcements_of(keyring_of(request), event.id, read_cursor(request), asked.limit + 1)
    part, place = cut(found, asked.limit, lambda row: (row.created_at, row.id))
    deliveries = await deliveries_of([row.id for row in part])
    items = [
        AnnouncementAnswer(
            id=row.id,
            kind=row.kind,
            created_at=row.created_at,
            not_before=row.not_before,
            told_at=row.told_at,
            stopped_at=row.stopped_at,
            content_revision=row.content_revision,
            deliveries=deliveries[row.id],
        )
        for row in part
    ]
    return page_answer(request, items, place)


HANDLERS = [delivered]
