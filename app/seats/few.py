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


def in_public(counts: Iterable[Count]) -> list[Count]:
    """A tally as it may be told: totals as they are, breakdowns without small groups."""
    told_of = list[Count]()
    groups: dict[tuple[str, Measure], dict[str, int]] = {}
    for each in counts:
        if each.measure in BREAKDOWNS:
            groups.setdefault((each.day, each.measure), {})[each.key] = each.people
        elif each.measure != Measure.CHILDREN or each.people >= LEAST:
            told_of.append(each)
    for (day, measure), slots in groups.items():
        shown = told_in_order(slots) if measure == Measure.ARRIVALS else told(slots)
        told_of += [Count(day, measure, key, people) for key, people in shown.items()]
    return sorted(told_of)
