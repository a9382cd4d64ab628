"""Letters to browsers by Web Push: RFC 8030 (delivery), 8291 (encryption), 8292 (who we are).

The keys that say who we are (VAPID) are made at the first need and shared by all processes. A browser tells where its
service is: only services that are known are asked, so that nobody makes us call another address.
"""

import base64
import json
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import http_ece
import httpx
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from app.database.connection import insert
from app.database.rows import Values
from app.messages.answers import judged, trouble
from app.messages.shapes import SENT, Fate, Reply, Written
from app.security.keyring import Keyring
from app.security.sealing import Unreadable, seal, unseal
from app.settings import LOOPBACK
from models.messages import ChannelState
from models.states import Channel

SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".push.apple.com",
    ".notify.windows.com",
)
LIFE = timedelta(hours=24)  # after which news is old
TOKEN_LIFE = 6 * 3600.0  # seconds; services take up to 24 hours
KEYS = "vapid"
PLACE = f"channel_state.value:{KEYS}"
MOST_BODY = 500  # characters; a push holds 4,096 bytes


class Subscription(msgspec.Struct, frozen=True):
    """What a browser gives: where its service is, its key and its secret (base64url)."""

    endpoint: str
    p256dh: str
    auth: str


def read_subscription(text: str, hosts: tuple[str, ...]) -> Subscription | None:
    """A browser's subscription as JSON; None for one that is none, or of a service that nobody knows."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
        keys = msgspec.convert(told.get("keys", {}), dict[str, str])
        given = Subscription(str(told["endpoint"]), keys["p256dh"], keys["auth"])
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(given.p256dh))
        fits = len(raw(given.auth)) == 16 and point is not None
    except (ValueError, KeyError, msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return None
    return given if fits and len(given.endpoint) < 1000 and is_service(given.endpoint, hosts) else None


def is_service(endpoint: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address is that of a push service: of the four, or one that the operator added."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if f"{host}:{port}" in hosts or host in hosts:
        return parts.scheme == "https" or host in LOOPBACK
    known = host in SERVICES or any(host.endswith(each) for each in SERVICES if each.startswith("."))
    return parts.scheme == "https" and port in {None, 443} and known


def raw(text: str) -> bytes:
    """base64url without its padding as bytes; raises ValueError."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)


async def keys(keyring: Keyring) -> Vapid02:
    """Our key pair, made at the first need; whoever writes it first has made it.

    It is sealed anew under the present secret, so that it outlives old ones; one that no secret opens is replaced, and
    browsers that subscribed to it must do so again.
    """
    while True:
        row = await ChannelState.select(ChannelState.value).where(ChannelState.name == KEYS).first()
        if row is None:
            await insert(ChannelState, {"name": KEYS, "value": _sealed(keyring, _fresh())}, unless_there="name")
            continue
        try:
            pem = unseal(keyring, row["value"].partition(":")[2], PLACE)
        except Unreadable:
            pem = _fresh()
        if row["value"].startswith(_mark(keyring)):
            return Vapid02.from_pem(pem.encode())
        anew: Values = {ChannelState.value: _sealed(keyring, pem)}
        await ChannelState.update(anew).where(ChannelState.name == KEYS, ChannelState.value == row["value"])


def _fresh() -> str:
    made = Vapid02()
    made.generate_keys()
    return str(made.private_pem().decode())


def _mark(keyring: Keyring) -> str:
    """How a value begins that is sealed under the present secret: by its key id, and so that a sealed one tells."""
    return f"{keyring.current}:"


def _sealed(keyring: Keyring, pem: str) -> str:
    return _mark(keyring) + seal(keyring, pem, PLACE)


def public_key(pair: Vapid02) -> str:
    """What a browser must know to subscribe: the uncompressed point, base64url."""
    point = pair.public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


class Push:
    """Every push service, for one process."""

    channel = Channel.PUSH
    per_second = 100.0
    at_once = 10

    def __init__(self, keyring: Keyring, contact: str, hosts: tuple[str, ...]) -> None:
        self._keyring, self._contact, self._hosts = keyring, contact, hosts
        self._pair: Vapid02 | None = None
        self._tokens: dict[str, tuple[float, str]] = {}
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(20.0), follow_redirects=False)

    async def send(self, address: str, letter: Written, message: UUID) -> Reply:
        """Encrypt a letter for the browser and give it to its service."""
        to = msgspec.json.decode(address, type=Subscription)
        if not is_service(to.endpoint, self._hosts):
            return Reply(Fate.NEVER, "gone", ended=True)
        facts = {"title": letter.subject, "link": letter.link, "id": str(message), "language": letter.language}
        own = ec.generate_private_key(ec.SECP256R1())
        sealed = http_ece.encrypt(
            json.dumps(facts, ensure_ascii=False).encode(),
            private_key=own,
            dh=raw(to.p256dh),
            auth_secret=raw(to.auth),
            version="aes128gcm",
        )
        headers = {
            "authorization": await self._token(to.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(int(LIFE.total_seconds())),
            "urgency": "high",
            "topic": message.hex,
        }
        try:
            answer = await self._client.post(to.endpoint, content=sealed, headers=headers)
        except httpx.HTTPError as error:
            return trouble(error)
        if answer.status_code in {404, 410}:
            return Reply(Fate.NEVER, "gone", ended=True)
        result = judged(answer)
        if result is not None:  # one browser's service, or one subscription of other keys, is not the whole channel
            return msgspec.structs.replace(result, rest=False)
        return SENT if answer.is_success else Reply(Fate.NEVER, "refused")

    async def _token(self, endpoint: str) -> str:
        """Who we are, for one service; signed anew every few hours."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        until, token = self._tokens.get(audience, (0.0, ""))
        if until < time.time():
            if self._pair is None:
                self._pair = await keys(self._keyring)
            until = time.time() + TOKEN_LIFE
            claims = {"aud": audience, "sub": self._contact, "exp": int(until + TOKEN_LIFE)}
            token = self._pair.sign(claims)["Authorization"]
            self._tokens[audience] = until, token
        return token

    async def check(self) -> str:
        """Each browser has its own service, so nothing is asked."""
        return ""

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
