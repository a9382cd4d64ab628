"""What is known of who asks: address and languages, what they hold (cookies, tokens), whether the form is ours."""

import logging
from datetime import timedelta
from functools import cache, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, State
from litestar.handlers import BaseRouteHandler

from app.activity.record import Actor
from app.i18n.catalogues import DEFAULT, languages, preferred
from app.security.keyring import Keyring
from app.settings import Settings
from app.validation.refusals import Refused
from models.states import ActorKind

LANGUAGE_COOKIE = "bon-language"
KHMER_DIGITS = "khmer"

BEFORE_LANGUAGE = ("embed", "calendars")  # what addresses begin with before their language
SAFE = {"GET", "HEAD"}

log = logging.getLogger("bon")

Req = Request[Any, Any, State]
Connection = ASGIConnection[Any, Any, Any, State]


def asking(connection: Connection) -> Req:
    """The request that a guard judges: we serve nothing but HTTP."""
    return cast(Req, connection)


def is_public(handler: BaseRouteHandler) -> bool:
    """Whether anybody may ask this; whoever forgets to say so has written something that only staff or phones reach."""
    return bool(handler.opt.get("public"))


def settings_of(request: Req) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def keyring_of(request: Req) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


def client_address(request: Req) -> str:
    """The peer's address, or what a trusted proxy says it is: without port, and IPv4 as such if written as IPv6."""
    known: dict[str, Any] = request.scope.setdefault("state", {})
    if "client_address" not in known:
        known["client_address"] = _client_address(request)
    return str(known["client_address"])


def _client_address(request: Req) -> str:
    address = _bare(request.client.host if request.client else "")
    proxies = settings_of(request).trusted_proxies
    hops = [hop.strip() for hop in ",".join(request.headers.getall("x-forwarded-for", [])).split(",") if hop.strip()]
    if hops and not proxies:
        _warn_of_proxy()
    while hops and any(_within(address, proxy) for proxy in proxies):
        address = _bare(hops.pop())
    return address


def source_of(request: Req) -> str:
    """Who is counted: an IPv4 address, of IPv6 the /64, which is one household's or one phone's."""
    address = client_address(request)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ip_network(f"{address}/64", strict=False))


def network_of(request: Req) -> str:
    """The same, "" where a proxy that nobody declared stands between: everybody would be one source."""
    undeclared = "x-forwarded-for" in request.headers and not settings_of(request).trusted_proxies
    source = source_of(request)
    return "" if undeclared or not any(each.isdigit() for each in source) else source


def _bare(hop: str) -> str:
    """An address without its port, brackets and zone, "::ffff:1.2.3.4" as "1.2.3.4"; what is none stays as it is."""
    text = hop.strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return hop
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


@cache
def _warn_of_proxy() -> None:
    log.warning(
        "A proxy says who asks (X-Forwarded-For), and BON_TRUSTED_PROXIES names none: everybody is counted as one. "
        "Set it to the proxy's address."
    )


@lru_cache(maxsize=64)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in _network(network)
    except ValueError:
        return False


def worker(request: Req) -> Actor:
    """The public as an actor."""
    return Actor(ActorKind.WORKER)


def language_of(request: Req) -> str:
    """The language of this answer: the path's, else ?lang=, else the header's."""
    first, *rest = request.scope["path"].split("/", 3)[1:]
    if first in BEFORE_LANGUAGE and rest:
        first = rest[0]
    if first in languages():
        return first
    asked = request.query_params.get("lang", "")
    if asked in languages():
        return asked
    if request.scope["path"].startswith("/api/") and "accept-language" not in request.headers:
        return "en"
    if is_staff_page(request) and request.cookies.get(LANGUAGE_COOKIE) in languages():
        return request.cookies[LANGUAGE_COOKIE]
    return preferred(request.headers.get("accept-language", "")) if "accept-language" in request.headers else DEFAULT


def digits_of(request: Req) -> str:
    """The digits that the reader chose: KHMER_DIGITS, or "" for Latin ones. The address says it, no cookie does."""
    chosen = request.query_params.get("digits") == KHMER_DIGITS and language_of(request) == "km"
    return KHMER_DIGITS if chosen else ""


def is_staff_page(request: Req) -> bool:
    """Desk and gate carry no language in their addresses; they remember it in a cookie."""
    return request.scope["path"].startswith(("/desk", "/gate", "/T/"))


def wants_html(request: Req) -> bool:
    """Whether an error should be a page rather than problem+json."""
    path = request.scope["path"]
    if path.startswith(("/api/", "/gate/api/")):
        return False
    return "json" not in request.headers.get("accept", "")


def require_same_origin(request: Req) -> None:
    """Refuse a form that another site makes a browser send. Browsers say so in Sec-Fetch-Site, older ones in Origin."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Refused("cross_site")
        return
    origin = request.headers.get("origin")
    own = {settings_of(request).host, request.headers.get("host", "").lower()}
    if origin is not None and _host_of(origin) not in own:
        raise Refused("cross_site")


def _host_of(origin: str) -> str | None:
    """Host and port of an origin; None of one that is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


# -- what they hold --------------------------------------------------------------------------------------------------


def cookie_name(settings: Settings, kind: str) -> str:
    """`__Host-` binds a cookie to this very host; browsers take it over https only."""
    return f"__Host-bon-{kind}" if settings.secure else f"bon-{kind}"


def cookie(settings: Settings, kind: str, value: str, life: timedelta) -> Cookie:
    """A cookie for staff, gates or the language; a life of zero removes it."""
    return Cookie(
        key=cookie_name(settings, kind),
        value=value,
        path="/",
        max_age=int(life.total_seconds()),
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def cookie_value(request: Req, kind: str) -> str:
    return request.cookies.get(cookie_name(settings_of(request), kind), "")


def bearer(request: Req) -> str:
    """The bearer token of the request, or ""."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# -- guards of every page --------------------------------------------------------------------------------------------


async def form_is_ours(connection: Connection, _: BaseRouteHandler) -> None:
    """A form must come from our own pages."""
    request = asking(connection)
    if request.method not in SAFE:
        require_same_origin(request)


async def known_language(connection: Connection, _: BaseRouteHandler) -> None:
    """A page in a language that has no catalogue is nowhere."""
    if connection.path_params.get("language", DEFAULT) not in languages():
        raise Refused("not_found")
