"""Our style sheets, scripts and fonts, named by their content's hash so that browsers keep them for good."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.web.client import Req
from app.web.refusals import Refused

STATIC = Path(__file__).parent.parent / "static"
COMPRESSED = {".css", ".js", ".svg", ".json", ".webmanifest"}


class Asset(msgspec.Struct, frozen=True):
    """A file to serve, plain and (where it helps) compressed."""

    content: bytes
    gzipped: bytes | None
    media_type: str


@cache
def _addresses() -> tuple[dict[str, str], dict[str, Asset]]:
    """Name → hashed name, and hashed name → asset; style sheets are rewritten to the hashed names they refer to."""
    addresses: dict[str, str] = {}
    assets: dict[str, Asset] = {}
    files = [path for path in STATIC.rglob("*") if path.is_file() and path.name != "manifest.json"]
    for path in sorted(files, key=lambda path: (path.suffix == ".css", path.name)):
        content = path.read_bytes()
        if path.suffix == ".css":
            for name, hashed in addresses.items():
                content = content.replace(f"url({name})".encode(), f"url(/static/{hashed})".encode())
        hashed = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        addresses[path.name] = hashed
        assets[hashed] = Asset(
            content,
            gzip.compress(content, 9, mtime=0) if path.suffix in COMPRESSED else None,
            mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        )
    return addresses, assets


@route("/sw.js", http_method=["GET", "HEAD"])
async def service_worker(request: Req) -> Response[bytes]:
    """The service worker: at the root, because it keeps pages of the whole site; always asked for anew."""
    content = _addresses()[1][_addresses()[0]["sw.js"]].content
    return Response(content, media_type="text/javascript", headers={"cache-control": "no-cache"})


def compressed(request: Req, content: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Content that repeats nothing of the request, in gzip where the browser takes it."""
    headers = {**headers, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            gzip.compress(content, 6, mtime=0), media_type=media_type, headers={**headers, "content-encoding": "gzip"}
        )
    return Response(content, media_type=media_type, headers=headers)


def address(name: str) -> str:
    """Where the asset lies; raises KeyError for one that is not there."""
    return f"/static/{_addresses()[0][name]}"


@route("/static/{name:str}", http_method=["GET", "HEAD"])
async def static(request: Req, name: FromPath[str]) -> Response[bytes]:
    """A file of ours, kept by browsers for a year."""
    asset = _addresses()[1].get(name)
    if asset is None:
        raise Refused("not_found")
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    content = asset.content
    if asset.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.gzipped
        headers["content-encoding"] = "gzip"
    return Response(content, media_type=asset.media_type, headers=headers)
