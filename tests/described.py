"""Holds every answer of the API in the whole suite to what the API says of itself at /api/openapi.json."""

import re
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs
import msgspec
from litestar import Litestar

from app.site.api import described

OURS = re.compile(r"/(?:api/v1|gate/api)/")
UNROUTED = {404, 405}  # of addresses and methods that nobody described, and of OPTIONS


class Judge:
    """Reads the description once, and every answer against it."""

    def __init__(self, app: Litestar) -> None:
        self._routes = app.routes
        self.seen: set[tuple[str, str, str]] = set()

    @cached_property
    def _said(self) -> dict[str, Any]:
        said: dict[str, Any] = closed(described(self._routes, "https://bon.example"))
        return said

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str]]:
        named = [(re.sub(r"\{\w+\}", "[^/]+", path), path) for path in self._said["paths"]]
        return [(re.compile(pattern), path) for pattern, path in sorted(named)]

    @cached_property
    def _judges(self) -> dict[str, jsonschema_rs.Draft202012Validator]:
        return {}

    def judge(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Fail the test whose request got an answer that is not described."""
        path, method = request.url.path, request.method.lower()
        if not OURS.match(path) or method in {"head", "options"}:
            return
        template = next((each for pattern, each in self._paths if pattern.fullmatch(path)), None)
        operation = self._said["paths"].get(template, {}).get(method)
        if operation is None:
            assert answer.status_code in UNROUTED, f"{method} {path} is not described"
            return
        where = f"{method} {template}: {answer.status_code}"
        said = operation["responses"].get(str(answer.status_code))
        assert said is not None, f"{where} is not described: {answer.text[:300]}"
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if "content" not in said:
            assert not answer.content, f"{where} has a body"
            return
        assert kind in said["content"], f"{where} is {kind}"
        body = msgspec.json.decode(answer.content)
        key = f"{where} {kind}"
        if key not in self._judges:
            schema = said["content"][kind]["schema"] | {"components": self._said["components"]}
            self._judges[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        if wrong := next(self._judges[key].iter_errors(body), None):
            raise AssertionError(f"{where}: {wrong.message} at {list(wrong.instance_path)}")
        if answer.status_code >= 400:
            assert f"`{body['code']}`" in said["description"], f"{where}: {body['code']} is not described"
        self.seen.add((str(template), method, str(answer.status_code)))


def closed(node: Any) -> Any:
    """The same description, in which an object has no more fields than it says."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: closed(value) for key, value in node.items()}
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


class Judged(httpx.AsyncBaseTransport):
    """A transport whose answers of the API are judged."""

    def __init__(self, transport: httpx.ASGITransport, judge: Judge) -> None:
        self.bare, self._judge = transport, judge

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.bare.handle_async_request(request)
        if OURS.match(request.url.path):
            await answer.aread()
            self._judge.judge(request, answer)
        return answer
