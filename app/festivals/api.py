"""When the Khmer festivals are, for integrators."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, route

from app.database.connection import now
from app.festivals.queries import festival_dates
from app.festivals.shapes import NAMES
from app.i18n.catalogues import languages, translate
from app.validation import forms
from app.web.cursors import ListFields, PageOf, page_answer, read_page
from app.web.described import told
from app.web.request import Req
from calendars.khmer import FIRST, LAST
from calendars.words import lunar_line


class FestivalsQuery(ListFields, frozen=True, kw_only=True):
    """Which year is asked for."""

    year: Annotated[int | None, forms.Whole(low=FIRST, high=LAST, about="The common-era year; this one if none.")] = (
        None
    )


class FestivalAnswer(msgspec.Struct, frozen=True):
    """A festival of a year, both days inclusive. `source` is the decree that says so, "" while it is projected;
    one that is not `resolved` only a decree decides. `lunar` is the first day in the Khmer calendar."""

    year: int
    key: str
    name: dict[str, str]
    first_day: date
    last_day: date
    lunar: dict[str, str]
    sangkran_at: datetime | None
    confirmed: bool
    resolved: bool
    source: str


@route(
    "/api/v1/festivals",
    http_method=["GET", "HEAD"],
    opt={"public": True, "shared": True, **told(PageOf[FestivalAnswer], query=FestivalsQuery)},
)
async def festivals(request: Req) -> Response[bytes]:
    """Every Khmer festival of a year, by first day: confirmed by the ministry, else by the calendar's arithmetic."""
    year = read_page(request, FestivalsQuery).year or now().year
    items = [
        FestivalAnswer(
            year=each.year,
            key=each.key,
            name={tag: translate(tag, NAMES[each.key], number=each.key.rpartition("_")[2]) for tag in languages()},
            first_day=each.first_day,
            last_day=each.last_day,
            lunar={tag: lunar_line(tag, each.first_day) for tag in languages()},
            sangkran_at=each.sangkran_at,
            confirmed=each.confirmed,
            resolved=each.resolved,
            source=each.source,
        )
        for each in await festival_dates(range(year, year + 1))
    ]
    return page_answer(request, items, None)


HANDLERS = [festivals]
