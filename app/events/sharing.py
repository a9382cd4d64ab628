"""Where a link is sent on. No maker promises these addresses, so they stand in one table."""

from urllib.parse import quote

import msgspec

from app.events.shapes import EventRow
from app.i18n.catalogues import pick


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


def map_links(event: EventRow) -> list[ShareLink]:
    """The maps that show the place: the world's two, and those that the host country's people use."""
    if event.latitude is None or event.longitude is None:
        return []
    at = f"{event.latitude},{event.longitude}"
    name = quote(pick(event.venue, "en") or at, safe="")
    links = [
        ShareLink("Google", f"https://www.google.com/maps/search/?api=1&query={at}"),
        ShareLink("Apple", f"https://maps.apple.com/?ll={at}&q={name}"),
    ]
    if event.host_country == "KR":
        local = event.venue.get("ko", "") if isinstance(event.venue, dict) else event.venue
        wanted = quote(local or pick(event.address, "ko") or at, safe="")
        links += [
            ShareLink("Naver", f"https://map.naver.com/p/search/{wanted}"),
            ShareLink("Kakao", f"https://map.kakao.com/link/to/{name},{at}"),
        ]
    return links


def directions(event: EventRow, device: str) -> str:
    """The address that opens the way there in the map of this device (its User-Agent)."""
    at = f"{event.latitude},{event.longitude}"
    if any(each in device for each in ("iPhone", "iPad", "Macintosh")):
        return f"https://maps.apple.com/?daddr={at}"
    return f"https://www.google.com/maps/dir/?api=1&destination={at}"


def share_links(url: str, text: str) -> list[ShareLink]:
    """The links that send `url` on with a text."""
    facts = {"url": quote(url, safe=""), "text": quote(text, safe="")}
    return [ShareLink(app, address.format(**facts)) for app, address in APPS]
