"""Our style sheets, scripts and fonts, named by their content's hash so that browsers keep them for good."""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from posixpath import normpath

import msgspec
from litestar import Response, route
from litestar.params import FromPath

from app.settings import STATIC
from app.validation.refusals import Refused
from app.web.headers import policy
from app.web.request import Req

COMPRESSED = {".css", ".js", ".svg", ".json", ".webmanifest", ".wasm"}
_REFERENCE = re.compile(rb'url\(([\w./-]+)\)|"(\.{1,2}/[\w./-]+)"')  # in style sheets; in scripts and manifests
_PART = re.compile(rb'@import "\./([\w./-]+)";\n')  # style sheets are served as one
# a worker has the policy of its own file: the scanner's reader compiles our WebAssembly
_POLICIES = {"gate/reader.js": policy({"script-src": "'self' 'wasm-unsafe-eval'"})}


class Asset(msgspec.Struct, frozen=True):
    """A file to serve, plain and (where it helps) compressed; `policy` where it needs a content policy of its own."""

    content: bytes
    encodings: dict[str, bytes]
    media_type: str
    policy: str = ""


class SameNameError(Exception):
    """Two files of one name: their addresses would not tell them apart to whoever reads them."""


def files_of(folder: Path) -> dict[str, Path]:
    """The files to serve by their path below a folder; raises SameNameError where two share a name."""
    files, names = {}, dict[str, Path]()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix == ".br" or path.name == "manifest.json":
            continue
        if path.name in names:
            raise SameNameError(f"{names[path.name]} and {path} have one name; give one of them another.")
        names[path.name] = path
        files[path.relative_to(folder).as_posix()] = path
    return files


class Assets:
    """Every file of a folder: `addresses` by its path, `served` by the name that its content's hash gives it.

    What refers to other files is rewritten to their addresses; a style sheet holds its parts.
    """

    def __init__(self, folder: Path) -> None:
        self._files = files_of(folder)
        self.addresses: dict[str, str] = {}
        self.needs: dict[str, set[str]] = {}
        self.served: dict[str, Asset] = {}
        for name in self._files:
            self._add(name)

    def _add(self, name: str) -> str:
        if name in self.addresses:
            return self.addresses[name]
        path, here = self._files[name], Path(name).parent
        needs: set[str] = set()
        self.needs[name] = needs

        def rewritten(found: re.Match[bytes]) -> bytes:
            other = normpath(here / (found[1] or found[2]).decode())
            if other not in self._files:
                return found[0]
            address = self._add(other).encode()
            needs.update({other}, self.needs[other])
            return b"url(%b)" % address if found[1] else b'"%b"' % address

        def inlined(found: re.Match[bytes]) -> bytes:
            return self._files[(here / found[1].decode()).as_posix()].read_bytes()

        content = path.read_bytes()
        if path.suffix == ".css":
            content = _compact(_PART.sub(inlined, content))
        if path.suffix in {".css", ".js", ".webmanifest"}:
            content = _REFERENCE.sub(rewritten, content)
        hashed = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.addresses[name] = f"/static/{hashed}"
        self.served[hashed] = Asset(content, _encodings(path, content), media_type, _POLICIES.get(name, ""))
        return self.addresses[name]


@cache
def _assets() -> Assets:
    return Assets(STATIC)


def _compact(css: bytes) -> bytes:
    """A style sheet without comments and the blanks that only its writers need."""
    plain = re.sub(rb"/\*.*?\*/", b"", css, flags=re.DOTALL)
    plain = re.sub(rb"\s+", b" ", plain)
    return re.sub(rb" ?([{};,]) ?", rb"\1", plain).replace(b";}", b"}").strip() + b"\n"


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
    return Response(content_of("sw.js"), media_type="text/javascript", headers={"cache-control": "no-cache"})


def compressed(request: Req, content: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Content that repeats nothing of the request, in gzip where the browser takes it."""
    headers = {**headers, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            gzip.compress(content, 6, mtime=0), media_type=media_type, headers={**headers, "content-encoding": "gzip"}
        )
    return Response(content, media_type=media_type, headers=headers)


def address(name: str) -> str:
    """Where the asset of this path lies; raises KeyError for one that is not there."""
    return _assets().addresses[name]


def content_of(name: str) -> bytes:
    """An asset's bytes, for one that is also served at an address that never changes."""
    return _assets().served[_assets().addresses[name].removeprefix("/static/")].content


def modules_of(name: str) -> list[str]:
    """Where the other scripts lie that a script of this folder needs from the start: all that it imports beside it."""
    folder = Path(name).parent
    return sorted(address(each) for each in _assets().needs[name] if Path(each).parent == folder)


@route("/static/{name:str}", http_method=["GET", "HEAD"])
async def static(request: Req, name: FromPath[str]) -> Response[bytes]:
    """A file of ours, kept by browsers for a year."""
    asset = _assets().served.get(name)
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


HANDLERS = [static, service_worker]
