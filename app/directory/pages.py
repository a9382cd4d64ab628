"""The way in: all host countries, and one with its events and contacts."""

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of, countries, country_by_slug
from app.events.queries import country_events
from app.web.client import Req
from app.web.i18n import languages, preferred
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


HANDLERS = [front, welcome, country]
