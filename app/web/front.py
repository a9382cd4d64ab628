"""The first that a request meets, in this order: deadlines of its body, overload, control characters, the log line.

One layer. Whoever does nothing holds nothing: waiting for bytes is not being worked on, and a body has a deadline and a
least rate over all of it. A connection that never sends a head is the proxy's work (see docs/running.md).
"""

import asyncio
import os
import random
import re
import time
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n.catalogues import translate
from app.validation.refusals import Refused
from app.validation.sentences import SENTENCES
from app.web.logs import TURNED_AWAY, note_answer
from app.web.request import SAFE, client_address

READ_ONLY_SECONDS = 60  # until it is worth trying again
MOST_INSIDE = 600  # at 3 ms of work each, whoever is the last of them waits about two seconds
BODY_WITHIN = 15.0  # seconds for a body of whatever size
LEAST_RATE = 16 * 1024  # bytes a second beyond that: a phone at the edge of its network sends more
FIRST_PART = 64 * 1024  # bytes that have to be there before the request counts as one
_ONE_WORD = re.compile(rb"[\w-]{8,64}")
EXEMPT = ("/healthz", "/readyz")
BEYOND_LATIN_1_CONTROLS = 160  # from here on, what is not printable is a matter of scripts


class Front(ASGIMiddleware):
    """Lets at most `most` requests in at a time; answers the others with 503 and Retry-After at once."""

    def __init__(self, most: int = MOST_INSIDE, *, read_only: bool = False) -> None:
        self.most = most
        self.read_only = read_only
        self.inside = 0

    @property
    def full(self) -> bool:
        """Whether the next one would be sent back."""
        return self.inside >= self.most

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in, or send it back in a few bytes."""
        if scope["type"] != ScopeType.HTTP or scope["path"] in EXEMPT:
            await next_app(scope, receive, send)
            return
        send = _noting(scope, send)
        if self.read_only and scope["method"] not in {*SAFE, "OPTIONS"}:
            note_answer(scope, 503, 0.0)
            raise Refused("read_only", seconds=READ_ONLY_SECONDS)
        if any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"]):
            body = Body(self, receive)
            receive = body.receive
            try:
                await body.begin()
            except TimeoutError:
                await self._send_back(scope, send, "too_slow", 408)
                return
        if self.full:
            await self._send_back(scope, send, "overload", 503)
            return
        if not _is_plain(scope):
            raise Refused("not_found")
        self.inside += 1
        scope["state"]["front"] = self
        try:
            await next_app(scope, receive, send)
        finally:
            self.inside -= 1

    async def _send_back(self, scope: Scope, send: Send, what: str, status: int) -> None:
        TURNED_AWAY.note(what, client_address(Request(scope)))
        text = SENTENCES["busy"][1]
        said = f"{translate('km', text)}\n{translate('en', text)}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(said)).encode()),
            (b"retry-after", str(random.randint(2, 6)).encode()),  # noqa: S311 - not everybody at the same instant
            *([(b"connection", b"close")] if status == 408 else []),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": said, "more_body": False})


async def wait_outside(request: Request[Any, Any, Any], seconds: float) -> None:
    """Let a request wait on purpose, while which it takes nobody's place."""
    if seconds <= 0:
        return
    front: Front = request.scope["state"]["front"]
    front.inside -= 1
    try:
        await asyncio.sleep(seconds)
    finally:
        front.inside += 1


class Body:
    """A body as it comes in: all of it within BODY_WITHIN seconds and LEAST_RATE; while it is waited for, the request
    takes nobody's place. `begin` waits for the first part; the application then reads by `receive`."""

    def __init__(self, front: Front, receive: Receive) -> None:
        self._front, self._next = front, receive
        self._came: list[Any] = []
        self._began = time.monotonic()
        self._size = 0
        self._whole = False

    async def begin(self) -> None:
        """Wait for the first part; raises TimeoutError."""
        while not self._whole and self._size <= FIRST_PART:
            self._came.append(await self._arrive())

    async def receive(self) -> Any:
        """What came, then what comes; raises Refused "too_slow"."""
        if self._came:
            return self._came.pop(0)
        if self._whole:
            return await self._next()  # the client leaves, or the answer ends
        self._front.inside -= 1
        try:
            return await self._arrive()
        except TimeoutError as error:
            raise Refused("too_slow") from error
        finally:
            self._front.inside += 1

    async def _arrive(self) -> Any:
        over = self._began + BODY_WITHIN + self._size / LEAST_RATE
        async with asyncio.timeout(max(0.0, over - time.monotonic())):
            message = await self._next()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        return message


def _noting(scope: Scope, send: Send) -> Send:
    began = time.perf_counter()
    own = request_id(scope)
    scope.setdefault("state", {})["request_id"] = own

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", own.encode())]
            note_answer(scope, message["status"], time.perf_counter() - began)
        await send(message)

    return noting


def request_id(scope: Scope) -> str:
    """The proxy's, where it is one word; else one of our own. It names a request in logs and on a failure's page."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _ONE_WORD.fullmatch(given) else os.urandom(6).hex()


def _is_plain(scope: Scope) -> bool:
    """No address of ours has a control character, and PostgreSQL refuses some of them in text."""
    asked = [scope["path"]]
    if scope["query_string"]:
        query = Request(scope).query_params
        asked += [*query.keys(), *query.values()]
    return all(
        character.isprintable() or ord(character) >= BEYOND_LATIN_1_CONTROLS for text in asked for character in text
    )
