"""Host countries and whom to call there, for integrators (DESIGN.md 6)."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.directory.queries import contacts_of, countries
from app.directory.shapes import Country, Opening
from app.validation.refusals import Refused
from app.web.cursors import ListFields, PageOf, page_answer, read_page
from app.web.described import told
from app.web.request import Req, language_of, settings_of
from models.states import ContactKind


class CountryAddresses(msgspec.Struct, frozen=True):
    """Its page in the language that was asked for, and the calendar to subscribe to."""

    page: str
    calendar: str


class HostCountryAnswer(msgspec.Struct, frozen=True):
    """A host country; while `paused` nothing new is held there."""

    code: str
    slug: str
    name: dict[str, str]
    time_zone: str
    paused: bool
    urls: CountryAddresses


class ContactAnswer(msgspec.Struct, frozen=True):
    """A way to reach help; `opening` in the country's time, `link` what a tap opens ("" for an office)."""

    id: UUID
    kind: ContactKind
    label: dict[str, str]
    value: str
    link: str
    opening: tuple[Opening, ...]
    open_now: bool | None
    checked_on: date | None
    latitude: float | None
    longitude: float | None


OPEN = {"public": True, "shared": True}


@route(
    "/api/v1/host-countries",
    http_method=["GET", "HEAD"],
    opt={**OPEN, **told(PageOf[HostCountryAnswer], query=ListFields)},
)
async def host_countries(request: Req) -> Response[bytes]:
    """Every host country with its page and calendar."""
    read_page(request, ListFields)
    base, language = settings_of(request).base_url, language_of(request)
    return page_answer(request, [_shown(country, base, language) for country in await countries()], None)


def _shown(country: Country, base: str, language: str) -> HostCountryAnswer:
    urls = CountryAddresses(
        page=f"{base}/{language}/{country.slug}/",
        calendar=f"{base}/calendars/{language}/khmer-festivals-{country.slug}.ics",
    )
    return HostCountryAnswer(country.code, country.slug, country.names, country.time_zone, country.paused, urls)


@route(
    "/api/v1/host-countries/{code:str}/contacts",
    http_method=["GET", "HEAD"],
    opt={**OPEN, **told(PageOf[ContactAnswer], query=ListFields)},
)
async def contacts(request: Req, code: FromPath[str]) -> Response[bytes]:
    """Whom to call in a host country, hotlines first, then those that serve every country."""
    read_page(request, ListFields)
    if code.upper() not in {country.code for country in await countries()}:
        raise Refused("not_found")
    items = [
        ContactAnswer(
            id=row.id,
            kind=row.kind,
            label=row.label,
            value=row.value,
            link=row.link,
            opening=row.opening,
            open_now=row.open_now,
            checked_on=row.checked_on,
            latitude=row.latitude,
            longitude=row.longitude,
        )
        for row in await contacts_of(code.upper())
    ]
    return page_answer(request, items, None)


HANDLERS = [host_countries, contacts]
