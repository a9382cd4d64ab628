"""What channels over HTTP have in common: how long to wait, and what went wrong, in our words."""

from datetime import timedelta

import httpx

from app.messages.shapes import Fate, Reply

MOST_WAIT = timedelta(hours=1)


def after_of(answer: httpx.Response) -> timedelta | None:
    """How long the answer asks to wait (Retry-After in seconds), an hour at most."""
    said = answer.headers.get("retry-after", "")
    return min(MOST_WAIT, timedelta(seconds=int(said))) if said.isascii() and said.isdecimal() else None


def trouble(error: httpx.HTTPError) -> Reply:
    """A request that got no answer."""
    if isinstance(error, httpx.TimeoutException):
        return Reply(Fate.LATER, "slow")
    return Reply(Fate.LATER, "tls" if "SSL" in str(error) or "certificate" in str(error) else "unreachable")


def judged(answer: httpx.Response) -> Reply | None:
    """What every gateway's status means; None where the channel has its own words for it."""
    status = answer.status_code
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        after = after_of(answer) or timedelta(seconds=30)
        return Reply(Fate.LATER, "busy", after, rest=True)
    if status in {401, 403}:
        return Reply(Fate.LATER, "login", timedelta(minutes=5), rest=True)
    if status >= 500 or 300 <= status < 400:
        return Reply(Fate.LATER, "unreachable", after_of(answer))
    return None
