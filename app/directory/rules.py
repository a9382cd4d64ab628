"""Where calendar apps take a subscription. No maker promises these addresses, so they stand in one table."""

from urllib.parse import quote

import msgspec


class SubscribeLink(msgspec.Struct, frozen=True):
    """One way to subscribe. `app` names it, `refreshes` says how often it looks (a sentence of the catalogues)."""

    app: str
    address: str
    refreshes: str


def _(text: str) -> str:
    """Marks a sentence for the catalogues."""
    return text


APPS = (
    (_("iPhone, iPad, Mac and Android calendar apps"), "{webcal}", _("looks every few hours, as you choose")),
    (_("Google Calendar"), "https://calendar.google.com/calendar/r?cid={cid}", _("looks once or a few times a day")),
    (
        _("Outlook"),
        "https://outlook.live.com/calendar/0/addfromweb?url={url}&name={name}",
        _("looks every three hours to once a day"),
    ),
)


def subscribe_links(feed: str, name: str) -> list[SubscribeLink]:
    """The links for a feed's https address."""
    webcal = feed.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1)
    facts = {"webcal": webcal, "url": quote(feed, safe=""), "cid": quote(feed, safe=""), "name": quote(name, safe="")}
    return [SubscribeLink(app, address.format(**facts), refreshes) for app, address, refreshes in APPS]
