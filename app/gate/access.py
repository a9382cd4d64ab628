"""Which paired phone is asking: by bearer secret or by the cookie that pairing left in its browser."""

from datetime import timedelta

from litestar.datastructures import Cookie

from app.accounts.access import SAFE, bearer, cookie, cookie_value
from app.gate.queries import device_by_secret
from app.gate.shapes import Device
from app.settings import Settings
from app.validation.refusals import Refused
from app.web.request import Req, require_same_origin

COOKIE = "gate"
MEANT = "x-gate-device"


def pairing_cookie(settings: Settings, secret: str, life: timedelta) -> Cookie:
    """What makes a browser a gate device."""
    return cookie(settings, COOKIE, secret, life)


async def optional_device(request: Req) -> Device | None:
    """The phone that asks, or None for everybody else."""
    secret = bearer(request) or cookie_value(request, COOKIE)
    return await device_by_secret(secret) if secret else None


async def gate_device(request: Req) -> Device:
    """The phone that asks; raises Refused "device_unknown". A form must come from our own pages.

    A scanner says which device it means: an old tab must not deliver by the cookie of a newer pairing.
    """
    device = await optional_device(request)
    if device is None:
        raise Refused("device_unknown")
    if request.headers.get(MEANT, str(device.id)) != str(device.id):
        raise Refused("another_pairing")
    if request.method not in SAFE and not bearer(request):
        require_same_origin(request)
    return device
