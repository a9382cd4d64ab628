"""Who is acting."""

from uuid import UUID

import msgspec

from models.states import Role


class Staff(msgspec.Struct, frozen=True):
    """An attaché or HQ. An attaché reaches `countries`, and single `events` as a helper; HQ reaches everything."""

    account: UUID
    name: str
    email: str
    role: Role
    countries: frozenset[str] = frozenset()
    events: frozenset[UUID] = frozenset()
    session: UUID | None = None

    @property
    def is_hq(self) -> bool:
        return self.role == Role.HQ

    @property
    def within_reach(self) -> frozenset[str] | None:
        """Host countries where events may be made; None for all."""
        return None if self.is_hq else self.countries

    def reaches(self, host_country: str, event: UUID) -> bool:
        """Whether an event exists for this person."""
        return self.is_hq or host_country in self.countries or event in self.events


class Kept(msgspec.Struct, frozen=True):
    """A form that was sent when the session had ended, and where to: it is sent again after logging in."""

    path: str
    typed: dict[str, str]
