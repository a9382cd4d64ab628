"""Host countries and contacts as read."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec


class Country(msgspec.Struct, frozen=True):
    """A host country. `code` is ISO 3166 alpha-2, `names` by language tag."""

    code: str
    slug: str
    names: dict[str, str]
    time_zone: str
    languages: tuple[str, ...]
    paused: bool


class ContactRow(msgspec.Struct, frozen=True):
    """One way to reach help. `label` by language tag; `hours` are local to the host country."""

    id: UUID
    kind: str
    label: dict[str, str]
    value: str
    hours: str
    checked_on: date | None

    @property
    def link(self) -> str:
        """What a tap opens."""
        return LINKS.get(self.kind, "{}").format(self.value.replace(" ", "") if self.kind in CALLED else self.value)


CALLED = {"hotline", "phone", "whatsapp"}
LINKS = {
    "hotline": "tel:{}",
    "phone": "tel:{}",
    "e-mail": "mailto:{}",
    "telegram": "https://t.me/{}",
    "messenger": "https://m.me/{}",
    "facebook": "https://www.facebook.com/{}",
    "whatsapp": "https://wa.me/{}",
    "line": "https://line.me/R/ti/p/{}",
}


def json_of(value: Any) -> Any:
    """A JSON column as Python data."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
