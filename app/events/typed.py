"""The event's form at the desk: raw material as form fields, and form fields as the object that the API would get."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from app.events.shapes import EventRow, as_raw
from app.validation.fields import small_number, unflatten
from app.validation.stale import WAS, Merged, merged, was_of
from app.validation.texts import latin_digits

BLANK_ROWS = 2  # empty buses and programme items offered below those that are there
WHICH, HOURS = "_hour", ("first", "second")  # the field that says which of two times with one name is meant
NOT_FIELDS = ("move_along", "nonce", "copy_of", WAS)
BUS = "pickup_points"
PLACES = ("venue", "address")
_PAIR = re.compile(r"\(?(-?\d{1,2}\.\d+)\s*,\s*(-?\d{1,3}\.\d+)\)?")


def as_typed(raw: dict[str, Any]) -> dict[str, str]:
    """An event's raw material as form fields: dates and times apart, the last day inclusive."""
    typed: dict[str, str] = {}
    for name, value in raw.items():
        _flatten(typed, name, value)
    typed = {name: text for name, text in typed.items() if not name.startswith("known_networks.")}
    typed["known_networks"] = "\n".join(raw.get("known_networks") or ())
    for index, facility in enumerate(raw.get("facilities") or ()):
        typed.pop(f"facilities.{index}", None)
        typed[f"facilities.{facility}"] = "on"
    for side in ("starts", "ends"):
        day, _, clock = typed.pop(f"{side}_at", "").partition("T")
        if side == "ends" and raw.get("all_day") and day:
            day = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        typed[f"{side}_on"], typed[f"{side}_time"] = day, clock[:5]
    return typed


def _flatten(typed: dict[str, str], name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(typed, f"{name}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(typed, f"{name}.{index}", inner)
    elif isinstance(value, bool):
        if value:
            typed[name] = "on"
    elif isinstance(value, datetime):
        typed[name], typed[f"{name}{WHICH}"] = value.isoformat()[:16], HOURS[value.fold]
    elif value is not None:
        typed[name] = str(value)[:16] if name.endswith("_at") else str(value)


def as_written(typed: dict[str, str]) -> dict[str, Any]:
    """Form fields as the object that the API would get."""
    fields = {name: value for name, value in typed.items() if name not in NOT_FIELDS}
    all_day = bool(fields.get("all_day"))
    for side in ("starts", "ends"):
        day = latin_digits(fields.pop(f"{side}_on", "").strip())
        clock = "" if all_day else latin_digits(fields.pop(f"{side}_time", "").strip())
        fields.pop(f"{side}_time", None)
        if side == "ends" and all_day and day:
            day = _next_day(day)
        if day:
            fields[f"{side}_at"] = f"{day}T{clock or '00:00'}" if clock or all_day else day + "T"
    if pair := _PAIR.fullmatch(latin_digits(fields.get("latitude", "").strip())):
        fields["latitude"], fields["longitude"] = pair.groups()  # as maps give it to copy
    for place in PLACES:
        _in_languages(fields, place)
    facilities = [name.removeprefix("facilities.") for name in fields if name.startswith("facilities.")]
    raw = unflatten((name, value) for name, value in fields.items() if not name.startswith("facilities."))
    raw["facilities"] = facilities
    raw["pickup_points"] = [
        point for point in raw.get("pickup_points", []) if isinstance(point, dict) and (set(point) - {"id"})
    ]
    return _with_hours(raw)


def _in_languages(fields: dict[str, str], place: str) -> None:
    """A place whose name was written once, and in other languages beside it: all by language."""
    also = {name: fields.pop(name) for name in list(fields) if name.startswith(f"{place}.also.")}
    texts = {name.rpartition(".")[2]: text for name, text in also.items() if text.strip()}
    if not texts:
        return
    if first := fields.pop(place, "").strip():
        texts.setdefault("km" if any("\u1780" <= letter <= "\u17ff" for letter in first) else "en", first)
    fields.update({f"{place}.{tag}": text for tag, text in texts.items()})


def _with_hours(raw: dict[str, Any]) -> dict[str, Any]:
    """Times of which somebody said which one is meant, as datetimes with that fold."""
    for row in (raw, *raw["pickup_points"]):
        for field in [name for name in row if name.endswith(f"_at{WHICH}")]:
            which, name = row.pop(field), field.removesuffix(WHICH)
            if which in HOURS and isinstance(row.get(name), str):
                row[name] = _chosen(row[name], HOURS.index(which))
    return raw


def _chosen(text: str, fold: int) -> datetime | str:
    try:
        return datetime.fromisoformat(latin_digits(text)).replace(fold=fold)
    except ValueError:
        return text


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day


def rewritten(written: dict[str, Any], present: EventRow) -> dict[str, Any]:
    """What was written that the form did not show before."""
    shown = as_written(as_typed(as_raw(present)))
    return {name: value for name, value in written.items() if not _same(value, shown.get(name))}


def _same(sent: Any, shown: Any) -> bool:
    """Whether a form shows what it showed. That a time which happens twice was asked for and answered is no change of
    it; another answer is."""
    if isinstance(sent, datetime) and isinstance(shown, datetime):
        return (sent, sent.fold) == (shown, shown.fold)
    if isinstance(sent, dict) and isinstance(shown, dict):
        return sent.keys() == shown.keys() and all(_same(sent[name], shown[name]) for name in sent)
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(_same, sent, shown))
    return bool(_plain(sent) == _plain(shown))


def _plain(value: Any) -> Any:
    return value.isoformat()[:16] if isinstance(value, datetime) else value


def rows_of(typed: dict[str, str], name: str) -> range:
    """The rows of a list that the form shows: those typed, and some blank ones."""
    known = [small_number(field.split(".")[1], 99) for field in typed if field.startswith(f"{name}.")]
    return range(max((row + 1 for row in known if row is not None), default=0) + BLANK_ROWS)


def merged_into(typed: dict[str, str], present: EventRow) -> Merged:
    """The form merged into the event as it is now; a bus is known by its id, wherever it stands in either list."""
    shown = as_typed(as_raw(present))
    whole = merged(_by_bus(typed), _by_bus(shown))
    buses = dict.fromkeys(map(_bus, whole.fields))
    places = {bus: place for place, bus in enumerate(bus for bus in buses if bus)}

    def placed(fields: dict[str, str]) -> dict[str, str]:
        return {_renamed(name, str(places.get(_bus(name), ""))): text for name, text in fields.items()}

    return Merged(placed(whole.fields), placed(whole.both))


def loaded(event: EventRow) -> str:
    """What the event's form carries along of what it shows."""
    return was_of(_by_bus(as_typed(as_raw(event))))


def _bus(name: str) -> str:
    """Of which bus a field tells: its id, or its place in the form; "" for other fields."""
    return name.split(".")[1] if name.startswith(f"{BUS}.") else ""


def _renamed(name: str, bus: str) -> str:
    return ".".join((BUS, bus, *name.split(".")[2:])) if _bus(name) else name


def _by_bus(typed: dict[str, str]) -> dict[str, str]:
    ids = {_bus(name): text for name, text in typed.items() if name.startswith(f"{BUS}.") and name.endswith(".id")}
    return {_renamed(name, ids.get(_bus(name)) or f"new{_bus(name)}"): text for name, text in typed.items()}
