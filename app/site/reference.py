"""The API's description as its page tells it: names, types and words in place of schemas. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

Schema = dict[str, Any]


class Row(msgspec.Struct, frozen=True):
    """A field: its path, its type in words, whether it must be there, and what it means."""

    name: str
    kind: str
    required: bool
    about: str


def resolved(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """The schema that a reference stands for."""
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def kind_of(schema: Schema) -> str:
    """A type in words: "string, 300 at most", "EventAnswer or null", "list of integer"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join("null" if each is None else f'"{each}"' for each in schema["enum"])
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return " or ".join(kind_of(schema | {"type": each}) for each in kinds)
    if kinds == "array":
        return f"list of {kind_of(schema['items'])}" if schema.get("items") else "list"
    if kinds == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {kind_of(schema['additionalProperties'])}"
    return f"{kinds}{_bounds(schema, str(kinds))}"


def _bounds(schema: Schema, kind: str) -> str:
    if kind == "string" and "format" in schema:
        return f" ({schema['format']})"
    if kind == "string" and "maxLength" in schema:
        return f", {schema['maxLength']} at most"
    if kind in {"integer", "number"} and "minimum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}" if schema.get("maximum", 1e9) < 1e9 else ""
    return ""


def rows(schema: Schema) -> Iterator[Row]:
    """The fields of an object."""
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        yield Row(name, kind_of(inner), name in required, inner.get("description", ""))


class Operation(msgspec.Struct, frozen=True):
    """One operation as the page shows it. `refusals` are lines of "`code`: sentence" by status."""

    method: str
    path: str
    name: str
    summary: str
    about: str
    needs: str
    parameters: list[Row]
    body: str
    example: str
    answer: str
    status: str
    refusals: list[tuple[str, list[tuple[str, str]]]]


def operations(document: dict[str, Any]) -> dict[str, list[Operation]]:
    """Every operation by capability, in the order of their addresses."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, facts in methods.items():
            found.setdefault(facts["tags"][0], []).append(_operation(method.upper(), path, facts))
    return found


def hook_headers(document: dict[str, Any]) -> list[Row]:
    """What every webhook's request has in its headers."""
    first = next(iter(document["webhooks"].values()))["post"]
    return [Row(each["name"], kind_of(each["schema"]), True, each["description"]) for each in first["parameters"]]


def _operation(method: str, path: str, facts: dict[str, Any]) -> Operation:
    status, success = next(iter(facts["responses"].items()))
    content = facts.get("requestBody", {}).get("content", {}).get("application/json", {})
    needs = next(iter(facts["security"][0]), "")
    example = content.get("example") if content.get("example") else None
    return Operation(
        method=method,
        path=path,
        name=facts["operationId"],
        summary=facts["summary"],
        about=facts.get("description", ""),
        needs=needs,
        parameters=[
            Row(
                each["name"],
                f"{each['in']}: {kind_of(each['schema'])}",
                each.get("required", False),
                each["description"],
            )
            for each in facts["parameters"]
        ],
        body=kind_of(content["schema"]) if content else "",
        example=msgspec.json.format(msgspec.json.encode(example)).decode() if example else "",
        answer=kind_of(success["content"]["application/json"]["schema"]) if "content" in success else "",
        status=status,
        refusals=[
            (code, [_line(line) for line in answer["description"].split("\n")])
            for code, answer in facts["responses"].items()
            if code >= "400"
        ],
    )


def _line(text: str) -> tuple[str, str]:
    code, _, sentence = text.removeprefix("- `").partition("`: ")
    return code, sentence
