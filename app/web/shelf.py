"""Public answers kept for a moment: one rendering serves everybody who asks within a second.

Only answers without anything personal may be put here. Bounded by MOST_ANSWERS and MOST_BYTES; at most FRESH seconds
stale, and emptied in this process by every change that staff make.
"""

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec
from litestar import Response

from app.web.client import Req

FRESH = 1.0
MOST_ANSWERS = 512
MOST_BYTES = 64 * 1024 * 1024
PAGE_CACHE = "public, max-age=30"


class Made(msgspec.Struct):
    """A public answer. `version` tells whether it must be made anew; `modified` becomes Last-Modified."""

    body: bytes
    media_type: str = "text/html"
    version: Any = None
    modified: datetime | None = None
    headers: dict[str, str] = {}
    status: int = 200


class Kept(msgspec.Struct):
    """A made answer with its validators, ready to send."""

    made: Made
    gzipped: bytes
    etag: str
    modified: str
    checked: float


class Shelf:
    """Keeps made answers by key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()
        self._making: dict[tuple[Any, ...], asyncio.Future[Kept]] = {}
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
        make: Callable[[], Awaitable[Made]],
        *,
        version: Callable[[], Awaitable[Any]] | None = None,
        cache_control: str = PAGE_CACHE,
    ) -> Response[bytes]:
        """The answer for a key, at most FRESH seconds old. With `version`, it is made anew only if that changed."""
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept.checked > FRESH:
            kept = await self._together(key, make, version)
        return _respond(request, kept, cache_control)

    async def _together(
        self,
        key: tuple[Any, ...],
        make: Callable[[], Awaitable[Made]],
        version: Callable[[], Awaitable[Any]] | None,
    ) -> Kept:
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
        make: Callable[[], Awaitable[Made]],
        version: Callable[[], Awaitable[Any]] | None,
    ) -> Kept:
        at, age = time.monotonic(), self._age
        present = await version() if version else None
        kept = self._kept.get(key)
        if kept is None or version is None or kept.made.version != present:
            made = await make()
            made.version = present  # as it was before making: a change in between makes it anew
            kept = kept if kept is not None and kept.made == made else _keep(made)
        kept.checked = at if age == self._age else float("-inf")
        self._put(key, kept)
        return kept

    def _put(self, key: tuple[Any, ...], kept: Kept) -> None:
        before = self._kept.pop(key, None)
        self._bytes += _size(kept) - (_size(before) if before else 0)
        self._kept[key] = kept
        while len(self._kept) > MOST_ANSWERS or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            _, gone = self._kept.popitem(last=False)
            self._bytes -= _size(gone)


def shelf_of(request: Req) -> Shelf:
    """The application's shelf."""
    shelf: Shelf = request.app.state.shelf
    return shelf


def _size(kept: Kept) -> int:
    return len(kept.made.body) + len(kept.gzipped)


def _keep(made: Made) -> Kept:
    return Kept(
        made,
        gzip.compress(made.body, 6, mtime=0),
        hashlib.sha256(made.body).hexdigest()[:32],
        format_datetime(made.modified.astimezone(UTC), usegmt=True) if made.modified else "",
        0.0,
    )


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (q=0 refuses it)."""
    weights = {}
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=")
        weights[name.strip()] = value.replace(".", "").strip("0") != "" if value else True
    return weights.get("gzip", weights.get("*", False))


def _respond(request: Req, kept: Kept, cache_control: str) -> Response[bytes]:
    zipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{kept.etag}-gz"' if zipped else f'"{kept.etag}"'
    headers = {
        "etag": etag,
        "cache-control": cache_control,
        "vary": "accept-encoding",
        **kept.made.headers,
    }
    if kept.modified:
        headers["last-modified"] = kept.modified
    if _unchanged(request, kept):
        return Response(b"", status_code=304, media_type=kept.made.media_type, headers=headers)
    if zipped:
        headers["content-encoding"] = "gzip"
    return Response(
        kept.gzipped if zipped else kept.made.body,
        status_code=kept.made.status,
        media_type=kept.made.media_type,
        headers=headers,
    )


def _unchanged(request: Req, kept: Kept) -> bool:
    """RFC 9110 13.2.2: If-None-Match decides, weakly; If-Modified-Since only without it."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/").strip('"').removesuffix("-gz") for tag in known.split(",")}
        return known.strip() == "*" or kept.etag in tags
    since = request.headers.get("if-modified-since")
    if since is None or kept.made.modified is None:
        return False
    try:
        return kept.made.modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (ValueError, TypeError, OverflowError):
        return False
