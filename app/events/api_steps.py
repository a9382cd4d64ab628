"""An event's steps for integrators: publish, cancel, undo, reinstate, delete; and campaigns."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import msgspec
from litestar import Response, delete, post, route
from litestar.di import NamedDependency

from app.accounts.access import actor_of, staff_of
from app.activity.record import Actor
from app.events import actions, undoing
from app.events.access import event_of
from app.events.answers import STEP, EventAnswer, NoBody, NoticeBody, shown
from app.events.campaigns import public_campaigns
from app.events.shapes import NOTICE, EventRow
from app.validation.fields import Reader
from app.web.bodies import json_object
from app.web.conditions import meant_for
from app.web.cursors import PageFields, PageOf, cut, page_answer, read_cursor, read_page
from app.web.described import told
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.public_cache import public_cache_of
from app.web.request import Req, keyring_of, language_of, settings_of


class CampaignAnswer(msgspec.Struct, frozen=True):
    """Events that belong together: its word in addresses, what it is called, its page and the calendar to follow."""

    id: UUID
    word: str
    host_country: str | None
    title: dict[str, str] | str
    page: str
    calendar: str


@route(
    "/api/v1/campaigns",
    http_method=["GET", "HEAD"],
    opt={"public": True, "shared": True, **told(PageOf[CampaignAnswer], query=PageFields)},
)
async def campaigns(request: Req) -> Response[bytes]:
    """The campaigns of which something is public, those with the latest events first."""
    asked = read_page(request, PageFields)
    base, language = settings_of(request).base_url, language_of(request)
    found = await public_campaigns(read_cursor(request), asked.limit + 1)
    part, place = cut(found, asked.limit, lambda row: (row[1], row[0].id))
    items = [
        CampaignAnswer(
            id=each.id,
            word=each.address,
            host_country=each.host_country,
            title=each.title,
            page=f"{base}/{language}/campaigns/{each.address}",
            calendar=f"{base}/calendars/{language}/campaigns/{each.address}.ics",
        )
        for each, _ in part
    ]
    return page_answer(request, items, place)


@post(
    "/api/v1/events/{slug:str}/publish",
    status_code=200,
    opt=told(EventAnswer, *STEP, body=NoBody, once=True, guarded=True),
)
async def publish_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Show a draft to everybody."""
    Reader(await json_object(request)).finish()
    return await _step(request, partial(actions.publish, event.id))


@post(
    "/api/v1/events/{slug:str}/cancel",
    status_code=200,
    opt=told(EventAnswer, *STEP, body=NoticeBody, once=True, guarded=True),
)
async def cancel_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Call an event off, with a notice."""
    notice = await _notice(request)
    return await _step(request, partial(actions.cancel, keyring_of(request), event.id, notice))


@post(
    "/api/v1/events/{slug:str}/undo",
    status_code=200,
    opt={
        "even_deleted": True,
        **told(EventAnswer, *STEP, "nothing_to_undo", "people_registered", body=NoBody, once=True, guarded=True),
    },
)
async def undo_last_step(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Take back the last publishing, cancelling or deleting, within ten minutes."""
    Reader(await json_object(request)).finish()
    return await _step(request, partial(undoing.undo, keyring_of(request), event.id))


@post(
    "/api/v1/events/{slug:str}/reinstate",
    status_code=200,
    opt=told(EventAnswer, *STEP, body=NoticeBody, once=True, guarded=True),
)
async def reinstate(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Hold a cancelled event after all; a notice says what people should know."""
    notice = await _notice(request)
    return await _step(request, partial(undoing.reinstate, event.id, notice))


@delete(
    "/api/v1/events/{slug:str}",
    status_code=200,
    opt=told(None, *STEP, "event_not_a_draft", "event_was_public", status=204, guarded=True),
)
async def delete_event(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Remove a draft."""
    await actions.delete(event.id, actor_of(request), meant_for(request))
    return json_answer(None, 204)


async def _notice(request: Req) -> dict[str, str]:
    read = Reader(await json_object(request))
    notice = read.localised("notice", NOTICE, lines=True)
    read.finish()
    return notice


async def _step(request: Req, take: Callable[[Actor, frozenset[int] | None], Awaitable[EventRow]]) -> Response[bytes]:
    """The event as it is after a step."""

    async def act() -> Answer:
        event = await take(actor_of(request), meant_for(request))
        return Answer(200, shown(event, settings_of(request).base_url, language_of(request), private=True))

    answer = await answer_once(request, str(staff_of(request).account), act, str(event_of(request).id))
    public_cache_of(request).clear()
    return answer


HANDLERS = [campaigns, publish_event, cancel_event, undo_last_step, reinstate, delete_event]
