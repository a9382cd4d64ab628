"""An event as workers see it."""

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of
from app.events.queries import public_event
from app.events.rules import registration_refusal
from app.web.client import Req
from app.web.i18n import languages, preferred
from app.web.pages import render, see_other
from app.web.refusals import Refused
from app.web.shelf import Made, shelf_of


@route("/{language:str}/events/{slug:str}", http_method=["GET", "HEAD"])
async def event(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """What, when, where, and the way to register."""
    if language not in languages():
        raise Refused("not_found")

    async def make() -> Made:
        found = await public_event(slug)
        if found is None:
            raise Refused("not_found")
        at = now()
        html = render(
            request,
            "pages/event.html",
            event=found,
            over=at >= found.ends_at,
            refusal=registration_refusal(found, at),
            contacts=await contacts_of(found.host_country),
        )
        return Made(html.encode())

    return await shelf_of(request).answer(request, ("event", language, slug), make)


@route("/e/{slug:str}", http_method=["GET", "HEAD"])
async def short(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The short address of posters: to the event in the visitor's language."""
    if await public_event(slug) is None:
        raise Refused("not_found")
    answer = see_other(f"/{preferred(request.headers.get('accept-language', ''))}/events/{slug}")
    answer.headers["vary"] = "accept-language"
    return answer


HANDLERS = [event, short]
