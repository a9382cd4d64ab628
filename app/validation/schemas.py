"""JSON Schema (2020-12) of what forms are made of: what is sent and what answers show, from the same annotations."""

from functools import singledispatch
from typing import Any

import msgspec

from app.validation import forms
from app.validation.fields import LANGUAGE
from app.validation.forms import CLOCK, Field, fields_of

Schema = dict[str, Any]

REF = "#/components/schemas/{name}"

LOCAL = "Local time in time_zone; with an offset, it must be the one that the zone has then."
_MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$"


def schema_of(shape: type[msgspec.Struct], *, shown: bool = False, partial: bool = False) -> Schema:
    """A shape as it is sent (of a `partial` change nothing is required) or, if `shown`, as answers have it."""
    properties, required = dict[str, Schema](), list[str]()
    for attribute, field in fields_of(shape).items():
        name = field.name or attribute
        about = field.about if shown or not isinstance(field, forms.Wall) else f"{field.about} {LOCAL}"
        properties[name] = {"description": about} | schema(field, shown=shown)
        if field.example is not None and not shown:
            properties[name]["examples"] = [field.example]
        if field.public if shown else _always(field, shown=False) and not partial:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def example_of(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """What somebody might send."""
    given = {field.name or attribute: field.example for attribute, field in fields_of(shape).items()}
    return {name: example for name, example in given.items() if example is not None}


def schema(field: Field, *, shown: bool) -> Schema:
    """A field's value; None where it may stand for one that is not given."""
    own = value(field, shown)
    if _always(field, shown=shown):
        return own
    if "enum" in own:
        return own | {"type": [own["type"], "null"], "enum": [*own["enum"], None]}
    return own | {"type": [own["type"], "null"]} if "type" in own else {"anyOf": [*own["anyOf"], {"type": "null"}]}


def _always(field: Field, *, shown: bool) -> bool:
    """Whether something is there always: what is required, and in answers all but numbers and times nobody gave."""
    if field.required or not shown:
        return field.required or (isinstance(field, forms.Choice) and field.default is None)
    if isinstance(field, forms.Whole):
        return field.default is not None
    return not isinstance(field, forms.Decimal | forms.Moment)


@singledispatch
def value(field: Field, shown: bool) -> Schema:
    """The schema of a value that is given; every kind of field says its own."""
    raise NotImplementedError(type(field).__name__)


def _text(most: int, *, required: bool) -> Schema:
    return {"type": "string", "maxLength": most} | ({"minLength": 1} if required else {})


def _by_language(most: int) -> Schema:
    texts = {"type": "string", "maxLength": most}
    return {"type": "object", "additionalProperties": texts, "propertyNames": {"pattern": f"^{LANGUAGE.pattern}$"}}


@value.register
def _(field: forms.Line, shown: bool) -> Schema:
    return _text(field.most, required=field.required)


@value.register
def _(field: forms.Texts, shown: bool) -> Schema:
    return _by_language(field.most)


@value.register
def _(field: forms.PlaceName, shown: bool) -> Schema:
    return {"anyOf": [_text(field.most, required=field.required), _by_language(field.most)]}


@value.register
def _(field: forms.Whole, shown: bool) -> Schema:
    return {"type": "integer", "minimum": field.low, "maximum": field.high}


@value.register
def _(field: forms.Decimal, shown: bool) -> Schema:
    return {"type": "number", "minimum": field.low, "maximum": field.high}


@value.register
def _(field: forms.Flag, shown: bool) -> Schema:
    return {"type": "boolean"}


@value.register
def _(field: forms.Choice, shown: bool) -> Schema:
    return {"type": "string", "enum": [str(option) for option in field.options]}


@value.register
def _(field: forms.Words, shown: bool) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": list(field.options)}}


@value.register
def _(field: forms.Networks, shown: bool) -> Schema:
    return {"type": "array", "items": {"type": "string"}, "maxItems": field.most}


@value.register
def _(field: forms.Lines, shown: bool) -> Schema:
    return {"type": "array", "items": {"type": "string", "maxLength": field.long}, "maxItems": field.most}


@value.register
def _(field: forms.WholeNumbers, shown: bool) -> Schema:
    return {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 255}, "maxItems": field.most}


@value.register
def _(field: forms.Moment, shown: bool) -> Schema:
    return {"type": "string", "format": "date-time"} if shown else {"type": "string", "pattern": _MOMENT}


@value.register
def _(field: forms.Clock, shown: bool) -> Schema:
    return {"type": "string", "pattern": f"^{CLOCK.pattern}$"}


@value.register
def _(field: forms.Rows, shown: bool) -> Schema:
    return {"type": "array", "items": {"$ref": REF.format(name=name_of(field.of, shown=shown))}, "maxItems": field.most}


def name_of(shape: type[msgspec.Struct], *, shown: bool) -> str:
    """What a row's schema is called; as it is shown it has every field."""
    return f"{shape.__name__}Answer" if shown else shape.__name__


def rows_of(shape: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    """The shapes that rows of a shape refer to, and theirs."""
    found = {field.of for field in fields_of(shape).values() if isinstance(field, forms.Rows)}
    return found.union(*(rows_of(each) for each in found))
