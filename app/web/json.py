"""JSON answers of the API: bodies, opaque cursors, and idempotent POSTs."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from app.validation.refusals import Problem, Refused
from app.web.idempotency import Answer, once
from app.web.request import Req, keyring_of

ITEMS_A_PAGE = 50


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON body, private unless `headers` say otherwise."""
    return Response(
        b"" if status == 204 else msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "private, no-store", **(headers or {})},
    )


async def answer_once(
    request: Req, principal: str, act: Callable[[], Awaitable[Answer]], subject: str = ""
) -> Response[bytes]:
    """Answer a POST; with an Idempotency-Key, a repetition gets the first success."""
    kept = await once(
        keyring_of(request),
        (str(request.scope.get("path_template", "")), subject, principal),
        request.headers.get("idempotency-key"),
        await request.body(),
        act,
    )
    return json_answer(kept.body, kept.status)


def cursor_of(place: tuple[datetime, UUID] | None) -> str | None:
    """Where the next part of a list begins, as text that nobody should read."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode().rstrip("=")


def read_cursor(request: Req) -> tuple[datetime, UUID] | None:
    """The place that ?cursor= names; raises Refused for one that is not ours."""
    text = request.query_params.get("cursor", "")
    if not text:
        return None
    try:
        moment, row = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rsplit(" ", 1)
        at = datetime.fromisoformat(moment)
        return at.astimezone(UTC), UUID(row)
    except (ValueError, OverflowError) as error:
        raise Refused("invalid", (Problem("cursor", "not_a_choice", {"options": "next"}),)) from error
