"""The way in: all host countries, and one with its events and contacts."""

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of, countries, country_by_slug, former_address
from app.directory.rules import subscribe_links
from app.events.queries import country_events
from app.tickets import qr
from app.web.client import Req, settings_of
from app.web.i18n import languages, preferred, translate
from app.web.pages import render, see_other
from app.web.refusals import Refused
from app.web.shelf import Made, shelf_of


@route("/", http_method=["GET", "HEAD"])
async def front(request: Req) -> Response[bytes]:
    """To the pages in the visitor's language."""
    answer = see_other(f"/{preferred(request.headers.get('accept-language', ''))}/")
    answer.headers["vary"] = "accept-language"
    return answer


@route("/{language:str}", http_method=["GET", "HEAD"])
async def welcome(request: Req, language: FromPath[str]) -> Response[bytes]:
    """All host countries."""
    if language not in languages():
        raise Refused("not_found")

    async def make() -> Made:
        html = render(request, "pages/welcome.html", countries=await countries())
        return Made(html.encode())

    return await shelf_of(request).answer(request, ("welcome", language), make)


@route("/{language:str}/{slug:str}", http_method=["GET", "HEAD"])
async def country(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """One host country: what is coming, whom to call, how to subscribe."""
    if language not in languages():
        raise Refused("not_found")

    async def make() -> Made:
        found = await country_by_slug(slug)
        if found is None and (former := await former_address(slug)):
            return Made(b"", status=301, headers={"location": f"/{language}/{former.successor}/"})
        if found is None:
            raise Refused("not_found")
        html = render(
            request,
            "pages/country.html",
            country=found,
            events=await country_events(found.code, now()),
            contacts=await contacts_of(found.code),
        )
        return Made(html.encode())

    return await shelf_of(request).answer(request, ("country", language, slug), make)


@route("/{language:str}/{slug:str}/subscribe", http_method=["GET", "HEAD"])
async def subscribe(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """How to follow a host country's calendar, app by app."""
    if language not in languages():
        raise Refused("not_found")

    async def make() -> Made:
        found = await country_by_slug(slug)
        if found is None and (former := await former_address(slug)):
            return Made(b"", status=301, headers={"location": f"/{language}/{former.successor}/subscribe"})
        if found is None:
            raise Refused("not_found")
        feed = f"{settings_of(request).base_url}/calendars/{language}/khmer-festivals-{found.slug}.ics"
        page_address = f"{settings_of(request).base_url}/{language}/{found.slug}/subscribe"
        html = render(
            request,
            "pages/subscribe.html",
            country=found,
            feed=feed,
            links=subscribe_links(feed, translate(language, "Khmer festivals")),
            symbol=qr.svg(page_address),
        )
        return Made(html.encode())

    return await shelf_of(request).answer(request, ("subscribe", language, slug), make)


HANDLERS = [front, welcome, country, subscribe]
