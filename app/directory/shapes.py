"""Host countries and contacts as written and as read."""

from datetime import date
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec

from app.validation import forms
from app.validation.marks import _
from models.states import ContactKind

LABEL, VALUE = 120, 300
KINDS = {
    ContactKind.HOTLINE: _("Hotline"),
    ContactKind.PHONE: _("Phone"),
    ContactKind.TELEGRAM: _("Telegram"),
    ContactKind.MESSENGER: _("Messenger"),
    ContactKind.FACEBOOK: _("Facebook"),
    ContactKind.WHATSAPP: _("WhatsApp"),
    ContactKind.LINE: _("LINE"),
    ContactKind.KAKAOTALK: _("KakaoTalk"),
    ContactKind.EMAIL: _("E-mail"),
    ContactKind.OFFICE: _("Office"),
}
CALLED = {ContactKind.HOTLINE, ContactKind.PHONE, ContactKind.WHATSAPP}
LINKS = {
    ContactKind.HOTLINE: "tel:{}",
    ContactKind.PHONE: "tel:{}",
    ContactKind.EMAIL: "mailto:{}",
    ContactKind.TELEGRAM: "https://t.me/{}",
    ContactKind.MESSENGER: "https://m.me/{}",
    ContactKind.FACEBOOK: "https://www.facebook.com/{}",
    ContactKind.WHATSAPP: "https://wa.me/{}",
    ContactKind.LINE: "https://line.me/R/ti/p/{}",
    ContactKind.KAKAOTALK: "https://open.kakao.com/o/{}",
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


class OpeningFields(msgspec.Struct, frozen=True):
    """Hours as they are typed: a group of days by its word, and two times of day."""

    days: Annotated[str, forms.Line(most=10, about="A group of days, such as every or working, or a weekday.")]
    opens: Annotated[str, forms.Line(most=5, about="When it opens, such as 09:00.")]
    closes: Annotated[str, forms.Line(most=5, about="When it closes; 24:00 for midnight.")]


class ContactFields(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of a contact. `host_country` is "" for one that serves every country."""

    host_country: Annotated[str, forms.Line(most=2, about="ISO 3166 code, or none for every country.")]
    kind: Annotated[ContactKind, forms.Choice(options=ContactKind, about="How one is reached.")]
    label: Annotated[dict[str, str], forms.Texts(most=LABEL, required=True, about="Who answers.")]
    value: Annotated[str, forms.Line(most=VALUE, required=True, about="The number, name or address.")]
    latitude: Annotated[float | None, forms.Decimal(low=-90, high=90, about="Degrees north.")]
    longitude: Annotated[float | None, forms.Decimal(low=-180, high=180, about="Degrees east.")]
    position: Annotated[int, forms.Whole(low=0, high=9999, default=100, about="The smallest stands first.")]


class ContactDraft(ContactFields, frozen=True, kw_only=True):
    """A checked contact."""

    opening: tuple[Opening, ...]


class ContactRow(msgspec.Struct, frozen=True):
    """One way to reach help, as read. `opening` is in the time of the country it is shown for; `open_now` is None
    where nothing is known of the hours."""

    id: UUID
    host_country: str | None
    kind: ContactKind
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
    def from_cambodia(self) -> bool:
        """Whether it is a short number of Cambodia, which nobody has found to answer abroad."""
        return self.host_country is None and self.kind in CALLED and not self.value.startswith("+")

    @property
    def link(self) -> str:
        """What a tap opens; "" for an office."""
        if self.kind in CALLED:
            digits = "".join(each for each in self.value if each.isdecimal() or each == "+")
            return LINKS[self.kind].format(digits.removeprefix("+") if self.kind == ContactKind.WHATSAPP else digits)
        link = (
            CHANNEL if self.kind == ContactKind.KAKAOTALK and self.value.startswith("_") else LINKS.get(self.kind, "")
        )
        return link.format(quote(self.value, safe="@._-"))
