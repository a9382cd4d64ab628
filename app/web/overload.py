"""Saying "come back in a moment" before drowning: so many requests at once, and no more."""

import asyncio
import random
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.i18n.catalogues import translate
from app.validation.refusals import SENTENCES

MOST_INSIDE = 600  # at 3 ms of work each, whoever is the last of them waits about two seconds
BODY_WITHIN = 15.0  # seconds for the first part of a body: whoever trickles is not inside yet
FIRST_PART = 64 * 1024  # bytes
EXEMPT = ("/healthz", "/readyz")


class Overload(ASGIMiddleware):
    """Answers 503 with Retry-After at once while `most` requests are being worked on."""

    def __init__(self, most: int = MOST_INSIDE) -> None:
        self.most = most
        self.inside = 0

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in, or send it back in a few bytes."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in EXEMPT:
            await next_app(scope, receive, send)
            return
        if any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"]):
            try:
                receive = await _arrived(receive)
            except TimeoutError:
                await _send_back(send, 408)
                return
        if self.inside >= self.most:
            await _send_back(send)
            return
        self.inside += 1
        try:
            await next_app(scope, receive, send)
        finally:
            self.inside -= 1


async def _arrived(receive: Receive) -> Receive:
    """Wait for a body, or the first part of a long one; raises TimeoutError. What came is given again."""
    came: list[Any] = []
    size = 0
    async with asyncio.timeout(BODY_WITHIN):
        while True:
            message = await receive()
            came.append(message)
            size += len(message.get("body", b"")) if message["type"] == "http.request" else 0
            if message["type"] != "http.request" or not message.get("more_body") or size > FIRST_PART:
                break

    async def again() -> Any:
        return came.pop(0) if came else await receive()

    return again


async def _send_back(send: Send, status: int = 503) -> None:
    text = SENTENCES["busy"][1]
    body = f"{translate('km', text)}\n{translate('en', text)}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(random.randint(2, 6)).encode()),  # noqa: S311 - not everybody at the same instant
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
