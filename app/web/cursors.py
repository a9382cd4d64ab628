"""Where the next part of a list begins, as text that nobody should read."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response

from app.validation import forms
from app.validation.fields import Reader
from app.validation.refusals import Problem, Refused
from app.web.json import json_answer
from app.web.request import Req, settings_of

ITEMS_A_PAGE, MOST_A_PAGE = 50, 200

Item = TypeVar("Item")


class PageOf(msgspec.Struct, Generic[Item], frozen=True):
    """A part of a list; `next` is where it goes on, None at its end."""

    items: list[Item]
    next: str | None


class ListFields(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is asked for that is always whole."""

    lang: Annotated[str, forms.Line(most=20, about="The language of addresses and sentences.")] = ""


class PageFields(ListFields, frozen=True, kw_only=True):
    """Which part of a list is asked for."""

    cursor: Annotated[str, forms.Line(most=200, about="Where the list goes on: `next` of the part before.")] = ""
    limit: Annotated[
        int, forms.Whole(low=1, high=MOST_A_PAGE, default=ITEMS_A_PAGE, about="How many there are at most.")
    ] = ITEMS_A_PAGE


Asked = TypeVar("Asked", bound=ListFields)


def read_page(request: Req, shape: type[Asked]) -> Asked:
    """The parameters of a list; raises Refused for what is wrong or unknown."""
    read = Reader(dict(request.query_params))
    asked = shape(**forms.walk(read, shape))
    read.finish()
    return asked


Place = tuple[datetime, UUID]


def cut(found: list[Item], most: int, place: Callable[[Item], Place]) -> tuple[list[Item], Place | None]:
    """The first `most` of what was found (with one more, to know), and the place of their last where there is more."""
    part = found[:most]
    return part, place(part[-1]) if len(found) > most else None


def page_answer(request: Req, items: list[Any], place: Place | None) -> Response[bytes]:
    """A part of a list as JSON, with the address of the next one in a header too (RFC 8288)."""
    cursor = cursor_of(place)
    headers = {}
    if cursor:
        asked = urlencode({**dict(request.query_params), "cursor": cursor})
        headers["link"] = f'<{settings_of(request).base_url}{request.scope["path"]}?{asked}>; rel="next"'
    return json_answer(PageOf(items, cursor), headers=headers)


def cursor_of(place: Place | None) -> str | None:
    """The text for a place in a list; None at its end."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode().rstrip("=")


def read_cursor(request: Req, name: str = "cursor") -> Place | None:
    """The place that ?cursor= (or another parameter) names; raises Refused for one that is not ours. A list below the
    answer to a form begins at its beginning: what was done must not be lost to a wrong place."""
    text = request.query_params.get(name, "")
    if not text or request.method == "POST":
        return None
    try:
        moment, row = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rsplit(" ", 1)
        at = datetime.fromisoformat(moment)
        return at.astimezone(UTC), UUID(row)
    except (ValueError, OverflowError) as error:
        raise Refused("invalid", (Problem(name, "not_a_choice", {"options": "next"}),)) from error
