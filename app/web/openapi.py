"""The API's description (OpenAPI 3.1), made of the routes as Litestar knows them and of what their handlers say.

Bodies and parameters come from the annotated fields that judge them, answers from the Structs that shape them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_type_hints

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from app.validation.refusals import filled
from app.validation.schemas import REF, Schema, example_of, name_of, rows_of, schema_of
from app.validation.sentences import SENTENCES
from app.web.cursors import PageOf
from app.web.described import TOLD, Described, ProblemAnswer

ALWAYS = ("not_found", "too_many_requests", "busy", "database_away", "disk_full", "internal", "too_slow")
WRITING = ("read_only",)
WITH_BODY = ("malformed", "invalid", "too_much")
WAITING = {429, 503}  # come with Retry-After
PATHS = {
    "slug": "The event's word in addresses.",
    "key": "The secret part of a party's link.",
    "number": "A ticket's number in its party.",
    "pairing": "The id of a pairing.",
    "short_code": "What somebody says when nothing can be scanned.",
    "invitation": "The id of an invitation.",
    "registration": "The id of a party.",
    "code": "ISO 3166 code of a host country.",
}
HEADERS: dict[str, Schema] = {
    "ETag": {"description": "The state that is shown, for If-None-Match and If-Match."},
    "Link": {"description": "Where the list goes on, with rel=next (RFC 8288)."},
    "Retry-After": {"description": "Seconds after which to try again."},
    "RateLimit": {
        "description": "What is left of the limit, and when it is whole again (draft-ietf-httpapi-ratelimit)."
    },
    "RateLimit-Policy": {"description": "The limit: so many (q) in so many seconds (w)."},
}
MADE = {"EventAnswer": "slug", "RegistrationAnswer": "key"}  # answer → its word in addresses
SIGNED = (
    "Signed as Standard Webhooks 1.0 says, with which its libraries help. By hand: base64-decode the secret without its"
    " whsec_, take the HMAC-SHA256 of webhook-id, a dot, webhook-timestamp, a dot and the body as it came, and"
    " base64-encode it: one of the words of webhook-signature must be v1, a comma and that. News are found every few"
    " seconds: of several steps in between the last is told, in no promised order. Ask the API for the state."
)
INFO = {
    "title": "Bon",
    "version": "1",
    "summary": "Festivals that Cambodia's labour attachés hold for workers abroad.",
    "description": (
        "Events, registrations and gates for programs. What is public needs no key; the rest takes an attaché's token"
        " (the operator makes it: bon token add) or a gate phone's, as Authorization: Bearer. Texts are objects by"
        " language. Lists come in parts: follow Link, or pass its “next” as “cursor”. Pages of other sites may read"
        " what is public (CORS for GET); what changes something is for servers. Every refusal is a ProblemAnswer,"
        " whose code never changes and whose detail follows Accept-Language (English where none is sent)."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}


def operations(routes: Iterable[BaseRoute]) -> list[tuple[str, str, HTTPRouteHandler, Described]]:
    """Path with {names}, method, handler and what it says, of every handler that says something."""
    found = []
    for route in routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if said := handler.opt.get(TOLD):
                    path = "".join(
                        f"/{part if isinstance(part, str) else f'{{{part.name}}}'}" for part in route.path_components
                    )
                    found += [(path, method, handler, said) for method in handler.http_methods if method != "HEAD"]
    return sorted(found, key=lambda each: (each[0], each[1]))


def document(routes: Iterable[BaseRoute], base: str, news: Mapping[str, Any]) -> dict[str, Any]:
    """The whole description, as plain data. `news` are what webhooks are sent: a Struct by type."""
    known = operations(routes)
    answers = {said.answer for _, _, _, said in known if said.answer} | {ProblemAnswer, *news.values()}
    ordered = sorted(answers, key=_name)
    refs, schemas = msgspec.json.schema_components(ordered, ref_template=REF)
    for shape in {each for answer in ordered for each in _shapes(answer)}:
        _with_fields(shape, schemas)
    schemas["ProblemAnswer"]["properties"]["code"]["enum"] = sorted(SENTENCES)
    paths: dict[str, Any] = {}
    by_answer = dict(zip(ordered, refs, strict=True))
    for path, method, handler, said in known:
        paths.setdefault(path, {})[method.lower()] = _operation(path, handler, said, by_answer, schemas)
    _link(paths)
    return {
        "openapi": "3.1.1",
        "info": INFO,
        "servers": [{"url": base}],
        "paths": paths,
        "webhooks": {kind: {"post": _told(kind, by_answer[shape])} for kind, shape in news.items()},
        "components": {
            "schemas": {name: schemas[name] for name in sorted(schemas)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An attaché's token."},
                "phone": {"type": "http", "scheme": "bearer", "description": "A gate phone's token."},
            },
        },
    }


def _told(kind: str, schema: Schema) -> dict[str, Any]:
    headers = {
        "webhook-id": "Stays the same when it is sent again: do nothing the second time.",
        "webhook-timestamp": "When it is sent, in seconds since 1970.",
        "webhook-signature": "Words separated by blanks, one for each secret that is good: v1, and the signature.",
    }
    texts = {"schema": {"type": "string"}, "required": True}
    return {
        "operationId": kind,
        "tags": ["webhooks"],
        "summary": f"Told to your program: {kind}.",
        "description": SIGNED,
        "parameters": [{"name": name, "in": "header", "description": about} | texts for name, about in headers.items()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "You have it; within ten seconds."},
            "410": {"description": "You want to hear nothing more: the webhook ends."},
            "default": {"description": "It is sent again, eleven times in three days; redirects are not followed."},
        },
    }


def _link(paths: dict[str, Any]) -> None:
    """From what makes a thing to what can be done with it."""
    for methods in paths.values():
        for operation in methods.values():
            made = operation["responses"].get("201", {})
            schema = made.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            name = MADE.get(schema.rpartition("/")[2])
            if name:
                made["links"] = {
                    each["operationId"]: {
                        "operationId": each["operationId"],
                        "parameters": {name: f"$response.body#/{name}"},
                    }
                    for path, others in paths.items()
                    if re.findall(r"\{(\w+)\}", path) == [name]
                    for each in others.values()
                }


def _name(shape: Any) -> str:
    return getattr(shape, "__name__", str(shape)) + "".join(_name(each) for each in get_args(shape))


def _shapes(hint: Any) -> Iterator[Any]:
    """Every Struct that an answer is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for inner in get_type_hints(hint).values():
            yield from _shapes(inner)
    for inner in get_args(hint):
        yield from _shapes(inner)


def _with_fields(shape: Any, schemas: dict[str, Schema]) -> None:
    """The annotated fields that an answer shows beside its own (`shows`): those of an event, say."""
    shown = getattr(shape, "shows", None)
    if shown is None:
        return
    fields, own = schema_of(shown, shown=True), schemas[shape.__name__]
    for row in rows_of(shown):
        schemas[name_of(row, shown=True)] = schema_of(row, shown=True)
    own["properties"] = own["properties"] | fields["properties"]
    own["required"] = [*own["required"], *fields["required"]]


def _operation(
    path: str, handler: HTTPRouteHandler, said: Described, refs: dict[Any, Schema], schemas: dict[str, Schema]
) -> Any:
    public, words = bool(handler.opt.get("public")), (handler.fn.__doc__ or "").strip()
    summary, _, more = words.partition("\n")
    operation: dict[str, Any] = {
        "operationId": handler.handler_name,
        "tags": [handler.fn.__module__.split(".")[1]],
        "summary": summary,
        "security": [{}] if public else [{"phone": []}] if path.startswith("/gate") else [{"token": []}],
        "parameters": _parameters(path, said),
        "responses": _responses(path, said, refs, public=public),
    }
    if public and not path.startswith("/api/v1/registrations"):
        operation["security"].append({"token": []})
    if more.strip():
        operation["description"] = " ".join(more.split())
    if said.body:
        name = said.body.__name__ + ("Change" if said.partial else "")
        schemas[name] = schema_of(said.body, partial=said.partial) | {"title": name}
        for row in rows_of(said.body):
            schemas[row.__name__] = schema_of(row) | {"title": row.__name__}
        content = {"schema": {"$ref": REF.format(name=name)}, "example": example_of(said.body)}
        operation["requestBody"] = {
            "required": bool(schemas[name]["required"]),
            "content": {"application/json": content},
        }
    return operation


def _parameters(path: str, said: Described) -> list[Any]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    found: list[Any] = [
        {"name": name, "in": "path", "required": True, "description": PATHS[name], "schema": {"type": "string"}}
        for name in names
    ]
    if said.query:
        for name, schema in schema_of(said.query)["properties"].items():
            found.append(
                {"name": name, "in": "query", "description": schema.pop("description"), "schema": _plain(schema)}
            )
    headers = [
        (
            said.once,
            "Idempotency-Key",
            "Sent again with it and the same body within a day, it happens once. 1 to 255 characters; registering: 16.",
        ),
        (said.guarded, "If-Match", "The ETag of the state that is meant; of any other nothing is changed."),
        (said.tagged and not said.guarded, "If-None-Match", "The ETag that is known: 304 where nothing is new."),
        (True, "Accept-Language", "In which language sentences and addresses are: km, en …"),
    ]
    texts = {"schema": {"type": "string"}}
    return found + [{"name": name, "in": "header", "description": about} | texts for on, name, about in headers if on]


def _plain(schema: Schema) -> Schema:
    """Of a parameter, which is text: nothing stands for one that is left out."""
    kind = schema.get("type")
    if isinstance(kind, list):
        schema = schema | {"type": kind[0]}
    if "enum" in schema:
        schema = schema | {"enum": [each for each in schema["enum"] if each is not None]}
    return schema


def codes(path: str, said: Described, *, public: bool) -> list[str]:
    """Every code that an operation may be refused with."""
    found = [*said.problems, *ALWAYS]
    if said.body or said.status != 200 or said.once or said.guarded:
        found += WRITING
    if said.body:
        found += WITH_BODY
    if said.query:
        found.append("invalid")
    if said.once:
        found += ["idempotency_key_reused", "idempotency_key_invalid"]
    if said.guarded:
        found.append("changed_meanwhile")
    if not public:
        found += ["device_unknown", "another_pairing"] if path.startswith("/gate") else ["unauthenticated"]
    return sorted(set(found))


def _responses(path: str, said: Described, refs: dict[Any, Schema], *, public: bool) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done; nothing to tell." if said.answer is None else "As asked."}
    if said.answer is not None:
        success["content"] = {"application/json": {"schema": refs[said.answer]}}
    headers = (
        ["RateLimit", "RateLimit-Policy"] * said.limited
        + ["ETag"] * said.tagged
        + ["Link"] * (getattr(said.answer, "__origin__", None) is PageOf)
    )
    if headers:
        success["headers"] = {name: HEADERS[name] | {"schema": {"type": "string"}} for name in headers}
    found: dict[str, Any] = {str(said.status): success}
    if said.tagged and not said.guarded:
        found["304"] = {"description": "Nothing is new since the ETag that is known."}
    by_status: dict[int, list[str]] = {}
    for code in codes(path, said, public=public):
        by_status.setdefault(SENTENCES[code][0], []).append(code)
    for status, some in sorted(by_status.items()):
        sentences = "\n".join(f"- `{code}`: {filled(SENTENCES[code][1], {})}" for code in some)
        found[str(status)] = {
            "description": sentences,
            "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="ProblemAnswer")}}},
        }
        if status in WAITING:
            found[str(status)]["headers"] = {"Retry-After": HEADERS["Retry-After"] | {"schema": {"type": "integer"}}}
        if status == 429:
            found[str(status)]["headers"]["RateLimit"] = HEADERS["RateLimit"] | {"schema": {"type": "string"}}
    return found
