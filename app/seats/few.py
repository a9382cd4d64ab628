"""What may be told of few people. Pure.

Totals of an event are exact. A breakdown (by language, bus, invitation, quarter of an hour) never shows a group of
under LEAST people: those are told together, where together they are still so few with the smallest other
group, and else not at all.
"""

from collections.abc import Iterable, Mapping

from app.seats.measures import Count
from models.states import Measure

LEAST = 5
OTHER = ""
WITHOUT = "-"  # the key of those in none of a breakdown's groups
BREAKDOWNS = {Measure.LANGUAGE, Measure.BUS, Measure.INVITATION, Measure.ARRIVALS}


def told(groups: Mapping[str, int]) -> dict[str, int]:
    """Groups by size, the largest first, the small ones together under OTHER, which comes last."""
    sized = sorted(((people, key) for key, people in groups.items() if people and key != OTHER), reverse=True)
    kept = [(key, people) for people, key in sized if people >= LEAST]
    rest = sum(people for people, _ in sized if people < LEAST) + groups.get(OTHER, 0)
    while 0 < rest < LEAST and kept:
        rest += kept.pop()[1]
    if rest < LEAST:
        return dict(kept)
    return dict(kept) | {OTHER: rest}


def told_in_order(slots: Mapping[str, int]) -> dict[str, int]:
    """The same for what has an order of its own (hours): a small slot is told with the next one."""
    shown, waiting, first = dict[str, int](), 0, ""
    for slot in sorted(slots):
        first, waiting = first if waiting else slot, waiting + slots[slot]
        if waiting >= LEAST:
            shown[first], waiting = waiting, 0
    if waiting and shown:
        shown[next(reversed(shown))] += waiting
    return shown


def whole(groups: Mapping[str, int], people: int) -> dict[str, int]:
    """A breakdown with those who are in none of its groups: else the total would tell how few they are."""
    return {**groups, WITHOUT: people - sum(groups.values())} if groups else {}


def in_public(counts: Iterable[Count], *, invitations: bool) -> list[Count]:
    """A tally as it may be told: totals as they are, breakdowns without small groups, just as reports group them: two
    ways to group the same people would tell the difference. `invitations`: to whoever may hand them out."""
    told_of, registered = list[Count](), 0
    groups: dict[Measure, dict[str, int]] = {}
    for each in counts:
        registered += each.people if each.measure == Measure.REGISTERED else 0
        if each.measure in BREAKDOWNS:
            groups.setdefault(each.measure, {})[f"{each.day} {each.key}".strip()] = each.people
        elif each.measure != Measure.CHILDREN or each.people >= LEAST:
            told_of.append(each)
    if not invitations:
        groups.pop(Measure.INVITATION, None)
    for measure, known in groups.items():
        if measure == Measure.ARRIVALS:
            slots = ((slot.split(" "), people) for slot, people in told_in_order(known).items())
            told_of += [Count(day, measure, key, people) for (day, key), people in slots]
            continue
        parted = known if measure == Measure.LANGUAGE else whole(known, registered)
        told_of += [Count("", measure, key, people) for key, people in told(parted).items()]
    return sorted(told_of)
