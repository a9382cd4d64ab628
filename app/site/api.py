"""The API described: /api/openapi.json, the same as a page at /api, and the words behind the `type` of a problem."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec
from litestar import Response, route
from litestar.params import FromPath
from litestar.routes import BaseRoute

from app.i18n.catalogues import languages, sentence
from app.site.reference import hook_headers, operations, rows
from app.validation.refusals import Refused
from app.validation.sentences import SENTENCES
from app.web.openapi import document
from app.web.public_cache import PublicAnswer, public_cache_of
from app.web.rendering import render
from app.web.request import Req, language_of, settings_of
from app.webhooks.shapes import NEWS

ADDRESS = "/api/openapi.json"
OPEN = {"shared": True}
BY_LANGUAGE = {"vary": "accept-encoding, accept-language"}
LONG = "public, max-age=600"


def described(routes: Iterable[BaseRoute], base: str) -> dict[str, Any]:
    """The description of the API as it is served at this address."""
    return document(routes, base, NEWS)


@route(ADDRESS, http_method=["GET", "HEAD"], opt=OPEN)
async def openapi(request: Req) -> Response[bytes]:
    """The API's description for programs (OpenAPI 3.1)."""

    async def make() -> PublicAnswer:
        return PublicAnswer(
            msgspec.json.encode(described(request.app.routes, settings_of(request).base_url)),
            "application/json",
        )

    return await public_cache_of(request).answer(
        request, ("openapi",), make, version=_never_changes, cache_control=LONG
    )


async def _never_changes() -> str:
    return "as long as this process runs"


@route("/api", http_method=["GET", "HEAD"])
async def reference(request: Req) -> Response[bytes]:
    """The API's description for people."""

    async def make() -> PublicAnswer:
        said = described(request.app.routes, settings_of(request).base_url)
        schemas = {name: (schema, list(rows(schema))) for name, schema in said["components"]["schemas"].items()}
        facts = {"document": said, "groups": operations(said), "schemas": schemas, "headers": hook_headers(said)}
        page = partial(render, request, "pages/api.html", **facts)
        return PublicAnswer(page(address=ADDRESS).encode(), headers=BY_LANGUAGE)

    key = ("api", language_of(request))
    return await public_cache_of(request).answer(request, key, make, version=_never_changes, cache_control=LONG)


@route("/api/problems/{code:str}", http_method=["GET", "HEAD"], opt=OPEN)
async def problem(request: Req, code: FromPath[str]) -> Response[bytes]:
    """What a problem's `type` means: its status and its sentence, in every language there is."""
    if code not in SENTENCES:
        raise Refused("not_found")

    async def make() -> PublicAnswer:
        told = [(tag, sentence(tag, code, {})) for tag in languages()]
        page = partial(render, request, "pages/problem.html", code=code, told=told)
        return PublicAnswer(page(status=SENTENCES[code][0]).encode(), headers=BY_LANGUAGE)

    key = ("problem", code, language_of(request))
    return await public_cache_of(request).answer(request, key, make, version=_never_changes, cache_control=LONG)


HANDLERS = [openapi, reference, problem]
