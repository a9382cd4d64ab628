"""What webhooks are told, how they are set up, and what became of it."""

from datetime import datetime
from typing import Annotated, Any
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

    def body(self) -> dict[str, Any]:
        """What is sent: ids and revisions, nothing about anybody. What it means the API tells whoever may know."""
        data: dict[str, Any] = {"event": str(self.event), "slug": self.slug}
        if self.kind in OF_PEOPLE:
            data["admission" if self.kind == "admission" else "registration"] = self.subject
        elif self.kind == "event.changed":
            data["content_revision"] = self.content_revision
        return {"type": self.kind, "timestamp": self.created_at.isoformat(), "data": data}
