"""Who is acting, and what is made for them."""

from typing import Annotated
from uuid import UUID

import msgspec

from app.accounts.rights import MAY, Part, Right
from app.validation import forms
from models.states import Role


class Staff(msgspec.Struct, frozen=True):
    """An attaché or HQ, posted to `countries` and as a helper to single `events`; HQ reaches everything."""

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

    def parts(self, host_country: str = "", event: UUID | None = None) -> frozenset[Part]:
        """What this person is for an event, or for all events of a country."""
        posted = host_country in self.countries
        if self.is_hq:
            return frozenset({Part.HQ, Part.HQ_POSTED}) if posted else frozenset({Part.HQ})
        parts = {Part.ATTACHE: posted, Part.HELPER: event is not None and event in self.events}
        return frozenset(part for part, true in parts.items() if true)

    def may(self, right: Right, host_country: str = "", event: UUID | None = None) -> bool:
        """Whether this person has a right to an event, or to all events of a country."""
        return not MAY[right].isdisjoint(self.parts(host_country, event))

    def may_anywhere(self, right: Right) -> bool:
        """Whether this person has a right to anything."""
        return any(self.may(right, country) for country in ("", *self.countries))

    def reaches(self, host_country: str, event: UUID) -> bool:
        """Whether an event exists for this person."""
        return self.is_hq or host_country in self.countries or event in self.events


class Kept(msgspec.Struct, frozen=True):
    """A form that was sent when the session had ended, and where to: it is sent again after logging in."""

    path: str
    typed: dict[str, str]


LIVES = ("90", "30", "365")  # days that a token for a program may be good


class TokenFields(msgspec.Struct, frozen=True, kw_only=True):
    """A token for a program of one's own."""

    name: Annotated[str, forms.Line(most=120, required=True)] = ""
    days: Annotated[str, forms.Choice(options=LIVES, default=LIVES[0])] = LIVES[0]
