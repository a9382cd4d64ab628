"""A form that was open while somebody else saved: what was touched in it is merged into what is there now.

The form carries a digest of every field as it showed it. Sent as it was shown: untouched, what is there now counts.
There now as it was shown: what was sent counts. Else two changed the same field: both values are shown, and nothing is
overwritten.
"""

from collections.abc import Mapping
from zlib import crc32

import msgspec

from app.validation.refusals import Problem, Refused

WAS = "was"  # the hidden field with the digests of all that a form shows


def _digest(value: str) -> str:
    plain = value.strip().replace("\r\n", "\n")  # as browsers send lines
    return f"{crc32(plain.encode()):08x}"


EMPTY, TICKED = _digest(""), _digest("on")


def was_of(shown: Mapping[str, str]) -> str:
    """What a form carries along of all that it shows, in one field."""
    return msgspec.json.encode({name: _digest(value) for name, value in shown.items() if value.strip()}).decode()


class Merged(msgspec.Struct, frozen=True):
    """A form's fields as they are meant now, which of them were touched, and those that somebody else changed too, with
    what is there (`both`)."""

    fields: dict[str, str]
    both: dict[str, str]
    touched: frozenset[str] = frozenset()

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
        return Merged(dict(sent), {}, frozenset(sent))
    fields, both, touched = {}, {}, set[str]()
    for name in dict.fromkeys([*present, *sent, *was]):
        mine, now, shown = sent.get(name, ""), present.get(name, ""), was.get(name, EMPTY)
        not_there = name not in sent and shown != TICKED  # browsers send every field but an empty tick
        if not_there or _digest(mine) in {shown, _digest(now)}:
            fields[name] = now
            continue
        fields[name] = mine
        touched.add(name)
        if _digest(now) != shown:
            both[name] = now
    return Merged({name: value for name, value in fields.items() if value or name in sent}, both, frozenset(touched))


def _digests(text: str) -> dict[str, str] | None:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        return None
