"""Calendar subscriptions: the feed of a host country, of all of them, and one event to add (ICAL.md)."""

from datetime import date, datetime, timedelta

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import country_by_slug
from app.directory.shapes import Country
from app.events.queries import Head, feed_events, feed_head, public_event
from app.events.shapes import Event
from app.web.client import Req, settings_of
from app.web.i18n import languages, pick, translate
from app.web.refusals import Refused
from app.web.shelf import Made, shelf_of
from calendars.feed import Entry, calendar, vevent

KEPT_BACK = timedelta(days=365)
CANCELLED_KEPT = timedelta(days=30)
MOST_EVENTS, MOST_BYTES = 900, 900_000
PREFIX = "khmer-festivals-"
ABROAD = "abroad"
CACHE = "public, max-age=900, stale-while-revalidate=86400, stale-if-error=604800"
CATEGORY = {
    "khmer_new_year": "Khmer New Year",
    "pchum_ben": "Pchum Ben",
    "visak_bochea": "Visak Bochea",
    "meak_bochea": "Meak Bochea",
    "kathina": "Kathina",
    "water_festival": "Water Festival",
    "other": "Festival",
}


class VeventStore:
    """VEVENT bytes by (event, language, content revision); keeps the newest MOST."""

    MOST = 4_000

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], bytes] = {}

    def get(self, event: Event, language: str, base_url: str) -> bytes:
        key = (event.id, language, event.content_revision, event.state, base_url)
        found = self._kept.get(key)
        if found is None:
            while len(self._kept) >= self.MOST:
                del self._kept[next(iter(self._kept))]
            found = self._kept[key] = vevent(entry(event, language, base_url))
        return found


VEVENTS = VeventStore()


def entry(event: Event, language: str, base_url: str) -> Entry:
    """An event as a calendar in this language shows it."""
    title, latin = pick(event.title, language), event.title.get("en", "")
    summary = f"{title} · {latin}" if latin and latin != title else title
    word = translate(language, "Cancelled")
    khmer = translate("km", "Cancelled")
    words = f"[{word}]" if word == khmer else f"[{word} · {khmer}]"
    place = ", ".join(part for part in (pick(event.venue, language), pick(event.address, language)) if part)
    notice = pick(event.notice, language) if event.notice else ""
    return Entry(
        uid=str(event.id),
        url=f"{base_url}/{language}/events/{event.slug}",
        summary=summary,
        description="\n\n".join(part for part in (notice, pick(event.description, language)) if part),
        location=place,
        latitude=event.latitude,
        longitude=event.longitude,
        starts=event.starts_local,
        ends=event.ends_local,
        zone=event.time_zone,
        all_day=event.all_day,
        cancelled=words if event.state == "cancelled" else "",
        sequence=event.sequence,
        created_at=event.created_at,
        modified_at=event.modified_at,
        category=CATEGORY[event.festival],
        language=language,
    )


def _within_limits(events: list[Event], sizes: dict[int, int]) -> list[Event]:
    """Leave out the oldest past events, never coming ones, until the feed is small enough for every reader."""
    kept, at = list(events), now()
    while kept and (len(kept) > MOST_EVENTS or sum(sizes[id(event)] for event in kept) > MOST_BYTES - 10_000):
        if kept[0].ends_at > at:
            break
        kept.pop(0)
    return kept


def _name_of(language: str, country: str | None) -> str:
    name = translate(language, "Khmer festivals")
    return f"{name} – {country}" if country else name


@route("/calendars/{language:str}/{name:str}", http_method=["GET", "HEAD"])
async def feed(request: Req, language: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """`khmer-festivals-{country}.ics` or `khmer-festivals-abroad.ics`."""
    slug = name.removeprefix(PREFIX).removesuffix(".ics")
    if language not in languages() or name != f"{PREFIX}{slug}.ics":
        raise Refused("not_found")
    base = settings_of(request).base_url
    address = f"{base}/calendars/{language}/{name}"

    async def version() -> tuple[Country | None, Head, date]:
        country = None if slug == ABROAD else await country_by_slug(slug)
        if country is None and slug != ABROAD:
            raise Refused("not_found")
        return country, await feed_head(country.code if country else None), now().date()

    async def make() -> Made:
        country, head, _ = await version()
        code, zone = (country.code, country.time_zone) if country else (None, "Asia/Phnom_Penh")
        at = now()
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        events = await feed_events(code, midnight - KEPT_BACK, midnight - CANCELLED_KEPT)
        events = _within_limits(events, {id(event): len(VEVENTS.get(event, language, base)) for event in events})
        place = pick(country.names, language) if country else None
        body = calendar(
            name=_name_of(language, place),
            description=translate(language, "Festivals that Cambodia's labour attachés hold for workers abroad."),
            address=address,
            zone=zone,
            language=language,
            zones={event.time_zone for event in events if not event.all_day},
            events=[VEVENTS.get(event, language, base) for event in events],
        )
        return _made(name, body, head.modified_at)

    return await shelf_of(request).answer(request, ("feed", language, name), make, version=version, cache_control=CACHE)


@route("/calendars/{language:str}/events/{name:str}", http_method=["GET", "HEAD"])
async def one_event(request: Req, language: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One event to add to a calendar."""
    slug = name.removesuffix(".ics")
    if language not in languages() or slug == name:
        raise Refused("not_found")
    base = settings_of(request).base_url

    async def make() -> Made:
        event = await public_event(slug)
        if event is None:
            raise Refused("not_found")
        body = calendar(
            name=pick(event.title, language),
            description=_name_of(language, pick(event.country_names, language)),
            address=f"{base}/calendars/{language}/events/{name}",
            zone=event.time_zone,
            language=language,
            zones=() if event.all_day else (event.time_zone,),
            events=[VEVENTS.get(event, language, base)],
        )
        return _made(name, body, event.modified_at)

    return await shelf_of(request).answer(request, ("event.ics", language, slug), make, cache_control=CACHE)


def _made(name: str, body: bytes, modified: datetime | None) -> Made:
    return Made(
        body,
        "text/calendar",
        modified=modified,
        headers={
            "content-disposition": f'inline; filename="{name}"',
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        },
    )


HANDLERS = [feed, one_event]
