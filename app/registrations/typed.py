"""A party as the forms that change it show it, and such a form as the object that the API would get. Pure."""

from typing import Any

import msgspec

from app.registrations import rules
from app.registrations.shapes import Party
from app.validation.fields import small_number
from app.validation.refusals import Problem, invalid
from app.validation.stale import merged
from models.states import Channel

WRITTEN = {"party", "children", "pickup_point", "take_what_there_is", "phone", "email"}  # as the API takes them


def as_typed(party: Party, reaches: dict[Channel, str]) -> dict[str, str]:
    """What the form of a change shows of a party; people stand by their ticket's number."""
    names = {
        f"names.{ticket.number}": party.name if ticket.number == 1 else ticket.name for ticket in party.present_tickets
    }
    return names | {
        "party": str(party.party),
        "children": str(party.children or ""),
        "pickup_point": str(party.pickup_point or ""),
        "phone": reaches.get(Channel.PHONE, ""),
        "email": reaches.get(Channel.EMAIL, ""),
    }


def as_written(party: Party, typed: dict[str, str], present: dict[str, str]) -> dict[str, Any]:
    """The form of a change as the object that the API would get: what was touched of it, and nothing else.

    Raises Refused "changed_meanwhile" where somebody else changed the same thing since the form was loaded.
    """
    if (drop := small_number(typed.get("drop", ""), 999)) is not None:
        if drop not in {ticket.number for ticket in party.present_tickets}:
            return {}  # sent again because the answer was lost, or given up in another tab: it is as it was meant to be
        if party.party == 1:
            raise invalid([Problem("drop", "last_place")])
        return {"drop": [drop]}
    if "pasted" in typed:
        shown = [number for each in typed.get("shown", "").split() if (number := small_number(each, 999)) is not None]
        typed = {**typed, **rules.names_of_lines(typed["pasted"], shown)}
    meant = merged(typed, present)
    # a ticket that is gone is the rule's to say
    there = {name: now for name, now in meant.both.items() if name in present}
    msgspec.structs.replace(meant, both=there).refuse_both()
    touched = [name for name in meant.fields if name in meant.touched]
    raw: dict[str, Any] = {name: typed[name] for name in touched if name in WRITTEN or name.startswith("names.")}
    if raw.get("children") == "":
        raw["children"] = "0"
    return raw
