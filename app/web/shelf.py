"""Before the application: an answer of the public cache is sent again, byte for byte, to whoever asks the same.

What may make a public answer another is in the request's method, address and a few headers. Who asks with just these
bytes, while the cache would give the same answer, needs no routing and no rendering, and takes nobody's place.
"""

import time
from typing import Any, cast
from weakref import ref

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from app.web.front import request_id
from app.web.logs import note_answer
from app.web.public_cache import ANSWERED, FRESH, CachedAnswer
from app.web.request import SAFE

MOST = 2_048  # answers, whose bodies are the cache's own, and gone when it drops them
LONGEST = 1_024  # bytes of address and headers by which an answer is found again
DECIDES = frozenset(
    {
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"cookie",
        b"if-modified-since",
        b"if-none-match",
        b"range",
    }
)
HAS_BODY = frozenset({b"content-length", b"transfer-encoding"})

Key = tuple[str, str, bytes, tuple[tuple[bytes, bytes], ...]]


class Shelved(msgspec.Struct, frozen=True):
    """An answer as it was sent."""

    kept: "ref[CachedAnswer]"
    template: str
    status: int
    headers: list[tuple[bytes, bytes]]
    encoding: str | None  # of its body; None where it has none


class Shelf:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._shelved: dict[Key, Shelved] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = cast("HTTPScope", scope)
        if scope["type"] != ScopeType.HTTP or asked["method"] not in SAFE or (key := _key(asked)) is None:
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        found = self._shelved.get(key)
        kept = found.kept() if found else None
        if found is None or kept is None or began - kept.checked > FRESH:
            await self.app(scope, receive, self._noting(key, asked, send))
            return
        own = request_id(scope)
        scope["path_template"] = found.template
        scope.setdefault("state", {})["request_id"] = own
        note_answer(scope, found.status, time.monotonic() - began)
        body = b"" if found.encoding is None else kept.encoded[found.encoding]
        headers = [*found.headers, (b"x-request-id", own.encode())]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _noting(self, key: Key, scope: HTTPScope, send: Send) -> Send:
        starts: list[dict[str, Any]] = []

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)
            elif starts and (kept := scope["state"].get(ANSWERED)) and not message.get("more_body"):
                self._put(key, scope, kept, starts.pop(), message["body"])
            else:
                starts.clear()
            await send(message)

        return noting

    def _put(self, key: Key, scope: HTTPScope, kept: CachedAnswer, start: dict[str, Any], body: bytes) -> None:
        encoding = next((name for name, made in kept.encoded.items() if made == body), None) if body else None
        if start["status"] not in {200, 304} or (body and encoding is None):
            return
        while len(self._shelved) >= MOST:
            self._shelved.pop(next(iter(self._shelved)))
        headers = [(name, value) for name, value in start["headers"] if name != b"x-request-id"]
        self._shelved[key] = Shelved(ref(kept), scope.get("path_template", ""), start["status"], headers, encoding)


def _key(scope: HTTPScope) -> Key | None:
    """By what an answer is found again; None where it is not: a body comes, or it is very long."""
    deciding, size = [], len(scope["path"]) + len(scope["query_string"])
    for header in scope["headers"]:
        if header[0] in DECIDES:
            deciding.append(header)
            size += len(header[0]) + len(header[1])
        elif header[0] in HAS_BODY and header[1] != b"0":
            return None
    if size > LONGEST:
        return None
    return scope["method"], scope["path"], scope["query_string"], tuple(deciding)
