"""Where a link is sent on. No maker promises these addresses, so they stand in one table."""

from urllib.parse import quote

import msgspec


class ShareLink(msgspec.Struct, frozen=True):
    """One way to send a link on."""

    app: str
    address: str


APPS = (
    ("Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}"),
    ("Messenger", "fb-messenger://share/?link={url}"),
    ("Telegram", "https://t.me/share/url?url={url}&text={text}"),
    ("LINE", "https://social-plugins.line.me/lineit/share?url={url}&text={text}"),
    ("WhatsApp", "https://wa.me/?text={text}%0A{url}"),
)


def share_links(url: str, text: str) -> list[ShareLink]:
    """The links that send `url` on with a text."""
    facts = {"url": quote(url, safe=""), "text": quote(text, safe="")}
    return [ShareLink(app, address.format(**facts)) for app, address in APPS]
