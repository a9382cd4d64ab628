"""JSON answers of the API, and idempotent POSTs."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
from litestar import Response

from app.web.idempotency import Act, Answer, AtOnce, once
from app.web.request import Req, keyring_of


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON body, private unless `headers` say otherwise."""
    return Response(
        b"" if status == 204 else msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "private, no-store", **(headers or {})},
    )


Once = Callable[[Act, AtOnce | None], Awaitable[Answer]]


async def claim_of(request: Req, principal: str, subject: str = "") -> Once:
    """What does a POST once: with an Idempotency-Key, a repetition gets the first success."""
    return partial(
        once,
        keyring_of(request),
        (str(request.scope.get("path_template", "")), subject, principal),
        request.headers.get("idempotency-key"),
        await request.body(),
    )


async def answer_once(request: Req, principal: str, act: Act, subject: str = "") -> Response[bytes]:
    """Answer a POST; with an Idempotency-Key, a repetition gets the first success."""
    kept = await (await claim_of(request, principal, subject))(act, None)
    return json_answer(kept.body, kept.status)
