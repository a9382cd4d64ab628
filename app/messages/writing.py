"""A message is written when it is sent: address, letter, tickets; or the reason why it is held back.

What is told is true when it goes out: a letter is written from the event as it is then, one that is not true any more
is held back, and so is one whose news a later message has told already.

SQL by name: `_TO` brings everything about a message in one statement, with keys that no foreign key joins.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.activity.undo import WITHIN
from app.database.claims import tell
from app.database.connection import fetch, now
from app.database.data_keys import SEALED_KEY
from app.database.rows import json_of, places
from app.events.calendar_entries import Own, one_event_calendar
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.i18n.catalogues import translate
from app.messages import letters, rules
from app.messages.fanning import letters_off
from app.messages.shapes import BY_THEMSELVES, Claimed, Fate, Matter, Ready, Recipient, Reply, TicketPicture, Written
from app.printing import qr
from app.registrations.asking import reach_key
from app.registrations.queries import parties_where, party_key
from app.registrations.shapes import Party
from app.security.keyring import Keyring
from app.security.sealing import Unreadable, open_key
from app.security.ticket_code import address as ticket_address
from app.security.ticket_code import encode
from models.messages import Announcement
from models.states import Channel, Letter, RegistrationState

MOST_PICTURES = 5  # tickets in an e-mail; a larger party opens its page
WITH_TICKETS = {Letter.REGISTERED, Letter.MOVED_UP}

_TO = f"""
SELECT message.id, announcement.event, announcement.kind, announcement.before, announcement.sealed_words,
  announcement.stopped_at AS announcement_stopped, reach.sealed_address, reach.stopped_at, reach.confirmed_at,
  reach.language AS reach_language, registration.language, registration.state, registration.party,
  registration.link_issue, registration.ended_at, registration.pickup_point,
  message.reach, message.registration, announcement.after,
  {SEALED_KEY.format(id="registration.id")},
  (SELECT sealed_key FROM data_key WHERE data_key.subject = announcement.event) AS event_key
FROM message JOIN announcement ON announcement.id = message.announcement JOIN reach ON reach.id = message.reach
  JOIN registration ON registration.id = message.registration
WHERE message.id IN ({{places}})
"""


_TOLD = """
SELECT message.reach, message.content_revision, announcement.kind, announcement.before FROM message
  JOIN announcement ON announcement.id = message.announcement
WHERE message.state = 'sent' AND announcement.kind IN ('changed', 'cancelled') AND message.reach IN ({places})
"""
# who gave one address for two parties hears it once: by the message that was sent, or that goes out now
_TWINS = """
SELECT mine.id, other.id AS other, other.state,
  (SELECT pickup_point FROM registration WHERE registration.id = other.registration) AS pickup_point
FROM message AS mine JOIN message AS other
  ON other.announcement = mine.announcement AND other.target = mine.target AND other.id <> mine.id
WHERE mine.id IN ({places}) AND other.state IN ('sent', 'sending')
"""
_WANTED = """
SELECT message.id FROM message JOIN reach ON reach.id = message.reach
  JOIN announcement ON announcement.id = message.announcement
WHERE message.id = $1 AND message.state = 'sending' AND reach.stopped_at IS NULL AND announcement.stopped_at IS NULL
"""


class Writing:
    """Writes messages for an installation."""

    def __init__(self, keyring: Keyring, base_url: str) -> None:
        self._keyring, self._base_url = keyring, base_url

    async def prepare(self, claimed: list[Claimed]) -> list[Ready]:
        """Letters and addresses of claimed messages, or why one is held back; none for a party erased meanwhile."""
        rows = await fetch(_TO.format(places=places(claimed)), *(each.id for each in claimed))
        by_id = {str(row["id"]): row for row in rows}
        known = await self._known(claimed, rows)
        wanted = [row["registration"] for row in rows if Letter(row["kind"]) in WITH_TICKETS]
        parties: dict[str, Party] = {}
        if wanted:
            found = await parties_where(self._keyring, f"id IN ({places(wanted)})", *wanted)
            parties = {str(party.id): party for party in found}
        return [
            self._ready(each, row, known, parties.get(str(row["registration"])))
            for each in claimed
            if (row := by_id.get(str(each.id))) is not None
        ]

    async def _known(self, claimed: list[Claimed], rows: list[dict[str, Any]]) -> "_Known":
        known = _Known()
        for row in rows:
            event = str(row["event"])
            if event not in known.events:
                known.events[event] = await event_by_id(row["event"])
                known.off[event] = await letters_off(row["event"])
                if known.events[event].cancelled and await _cancelling(row["event"]):
                    known.cancelling.add(event)
        reaches = [row["reach"] for row in rows if row["kind"] in {Letter.CHANGED, Letter.REINSTATED}]
        if reaches:
            for row in await fetch(_TOLD.format(places=places(reaches)), *reaches):
                if row["kind"] == Letter.CANCELLED:
                    known.heard_of_cancelling.add(str(row["reach"]))
                    continue
                told = (int(row["content_revision"]), frozenset(json_of(row["before"])))
                known.told.setdefault(str(row["reach"]), []).append(told)
        own = {str(row["id"]): row for row in rows}
        for twin in await fetch(_TWINS.format(places=places(claimed)), *(each.id for each in claimed)):
            mine = own.get(str(twin["id"]))
            if mine and (mine["kind"] not in letters.OWN_FACTS or mine["pickup_point"] == twin["pickup_point"]):
                known.twins.setdefault(str(twin["id"]), []).append((str(twin["other"]), twin["state"]))
        known.here = {str(each.id) for each in claimed}
        return known

    async def still_wanted(self, message: UUID) -> bool:
        """Whether nobody has stopped or erased it since it was written."""
        return bool(await fetch(_WANTED, message))

    def _ready(self, claimed: Claimed, row: dict[str, Any], known: "_Known", party: Party | None) -> Ready:
        try:
            held = known.held(claimed, row)
            ready = Ready(claimed, held=held) if held else self._write(claimed, row, known, party)
            if ready.held is None:
                known.going.add(str(claimed.id))
            return ready
        except Exception as error:  # noqa: BLE001 - one that cannot be written must not hold up the others
            tell("message unwritable", error, letter=row["kind"])
            return Ready(claimed, held=Reply(Fate.NEVER, "unwritable"))

    def _write(self, claimed: Claimed, row: dict[str, Any], known: "_Known", party: Party | None) -> Ready:
        event, kind = known.events[str(row["event"])], Letter(row["kind"])
        key = open_key(self._keyring, row["sealed_key"], row["registration"])
        try:
            address = key.unseal(row["sealed_address"], f"reach.sealed_address:{row['reach']}")
        except Unreadable:
            return Ready(claimed, held=Reply(Fate.NEVER, "unreadable"))
        to = Recipient(
            claimed.registration, row["reach_language"] or row["language"], row["party"], row["state"],
            row["link_issue"], row["pickup_point"],
        )  # fmt: skip
        words = self._words(row, claimed) if kind == Letter.WRITTEN else {}
        told = Matter(event, kind, json_of(row["before"]), words, event.pickup(to.pickup))
        if not letters.has_news(told, to.language):
            return Ready(claimed, held=Reply(Fate.HELD, "not_so_any_more"))
        letter = self._letter(claimed, told, to)
        if party and kind in WITH_TICKETS and claimed.channel == Channel.EMAIL:
            letter = self._with_tickets(letter, event, party)
        return Ready(claimed, address, letter, event.content_revision)

    def _words(self, row: dict[str, Any], claimed: Claimed) -> dict[str, str]:
        key = open_key(self._keyring, row["event_key"], row["event"])
        return letters.opened_words(key, row["sealed_words"], claimed.announcement)

    def _letter(self, claimed: Claimed, told: Matter, to: Recipient) -> Written:
        key = reach_key(self._keyring, claimed.reach, to.link_issue)
        own = f"{self._base_url}/{to.language}/reach/{key}"
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


async def _cancelling(event: UUID) -> bool:
    """Whether that an event is cancelled is still to be told, and may be taken back."""
    return await Announcement.exists().where(
        Announcement.event == event,
        Announcement.kind == Letter.CANCELLED.value,
        Announcement.told_at.is_null(),
        Announcement.stopped_at.is_null(),
    )


class _Known:
    """What is known of the events and addresses of some messages, as it is now."""

    def __init__(self) -> None:
        self.events: dict[str, EventRow] = {}
        self.off: dict[str, frozenset[Letter]] = {}
        self.cancelling: set[str] = set()
        self.heard_of_cancelling: set[str] = set()
        self.told: dict[str, list[tuple[int, frozenset[str]]]] = {}
        self.twins: dict[str, list[tuple[str, str]]] = {}
        self.here: set[str] = set()
        self.going: set[str] = set()

    def held(self, claimed: Claimed, row: dict[str, Any]) -> Reply | None:
        """Why a message must not go out, or not now; None where it may."""
        why = self._why(claimed, row)
        if not why and self._elsewhere(claimed):
            return Reply(Fate.LATER, after=rules.LEASE)  # until it is known what became of the other one
        gave_up = row["ended_at"] is not None and row["ended_at"] > now() - WITHIN
        if why and (
            str(row["event"]) in self.cancelling or (gave_up and why == "not_wanted" and not row["stopped_at"])
        ):
            return Reply(Fate.LATER, why, WITHIN)  # a mistake may be taken back, and then it is news again
        return Reply(Fate.HELD, why) if why else None

    def _why(self, claimed: Claimed, row: dict[str, Any]) -> str:
        kind, event = Letter(row["kind"]), self.events[str(row["event"])]
        here = row["state"] in {RegistrationState.CONFIRMED.value, RegistrationState.WAITING.value}
        asked = row["confirmed_at"] is not None or kind == Letter.CONFIRM
        if row["announcement_stopped"]:
            return "stopped"
        if row["stopped_at"] or not here or not asked:
            return "not_wanted"
        if kind in BY_THEMSELVES and kind in self.off[str(row["event"])]:
            return "switched_off"
        if kind == Letter.MOVED_UP and row["state"] != RegistrationState.CONFIRMED.value:
            return "not_so_any_more"
        if kind == Letter.REINSTATED and str(row["reach"]) not in self.heard_of_cancelling:
            return "not_so_any_more"  # who never heard that it was off need not hear that it is on
        if not rules.is_its_day(kind, json_of(row["after"]), event, now()):
            return "too_late"
        twins = self.twins.get(str(claimed.id), [])
        if any(state == "sent" or other in self.going for other, state in twins) or (
            kind == Letter.CHANGED and self._knows(row, event)
        ):
            return "told_already"
        return rules.holds(kind, event.state, event.ends_at, now())

    def _elsewhere(self, claimed: Claimed) -> bool:
        """Whether another process has one to the same address in its hands."""
        twins = self.twins.get(str(claimed.id), [])
        return any(state == "sending" and other not in self.here for other, state in twins)

    def _knows(self, row: dict[str, Any], event: EventRow) -> bool:
        """Whether a later letter, written from the event as it is, told all that this one would."""
        facts = frozenset(json_of(row["before"]))
        told = self.told.get(str(row["reach"]), [])
        return any(revision >= event.content_revision and facts <= names for revision, names in told)
