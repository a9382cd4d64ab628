"""The application: every capability's handlers, put together; and who guards them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from app.accounts import desk as accounts_desk
from app.accounts import desk_own as accounts_own
from app.accounts import desk_passkeys as accounts_passkeys
from app.accounts import desk_tokens as accounts_tokens
from app.accounts.access import holds_token, logged_in, staff_of
from app.background import background
from app.care import health
from app.care.rotation import keep_reading
from app.care.rules import release
from app.database.connection import opened
from app.database.engines import engine_for
from app.desk import accounts as desk_accounts
from app.desk import handover, home, styleguide
from app.directory import api as directory_api
from app.directory import desk as directory_desk
from app.directory.access import contact_of, contact_of_path
from app.events import api as events_api
from app.events import api_steps as events_steps
from app.events import desk as events_desk
from app.events import desk_campaigns as events_campaigns
from app.events import desk_towns as events_towns
from app.events import feeds as events_feeds
from app.events import media as events_media
from app.events import pages as events_pages
from app.events.access import event_of, event_of_path
from app.festivals import api as festivals_api
from app.festivals import desk as festivals_desk
from app.gate import api as gate_api
from app.gate import desk as gate_desk
from app.gate import pages as gate_pages
from app.gate import ticket_page
from app.gate.access import device_of, paired
from app.messages import api as messages_api
from app.messages import desk as messages_desk
from app.messages import desk_writing as messages_writing
from app.messages import pages as messages_pages
from app.messages import push
from app.messages.bot import Bot
from app.messages.telegram import Telegram
from app.registrations import api as registrations_api
from app.registrations import api_lists as registrations_api_lists
from app.registrations import desk as registrations_desk
from app.registrations import desk_adding as registrations_adding
from app.registrations import desk_lists as registrations_lists
from app.registrations import desk_parties as registrations_parties
from app.registrations import media as registrations_media
from app.registrations import pages as registrations_pages
from app.registrations.access import party_of, party_of_link, party_of_path
from app.reports import api as reports_api
from app.reports import desk as reports_desk
from app.security import keyring
from app.settings import Settings, read
from app.site import api as site_api
from app.site import embed as site_embed
from app.site import pages as site_pages
from app.site import well_known
from app.web import assets, errors, reporting
from app.web.bodies import MOST_BYTES
from app.web.front import Front
from app.web.headers import before_send
from app.web.logs import to_standard_error
from app.web.public_cache import PublicCache
from app.web.request import Connection, asking, form_is_ours, known_language
from app.web.shelf import Shelf
from app.webhooks import desk as webhooks_desk

PARENT = "_BON_SERVED_BY"  # the process that `bon serve` is, for those that answer for it
ORPHANED_AFTER = 1.0  # seconds
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

# what a guard found, read into the signature of a handler that names it
FOUND = {
    name: Provide(found, sync_to_thread=False)
    for name, found in (
        ("staff", staff_of),
        ("event", event_of),
        ("party", party_of),
        ("contact", contact_of),
        ("device", device_of),
    )
}


def asked_of(*guards: Guard) -> list[Guard]:
    """These guards in their order, but not for OPTIONS: which methods an address has is no secret, and finds no row."""

    async def judge(connection: Connection, handler: BaseRouteHandler) -> None:
        if asking(connection).method != "OPTIONS":
            for guard in guards:
                await guard(connection, handler)

    return [judge]


PAGES = Router(
    "/",
    route_handlers=[
        *health.HANDLERS,
        *assets.HANDLERS,
        *site_pages.HANDLERS,
        *site_api.HANDLERS,
        *site_embed.HANDLERS,
        *well_known.HANDLERS,
        *events_pages.HANDLERS,
        *events_feeds.HANDLERS,
        *events_media.PUBLIC_HANDLERS,
        *registrations_pages.HANDLERS,
        *registrations_media.HANDLERS,
        *ticket_page.HANDLERS,
        *messages_pages.HANDLERS,
    ],
    guards=asked_of(form_is_ours, known_language, party_of_link),
    opt={"public": True},
)
DESK = Router(
    "/",
    route_handlers=[
        *home.HANDLERS,
        *styleguide.HANDLERS,
        *accounts_desk.HANDLERS,
        *accounts_own.HANDLERS,
        *accounts_passkeys.HANDLERS,
        *accounts_tokens.HANDLERS,
        *desk_accounts.HANDLERS,
        *handover.HANDLERS,
        *directory_desk.HANDLERS,
        *festivals_desk.HANDLERS,
        *events_desk.HANDLERS,
        *events_campaigns.HANDLERS,
        *events_towns.HANDLERS,
        *events_media.HANDLERS,
        *reports_desk.HANDLERS,
        *registrations_desk.HANDLERS,
        *registrations_lists.HANDLERS,
        *registrations_parties.HANDLERS,
        *registrations_adding.HANDLERS,
        *gate_desk.HANDLERS,
        *webhooks_desk.HANDLERS,
        *messages_writing.HANDLERS,
        *messages_desk.HANDLERS,
    ],
    guards=asked_of(logged_in, event_of_path, party_of_path, contact_of_path),
)
API = Router(
    "/",
    route_handlers=[
        *directory_api.HANDLERS,
        *festivals_api.HANDLERS,
        *events_api.HANDLERS,
        *events_steps.HANDLERS,
        *registrations_api.HANDLERS,
        *registrations_api_lists.HANDLERS,
        *gate_api.HANDLERS,
        *messages_api.HANDLERS,
        *reports_api.HANDLERS,
    ],
    guards=asked_of(holds_token, event_of_path, party_of_link),
)
GATE = Router("/", route_handlers=[*gate_pages.HANDLERS, *gate_api.DEVICE_HANDLERS], guards=asked_of(paired))


def state_of(settings: Settings) -> State:
    """What the application keeps in memory for an installation."""
    ring = keyring.load(settings)
    given = settings.channels
    telegram = Telegram(given.telegram_api, given.telegram_token) if given.telegram_token else None
    bot = Bot(ring, settings.base_url, telegram) if telegram else None
    return State(
        {
            "settings": settings,
            "keyring": ring,
            "public_cache": PublicCache(),
            "front": Front(read_only=settings.read_only),
            "bot": bot,
        }
    )


def beside(state: State) -> tuple[Settings, keyring.Keyring, Bot | None]:
    """What the work beside the requests needs of it."""
    return state.settings, state.keyring, state.bot


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    """The database is open and background work goes on while the application runs."""
    async with opened(engine_for(app.state.settings)):
        if app.state.settings.channels.push_contact:
            await push.keys(app.state.keyring)  # made at the first start, so that no page has to
        works = app.state.settings.worker != "off" and not app.state.settings.read_only
        everything = [
            keep_reading(app.state.keyring),
            end_with_parent(),
            *(background(*beside(app.state)) if works else []),
        ]
        running = [asyncio.create_task(each) for each in everything]
        yield
        for each in running:
            each.cancel()


async def end_with_parent() -> None:
    """Who answers for a `bon serve` that was killed would keep its port: end, by force if need be."""
    parent = os.environ.get(PARENT)
    while parent in {None, str(os.getppid())}:  # noqa: ASYNC110 - nothing tells a process that its parent is gone
        await asyncio.sleep(ORPHANED_AFTER)
    asyncio.get_running_loop().call_later(ORPHANED_AFTER * 5, os._exit, 1)
    os.kill(os.getpid(), signal.SIGTERM)


async def work(settings: Settings) -> None:
    """What goes on in the background, and nothing else, until it is cancelled."""
    to_standard_error(settings.log)
    state = state_of(settings)
    async with opened(engine_for(settings)):
        await asyncio.gather(keep_reading(state.keyring), *background(*beside(state)))


def create_served() -> Shelf:
    """What `bon serve` serves: the application behind its shelf."""
    return Shelf(create_app())


def create_app(settings: Settings | None = None) -> Litestar:
    """The whole of Bon for these settings (default: the environment's)."""
    if settings is None:
        settings = read(os.environ)
        to_standard_error(settings.log)
    if settings.sentry_dsn:
        reporting.begin(settings.sentry_dsn, release())
    state = state_of(settings)
    return Litestar(
        route_handlers=[PAGES, DESK, API, GATE],
        dependencies=FOUND,
        lifespan=[database],
        exception_handlers={Exception: errors.handle},
        before_send=[before_send],
        middleware=[state.front],
        state=state,
        request_max_body_size=MOST_BYTES,
        openapi_config=None,
        logging_config=None,
    )
