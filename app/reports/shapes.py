"""Numbers of one event, and of several."""

from datetime import date

import msgspec


def share(part: int, whole: int) -> int | None:
    """Percent, to the nearest; None of nothing."""
    return round(100 * part / whole) if whole else None


class Numbers(msgspec.Struct, frozen=True):
    """What is counted of an event; buses and invitations stand by their ids.

    `by_day` is by the local date of registering, `arrivals` by the quarter hour: "YYYY-MM-DD HH:MM".
    """

    parties: int = 0
    registered: int = 0
    children: int = 0
    waiting: int = 0
    gave_up: int = 0
    moved_up: int = 0
    came: int = 0
    walk_ins: int = 0
    inside: int = 0
    by_day: dict[str, int] = {}
    arrivals: dict[str, int] = {}
    languages: dict[str, int] = {}
    buses: dict[str, int] = {}
    invitations: dict[str, int] = {}

    @property
    def not_come(self) -> int:
        return max(0, self.registered - self.came)

    @property
    def all_who_came(self) -> int:
        return self.came + self.walk_ins

    @property
    def no_show(self) -> int | None:
        """Percent of those registered who did not come; None where nobody registered."""
        return share(self.not_come, self.registered)


class Totals(msgspec.Struct):
    """Several events together; `capacity` counts those with a limit."""

    label: str = ""
    events: int = 0
    capacity: int = 0
    registered: int = 0
    waiting: int = 0
    came: int = 0
    walk_ins: int = 0
    over: int = 0  # of those registered: at events that are over

    @property
    def no_show(self) -> int | None:
        return share(max(0, self.over - self.came), self.over)

    @property
    def all_who_came(self) -> int:
        return self.came + self.walk_ins


class EventTotals(msgspec.Struct, frozen=True):
    """One event's exact totals, for lists over many."""

    slug: str
    title: dict[str, str]
    host_country: str
    campaign: str
    festival: str
    first_day: date
    capacity: int | None
    registered: int
    waiting: int
    came: int
    walk_ins: int
    over: bool
    state: str
