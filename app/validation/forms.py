"""What forms are made of: each field of a Struct says in its annotation how it is read, kept and shown, and to whom.

`walk` reads what was sent by these annotations; columns, JSON, the raw form and the API's description (`schemas`)
follow from the same.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from ipaddress import ip_network
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from app.validation.fields import Reader
from app.validation.texts import latin_digits

_MAPPED = re.compile(r"^::ffff:(?=\d+\.)", re.IGNORECASE)  # IPv4 written as IPv6
CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field. `about` says what it means; `name` is its name in forms and JSON where it differs from the attribute;
    a field that is not `public` is shown to staff alone. `example` stands in the API's description; a test sends it."""

    about: str = ""
    name: str = ""
    public: bool = True
    example: Any = None
    required: bool = False

    def read(self, read: Reader, name: str) -> Any:
        """The checked value; what is wrong is noted by the reader."""
        return read.given(name)

    def written(self, value: Any) -> Any:
        """The value as it would be sent: in JSON, and where a change or a copy starts from."""
        return value

    def stored(self, value: Any) -> Any:
        """The value as its column holds it."""
        return value

    def loaded(self, value: Any) -> Any:
        """What a column holds as plain data."""
        return value


class Line(Field, frozen=True, kw_only=True):
    """Text of at most `most` characters, on one line unless `lines`."""

    most: int
    lines: bool = False

    def read(self, read: Reader, name: str) -> str:
        return read.text(name, self.most, required=self.required, lines=self.lines)


class _Json(Field, frozen=True, kw_only=True):
    """Whatever a JSON column holds."""

    def stored(self, value: Any) -> str:
        return msgspec.json.encode(value).decode()

    def loaded(self, value: Any) -> Any:
        return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


class Texts(_Json, frozen=True, kw_only=True):
    """Texts by language tag; a required one needs Khmer or English."""

    most: int
    lines: bool = False

    def read(self, read: Reader, name: str) -> dict[str, str]:
        return read.localised(name, self.most, required=self.required, lines=self.lines)


class PlaceName(_Json, frozen=True, kw_only=True):
    """A plain text or texts by language, answered as given."""

    most: int

    def read(self, read: Reader, name: str) -> str | dict[str, str]:
        return read.place(name, self.most, required=self.required)


class Whole(Field, frozen=True, kw_only=True):
    """A whole number in Latin or Khmer digits."""

    low: int
    high: int
    default: int | None = None

    def read(self, read: Reader, name: str) -> int | None:
        value = read.whole(name, self.low, self.high, self.default)
        if self.required and value is None and not read.has_problem(name):
            read.wrong(name, "required")
        return value


class Decimal(Field, frozen=True, kw_only=True):
    """A number within bounds."""

    low: float
    high: float

    def read(self, read: Reader, name: str) -> float | None:
        return read.decimal(name, self.low, self.high)


class Flag(Field, frozen=True, kw_only=True):
    """Yes or no; no where nothing is said."""

    def read(self, read: Reader, name: str) -> bool:
        return read.flag(name)


class Choice(Field, frozen=True, kw_only=True):
    """One word of an enumeration, or of a few words; required unless there is a default."""

    options: type[StrEnum] | tuple[str, ...]
    default: str | None = None

    def read(self, read: Reader, name: str) -> str:
        value = read.choice(name, tuple(self.options), self.default)
        if isinstance(self.options, tuple):
            return value
        return self.options(value) if value else next(iter(self.options))  # a wrong one was noted

    def stored(self, value: str) -> str:
        return str(value)


class Words(Field, frozen=True, kw_only=True):
    """Any of the options, in their own order; a column holds them separated by blanks."""

    options: tuple[str, ...]

    def read(self, read: Reader, name: str) -> tuple[str, ...]:
        return read.some_of(name, self.options)

    def written(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def stored(self, value: tuple[str, ...]) -> str:
        return " ".join(value)

    def loaded(self, value: Any) -> Any:
        return tuple(value.split())


class Networks(Words, frozen=True, kw_only=True):
    """Networks as "203.0.113.0/24", or single addresses: a list, or a text of one a line; at most so many."""

    options: tuple[str, ...] = ()
    most: int

    def read(self, read: Reader, name: str) -> tuple[str, ...]:
        value = read.given(name)
        lines = value.split("\n") if isinstance(value, str) else value or []
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            read.wrong(name, "not_a_list")
            return ()
        found = [line.strip() for line in lines if line.strip()]
        if len(found) > self.most:
            read.wrong(name, "too_many", most=self.most)
        try:
            return tuple(dict.fromkeys(str(ip_network(_MAPPED.sub("", line), strict=False)) for line in found))
        except ValueError:
            read.wrong(name, "not_a_network")
            return ()


class Lines(Field, frozen=True, kw_only=True):
    """A list of at most `most` texts of at most `long` characters."""

    most: int
    long: int

    def read(self, read: Reader, name: str) -> list[str] | None:
        return read.texts(name, self.most, self.long)


class WholeNumbers(Field, frozen=True, kw_only=True):
    """A list of at most `most` whole numbers."""

    most: int


class Moment(Field, frozen=True, kw_only=True):
    """A date and time as it was given, naive or with an offset; to the minute unless `exact`."""

    exact: bool = False

    def read(self, read: Reader, name: str) -> datetime | None:
        return read.moment(name, required=self.required, exact=self.exact)


class Wall(Moment, frozen=True, kw_only=True):
    """A wall time of the event's zone, `…_local`; its instant stands beside it under `name`."""

    name: str

    def written(self, value: datetime | None) -> str | None:
        return None if value is None else value.isoformat()


class Clock(Field, frozen=True, kw_only=True):
    """A time of day as "09:00"."""

    default: str = ""

    def read(self, read: Reader, name: str) -> str:
        at = latin_digits(read.text(name, 5, required=self.required))
        if at and not CLOCK.fullmatch(at):
            read.wrong(name, "not_a_clock")
            return self.default
        return at.zfill(5) if at else self.default


class Rows(_Json, frozen=True, kw_only=True):
    """A list of at most `most` objects, each of this shape."""

    of: type[msgspec.Struct]
    most: int

    def read(self, read: Reader, name: str) -> tuple[Any, ...]:
        found = []
        for row in read.objects(name, self.most):
            values = walk(row, self.of)
            row.refuse_unknown()
            found.append(self.of(**values))
        return tuple(found)

    def written(self, value: tuple[Any, ...]) -> list[dict[str, Any]]:
        return [written(row) for row in value]


@cache
def walls_of(shape: type[msgspec.Struct]) -> Mapping[str, str]:
    """The wall times of a Struct, by attribute: the name under which their instants stand."""
    return {attribute: field.name for attribute, field in fields_of(shape).items() if isinstance(field, Wall)}


@cache
def fields_of(shape: type[msgspec.Struct]) -> Mapping[str, Field]:
    """The annotated fields of a Struct, by attribute, in its order."""
    found = {}
    for attribute, hint in get_type_hints(shape, include_extras=True).items():
        if get_origin(hint) is Annotated:
            field = next((each for each in get_args(hint)[1:] if isinstance(each, Field)), None)
            if field is not None:
                found[attribute] = field
    return {name: found[name] for name in shape.__struct_fields__ if name in found}


def walk(read: Reader, shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Every annotated field of a shape as it was sent, by attribute."""
    return {attribute: field.read(read, field.name or attribute) for attribute, field in fields_of(shape).items()}


def written(value: msgspec.Struct) -> dict[str, Any]:
    """A shape as it would be sent."""
    return {
        field.name or attribute: field.written(getattr(value, attribute))
        for attribute, field in fields_of(type(value)).items()
    }


def stored(value: msgspec.Struct) -> dict[str, Any]:
    """A shape as columns of the same names."""
    return {attribute: field.stored(getattr(value, attribute)) for attribute, field in fields_of(type(value)).items()}


def loaded(shape: type[msgspec.Struct], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose columns are plain data, where the shape has them."""
    return {**row, **{name: field.loaded(row[name]) for name, field in fields_of(shape).items()}}
