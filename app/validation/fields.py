"""Reading forms and JSON alike, field by field: every problem is collected, and nothing is guessed.

A Reader asks for each field by name and kind; what nobody asked for is an unknown field. Free of Litestar.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.validation.refusals import Problem, Refused, invalid
from app.validation.texts import clean, latin_digits

Localised = dict[str, str]

_WHOLE = re.compile(r"[+-]?(?:\d{1,20}|\d{1,3}(?:[,\u0020\u00a0\u202f]\d{3}){1,5})")
_BETWEEN_THOUSANDS = re.compile(r"[,\u0020\u00a0\u202f]")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def small_number(text: str, most: int) -> int | None:
    """A whole number from 0 to `most`, as addresses and hidden fields hold it; None for anything else."""
    fits = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    return number if fits and (number := int(text)) <= most else None


def found_id(text: str) -> UUID:
    """The id in an address; raises Refused "not_found" for text that is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused("not_found") from error


def unflatten(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """A form's `title.km=…&pickup_points.0.name=…` as nested objects and lists; empty values are left out."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = name.split(".")[:4]
        place = root
        for step in path:
            deeper = place.setdefault(step, {})
            if not isinstance(deeper, dict):
                break
            place = deeper
        else:
            if value.strip():
                place[last] = value
    return {name: listed for name, value in root.items() if (listed := _listed(value)) != {}}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: listed for key, item in value.items() if (listed := _listed(item)) != {}}
    if inner and all(key.isascii() and key.isdecimal() and len(key) < 5 for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


class Reader:
    """Reads one object. `problems` is shared by the readers of nested objects."""

    def __init__(self, raw: Mapping[str, Any], prefix: str = "", problems: list[Problem] | None = None) -> None:
        self.raw = raw
        self.prefix = prefix
        self.problems: list[Problem] = [] if problems is None else problems
        self._asked: set[str] = set()

    def wrong(self, name: str, code: str, **facts: Any) -> None:
        """Note a problem with a field of this object."""
        self.problems.append(Problem(self.prefix + name, code, facts))

    def has_problem(self, *names: str) -> bool:
        return any(
            problem.field == self.prefix + name or problem.field.startswith(f"{self.prefix}{name}.")
            for problem in self.problems
            for name in names
        )

    def given(self, name: str) -> Any:
        """The raw value, or None where it is missing, null or an empty text."""
        self._asked.add(name)
        value = self.raw.get(name)
        return None if value == "" else value

    def text(self, name: str, most: int, *, required: bool = False, lines: bool = False) -> str:
        """Cleaned text of at most `most` characters, "" where none was given."""
        value = self.given(name)
        if value is None:
            cleaned = ""
        elif not isinstance(value, str):
            self.wrong(name, "not_a_text")
            return ""
        else:
            cleaned = clean(value, lines=lines)
        if required and not cleaned:
            self.wrong(name, "required")
        if len(cleaned) > most:
            self.wrong(name, "too_long", most=most)
            return cleaned[:most]
        return cleaned

    def localised(self, name: str, most: int, *, required: bool = False, lines: bool = False) -> Localised:
        """Texts by language tag; `required` asks for Khmer or English."""
        value = self.given(name)
        texts: Localised = {}
        if value is not None and not isinstance(value, dict):
            self.wrong(name, "not_an_object")
            return {}
        inner = Reader(value or {}, f"{self.prefix}{name}.", self.problems)
        for tag in value or {}:
            if not isinstance(tag, str) or not LANGUAGE.fullmatch(tag):
                inner.wrong(str(tag)[:20], "unknown_language")
            elif text := inner.text(tag, most, lines=lines):
                texts[tag] = text
        if required and not self.has_problem(name) and not (texts.get("km") or texts.get("en")):
            self.wrong(name, "khmer_or_english" if texts or value else "required")
        return texts

    def place(self, name: str, most: int, *, required: bool = False) -> str | Localised:
        """A plain text or texts by language, answered as given."""
        value = self.given(name)
        if isinstance(value, dict):
            return self.localised(name, most, required=required)
        return self.text(name, most, required=required)

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number in Latin or Khmer digits, also as people write thousands: 3,000 or 3 000."""
        value = self.given(name)
        if value is None:
            return default
        if isinstance(value, str) and _WHOLE.fullmatch(plain := latin_digits(value.strip())):
            value = int(_BETWEEN_THOUSANDS.sub("", plain))
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(name, "not_a_number")
            return default
        if value < low:
            self.wrong(name, "too_small", low=low)
            return default
        if value > high:
            self.wrong(name, "too_large", high=high)
            return default
        return value

    def decimal(self, name: str, low: float, high: float) -> float | None:
        """A number within bounds, or None."""
        value = self.given(name)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = float(latin_digits(value.strip()))
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            self.wrong(name, "not_a_decimal")
            return None
        if not low <= value <= high:
            self.wrong(name, *(("too_small",) if value < low else ("too_large",)), low=low, high=high)
            return None
        return float(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false; a ticked box sends "on"."""
        value = self.given(name)
        if value is None:
            return default
        if value is True or value in ("on", "true", "1"):
            return True
        if value is False or value in ("off", "false", "0"):
            return False
        self.wrong(name, "not_a_flag")
        return default

    def choice(self, name: str, options: Iterable[str], default: str | None = None) -> str:
        """One of the options; required unless there is a default."""
        value = self.given(name)
        options = tuple(options)
        if value is None and default is not None:
            return default
        if value is None:
            self.wrong(name, "required")
        elif value not in options:
            self.wrong(name, "not_a_choice", options=", ".join(options))
        else:
            return str(value)
        return default or ""

    def some_of(self, name: str, options: Iterable[str]) -> tuple[str, ...]:
        """Any of the options, in their own order; a list of words."""
        value = self.given(name)
        options = tuple(options)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(name, "not_a_list")
            return ()
        if any(each not in options for each in value):
            self.wrong(name, "not_a_choice", options=", ".join(options))
        return tuple(option for option in options if option in value)

    def moment(self, name: str, *, required: bool = False, exact: bool = False) -> datetime | None:
        """A date and time as it was given: naive (wall time) or with an offset; to the minute unless `exact`.

        A date alone is its midnight. A datetime (a form's, with the fold that was chosen) is taken as it is.
        """
        value = self.given(name)
        if value is None:
            if required:
                self.wrong(name, "required")
            return None
        if isinstance(value, str | datetime):
            try:
                moment = value if isinstance(value, datetime) else datetime.fromisoformat(latin_digits(value.strip()))
            except ValueError:
                moment = None
            if moment is not None and 1900 < moment.year < 9000:
                return moment if exact else moment.replace(second=0, microsecond=0)
        self.wrong(name, "not_a_time")
        return None

    def objects(self, name: str, most: int) -> list["Reader"]:
        """A reader for each object of a list."""
        value = self.given(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(name, "not_a_list")
            return []
        if len(value) > most:
            self.wrong(name, "too_many", most=most)
            return []
        readers = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                readers.append(Reader(item, f"{self.prefix}{name}.{index}.", self.problems))
            else:
                self.wrong(f"{name}.{index}", "not_an_object")
        return readers

    def texts(self, name: str, most_items: int, most: int) -> list[str] | None:
        """A list of cleaned texts, or None where none was given."""
        value = self.given(name)
        if value is None:
            return None
        if not isinstance(value, list):
            self.wrong(name, "not_a_list")
            return None
        if len(value) > most_items:
            self.wrong(name, "too_many", most=most_items)
            return None
        inner = Reader({str(index): item for index, item in enumerate(value)}, f"{self.prefix}{name}.", self.problems)
        return [inner.text(str(index), most) for index in range(len(value))]

    def refuse_unknown(self) -> None:
        """Name every field that nobody asked for."""
        for name in self.raw:
            if name not in self._asked:
                self.wrong(str(name)[:60], "unknown_field")

    def finish(self) -> None:
        """Raise Refused with every problem, if there is any."""
        self.refuse_unknown()
        if self.problems:
            raise invalid(self.problems)
