"""Security headers of every answer, errors included. Areas loosen by name, never by copy."""

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
# calendar apps in browsers ask whether they may revalidate
PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"if-none-match, if-modified-since"),
    (b"access-control-max-age", b"86400"),
]
TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


async def before_send(message: Message, scope: Scope) -> None:
    """Add the headers that an answer does not set itself (Litestar calls this for 404 and 405 too)."""
    if message["type"] != "http.response.start":
        return
    headers = message["headers"] = list(message.get("headers", []))
    present = {name.lower() for name, _ in headers}
    if scope.get("method") == "OPTIONS" and scope["path"].startswith("/calendars/"):
        headers += PREFLIGHT
    headers += [header for header in ALWAYS if header[0] not in present]
    if scope["litestar_app"].state.settings.secure:
        headers.append(TRANSPORT)
    if b"cache-control" not in present:
        headers.append((b"cache-control", b"private, no-store"))
