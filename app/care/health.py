"""For whoever runs Bon: is it alive, is it ready, what waits."""

import hmac

from litestar import Response, route
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from app.care.backup import last_backup
from app.database.connection import DatabaseError, now
from app.database.migrations import pending
from app.messages.queries import queue
from app.settings import LOOPBACK
from app.validation.refusals import Refused
from app.web import measures
from app.web.front import Front
from app.web.request import Req, bearer, client_address, settings_of
from models.guards import KeyCheck
from models.states import MessageState


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
    except DatabaseError as error:
        return Response(f"{error}\n".encode(), status_code=503, media_type="text/plain")
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        return Response(b"the database does not answer\n", status_code=503, media_type="text/plain")
    if waiting:
        return Response(b"migrations are pending\n", status_code=503, media_type="text/plain")
    return Response(b"ready\n", media_type="text/plain")


@route("/metrics", http_method=["GET", "HEAD"])
async def metrics(request: Req) -> Response[bytes]:
    """For Prometheus, the same from every process: to this very machine, or to whoever has BON_METRICS_TOKEN."""
    token = settings_of(request).metrics_token
    known = bool(token) and hmac.compare_digest(bearer(request).encode(), token.encode())
    near = client_address(request) in LOOPBACK and "x-forwarded-for" not in request.headers
    if not (known or near):
        raise Refused("not_found")
    registry = CollectorRegistry()
    if made_at := await last_backup():
        age = Gauge("bon_backup_age_seconds", "How old the last backup is", registry=registry)
        age.set((now() - made_at).total_seconds())
    messages = Gauge("bon_messages", "Messages by channel and state", ["channel", "state"], registry=registry)
    oldest = Gauge("bon_messages_oldest_seconds", "How long the oldest is due", ["channel"], registry=registry)
    for each in await queue():
        messages.labels(each.channel.value, each.state.value).set(each.messages)
        if each.oldest and each.state == MessageState.QUEUED:
            oldest.labels(each.channel.value).set(max(0.0, (now() - each.oldest).total_seconds()))
    told = generate_latest(registry) + generate_latest(measures.registry())
    return Response(told, media_type="text/plain; version=0.0.4; charset=utf-8")


HANDLERS = [healthz, readyz, metrics]
