"""For whoever runs Bon: is it alive, is it ready."""

from litestar import Response, route

from app.database.connection import pending
from app.web.front import Front
from app.web.request import Req
from models.guards import KeyCheck


@route("/healthz", http_method=["GET", "HEAD"])
async def healthz() -> Response[bytes]:
    """The process answers."""
    return Response(b"ok\n", media_type="text/plain")


@route("/readyz", http_method=["GET", "HEAD"])
async def readyz(request: Req) -> Response[bytes]:
    """The database answers and has every migration, and whoever comes next is let in."""
    front: Front = request.app.state.front
    if front.full:
        return Response(b"too many are inside\n", status_code=503, media_type="text/plain")
    try:
        waiting = await pending()
        if not waiting:
            await KeyCheck.exists()
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        return Response(b"the database does not answer\n", status_code=503, media_type="text/plain")
    if waiting:
        return Response(b"migrations are pending\n", status_code=503, media_type="text/plain")
    return Response(b"ready\n", media_type="text/plain")


HANDLERS = [healthz, readyz]
