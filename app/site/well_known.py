"""What robots, browsers and researchers look for at addresses that never change."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from litestar import Response, route
from litestar.params import FromPath
from PIL import Image

from app.database.connection import now
from app.directory.queries import countries
from app.events.feed_rows import feed_head
from app.events.queries import public_addresses
from app.i18n.catalogues import languages, translate
from app.printing.typesetting import typeset
from app.settings import STATIC
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import see_other
from app.web.request import Req, settings_of

DAY = "public, max-age=86400"
OPEN = ("", "help", "how", "privacy", "tickets")
ICONS = {"favicon.ico": 32, "apple-touch-icon.png": 180, "icon-192.png": 192, "icon-512.png": 512}
MARK = STATIC / "mark.svg"
MOST = 45_000  # addresses of events in the sitemap, which may hold 50,000 in all; each event has one a language
OURS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@route("/robots.txt", http_method=["GET", "HEAD"])
async def robots(request: Req) -> Response[str]:
    """Public pages may be read; what is somebody's, and what staff see, is nobody's to index."""
    closed = ["/desk", "/gate", "/api/v1/", "/embed/", "/t/", "/T/", *(f"/{tag}/r/" for tag in languages())]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    lines.append(f"Sitemap: {settings_of(request).base_url}/sitemap.xml\n")
    return Response("\n".join(lines), media_type="text/plain", headers={"cache-control": DAY})


@route("/sitemap.xml", http_method=["GET", "HEAD"])
async def sitemap(request: Req) -> Response[bytes]:
    """Every public page in each language, with when an event changed last."""
    base = settings_of(request).base_url

    async def make() -> PublicAnswer:
        paths: list[tuple[str, datetime | None]] = [(f"/{each}", None) for each in OPEN]
        for country in await countries():
            paths += [(f"/{country.slug}/{below}", None) for below in ("", "subscribe", "contacts")]
        events = await public_addresses(MOST // len(languages()))
        paths += [(f"/events/{slug}", changed) for slug, changed in events]
        return PublicAnswer(await asyncio.to_thread(_sitemap, base, paths), "application/xml")

    async def version() -> Any:
        return await countries(), await feed_head(None)

    cache = public_cache_of(request)
    return await cache.answer(request, ("sitemap",), make, version=version, cache_control="public, max-age=3600")


def _sitemap(base: str, paths: list[tuple[str, datetime | None]]) -> bytes:
    body = "".join(_entry(base, path, changed) for path, changed in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {OURS}>{body}</urlset>\n'.encode()


def _entry(base: str, path: str, changed: datetime | None) -> str:
    twins = "".join(
        f'<xhtml:link rel="alternate" hreflang="{tag}" href="{escape(base)}/{own}{path}"/>'
        for tag, own in [*((tag, tag) for tag in languages()), ("x-default", "en")]
    )
    last = f"<lastmod>{changed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if changed else ""
    return "".join(f"<url><loc>{escape(base)}/{tag}{path}</loc>{last}{twins}</url>" for tag in languages())


@route("/.well-known/security.txt", http_method=["GET", "HEAD"])
async def security(request: Req) -> Response[str]:
    """Whom to tell of a hole (RFC 9116); good until the month after next."""
    base = settings_of(request).base_url
    until = (now().replace(day=1) + timedelta(days=62)).replace(day=1, hour=0, minute=0, second=0)
    contact = settings_of(request).channels.push_contact or f"{base}/en/help"
    lines = [
        f"Contact: {contact}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(languages())}",
        f"Canonical: {base}/.well-known/security.txt\n",
    ]
    return Response("\n".join(lines), media_type="text/plain; charset=utf-8", headers={"cache-control": DAY})


@route("/.well-known/change-password", http_method=["GET", "HEAD"])
async def change_password(request: Req) -> Response[bytes]:
    """Where password managers lead staff."""
    return see_other("/desk/account")


@route("/{language:str}/site.webmanifest", http_method=["GET", "HEAD"])
async def manifest(request: Req, language: FromPath[str]) -> Response[bytes]:
    """What makes the workers' pages an app on a phone, with the tickets that it keeps one tap away."""
    body = {
        "id": "/",
        "name": translate(language, "Khmer festivals abroad"),
        "short_name": translate(language, "Bon"),
        "description": translate(language, "Festivals that Cambodia's labour attachés hold for workers abroad."),
        "lang": language,
        "dir": "ltr",
        "start_url": f"/{language}/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#fffaf2",
        "theme_color": "#a81e58",
        "icons": [
            {"src": f"/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
            for name, size in ICONS.items()
            if name.startswith("icon-")
        ],
        "shortcuts": [
            {"name": translate(language, "My tickets"), "url": f"/{language}/tickets"},
            {"name": translate(language, "Help"), "url": f"/{language}/help"},
        ],
    }
    return Response(msgspec.json.encode(body), media_type="application/manifest+json", headers={"cache-control": DAY})


async def _icon(request: Req, name: str) -> Response[bytes]:
    """Our mark as a picture of pixels."""

    async def make() -> PublicAnswer:
        # the template draws 72 points, which are as many pixels at 72 an inch
        png = await typeset("icon.typ", {"mark": MARK.read_text()}, "png", ppi=ICONS[name])
        if not name.endswith(".ico"):
            return PublicAnswer(png, "image/png")
        file = io.BytesIO()
        Image.open(io.BytesIO(png)).save(file, "ICO", sizes=[(16, 16), (32, 32)])
        return PublicAnswer(file.getvalue(), "image/x-icon")

    return await public_cache_of(request).answer(request, ("icon", name), make, version=_always, cache_control=DAY)


async def _always() -> str:
    return "drawn once"


@route("/favicon.ico", http_method=["GET", "HEAD"])
async def favicon(request: Req) -> Response[bytes]:
    """For browsers that ask without being told."""
    return await _icon(request, "favicon.ico")


@route("/apple-touch-icon.png", http_method=["GET", "HEAD"])
async def touch_icon(request: Req) -> Response[bytes]:
    """For the home screen of phones that do not read the manifest."""
    return await _icon(request, "apple-touch-icon.png")


@route(["/icon-192.png", "/icon-512.png"], http_method=["GET", "HEAD"])
async def sized_icon(request: Req) -> Response[bytes]:
    """For the home screen of phones that do."""
    return await _icon(request, request.scope["path"].strip("/"))


HANDLERS = [robots, sitemap, security, change_password, manifest, favicon, touch_icon, sized_icon]
