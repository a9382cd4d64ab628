"""Calendar subscriptions (ICAL.md): a host country's festivals, one festival there, all countries, the Khmer calendar
itself, one event to add; and the same events as RSS."""

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of, country_by_slug, former_address
from app.directory.shapes import Country
from app.events.calendar_entries import VEVENTS, Made, one_event_calendar
from app.events.campaigns import CampaignRow, public_campaign_at
from app.events.feed_changes import changed_at
from app.events.feed_rows import FeedItem, Head, feed_head, feed_lines
from app.events.present import public_event
from app.events.queries import events_by_id, part_of_country
from app.events.rss import MOST_IN_RSS, rss_of
from app.events.rules import FESTIVALS
from app.festivals.calendar_entries import KHMER_CALENDAR, khmer_calendar
from app.festivals.queries import confirmations
from app.festivals.shapes import NAMES
from app.i18n.catalogues import pick, translate
from app.validation.refusals import Refused
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.request import Req, settings_of
from calendars.feed import calendar

KEPT_BACK = timedelta(days=365)
CANCELLED_KEPT = timedelta(days=30)
MOST_EVENTS, MOST_BYTES = 900, 890_000  # readers take 1 MB and about 1,100 events
FEW = 20  # events that are rendered at once, on the loop
ALL, ABROAD = "khmer-festivals", "abroad"
CACHE = "public, max-age=900, stale-while-revalidate=86400, stale-if-error=604800"


class Which(msgspec.Struct, frozen=True):
    """Which events a feed holds: of one host country or all, of one festival or all, of one campaign or all."""

    language: str
    slug: str
    festival: str | None
    campaign: CampaignRow | None = None

    @property
    def campaign_id(self) -> UUID | None:
        return self.campaign.id if self.campaign else None


def read_name(language: str, name: str) -> Which:
    """`{festival or khmer-festivals}-{country or abroad}.ics`; raises Refused "not_found"."""
    stem = name.removesuffix(".ics")
    if stem == name:
        raise Refused("not_found")
    for festival in (None, *FESTIVALS):
        prefix = f"{(festival or ALL).replace('_', '-')}-"
        if stem.startswith(prefix) and (festival is None or stem != f"{prefix}{ABROAD}"):
            return Which(language, stem.removeprefix(prefix), festival)
    raise Refused("not_found")


async def _country(slug: str, address: str) -> Country | None:
    """The host country at an address, also a former one; None for all of them. Raises Refused."""
    if slug == ABROAD:
        return None
    country = await country_by_slug(slug)
    if country is not None:
        return country
    former = await former_address(slug)
    if former is None:
        raise Refused("not_found")
    if former.gone:
        moved = address.replace(f"-{slug}.ics", f"-{former.successor}.ics").replace(
            f"/{slug}/", f"/{former.successor}/"
        )
        raise Refused("feed_retired", address=moved)
    return await _country(former.successor, address)


@route("/calendars/{language:str}/{name:str}", http_method=["GET", "HEAD"])
async def feed(request: Req, language: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A subscription feed, made anew only when something readable changed or a day passed."""
    address = f"{settings_of(request).base_url}/calendars/{language}/{name}"
    if name == KHMER_CALENDAR:
        return await _khmer_calendar(request, language, address)
    return await _feed(request, read_name(language, name), name, address)


@route("/calendars/{language:str}/campaigns/{name:str}", http_method=["GET", "HEAD"])
async def campaign_feed(request: Req, language: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """The events of one campaign, to follow."""
    stem = name.removesuffix(".ics")
    if stem == name:
        raise Refused("not_found")
    which = Which(language, ABROAD, None, await public_campaign_at(stem))
    address = f"{settings_of(request).base_url}/calendars/{language}/campaigns/{name}"
    return await _feed(request, which, f"campaigns/{name}", address)


async def _feed(request: Req, which: Which, name: str, address: str) -> Response[bytes]:
    base, language = settings_of(request).base_url, which.language
    present: tuple[Country | None, Head, date]

    async def version() -> tuple[Country | None, Head, date, Any]:
        nonlocal present
        country = await _country(which.slug, address)
        head = await feed_head(country.code if country else None, which.festival, which.campaign_id)
        present = country, head, now().date()
        return *present, which.campaign

    async def make() -> PublicAnswer:
        country, _, today = present  # the cache asks for the version first
        midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
        since, cancelled_since = midnight - KEPT_BACK, midnight - CANCELLED_KEPT
        lines = await feed_lines(
            country.code if country else None,
            which.festival,
            since,
            cancelled_since,
            which.campaign_id,
        )
        body = _assemble(which, country, _within_limits(await _made(lines, language, base)), address)
        return await _calendar_file(f"{language}/{name}", name.rpartition("/")[2], body)

    key = ("feed", language, name)
    return await public_cache_of(request).answer(request, key, make, version=version, cache_control=CACHE)


async def _made(lines: list[str], language: str, base: str) -> list[Made]:
    """Each event's bytes; what was not made before is made off the event loop (thousands take a second)."""
    found = VEVENTS.known(lines, language)
    missing = {FeedItem.read(line).id: line for line, made in zip(lines, found, strict=True) if made is None}
    if not missing:
        return [made for made in found if made]
    events = await events_by_id(list(missing))
    helpers = {code: await contacts_of(code) for code in {event.host_country for event in events}}

    def render() -> dict[str, Made]:
        """By line."""
        lines_of = ((missing[str(event.id)], event) for event in events)
        return {line: VEVENTS.make(line, each, language, base, helpers[each.host_country]) for line, each in lines_of}

    new = await asyncio.to_thread(render) if len(events) > FEW else render()
    return [kept for line, made in zip(lines, found, strict=True) if (kept := made or new.get(line))]


Part = tuple[FeedItem, bytes]


def _assemble(which: Which, country: Country | None, parts: list[Part], address: str) -> bytes:
    language = which.language
    name = translate(language, NAMES[which.festival] if which.festival else "Khmer festivals")
    if which.campaign:
        name = pick(which.campaign.title, language)
    return calendar(
        name=f"{name} – {pick(country.names, language)}" if country else name,
        description=translate(language, "Festivals that Cambodia's labour attachés hold for workers abroad."),
        address=address,
        zone=country.time_zone if country else "Asia/Phnom_Penh",
        language=language,
        zones={item.zone for item, _ in parts if item.zone},
        events=[raw for _, raw in parts],
    )


def _within_limits(made: list[Made]) -> list[Part]:
    """Small enough for every reader: descriptions go first, then the oldest past events, coming ones never."""
    whole = sum(len(each.whole) for each in made) <= MOST_BYTES
    parts = [(each.item, each.whole if whole else each.brief) for each in made]
    total = sum(len(raw) for _, raw in parts)
    for index, (item, raw) in enumerate(parts):
        if (len(parts) - index <= MOST_EVENTS and total <= MOST_BYTES) or item.coming:
            return parts[index:]
        total -= len(raw)
    return []


async def _calendar_file(feed: str, name: str, body: bytes) -> PublicAnswer:
    digest = hashlib.sha256(body).hexdigest()
    return PublicAnswer(
        body,
        "text/calendar",
        modified=await changed_at(feed, digest),
        digest=digest,
        headers={
            "content-disposition": f'inline; filename="{name}"',
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "etag, last-modified",
            "cross-origin-resource-policy": "cross-origin",
        },
    )


async def _khmer_calendar(request: Req, language: str, address: str) -> Response[bytes]:
    """The Khmer festivals themselves: last year to the year after next."""

    def years(today: date) -> range:
        return range(today.year - 1, today.year + 3)

    async def version() -> tuple[Any, ...]:
        today = now().date()
        return years(today), await confirmations(years(today))

    async def make() -> PublicAnswer:
        body = await khmer_calendar(language, settings_of(request).base_url, address, years(now().date()))
        return await _calendar_file(f"{language}/{KHMER_CALENDAR}", KHMER_CALENDAR, body)

    key = ("khmer-calendar", language)
    return await public_cache_of(request).answer(request, key, make, version=version, cache_control=CACHE)


@route("/calendars/{language:str}/events/{name:str}", http_method=["GET", "HEAD"])
async def one_event(request: Req, language: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One event to add to a calendar."""
    slug = name.removesuffix(".ics")
    if slug == name:
        raise Refused("not_found")
    base = settings_of(request).base_url

    async def make() -> PublicAnswer:
        event = await public_event(slug)
        body = one_event_calendar(event, language, base, await contacts_of(event.host_country))
        return await _calendar_file(f"{language}/events/{name}", name, body)

    return await public_cache_of(request).answer(request, ("event.ics", language, slug), make, cache_control=CACHE)


@route("/{language:str}/{slug:str}/events.rss", http_method=["GET", "HEAD"])
async def rss(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The coming events of a host country for feed readers (RSS 2.0)."""
    base = settings_of(request).base_url
    address = f"{base}/{language}/{slug}/events.rss"

    async def make() -> PublicAnswer:
        country = await _country(slug, address)
        if country is None:
            raise Refused("not_found")
        coming = await part_of_country(country.code, now() - timedelta(days=1), MOST_IN_RSS)
        body = rss_of(country, coming, language, base, address)
        digest = hashlib.sha256(body).hexdigest()
        modified = await changed_at(f"{language}/{slug}/events.rss", digest)
        return PublicAnswer(body, "application/rss+xml", modified=modified, digest=digest)

    return await public_cache_of(request).answer(request, ("rss", language, slug), make, cache_control=CACHE)


HANDLERS = [feed, campaign_feed, one_event, rss]
