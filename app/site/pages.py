"""The way in: all host countries, one with its events, its contacts, and the pages that explain."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from litestar import Response, route
from litestar.params import FromPath

from app.database.connection import now
from app.directory.queries import contacts_everywhere, contacts_of, countries, country_by_slug, former_address
from app.directory.rules import subscribe_links
from app.directory.shapes import ContactRow, Country
from app.directory.vcard import vcard
from app.events.queries import next_of_countries, part_of_country, past_events
from app.events.rules import days_until
from app.festivals.shapes import NAMES
from app.i18n.catalogues import preferred, translate
from app.printing import qr
from app.site import cards
from app.validation.fields import small_number
from app.validation.refusals import Refused
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import render, see_other
from app.web.request import Req, digits_of, settings_of

CARDS = "public, max-age=600"
PAST_SHOWN = timedelta(days=365)
MOST_PAST = 12
A_PART, MOST_PARTS = 20, 500  # events of a country on a page

Facts = dict[str, Any]


@route("/", http_method=["GET", "HEAD"])
async def front(request: Req) -> Response[bytes]:
    """To the pages in the visitor's language."""
    answer = see_other(f"/{preferred(request.headers.get('accept-language', ''))}/")
    answer.headers["vary"] = "accept-language"
    return answer


async def _public(
    request: Req, language: str, key: str, template: str, facts: Callable[[], Awaitable[Facts]]
) -> Response[bytes]:
    """A page of this language that is the same for everybody."""

    async def make() -> PublicAnswer:
        return PublicAnswer(render(request, template, **await facts()).encode())

    return await public_cache_of(request).answer(request, (key, language, digits_of(request)), make)


async def _of_country(
    request: Req,
    language: str,
    slug: str,
    below: str,
    make_of: Callable[[Country], Awaitable[PublicAnswer]],
    part: int = 1,
) -> Response[bytes]:
    """Something of a host country at /{language}/{slug}/{below}; a former address leads to the present one."""

    async def make() -> PublicAnswer:
        found = await country_by_slug(slug)
        if found is None and (former := await former_address(slug)):
            return PublicAnswer(b"", status=301, headers={"location": f"/{language}/{former.successor}/{below}"})
        if found is None:
            raise Refused("not_found")
        return await make_of(found)

    key = ("country", below, language, slug, digits_of(request), part)
    return await public_cache_of(request).answer(request, key, make)


@route("/{language:str}", http_method=["GET", "HEAD"])
async def welcome(request: Req, language: FromPath[str]) -> Response[bytes]:
    """All host countries, those with a festival to come first, the soonest at the top."""

    async def facts() -> Facts:
        at = now()
        known, coming = await countries(), await next_of_countries(at)
        by_code = {country.code: country for country in known}
        first = next(iter(coming.values()), None)
        return {
            "next_events": [(by_code[code], each) for code, each in coming.items() if code in by_code],
            "other_countries": [country for country in known if country.code not in coming],
            "first": first,
            "days": days_until(first.event, at) if first else 0,
            "scene": cards.scene_of(first),
            "festival_words": NAMES,
        }

    return await _public(request, language, "welcome", "pages/welcome.html", facts)


@route("/{language:str}/card.jpg", http_method=["GET", "HEAD"])
async def welcome_card(request: Req, language: FromPath[str]) -> Response[bytes]:
    """What a link to the way in looks like in a post."""

    async def make() -> PublicAnswer:
        first = next(iter((await next_of_countries(now())).values()), None)
        return PublicAnswer(await cards.welcome_card(language, first), "image/jpeg")

    return await public_cache_of(request).answer(request, ("card", language), make, cache_control=CARDS)


@route("/{language:str}/{slug:str}/card.jpg", http_method=["GET", "HEAD"])
async def country_card(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The same of a country's festivals."""

    async def make(found: Country) -> PublicAnswer:
        coming = (await next_of_countries(now())).get(found.code)
        return PublicAnswer(await cards.country_card(language, found, coming), "image/jpeg")

    return await _of_country(request, language, slug, "card.jpg", make)


@route("/{language:str}/{slug:str}/contacts.jpg", http_method=["GET", "HEAD"])
async def help_card(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The same of a country's help."""

    async def make(found: Country) -> PublicAnswer:
        return PublicAnswer(await cards.help_card(language, found), "image/jpeg")

    return await _of_country(request, language, slug, "contacts.jpg", make)


@route("/{language:str}/help", http_method=["GET", "HEAD"])
async def help_page(request: Req, language: FromPath[str]) -> Response[bytes]:
    """Whom to call, from wherever one is."""

    async def facts() -> Facts:
        return {"countries": await countries(), "contacts": await contacts_everywhere()}

    return await _public(request, language, "help", "pages/help.html", facts)


@route("/{language:str}/tickets", http_method=["GET", "HEAD"])
async def tickets(request: Req, language: FromPath[str]) -> Response[bytes]:
    """What this phone keeps, filled in by the phone alone; and what to do about a lost link."""

    async def facts() -> Facts:
        return {}

    return await _public(request, language, "tickets", "pages/tickets.html", facts)


@route("/{language:str}/privacy", http_method=["GET", "HEAD"])
async def privacy(request: Req, language: FromPath[str]) -> Response[bytes]:
    """What is kept of whom, in plain words."""

    async def facts() -> Facts:
        return {"days": settings_of(request).retention_days}

    return await _public(request, language, "privacy", "pages/privacy.html", facts)


@route("/{language:str}/how", http_method=["GET", "HEAD"])
async def how(request: Req, language: FromPath[str]) -> Response[bytes]:
    """How it works, in six pictures."""

    async def facts() -> Facts:
        return {}

    return await _public(request, language, "how", "pages/how.html", facts)


@route("/{language:str}/{slug:str}", http_method=["GET", "HEAD"])
async def country(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """One host country: what is coming (a part of it: ?page=2 …), whom to call, how to subscribe."""
    part = small_number(request.query_params.get("page", ""), MOST_PARTS) or 1

    async def make(found: Country) -> PublicAnswer:
        at, skipped = now(), (part - 1) * A_PART
        coming = await part_of_country(found.code, at, A_PART + 1, skipped)
        if skipped and not coming:
            raise Refused("not_found")
        more, coming = len(coming) > A_PART, coming[:A_PART]
        html = render(
            request,
            "pages/country.html",
            country=found,
            events=coming,
            days_left={event.id: days_until(event, at) for event in coming},
            before=part - 1,
            after=part + 1 if more else None,
            past=await past_events(found.code, at, at - PAST_SHOWN, MOST_PAST),
            contacts=await contacts_of(found.code),
        )
        return PublicAnswer(html.encode())

    return await _of_country(request, language, slug, "", make, part)


@route("/{language:str}/{slug:str}/subscribe", http_method=["GET", "HEAD"])
async def subscribe(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """How to follow a host country's calendar, app by app."""

    async def make(found: Country) -> PublicAnswer:
        base = settings_of(request).base_url
        feed = f"{base}/calendars/{language}/khmer-festivals-{found.slug}.ics"
        html = render(
            request,
            "pages/subscribe.html",
            country=found,
            feed=feed,
            links=subscribe_links(feed, translate(language, "Khmer festivals")),
            symbol=qr.svg(f"{base}/{language}/{found.slug}/subscribe"),
        )
        return PublicAnswer(html.encode())

    return await _of_country(request, language, slug, "subscribe", make)


@route("/{language:str}/{slug:str}/contacts", http_method=["GET", "HEAD"])
async def contacts(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """Whom to call in a host country, to save and to hang on a wall. Who looks is not recorded."""

    async def make(found: Country) -> PublicAnswer:
        listed = await contacts_of(found.code)
        html = render(
            request, "pages/contacts.html", country=found, contacts=listed, symbol=qr.svg(_card(found, listed, ""))
        )
        return PublicAnswer(html.encode())

    return await _of_country(request, language, slug, "contacts", make)


@route("/{language:str}/{slug:str}/contacts.vcf", http_method=["GET", "HEAD"])
async def contact_card(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """The contacts as a card for the phone's address book."""

    async def make(found: Country) -> PublicAnswer:
        address = f"{settings_of(request).base_url}/{language}/{found.slug}/contacts.vcf"
        body = _card(found, await contacts_of(found.code), address)
        headers = {"content-disposition": f'inline; filename="khmer-help-{found.slug}.vcf"'}
        return PublicAnswer(body.encode(), "text/vcard", headers=headers)

    return await _of_country(request, language, slug, "contacts.vcf", make)


def _card(country: Country, listed: list[ContactRow], address: str) -> str:
    khmer = f"{translate('km', 'Labour attaché')} {country.names.get('km', country.code)}"
    latin = f"Khmer labour attaché {country.names.get('en', country.code)}"
    uid = f"urn:uuid:{uuid5(NAMESPACE_URL, f'bon:contacts:{country.code}')}"
    return vcard(uid, khmer, latin, listed, page=address)


HANDLERS = [
    front,
    welcome,
    welcome_card,
    help_page,
    tickets,
    privacy,
    how,
    country,
    country_card,
    subscribe,
    contacts,
    contact_card,
    help_card,
]
