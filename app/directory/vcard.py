"""Contacts as a card to save in a phone (vCard 4.0, RFC 6350). Pure."""

from collections.abc import Iterable

from app.directory.shapes import CALLED, ContactRow
from models.states import ContactKind

MOST_IN_QR = 8  # numbers: more would make a square that phones do not read


def _escaped(text: str) -> str:
    for character in ("\\", ",", ";"):
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """At most 75 octets a line, no character cut in two (RFC 6350 3.2)."""
    lines, octets = [""], 0
    for character in line:
        size = len(character.encode())
        if octets + size > 75:
            lines.append(" ")
            octets = 1
        lines[-1] += character
        octets += size
    return "\r\n".join(lines)


def vcard(uid: str, name: str, latin: str, contacts: Iterable[ContactRow], *, page: str = "") -> str:
    """One card for a host country; with `page` everything, without it only names and numbers, small enough for a QR."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN;LANGUAGE=km:{_escaped(name)}"]
    if page:
        lines += ["KIND:org", f"UID:{uid}", f"FN;LANGUAGE=en:{_escaped(latin)}", f"ORG:{_escaped(latin)}"]
    listed = list(contacts)
    if not page:
        listed = [contact for contact in listed if contact.kind in CALLED][:MOST_IN_QR]
    for contact in listed:
        if contact.kind in CALLED:
            kind = "text" if contact.kind == ContactKind.WHATSAPP else "voice"
            number = "".join(each for each in contact.value if each.isdecimal() or each == "+")
            lines.append(f"TEL;VALUE=uri;TYPE={kind}:tel:{number}")
        elif page and contact.kind == ContactKind.EMAIL:
            lines.append(f"EMAIL:{_escaped(contact.value)}")
        elif page and contact.kind == ContactKind.OFFICE:
            lines.append(f"ADR:;;{_escaped(contact.value)};;;;")
        elif page and contact.link:
            lines.append(f"URL;TYPE={contact.kind}:{contact.link}")
    if page:
        lines.append(f"SOURCE:{page}")
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCARD"))
