"""Where the next part of a list begins, as text that nobody should read."""

import base64
from datetime import UTC, datetime
from uuid import UUID

from app.validation.refusals import Problem, Refused
from app.web.request import Req

ITEMS_A_PAGE = 50


def cursor_of(place: tuple[datetime, UUID] | None) -> str | None:
    """The text for a place in a list; None at its end."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode().rstrip("=")


def read_cursor(request: Req, name: str = "cursor") -> tuple[datetime, UUID] | None:
    """The place that ?cursor= (or another parameter) names; raises Refused for one that is not ours."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        moment, row = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rsplit(" ", 1)
        at = datetime.fromisoformat(moment)
        return at.astimezone(UTC), UUID(row)
    except (ValueError, OverflowError) as error:
        raise Refused("invalid", (Problem(name, "not_a_choice", {"options": "next"}),)) from error
