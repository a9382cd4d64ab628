"""Host countries and contacts as written and as read."""

from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec


def _(text: str) -> str:
    """Marks a sentence for the catalogues."""
    return text


KINDS = {
    "hotline": _("Hotline"),
    "phone": _("Phone"),
    "telegram": _("Telegram"),
    "messenger": _("Messenger"),
    "facebook": _("Facebook"),
    "whatsapp": _("WhatsApp"),
    "line": _("LINE"),
    "kakaotalk": _("KakaoTalk"),
    "e-mail": _("E-mail"),
    "office": _("Office"),
}
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
    "kakaotalk": "https://open.kakao.com/o/{}",
}
CHANNEL = "https://pf.kakao.com/{}"  # KakaoTalk's channels begin with _, its open chats do not


class Country(msgspec.Struct, frozen=True):
    """A host country. `code` is ISO 3166 alpha-2, `names` by language tag."""

    code: str
    slug: str
    names: dict[str, str]
    time_zone: str
    languages: tuple[str, ...]
    paused: bool


class Opening(msgspec.Struct, frozen=True):
    """Hours that repeat each week: ISO weekdays, wall times "09:00" to "24:00"; closing before opening is next day."""

    days: tuple[int, ...]
    opens: str
    closes: str

    @property
    def around_the_clock(self) -> bool:
        return len(self.days) == 7 and (self.opens, self.closes) == ("00:00", "24:00")


class ContactDraft(msgspec.Struct, frozen=True):
    """A checked contact. `host_country` is "" for one that serves every country."""

    host_country: str
    kind: str
    label: dict[str, str]
    value: str
    opening: tuple[Opening, ...]
    latitude: float | None
    longitude: float | None
    position: int


class ContactRow(msgspec.Struct, frozen=True):
    """One way to reach help, as read. `opening` is in the time of the country it is shown for; `open_now` is None
    where nothing is known of the hours."""

    id: UUID
    host_country: str | None
    kind: str
    label: dict[str, str]
    value: str
    position: int
    checked_on: date | None
    opening: tuple[Opening, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    open_now: bool | None = None

    @property
    def around_the_clock(self) -> bool:
        return any(each.around_the_clock for each in self.opening)

    @property
    def link(self) -> str:
        """What a tap opens; "" for an office."""
        if self.kind in CALLED:
            digits = "".join(each for each in self.value if each.isdecimal() or each == "+")
            return LINKS[self.kind].format(digits.removeprefix("+") if self.kind == "whatsapp" else digits)
        link = CHANNEL if self.kind == "kakaotalk" and self.value.startswith("_") else LINKS.get(self.kind, "")
        return link.format(quote(self.value, safe="@._-"))


def json_of(value: Any) -> Any:
    """A JSON column as Python data."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
