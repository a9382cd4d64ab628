"""On other sites: a card of an event, a list of a country's; the script that puts them there, oEmbed, QR squares."""

from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import country_by_slug, former_address
from app.directory.shapes import Country
from app.events.present import public_event
from app.events.queries import part_of_country
from app.events.rules import days_until
from app.i18n.catalogues import languages, pick, translate
from app.printing import qr
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.web import assets
from app.web.json import json_answer
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import render
from app.web.request import Req, digits_of, language_of, settings_of

FRAMED, SHARED = {"framed": True}, {"shared": True}
MOST = 10  # events of a country on another site
WIDTH, HEIGHT = 480, 640  # pixels, of what oEmbed offers
KEPT = "public, max-age=600"


async def _country_at(slug: str) -> Country:
    """The country at an address, also at a former one: other sites are seldom changed. Raises Refused."""
    found = await country_by_slug(slug)
    former = None if found else await former_address(slug)
    if former is not None:
        found = await country_by_slug(former.successor)
    if found is None:
        raise Refused("not_found")
    return found


@route("/embed.js", http_method=["GET", "HEAD"], opt=SHARED)
async def script(request: Req) -> Response[bytes]:
    """What other sites load; it puts a frame of ours where it stands."""
    content = assets.content_of("embed.js")
    return assets.compressed(request, content, "text/javascript", {"cache-control": "public, max-age=3600"})


@route("/embed/{language:str}/{slug:str}", http_method=["GET", "HEAD"], opt=FRAMED)
async def country_list(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """A country's coming events, for a frame on another site."""

    async def make() -> PublicAnswer:
        found, at = await _country_at(slug), now()
        coming = await part_of_country(found.code, at, MOST, 0)
        days = {event.id: days_until(event, at) for event in coming}
        html = render(request, "embed/country.html", country=found, events=coming, days_left=days)
        return PublicAnswer(html.encode())

    return await public_cache_of(request).answer(request, ("embed", language, slug, digits_of(request)), make)


@route("/embed/{language:str}/events/{slug:str}", http_method=["GET", "HEAD"], opt=FRAMED)
async def event_card(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """One event's card with the places that are left, for a frame on another site."""

    async def make() -> PublicAnswer:
        event = await public_event(slug)
        at = now()
        html = render(
            request, "embed/event.html", event=event, days_left=days_until(event, at), over=event.ends_at <= at
        )
        return PublicAnswer(html.encode())

    return await public_cache_of(request).answer(request, ("embed event", language, slug, digits_of(request)), make)


@route("/oembed", http_method=["GET", "HEAD"], opt=SHARED)
async def oembed(request: Req) -> Response[bytes]:
    """What to put in place of a link to an event or a country (oEmbed 1.0)."""
    base, asked = settings_of(request).base_url, request.query_params
    if asked.get("format", "json") != "json":
        return Response(b"", status_code=501)
    address = asked.get("url", "")
    parts = urlsplit(address).path.strip("/").split("/") if address.startswith(f"{base}/") else []
    if len(parts) == 2 and parts[0] == "e":  # the short address of an event
        parts = [language_of(request), "events", parts[1]]
    if len(parts) not in {2, 3} or parts[0] not in languages():
        raise Refused("not_found")
    language, below = parts[0], "/".join(parts[1:])
    if len(parts) == 3 and parts[1] != "events":
        raise Refused("not_found")
    title, picture = await _shown(language, parts)
    width = min(small_number(asked.get("maxwidth", ""), 10_000) or WIDTH, WIDTH)
    height = min(small_number(asked.get("maxheight", ""), 10_000) or HEIGHT, HEIGHT)
    said = escape(title, {'"': "&quot;"})
    where = f'src="{base}/embed/{language}/{below}" title="{said}" width="{width}" height="{height}"'
    frame = f'<iframe {where} frameborder="0" loading="lazy"></iframe>'
    body: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": translate(language, "Bon"),
        "provider_url": f"{base}/{language}/",
        "title": title,
        "html": frame,
        "width": width,
        "height": height,
        "thumbnail_url": f"{base}/{language}/{picture}",
        "thumbnail_width": 1200,
        "thumbnail_height": 630,
        "cache_age": 3600,
    }
    return json_answer(body, headers={"cache-control": KEPT})


async def _shown(language: str, parts: list[str]) -> tuple[str, str]:
    """The title of what is linked to, and where its picture lies."""
    if len(parts) == 3:
        event = await public_event(parts[2])
        return pick(event.title, language), f"events/{event.slug}/card.jpg"
    found = await _country_at(parts[1])
    return f"{translate(language, 'Khmer festivals')} · {pick(found.names, language)}", f"{found.slug}/card.jpg"


async def _square(request: Req, key: tuple[str, ...], path: str) -> Response[bytes]:
    async def make() -> PublicAnswer:
        if key[0] == "event":
            await public_event(key[2])
        else:
            await _country_at(key[2])
        return PublicAnswer(qr.svg(f"{settings_of(request).base_url}{path}").encode(), "image/svg+xml")

    return await public_cache_of(request).answer(request, ("square", *key), make, cache_control=KEPT)


@route("/{language:str}/events/{slug:str}/qr.svg", http_method=["GET", "HEAD"], opt=SHARED)
async def event_square(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """A square for a poster that opens the event: its short address, so that it stays coarse and is read from afar."""
    return await _square(request, ("event", language, slug), f"/e/{slug}")


@route("/{language:str}/{slug:str}/qr.svg", http_method=["GET", "HEAD"], opt=SHARED)
async def country_square(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """A square for a poster that opens a country's festivals."""
    return await _square(request, ("country", language, slug), f"/{language}/{slug}/")


HANDLERS = [script, country_list, event_card, oembed, event_square, country_square]
