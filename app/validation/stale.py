"""A form that was open while somebody else saved: what was touched in it is merged into what is there now.

The form carries a digest of every field as it showed it. Sent as it was shown: untouched, what is there now counts.
There now as it was shown: what was sent counts. Else two changed the same field: both values are shown, and nothing is
overwritten.
"""

from collections.abc import Mapping
from zlib import crc32

import msgspec

from app.validation.refusals import Problem, Refused

WAS = "was"  # the hidden field with the digests of all that a form shows; "was.NAME" where each has its own


def _digest(value: str) -> str:
    plain = value.strip().replace("\r\n", "\n")  # as browsers send lines
    return f"{crc32(plain.encode()):08x}"


EMPTY, TICKED = _digest(""), _digest("on")


def was_of(shown: Mapping[str, str]) -> str:
    """What a form carries along of all that it shows, in one field."""
    return msgspec.json.encode({name: _digest(value) for name, value in shown.items() if value.strip()}).decode()


class Merged(msgspec.Struct, frozen=True):
    """A form's fields as they are meant now; `both` are those that somebody else changed too, with what is there."""

    fields: dict[str, str]
    both: dict[str, str]

    def refuse_both(self) -> None:
        """Raise Refused "changed_meanwhile" with what is there now beside each field that two changed."""
        if self.both:
            problems = tuple(Problem(name, "changed_to", {"value": _told(text)}) for name, text in self.both.items())
            raise Refused("changed_meanwhile", problems)


def _told(text: str) -> str:
    """A field's value as people read it: a tick, nothing, or its text."""
    return {"on": "✓", "": "—"}.get(text.strip(), text)


def merged(typed: Mapping[str, str], present: Mapping[str, str]) -> Merged:
    """Merge a form into what it would show now. A form without digests is meant whole."""
    was = _digests(typed.get(WAS, ""))
    sent = {name: value for name, value in typed.items() if name != WAS}
    if was is None:
        return Merged(dict(sent), {})
    fields, both = {}, {}
    for name in dict.fromkeys([*present, *sent, *was]):
        mine, now, shown = sent.get(name, ""), present.get(name, ""), was.get(name, EMPTY)
        not_there = name not in sent and shown != TICKED  # browsers send every field but an empty tick
        if not_there or _digest(mine) in {shown, _digest(now)}:
            fields[name] = now
            continue
        fields[name] = mine
        if _digest(now) != shown:
            both[name] = now
    return Merged({name: value for name, value in fields.items() if value or name in sent}, both)


def _digests(text: str) -> dict[str, str] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        return None


def digests_of(shown: Mapping[str, str]) -> dict[str, str]:
    """What a form carries along of each field that it shows, a hidden field each."""
    return {f"{WAS}.{name}": _digest(value) for name, value in shown.items()}


def touched_of(typed: Mapping[str, str], present: Mapping[str, str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Which fields of a form were touched, and which of them somebody else changed meanwhile (with what is there now).

    Sent as it was loaded: untouched. Present as it was loaded: ours counts. A form without digests is all touched.
    """
    touched, both = [], []
    for name, sent in typed.items():
        was = typed.get(f"{WAS}.{name}")
        if name.startswith(f"{WAS}.") or was == _digest(sent) or (was and sent.strip() == present.get(name)):
            continue
        touched.append(name)
        if was and name in present and was != _digest(present[name]):
            both.append((name, present[name]))
    return touched, both
