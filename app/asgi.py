"""The application: every capability's handlers, put together; who guards them; what runs in the background."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler

from app.accounts import desk as accounts_desk
from app.accounts import desk_own as accounts_own
from app.accounts import desk_passkeys as accounts_passkeys
from app.accounts.access import holds_token, logged_in, staff_of
from app.care import health
from app.care.erased import note_erased
from app.care.heartbeat import EVERY, beat
from app.care.purge import purge_if_time_is_sound
from app.care.resealing import reseal, rewrite
from app.care.rotation import keep_reading
from app.care.rules import release
from app.database.claims import Job, keep_running
from app.database.connection import opened
from app.database.data_keys import sweep
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
from app.events.undoing import remove_deleted
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
from app.messages.channels import adapters
from app.messages.fanning import remind
from app.messages.sending import Sender
from app.messages.telegram import Telegram
from app.messages.worker import keep_hearing, keep_listening, keep_sending
from app.registrations import api as registrations_api
from app.registrations import api_lists as registrations_api_lists
from app.registrations import desk as registrations_desk
from app.registrations import desk_adding as registrations_adding
from app.registrations import desk_lists as registrations_lists
from app.registrations import desk_parties as registrations_parties
from app.registrations import media as registrations_media
from app.registrations import pages as registrations_pages
from app.registrations.access import party_of, party_of_link, party_of_path
from app.registrations.erasure import forget_ended_names
from app.registrations.rushes import forget_sources
from app.reports import desk as reports_desk
from app.seats.tally import tally_ended
from app.seats.waiting import end_keeping
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
from app.webhooks.finding import Lookout, forget_deliveries
from app.webhooks.sending import Courier

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
    ],
    guards=asked_of(holds_token, event_of_path, party_of_link),
)
GATE = Router("/", route_handlers=[*gate_pages.HANDLERS, *gate_api.DEVICE_HANDLERS], guards=asked_of(paired))


async def forget_ended() -> None:
    """What could be undone and cannot any more: names of places that were given up, drafts that were deleted."""
    await forget_ended_names()
    await remove_deleted()


def jobs(state: State) -> list[Job]:
    """What runs in the background, each slot of it in one process."""
    in_a_file = state.settings.sqlite_path is not None
    return [
        Job("heartbeat", EVERY, beat),
        Job("erased", timedelta(minutes=1), partial(note_erased, state.settings.data_dir), claimed=False),
        Job("reseal", timedelta(days=1), partial(reseal, state.keyring)),
        Job("rewrite", timedelta(hours=1), rewrite),
        Job("kept", timedelta(minutes=1), end_keeping),
        Job("ended", timedelta(minutes=1), forget_ended),
        Job("sources", timedelta(hours=1), forget_sources),
        Job("remind", timedelta(minutes=1), remind),
        Job("tally", timedelta(minutes=10), tally_ended),
        Job("told", timedelta(days=1), forget_deliveries),
        Job("news", timedelta(seconds=3), Lookout().find, claimed=False),
        Job("purge", timedelta(hours=1), partial(purge_if_time_is_sound, state.keyring)),
        # PostgreSQL locks the table for the moment that it takes to write it anew
        Job("sweep", timedelta(seconds=20) if in_a_file else timedelta(hours=1), sweep, claimed=not in_a_file),
    ]


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


def background(state: State) -> list[Coroutine[Any, Any, None]]:
    """Everything that goes on beside the requests: jobs, sending, and hearing what the bot is told."""
    settings, bot = state.settings, state.bot
    running = [keep_running(job) for job in jobs(state)]
    running.append(keep_sending(Sender(state.keyring, settings.base_url, adapters(settings, state.keyring))))
    running.append(Courier(state.keyring, settings.channels.webhook_hosts).keep_delivering())
    if bot:
        running.append(keep_listening(bot) if settings.channels.telegram_webhook else keep_hearing(bot))
    return running


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    """The database is open and background work goes on while the application runs."""
    async with opened(engine_for(app.state.settings)):
        if app.state.settings.channels.push_contact:
            await push.keys(app.state.keyring)  # made at the first start, so that no page has to
        works = app.state.settings.worker != "off" and not app.state.settings.read_only
        everything = [keep_reading(app.state.keyring), end_with_parent(), *(background(app.state) if works else [])]
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
        await asyncio.gather(keep_reading(state.keyring), *background(state))


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
