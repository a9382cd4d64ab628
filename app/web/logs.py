"""One line of JSON a request: the route's template, status and time; no address, key or name ever."""

import logging
import time

import msgspec
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("bon.requests")


class RequestLog(ASGIMiddleware):
    """Logs each request once its answer begins."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and note how it was answered."""
        if scope["type"] != ScopeType.HTTP or not log.isEnabledFor(logging.INFO):
            await next_app(scope, receive, send)
            return
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line = {
                    "route": scope.get("path_template", ""),
                    "method": scope["method"],
                    "status": message["status"],
                    "ms": round((time.perf_counter() - began) * 1000, 1),
                }
                log.info(msgspec.json.encode(line).decode())
            await send(message)

        await next_app(scope, receive, noting)
