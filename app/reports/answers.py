"""What the API tells in numbers."""

import msgspec


class GroupAnswer(msgspec.Struct, frozen=True):
    """People of one group of a breakdown. `key` is its id, language, day or hour; "" are small groups told together,
    "-" those in none."""

    key: str
    people: int


class ReportAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An event in numbers, as its board shows them: totals and days are exact, no other group is told of under five.

    `children` is null where they are so few. Breakdowns beside `by_day` are empty while the event goes on for whoever
    may not read names. `by_day` is when people registered, `arrivals` are by the quarter hour of the place,
    "YYYY-MM-DD HH:MM". `invitations` are told to whoever may hand them out.
    """

    over: bool
    parties: int
    registered: int
    children: int | None
    waiting: int
    moved_up: int
    gave_up: int
    came: int
    walk_ins: int
    all_who_came: int
    not_come: int
    by_day: list[GroupAnswer]
    arrivals: list[GroupAnswer]
    languages: list[GroupAnswer]
    buses: list[GroupAnswer]
    invitations: list[GroupAnswer]


class TotalsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Events together. `capacity` counts those with a limit; `came`, `walk_ins` and `no_show` those that are over.

    `key` is the country's code, the campaign's or festival's word or the month; `no_show` is percent of the registered.
    """

    key: str
    events: int
    capacity: int
    registered: int
    waiting: int
    came: int
    walk_ins: int
    no_show: int | None


class OverviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Published and cancelled events within one's reach, added up; nothing below an event."""

    all: TotalsAnswer
    by_host_country: list[TotalsAnswer]
    by_campaign: list[TotalsAnswer]
    by_festival: list[TotalsAnswer]
    by_month: list[TotalsAnswer]
