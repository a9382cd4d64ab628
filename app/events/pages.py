"""An event as workers see it."""

import secrets

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.events.campaigns import public_campaign_at, public_events_of
from app.events.present import public_event
from app.events.rules import days_until, refresh_after
from app.events.sharing import directions
from app.events.showing import shown
from app.i18n.catalogues import HOST_LANGUAGES, preferred
from app.validation.refusals import Refused
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import render, see_other
from app.web.request import Req, digits_of, settings_of


def _text_language(request: Req, language: str) -> str:
    """In which language the attaché's texts are shown: the page's, or one of the host languages by ?text=."""
    chosen = request.query_params.get("text", "")
    return chosen if chosen in HOST_LANGUAGES else language


@route("/{language:str}/events/{slug:str}", http_method=["GET", "HEAD"])
async def event(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """What, when, where, and the way to register."""
    text_language = _text_language(request, language)

    async def make() -> PublicAnswer:
        found = await public_event(slug)
        at = now()
        html = render(
            request,
            "pages/event.html",
            text_language=text_language,
            refresh=refresh_after(found, at, secrets.randbelow(8)),
            **await shown(found, language, settings_of(request).base_url, at),
        )
        return PublicAnswer(html.encode())

    key = ("event", language, slug, digits_of(request), text_language)
    return await public_cache_of(request).answer(request, key, make)


@route("/e/{slug:str}", http_method=["GET", "HEAD"])
async def short(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The short address of posters: to the event in the visitor's language."""
    await public_event(slug)  # an address of nothing leads nowhere
    answer = see_other(f"/{preferred(request.headers.get('accept-language', ''))}/events/{slug}")
    answer.headers["vary"] = "accept-language"
    return answer


@route("/{language:str}/events/{slug:str}/directions", http_method=["GET", "HEAD"])
async def way(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """To the map of the visitor's device, with the way there."""
    found = await public_event(slug)
    if found.latitude is None:
        raise Refused("not_found")
    answer = see_other(directions(found, request.headers.get("user-agent", "")))
    answer.headers["vary"] = "user-agent"
    return answer


@route("/{language:str}/campaigns/{address:str}", http_method=["GET", "HEAD"])
async def campaign(request: Req, language: FromPath[str], address: FromPath[str]) -> Response[bytes]:
    """The events that belong together: one link for "Korea, New Year, ten towns"."""

    async def make() -> PublicAnswer:
        found = await public_campaign_at(address)
        events = await public_events_of(found.id)
        if not events:
            raise Refused("not_found")
        at = now()
        facts = {
            "campaign": found,
            "events": [event for event in events if event.ends_at > at],
            "past": [event for event in events if event.ends_at <= at],
            "country": events[0].country_slug,
            "days_left": {event.id: days_until(event, at) for event in events},
        }
        return PublicAnswer(render(request, "pages/campaign.html", **facts).encode())

    key = ("campaign", language, address, digits_of(request))
    return await public_cache_of(request).answer(request, key, make)


HANDLERS = [event, short, way, campaign]
