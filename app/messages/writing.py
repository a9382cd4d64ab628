"""A message is written when it is sent: address, letter, tickets; or the reason why it is held back.

What is told is true when it goes out: a letter is written from the event as it is then, one that is not true any more
is held back, and so is one whose news a later message has told already.

SQL by name: `_TO` brings everything about a message in one statement, with keys that no foreign key joins.
"""

from datetime import timedelta
from typing import Any

import msgspec

from app.database.connection import fetch, now
from app.database.data_keys import SEALED_KEY
from app.database.rows import json_of, places
from app.events.calendar_entries import Own, one_event_calendar
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.i18n.catalogues import translate
from app.messages import letters, rules
from app.messages.fanning import letters_off
from app.messages.shapes import BY_THEMSELVES, Claimed, Matter, Ready, Recipient, TicketPicture, Written
from app.printing import qr
from app.registrations.linking import reach_key
from app.registrations.queries import parties_where, party_key
from app.registrations.shapes import Party
from app.security.keyring import Keyring
from app.security.sealing import Unreadable, open_key
from app.security.ticket_code import address as ticket_address
from app.security.ticket_code import encode
from models.states import Channel, Letter, RegistrationState

MOST_PICTURES = 5  # tickets in an e-mail; a larger party opens its page
WITH_TICKETS = {Letter.REGISTERED, Letter.MOVED_UP}

_TO = f"""
SELECT message.id, announcement.event, announcement.kind, announcement.before, announcement.sealed_words,
  announcement.stopped_at AS announcement_stopped, reach.sealed_address, reach.stopped_at, reach.confirmed_at,
  reach.language AS reach_language, registration.language, registration.state, registration.party, registration.number,
  registration.link_issue, registration.pickup_point, registration.short_code, message.reach, message.registration,
  {SEALED_KEY.format(id="registration.id")},
  (SELECT sealed_key FROM data_key WHERE data_key.subject = announcement.event) AS event_key,
  (SELECT max(other.content_revision) FROM message AS other
    JOIN announcement AS earlier ON earlier.id = other.announcement
    WHERE other.reach = message.reach AND other.state = 'sent' AND earlier.kind = announcement.kind
      AND earlier.event = announcement.event AND other.id <> message.id) AS told_revision
FROM message JOIN announcement ON announcement.id = message.announcement JOIN reach ON reach.id = message.reach
  JOIN registration ON registration.id = message.registration
WHERE message.id IN ({{places}})
"""


class Writing:
    """Writes messages for an installation."""

    def __init__(self, keyring: Keyring, base_url: str) -> None:
        self._keyring, self._base_url = keyring, base_url

    async def prepare(self, claimed: list[Claimed]) -> list[Ready]:
        """Letters and addresses of claimed messages, or why one is held back; none for a party erased meanwhile."""
        rows = await fetch(_TO.format(places=places(claimed)), *(each.id for each in claimed))
        by_id = {str(row["id"]): row for row in rows}
        events: dict[str, EventRow] = {}
        off: dict[str, frozenset[Letter]] = {}
        for row in rows:
            known = str(row["event"])
            if known not in events:
                events[known] = await event_by_id(row["event"])
                off[known] = await letters_off(row["event"])
        wanted = [row["registration"] for row in rows if Letter(row["kind"]) in WITH_TICKETS]
        parties: dict[str, Party] = {}
        if wanted:
            found = await parties_where(self._keyring, f"id IN ({places(wanted)})", *wanted)
            parties = {str(party.id): party for party in found}
        ready = []
        for each in claimed:
            if str(each.id) not in by_id:
                continue  # its party was erased meanwhile, and it with it
            row = by_id[str(each.id)]
            event = events[str(row["event"])]
            held = _held(each, row, event, off[str(row["event"])])
            party = parties.get(str(row["registration"]))
            ready.append(Ready(each, held=held) if held else self._write(each, row, event, party))
        return ready

    def _write(self, claimed: Claimed, row: dict[str, Any], event: EventRow, party: Party | None) -> Ready:
        key = open_key(self._keyring, row["sealed_key"], row["registration"])
        try:
            address = key.unseal(row["sealed_address"], f"reach.sealed_address:{row['reach']}")
        except Unreadable:
            return Ready(claimed, held="unreadable")
        to = Recipient(
            claimed.registration, row["reach_language"] or row["language"], row["party"], row["state"], row["number"],
            row["link_issue"], row["pickup_point"], row["short_code"],
        )  # fmt: skip
        kind = Letter(row["kind"])
        words = self._words(row, claimed) if kind == Letter.WRITTEN else {}
        told = Matter(event, kind, json_of(row["before"]), words, event.pickup(to.pickup))
        if not letters.has_news(told):
            return Ready(claimed, held="not_so_any_more")
        letter = self._letter(claimed, told, to)
        if party and kind in WITH_TICKETS and claimed.channel == Channel.EMAIL:
            letter = self._with_tickets(letter, event, party)
        return Ready(claimed, address, letter, event.content_revision)

    def _words(self, row: dict[str, Any], claimed: Claimed) -> dict[str, str]:
        key = open_key(self._keyring, row["event_key"], row["event"])
        sealed = key.words("", row["sealed_words"], f"announcement.sealed_words:{claimed.announcement}")
        words: dict[str, str] = json_of(sealed) if sealed.startswith("{") else {}
        return words

    def _letter(self, claimed: Claimed, told: Matter, to: Recipient) -> Written:
        own = f"{self._base_url}/{to.language}/reach/{reach_key(self._keyring, claimed.reach)}"
        page = f"{self._base_url}/{to.language}/r/{party_key(self._keyring, to.registration, to.link_issue)}"
        public = f"{self._base_url}/e/{told.event.slug}"
        label = translate(to.language, "Our tickets")
        if told.letter == Letter.CONFIRM:
            page, label = own, translate(to.language, "Yes or no")
        elif claimed.channel == Channel.PHONE:
            page = public  # whoever reads a text message over a shoulder must not hold the tickets
        stop = "" if claimed.channel in {Channel.PUSH, Channel.TELEGRAM} else own
        waiting = to.state == RegistrationState.WAITING
        return letters.written(told, to.language, link=page, label=label, people=to.people, waiting=waiting, stop=stop)

    def _with_tickets(self, letter: Written, event: EventRow, party: Party) -> Written:
        pictures = ticket_pictures(self._keyring, self._base_url, event, party, MOST_PICTURES)
        own = Own("", event.pickup(party.pickup_point), reminds=party.confirmed)
        entry = one_event_calendar(event, letter.language, self._base_url, [], own)
        return msgspec.structs.replace(letter, pictures=pictures, calendar=entry, calendar_name=f"{event.slug}.ics")


def ticket_pictures(
    keyring: Keyring, base_url: str, event: EventRow, party: Party, most: int
) -> tuple[TicketPicture, ...]:
    """The QR codes of a party's first tickets that admit, as pictures."""
    tickets = party.valid_tickets[:most] if party.confirmed and event.published else ()
    codes = [(each, encode(keyring, event.number, party.number, each.number, each.issue)) for each in tickets]
    return tuple(
        TicketPicture(party.place(each.number), qr.png(ticket_address(base_url, code), 6)) for each, code in codes
    )


def _held(claimed: Claimed, row: dict[str, Any], event: EventRow, off: frozenset[Letter]) -> str:
    """Why a message must not go out, in a word; "" where it may."""
    kind = Letter(row["kind"])
    if row["announcement_stopped"]:
        return "stopped"
    if row["stopped_at"] or row["state"] not in {RegistrationState.CONFIRMED.value, RegistrationState.WAITING.value}:
        return "not_wanted"
    if kind != Letter.CONFIRM and row["confirmed_at"] is None:
        return "not_wanted"
    if kind in BY_THEMSELVES and kind in off:
        return "switched_off"
    if kind == Letter.MOVED_UP and row["state"] != RegistrationState.CONFIRMED.value:
        return "not_so_any_more"
    if kind in {Letter.REMINDER, Letter.REMINDER_EVE} and now() - claimed.created_at > timedelta(hours=12):
        return "too_late"
    if kind == Letter.CHANGED and (row["told_revision"] or 0) >= event.content_revision:
        return "told_already"
    return rules.holds(kind, event.state, event.ends_at, now())
