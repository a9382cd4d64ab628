"""Public answers kept for a moment: one rendering serves everybody who asks within a second.

Only answers without anything personal may be put here. Bounded by MOST_ANSWERS and MOST_BYTES; at most FRESH seconds
stale, and emptied in this process by every change that staff make.
"""

import asyncio
import gzip
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import brotli
import msgspec
from litestar import Response

from app.database.failures import meaning
from app.validation.refusals import Refused
from app.web.request import Req

log = logging.getLogger("bon")

FRESH = 1.0
HIDDEN = 600.0  # seconds that the last good answer stands in for one that a mistake of ours spoils
PATIENCE = 2.0  # seconds: whoever can have the last good answer waits no longer for a better one
MOST_ANSWERS = 512
MOST_BYTES = 64 * 1024 * 1024
ANSWERED = "kept_answer"  # of a request's state: what it was answered with
LONG = 50_000  # bytes that are compressed off the event loop
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
    "br": lambda body: brotli.compress(body, quality=5),
}
PAGE_CACHE = "public, max-age=30"


class PublicAnswer(msgspec.Struct):
    """A public answer. `version` tells whether it must be made anew; `modified` becomes Last-Modified.
    `digest` is the SHA-256 (hex) of the body where whoever made it needed that too: a feed may have megabytes."""

    body: bytes
    media_type: str = "text/html"
    version: Any = None
    modified: datetime | None = None
    headers: dict[str, str] = {}
    status: int = 200
    digest: str = ""


class CachedAnswer(msgspec.Struct, weakref=True):
    """A made answer with its validators and its encodings ("" is plain), ready to send."""

    made: PublicAnswer
    encoded: dict[str, bytes]
    etag: str
    modified: str
    checked: float
    good: float = 0.0


class PublicCache:
    """Keeps made answers by key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], CachedAnswer] = OrderedDict()
        self._making: dict[tuple[Any, ...], asyncio.Future[CachedAnswer]] = {}
        self._bytes = 0
        self._age = 0

    def clear(self) -> None:
        """Look again at everything before it is given out; what has not changed is not made anew."""
        for kept in self._kept.values():
            kept.checked = float("-inf")
        self._age += 1

    async def answer(
        self,
        request: Req,
        key: tuple[Any, ...],
        make: Callable[[], Awaitable[PublicAnswer]],
        *,
        version: Callable[[], Awaitable[Any]] | None = None,
        cache_control: str = PAGE_CACHE,
    ) -> Response[bytes]:
        """The answer for a key, at most FRESH seconds old. With `version`, it is made anew only if that changed."""
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept.checked > FRESH:
            try:
                async with asyncio.timeout(PATIENCE if kept is not None else None):
                    kept = await self._together(key, make, version)
            except Refused:
                raise
            except Exception as error:
                if kept is None or (meaning(error) is None and time.monotonic() - kept.good > HIDDEN):
                    raise
                # better the last good answer than none: while the database is away, or a mistake of ours is young
                log.error(msgspec.json.encode({"event": "stale answer", "kind": type(error).__name__}).decode())
        encoding = encoding_for(request.headers.get("accept-encoding", ""))
        if encoding not in kept.encoded:
            await self._encode(key, kept, encoding)
        request.scope["state"][ANSWERED] = kept
        return _respond(request, kept, encoding, cache_control)

    async def _encode(self, key: tuple[Any, ...], kept: CachedAnswer, encoding: str) -> None:
        """Compress at the first wish; long answers off the event loop."""
        compress = ENCODERS[encoding]
        body = kept.made.body
        encoded = compress(body) if len(body) < LONG else await asyncio.to_thread(compress, body)
        if encoding not in kept.encoded:
            kept.encoded[encoding] = encoded
            if self._kept.get(key) is kept:
                self._bytes += len(encoded)

    async def _together(
        self,
        key: tuple[Any, ...],
        make: Callable[[], Awaitable[PublicAnswer]],
        version: Callable[[], Awaitable[Any]] | None,
    ) -> CachedAnswer:
        """Make it once however many ask at the same time."""
        slot = (*key, self._age)
        making = self._making.get(slot)
        if making is None:
            making = asyncio.ensure_future(self._refresh(key, make, version))
            self._making[slot] = making
            making.add_done_callback(lambda _: self._making.pop(slot, None))
        return await asyncio.shield(making)

    async def _refresh(
        self,
        key: tuple[Any, ...],
        make: Callable[[], Awaitable[PublicAnswer]],
        version: Callable[[], Awaitable[Any]] | None,
    ) -> CachedAnswer:
        at, age = time.monotonic(), self._age
        present = await version() if version else None
        kept = self._kept.get(key)
        if kept is None or version is None or kept.made.version != present:
            made = await make()
            made.version = present  # as it was before making: a change in between makes it anew
            kept = kept if kept is not None and kept.made == made else _keep(made)
        kept.good = at
        kept.checked = at if age == self._age else float("-inf")
        self._put(key, kept)
        return kept

    def _put(self, key: tuple[Any, ...], kept: CachedAnswer) -> None:
        before = self._kept.pop(key, None)
        self._bytes += _size(kept) - (_size(before) if before else 0)
        self._kept[key] = kept
        while len(self._kept) > MOST_ANSWERS or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            _, gone = self._kept.popitem(last=False)
            self._bytes -= _size(gone)


def public_cache_of(request: Req) -> PublicCache:
    """The application's public cache."""
    cache: PublicCache = request.app.state.public_cache
    return cache


def _size(kept: CachedAnswer) -> int:
    return sum(len(body) for body in kept.encoded.values())


def _keep(made: PublicAnswer) -> CachedAnswer:
    return CachedAnswer(
        made,
        {"": made.body},
        (made.digest or hashlib.sha256(made.body).hexdigest())[:32],
        format_datetime(made.modified.astimezone(UTC), usegmt=True) if made.modified else "",
        0.0,
    )


def encoding_for(header: str) -> str:
    """The best of br, gzip and "" (plain) for an Accept-Encoding header, by its q-values (RFC 9110 12.5.3)."""
    weights: dict[str, float] = {}
    for part in header.lower().split(",")[:20]:
        name, _, weight = part.partition(";")
        try:
            weights[name.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0.0
    offered = {name: weights.get(name, weights.get("*", 0.0)) for name in ("br", "gzip")}
    best = max(offered, key=lambda name: offered[name])
    plain = weights.get("identity", 0.0)
    return best if offered[best] > 0 and offered[best] >= plain else ""


def _respond(request: Req, kept: CachedAnswer, encoding: str, cache_control: str) -> Response[bytes]:
    headers = {
        "etag": f'"{kept.etag}-{encoding}"' if encoding else f'"{kept.etag}"',
        "cache-control": cache_control,
        "vary": "accept-encoding",
        **kept.made.headers,
    }
    if kept.modified:
        headers["last-modified"] = kept.modified
    if _unchanged(request, kept):
        return Response(b"", status_code=304, media_type=kept.made.media_type, headers=headers)
    if encoding:
        headers["content-encoding"] = encoding
    return Response(
        kept.encoded[encoding], status_code=kept.made.status, media_type=kept.made.media_type, headers=headers
    )


def _unchanged(request: Req, kept: CachedAnswer) -> bool:
    """RFC 9110 13.2.2: If-None-Match decides, weakly; If-Modified-Since only without it."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/").strip('"').partition("-")[0] for tag in known.split(",")}
        return known.strip() == "*" or kept.etag in tags
    since = request.headers.get("if-modified-since")
    if since is None or kept.made.modified is None:
        return False
    try:
        return kept.made.modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError, OverflowError):
        return False
