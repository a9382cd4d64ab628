"""The application: every capability's handlers, put together."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from litestar import Litestar
from litestar.datastructures import State

from app.accounts import desk as accounts_desk
from app.care import health
from app.database.connection import opened
from app.database.engines import engine_for
from app.desk import styleguide
from app.directory import api as directory_api
from app.directory import desk as directory_desk
from app.events import api as events_api
from app.events import desk as events_desk
from app.events import feeds as events_feeds
from app.events import media as events_media
from app.events import pages as events_pages
from app.festivals import desk as festivals_desk
from app.gate import api as gate_api
from app.gate import desk as gate_desk
from app.gate import pages as gate_pages
from app.gate import ticket_page
from app.registrations import api as registrations_api
from app.registrations import desk as registrations_desk
from app.registrations import pages as registrations_pages
from app.registrations.actions import purge
from app.security import keyring
from app.settings import Settings, read
from app.site import pages as site_pages
from app.web import assets, errors
from app.web.bodies import MOST_BYTES
from app.web.headers import before_send
from app.web.logs import RequestLog
from app.web.overload import Overload
from app.web.public_cache import PublicCache
from app.web.request import refuse_control_characters

log = logging.getLogger("bon")

PURGE_EVERY = 3600  # seconds

HANDLERS = [
    *health.HANDLERS,
    assets.static,
    assets.service_worker,
    directory_api.host_countries,
    *site_pages.HANDLERS,
    *directory_desk.HANDLERS,
    *events_api.HANDLERS,
    *events_desk.HANDLERS,
    *events_feeds.HANDLERS,
    *events_media.HANDLERS,
    *events_pages.HANDLERS,
    *styleguide.HANDLERS,
    *festivals_desk.HANDLERS,
    *registrations_api.HANDLERS,
    *registrations_desk.HANDLERS,
    *registrations_pages.HANDLERS,
    *ticket_page.HANDLERS,
    *gate_api.HANDLERS,
    *gate_desk.HANDLERS,
    *gate_pages.HANDLERS,
    *accounts_desk.HANDLERS,
]


async def purge_hourly() -> None:
    """Keep the promise of retention; several processes may run it, each batch is one transaction."""
    while True:
        await asyncio.sleep(PURGE_EVERY)
        try:
            await purge()
        except Exception as error:  # noqa: BLE001 - tomorrow's try must not depend on today's
            log.error(msgspec.json.encode({"event": "purge failed", "kind": type(error).__name__}).decode())


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole of Bon for these settings (default: the environment's)."""
    chosen = read(os.environ) if settings is None else settings

    @asynccontextmanager
    async def database(app: Litestar) -> AsyncIterator[None]:
        async with opened(engine_for(chosen)):
            purging = asyncio.create_task(purge_hourly())
            yield
            purging.cancel()

    return Litestar(
        route_handlers=HANDLERS,
        lifespan=[database],
        exception_handlers={Exception: errors.handle},
        before_request=refuse_control_characters,
        before_send=[before_send],
        middleware=[RequestLog(), Overload()],
        state=State({"settings": chosen, "keyring": keyring.load(chosen), "public_cache": PublicCache()}),
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        logging_config=None,
    )
