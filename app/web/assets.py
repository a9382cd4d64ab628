"""Our style sheets, scripts and fonts, named by their content's hash so that browsers keep them for good."""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.validation.refusals import Refused
from app.web.headers import policy
from app.web.request import Req

STATIC = Path(__file__).parent.parent / "static"
COMPRESSED = {".css", ".js", ".svg", ".json", ".webmanifest", ".wasm"}
_REFERENCE = re.compile(rb'url\(([\w.-]+)\)|"\./([\w.-]+)"')  # in style sheets; in scripts and manifests
# a worker has the policy of its own file: the scanner's reader compiles our WebAssembly
_POLICIES = {"reader.js": policy({"script-src": "'self' 'wasm-unsafe-eval'"})}


class Asset(msgspec.Struct, frozen=True):
    """A file to serve, plain and (where it helps) compressed; `policy` where it needs a content policy of its own."""

    content: bytes
    encodings: dict[str, bytes]
    media_type: str
    policy: str = ""


@cache
def _addresses() -> tuple[dict[str, str], dict[str, Asset]]:
    """Name → hashed name, and hashed name → asset; what refers to other assets is rewritten to their hashed names."""
    files = {path.name: path for path in STATIC.rglob("*") if path.is_file() and path.suffix != ".br"}
    files.pop("manifest.json", None)
    addresses: dict[str, str] = {}
    assets: dict[str, Asset] = {}

    def add(name: str) -> str:
        if name in addresses:
            return addresses[name]
        path = files[name]
        content = path.read_bytes()
        if path.suffix in {".css", ".js", ".webmanifest"}:
            content = _REFERENCE.sub(rewritten, content)
        hashed = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        addresses[name] = hashed
        assets[hashed] = Asset(
            content,
            _encodings(path, content),
            mimetypes.guess_type(name)[0] or "application/octet-stream",
            _POLICIES.get(name, ""),
        )
        return hashed

    def rewritten(found: re.Match[bytes]) -> bytes:
        name = (found[1] or found[2]).decode()
        if name not in files:
            return found[0]
        return (b"url(/static/%b)" if found[1] else b'"/static/%b"') % add(name).encode()

    for name in sorted(files):
        add(name)
    return addresses, assets


def _encodings(path: Path, content: bytes) -> dict[str, bytes]:
    """The best first; brotli where the set-up made it."""
    if path.suffix not in COMPRESSED:
        return {}
    made = path.with_name(f"{path.name}.br")
    brotli = {"br": made.read_bytes()} if made.exists() else {}
    return {**brotli, "gzip": gzip.compress(content, 9, mtime=0)}


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
    accepted = request.headers.get("accept-encoding", "")
    if encoding := next((each for each in asset.encodings if each in accepted), None):
        content = asset.encodings[encoding]
        headers["content-encoding"] = encoding
    if asset.policy:
        headers["content-security-policy"] = asset.policy
    return Response(content, media_type=asset.media_type, headers=headers)
