"""Who is acting, and what exists for them."""

from typing import Any
from uuid import UUID

import msgspec


class Staff(msgspec.Struct, frozen=True):
    """An attaché or HQ. An attaché reaches `countries`, and single `events` as a helper; HQ reaches everything."""

    account: UUID
    name: str
    email: str
    role: str
    countries: frozenset[str] = frozenset()
    events: frozenset[UUID] = frozenset()
    session: UUID | None = None

    @property
    def is_hq(self) -> bool:
        return self.role == "hq"

    @property
    def within_reach(self) -> frozenset[str] | None:
        """Host countries where events may be made; None for all."""
        return None if self.is_hq else self.countries

    def reaches(self, host_country: str, event: UUID) -> bool:
        """Whether an event exists for this person."""
        return self.is_hq or host_country in self.countries or event in self.events

    def condition(self, first: int) -> tuple[str, list[Any]]:
        """SQL over `event` that holds for the events that exist for this person; its arguments begin at `$first`."""
        if self.is_hq:
            return "1 = 1", []
        parts, args = ["1 = 0"], list[Any]()
        for column, values in (("event.host_country", sorted(self.countries)), ("event.id", sorted(self.events))):
            if values:
                places = ", ".join(f"${first + len(args) + index}" for index in range(len(values)))
                parts.append(f"{column} IN ({places})")
                args += values
        return f"({' OR '.join(parts)})", args
