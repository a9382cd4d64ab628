"""Answers that say which state they show, and requests that are meant for that state alone (RFC 9110 13)."""

import re

from litestar import Response

from app.web.json import json_answer
from app.web.request import Req

LONGEST = 19  # digits of a revision
_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')


def tag(*revisions: int) -> str:
    """The ETag of a state: its revisions, what people can read first."""
    return f'"{".".join(str(each) for each in revisions)}"'


def unless_known(request: Req, etag: str, body: object) -> Response[bytes]:
    """The state with its tag; 304 for whoever has it already."""
    headers = {"etag": etag, "cache-control": "private, no-store"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or f'"{etag.strip(chr(34))}"' in [f'"{each}"' for _, each in _TAG.findall(known)]:
        return Response(b"", status_code=304, media_type="application/json", headers=headers)
    return json_answer(body, headers=headers)


def meant_for(request: Req) -> frozenset[int] | None:
    """The revisions that a change is meant for (the first part of each If-Match tag); None for whatever is there."""
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    firsts = [text.split(".")[0] for weak, text in _TAG.findall(given) if not weak]
    return frozenset(int(first) for first in firsts if first.isdecimal() and len(first) <= LONGEST)
