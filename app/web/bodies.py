"""Reading request bodies: JSON objects for the API, urlencoded forms for pages."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from app.validation.fields import unflatten
from app.validation.refusals import Refused
from app.web.request import Req

MOST_FIELDS = 2_000
MOST_BYTES = 512 * 1024


async def json_object(request: Req) -> dict[str, Any]:
    """The body as an object; none at all is {}. Raises Refused "malformed"."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused("malformed") from error
    if not isinstance(value, dict):
        raise Refused("malformed")
    return value


async def form(request: Req) -> dict[str, str]:
    """A form's fields as they were typed, without NUL, which no database takes; the last of equal names counts."""
    raw = await request.body()
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Refused("malformed") from error
    return {name.replace("\0", ""): value.replace("\0", "") for name, value in pairs}


def nested(typed: dict[str, str]) -> dict[str, Any]:
    """A form as the object that the API would get for it."""
    return unflatten(typed.items())
