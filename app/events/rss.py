"""The coming events of a host country for feed readers (RSS 2.0)."""

import re
from datetime import UTC
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree as Xml

from app.directory.shapes import Country
from app.events.shapes import EventRow
from app.events.words import days_of, hours_of
from app.i18n.catalogues import moment_text, pick, translate

MOST_IN_RSS = 100
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 2.2


def rss_of(country: Country, events: list[EventRow], language: str, base: str, address: str) -> bytes:
    """The document; `address` is its own."""
    root = Xml.Element("rss", {"version": "2.0", "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = Xml.SubElement(root, "channel")
    name = f"{translate(language, 'Khmer festivals')} – {pick(country.names, language)}"
    about = translate(language, "Festivals that Cambodia's labour attachés hold for workers abroad.")
    _texts(channel, title=name, link=f"{base}/{language}/{country.slug}/", description=about, language=language)
    Xml.SubElement(channel, "atom:link", {"href": address, "rel": "self", "type": "application/rss+xml"})
    Xml.SubElement(channel, "ttl").text = "360"
    if events:
        newest = max(event.modified_at for event in events)
        Xml.SubElement(channel, "lastBuildDate").text = format_datetime(newest.astimezone(UTC), usegmt=True)
    for event in events[:MOST_IN_RSS]:
        _item(Xml.SubElement(channel, "item"), event, language, base)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _item(item: Xml.Element, event: EventRow, language: str, base: str) -> None:
    """An event for feed readers: its description is HTML, so every text in it is escaped as such."""
    title = pick(event.title, language)
    if event.cancelled:
        title = f"[{translate(language, 'Cancelled')}] {title}"
    before = event.previous_starts_at if event.published else None
    at = moment_text(language, before, event.time_zone) if before else ""
    moved = translate(language, "Before, it was {at}.", at=at) if at else ""
    lines = [
        " · ".join(filter(None, (days_of(event, language), hours_of(event)))),
        f"{translate(language, 'The time has changed.')} {moved}" if moved else "",
        pick(event.venue, language),
        pick(event.notice, language) if event.notice else "",
        *pick(event.description, language).split("\n"),
    ]
    _texts(
        item,
        title=title,
        link=f"{base}/{language}/events/{event.slug}",
        description="".join(f"<p>{escape(line)}</p>" for line in lines if line.strip()),
        pubDate=format_datetime(event.created_at.astimezone(UTC), usegmt=True),
    )
    Xml.SubElement(item, "atom:updated").text = event.modified_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    Xml.SubElement(item, "guid", {"isPermaLink": "false"}).text = str(event.id)


def _texts(parent: Xml.Element, **texts: str) -> None:
    for tag, text in texts.items():
        Xml.SubElement(parent, tag).text = _NOT_XML.sub("", text)
