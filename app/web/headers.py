"""Security headers of every answer, errors included. Areas loosen by name, never by copy."""

from litestar.routes import HTTPRoute
from litestar.types import Message, Scope

CSP = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(loosened: dict[str, str]) -> str:
    """The content security policy with these directives in place of ours."""
    return "; ".join(f"{name} {value}" for name, value in (CSP | loosened).items())


POLICY = policy({})

ALWAYS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-bon", b"1"),  # by this the worker in the phone knows an answer of ours from a proxy's page
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=()"),
]
# what a handler that says `framed` answers may stand on any site; it holds no form, and its links leave the frame
FRAMED = [
    (b"content-security-policy", policy({"frame-ancestors": "*", "form-action": "'none'"}).encode()),
    *(header for header in ALWAYS[1:] if header[0] not in {b"x-frame-options", b"cross-origin-opener-policy"}),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
# calendar apps in browsers, and pages of other sites, ask whether they may revalidate
PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"if-none-match, if-modified-since, accept-language"),
    (b"access-control-max-age", b"86400"),
]
READ_FROM_ANYWHERE = ("/calendars/", "/api/v1/", "/api/openapi.json")
# what a handler that says `shared` answers may be read by pages of any site: it is the same for everybody there
SHARED = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"etag, link, retry-after"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
RATE = "rate"  # of a request's state: what is left of a limit, as limits.Left
TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


async def before_send(message: Message, scope: Scope) -> None:
    """Add the headers that an answer does not set itself (Litestar calls this for 404 and 405 too)."""
    if message["type"] != "http.response.start":
        return
    headers = message["headers"] = list(message.get("headers", []))
    present = {name.lower() for name, _ in headers}
    handler = scope.get("route_handler")
    if scope.get("method") == "OPTIONS" and b"allow" in present:
        # Litestar's own names the methods of the first handler that this address got
        headers = message["headers"] = [
            (name, _methods(scope) if name == b"allow" else value) for name, value in headers
        ]
    if scope.get("method") == "OPTIONS" and scope["path"].startswith(READ_FROM_ANYWHERE):
        headers += PREFLIGHT
    elif handler is not None and handler.opt.get("shared"):
        headers += SHARED
    if rate := scope["state"].get(RATE):
        headers.append((b"ratelimit-policy", f'"registering";q={rate.most};w=60'.encode()))
        headers.append((b"ratelimit", f'"registering";r={rate.left};t={rate.seconds}'.encode()))
    always = FRAMED if handler is not None and handler.opt.get("framed") else ALWAYS
    headers += [header for header in always if header[0] not in present]
    if scope["litestar_app"].state.settings.secure:
        headers.append(TRANSPORT)
    if b"cache-control" not in present:
        headers.append((b"cache-control", b"private, no-store"))


def _methods(scope: Scope) -> bytes:
    """Every method that this address takes."""
    here = scope.get("path_template")
    routes = [route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute)]
    return ", ".join(
        sorted({method for route in routes if route.path_format == here for method in route.methods})
    ).encode()
