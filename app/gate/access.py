"""Which paired phone is asking: by bearer secret or by the cookie that pairing left in its browser."""

from datetime import timedelta

from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from app.database.connection import now
from app.gate.queries import device_by_secret
from app.gate.shapes import Device
from app.settings import Settings
from app.validation.refusals import Refused
from app.web.request import (
    SAFE,
    Connection,
    Req,
    asking,
    bearer,
    cookie,
    cookie_value,
    is_public,
    keyring_of,
    require_same_origin,
)

COOKIE = "gate"
MEANT = "x-gate-device"


async def paired(connection: Connection, handler: BaseRouteHandler) -> None:
    """The gate's guard: a phone asks, while its time at the gate lasts (`late`: or later, to deliver what it has).

    A form must come from our own pages. A scanner says which device it means: an old tab must not deliver by the cookie
    of a newer pairing.
    """
    if is_public(handler):
        return
    request = asking(connection)
    device = await optional_device(request)
    if device is None:
        raise Refused("device_unknown")
    if request.headers.get(MEANT, str(device.id)) != str(device.id):
        raise Refused("another_pairing")
    if request.method not in SAFE and not bearer(request):
        require_same_origin(request)
    if now() > device.over_at and not handler.opt.get("late"):
        raise Refused("device_unknown")
    request.state.device = device


async def optional_device(request: Req) -> Device | None:
    """The phone that asks, or None for everybody else."""
    secret = bearer(request) or cookie_value(request, COOKIE)
    return await device_by_secret(keyring_of(request), secret) if secret else None


def device_of(request: Req) -> Device:
    """The phone that the guard found."""
    device: Device = request.state.device
    return device


def pairing_cookie(settings: Settings, secret: str, life: timedelta) -> Cookie:
    """What makes a browser a gate device."""
    return cookie(settings, COOKIE, secret, life)
