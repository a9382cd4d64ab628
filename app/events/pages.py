"""An event as workers see it."""

import secrets

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_of
from app.events.linked_data import linked_data
from app.events.queries import public_event
from app.events.rules import days_until, refresh_after, registration_refusal
from app.events.shapes import FACILITY_NAMES, EventRow
from app.events.sharing import directions, map_links, share_links
from app.festivals.queries import dates_of
from app.i18n.catalogues import HOST_LANGUAGES, long_date, pick, preferred
from app.validation.refusals import Refused
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import render, see_other
from app.web.request import Req, digits_of, settings_of


def share_text(event: EventRow, language: str) -> str:
    """What stands above the link in a post: title, day, place."""
    parts = (pick(event.title, language), long_date(language, event.first_day), pick(event.venue, language))
    return "\n".join(part for part in parts if part)


def _tags(event: EventRow) -> set[str]:
    """Every language that the attaché wrote something in."""
    texts = (event.title, event.description, event.travel, event.bring, event.notice)
    return {tag for text in (*texts, *(item.what for item in event.programme)) for tag in text}


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
        at, base = now(), settings_of(request).base_url
        text = share_text(found, language)
        html = render(
            request,
            "pages/event.html",
            event=found,
            text_language=text_language,
            text_languages=[tag for tag in HOST_LANGUAGES if tag in _tags(found)],
            feast=await dates_of(found.festival, found.first_day.year),
            linked_data=linked_data(found, language, base, at),
            over=at >= found.ends_at,
            days_left=days_until(found, at),
            refresh=refresh_after(found, at, secrets.randbelow(8)),
            refusal=registration_refusal(found, at),
            contacts=await contacts_of(found.host_country),
            facility_names=FACILITY_NAMES,
            map_links=map_links(found),
            share=share_links(f"{base}/e/{found.slug}", text),
            share_text=f"{text}\n{base}/e/{found.slug}",
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


HANDLERS = [event, short, way]
