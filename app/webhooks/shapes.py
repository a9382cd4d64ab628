"""What webhooks are told, how they are set up, and what became of it."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from app.validation import forms
from app.validation.marks import _

ADDRESS = 500
KINDS = {
    "event.published": _("An event is published"),
    "event.changed": _("An event changes"),
    "event.cancelled": _("An event is called off"),
    "event.over": _("An event is over"),
    "event.seats_low": _("Few places are left"),
    "registration.made": _("A party registers"),
    "registration.changed": _("A party changes"),
    "registration.given_up": _("A party gives up its places"),
    "admission": _("Somebody comes in"),
}
OF_PEOPLE = ("registration.made", "registration.changed", "registration.given_up", "admission")


class EventData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which event; `content_revision` where it changed."""

    event: UUID
    slug: str | None
    content_revision: int | None = None


class PartyData(msgspec.Struct, frozen=True):
    """Which party of which event: GET /api/v1/events/{slug}/registrations/{registration} tells an attaché more."""

    event: UUID
    slug: str | None
    registration: UUID


class AdmissionData(msgspec.Struct, frozen=True):
    """Which ticket of which party came in."""

    event: UUID
    slug: str | None
    admission: UUID
    registration: UUID | None
    ticket: int | None


class EventNews(msgspec.Struct, frozen=True):
    """What is sent of an event. `timestamp` is when it was found, some seconds after it happened."""

    type: str
    timestamp: datetime
    data: EventData


class PartyNews(msgspec.Struct, frozen=True):
    """What is sent of a party: ids alone."""

    type: str
    timestamp: datetime
    data: PartyData


class AdmissionNews(msgspec.Struct, frozen=True):
    """What is sent of somebody who came in: ids alone."""

    type: str
    timestamp: datetime
    data: AdmissionData


NEWS: dict[str, type[EventNews | PartyNews | AdmissionNews]] = {
    kind: AdmissionNews if kind == "admission" else PartyNews if kind in OF_PEOPLE else EventNews for kind in KINDS
}


class WebhookFields(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody types of a webhook. `host_country` is "" for all of them, which HQ alone may ask for."""

    address: Annotated[str, forms.Line(most=ADDRESS, required=True, about="Where your program listens, by https.")]
    host_country: Annotated[str, forms.Line(most=2, about="ISO 3166 code of the host country.")]
    kinds: Annotated[tuple[str, ...], forms.Words(options=tuple(KINDS), about="What it is told.")]


class WebhookRow(msgspec.Struct, frozen=True):
    """A webhook as the desk shows it; not `good` once its maker has no right any more."""

    id: UUID
    address: str
    host_country: str | None
    kinds: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None
    former_until: datetime | None
    made_by: UUID
    good: bool

    @property
    def host(self) -> str:
        """What people know it by."""
        return urlsplit(self.address).hostname or self.address


class DeliveryRow(msgspec.Struct, frozen=True):
    """Something that a webhook was or will be told; `event` by its slug."""

    id: UUID
    kind: str
    subject: str
    slug: str | None
    attempts: int
    status: int | None
    error: str
    created_at: datetime | None
    not_before: datetime
    delivered_at: datetime | None
    given_up: bool


class Due(msgspec.Struct, frozen=True):
    """A delivery that was claimed, with all that sending it needs."""

    id: UUID
    webhook: UUID
    kind: str
    subject: str
    content_revision: int
    attempts: int
    event: UUID | None
    slug: str | None
    created_at: datetime
    address: str
    sealed_secret: str
    sealed_former: str
    former_until: datetime | None
    registration: UUID | None = None
    ticket: int | None = None

    def body(self) -> EventNews | PartyNews | AdmissionNews:
        """What is sent: ids and revisions, nothing about anybody. What it means the API tells whoever may know."""
        event = self.event or UUID(int=0)
        if self.kind == "admission":
            came = AdmissionData(event, self.slug, UUID(self.subject), self.registration, self.ticket)
            return AdmissionNews(self.kind, self.created_at, came)
        if self.kind in OF_PEOPLE:
            return PartyNews(self.kind, self.created_at, PartyData(event, self.slug, UUID(self.subject)))
        revision = self.content_revision if self.kind == "event.changed" else None
        return EventNews(self.kind, self.created_at, EventData(event, self.slug, revision))
