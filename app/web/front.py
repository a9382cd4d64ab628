"""The first that a request meets, before it is known what it asks for."""

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from app.validation.refusals import Refused

BEYOND_LATIN_1_CONTROLS = 160  # from here on, what is not printable is a matter of scripts


class Front(ASGIMiddleware):
    """Refuses addresses with control characters: none of ours has one, and PostgreSQL refuses some of them in text."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request in, or answer 404."""
        if scope["type"] == ScopeType.HTTP and not _is_plain(scope):
            raise Refused("not_found")
        await next_app(scope, receive, send)


def _is_plain(scope: Scope) -> bool:
    asked = [scope["path"]]
    if scope["query_string"]:
        query = Request(scope).query_params
        asked += [*query.keys(), *query.values()]
    return all(
        character.isprintable() or ord(character) >= BEYOND_LATIN_1_CONTROLS for text in asked for character in text
    )
