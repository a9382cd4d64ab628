"""What the API is sent and answers of registrations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from app.events.shapes import MOST_PARTY
from app.i18n.catalogues import languages
from app.registrations.shapes import NAME, ChangeFields, FriendFields, RegistrationFields
from app.validation import forms
from models.states import RegistrationState

MOST_NAMES = 60
WHO = "សុខ ដារ៉ា"
_LANGUAGE = forms.Choice(
    options=languages(), default="", about="In which language to write to them; else that of the request.", example="km"
)


class RegistrationBody(RegistrationFields, frozen=True, kw_only=True):
    """A party as it registers; its host sets how many may come together."""

    name: Annotated[str, forms.Line(most=NAME, required=True, about="Who books; a nickname is enough.", example=WHO)]
    party: Annotated[int, forms.Whole(low=1, high=MOST_PARTY, default=1, about="How many people; 1.", example=2)]

    names: Annotated[list[str], forms.Lines(most=MOST_NAMES, long=NAME, about="Each person's, the booker's first.")]
    language: Annotated[str, _LANGUAGE]


class ChangeBody(ChangeFields, frozen=True, kw_only=True):
    """What is to change of a party; what is not said stays."""

    names: Annotated[list[str], forms.Lines(most=MOST_NAMES, long=NAME, about="Names of those who keep their places.")]
    drop: Annotated[list[int], forms.WholeNumbers(most=MOST_NAMES, about="Tickets to give up, by number.")]


class FriendBody(FriendFields, frozen=True, kw_only=True):
    """To whom a ticket is handed on."""

    language: Annotated[str, _LANGUAGE]


class TicketAnswer(msgspec.Struct, frozen=True):
    """One person's place: `code` is what the square holds, `url` what it opens for people."""

    number: int
    code: str
    url: str


class RegistrationAnswer(msgspec.Struct, frozen=True):
    """A party as its holder sees it. Whoever knows `key` may see and change it; `page` is where it shows its tickets.
    A party that waits has none yet; one that is `set_aside` waits for the attaché to look at it."""

    id: UUID
    key: str
    page: str
    state: RegistrationState
    set_aside: bool
    party: int
    children: int
    name: str
    short_code: Annotated[str, Meta(description="What somebody says at the gate when nothing can be scanned.")]
    pickup_point: UUID | None
    tickets: list[TicketAnswer]


class ErasedAnswer(msgspec.Struct, frozen=True):
    """What is left of a party that was erased."""

    state: RegistrationState


class PartyAnswer(msgspec.Struct, frozen=True):
    """A party as its attaché sees it; `admitted` are those who came in, `ahead` the people who wait before it.
    A scan may name a ticket as `number`, -, and the ticket's own number."""

    id: UUID
    number: str
    state: RegistrationState
    party: int
    children: int
    name: str
    short_code: str
    language: str
    pickup_point: UUID | None
    admitted: int
    ahead: int
    registered_at: datetime
