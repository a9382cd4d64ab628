"""Reading parties: by the party's own link, by short code, and for the desk.

SQL by name: `_PARTIES` and `_TICKETS` count who stands before a party and when each came in, for lists of parties at
once; `_INVITATIONS` counts who came by a link; `_NAMES` reads names and the keys that open them. The builder has no
correlated counts, and no join without a foreign key.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.accounts.queries import JOIN_MAKER, MAKER, maker_until
from app.activity.kinds import Kind
from app.activity.undo import Step, steps_since
from app.database.connection import fetch
from app.database.data_keys import SEALED_KEY, key_of
from app.database.rows import places
from app.database.slices import in_slices
from app.registrations.names import folded
from app.registrations.shapes import Friend, InvitationRow, Party
from app.security.keyring import Keyring
from app.security.links import make_key, proves, read_key
from app.security.sealing import RowKey, Unreadable, open_key
from app.validation.refusals import Refused
from models.registrations import Invitation, Reach
from models.states import Channel, TicketState

LINK = "party"

_PARTIES = f"""
SELECT id, event, number, short_code, state, party, children, sealed_name, language, pickup_point, link_issue,
  created_at, passed_over, take_what_there_is, invitation, attention, sealed_note, revision, ended_at, ended_by,
  kept_until, link_shown_at, (set_aside_at IS NOT NULL AND state = 'waiting') AS set_aside, (
    SELECT coalesce(sum(earlier.party), 0) FROM registration AS earlier
    WHERE registration.state = 'waiting' AND earlier.event = registration.event AND earlier.state = 'waiting'
      AND (earlier.set_aside_at IS NULL OR registration.set_aside_at IS NOT NULL)
      AND (earlier.wait_position, earlier.created_at, earlier.id)
        < (registration.wait_position, registration.created_at, registration.id)
  ) AS ahead, {SEALED_KEY.format(id="registration.id")}
FROM registration
"""
_NAMES = """
SELECT id, sealed_name, sealed_key FROM registration LEFT JOIN data_key ON data_key.subject = registration.id
WHERE event = $1 AND state <> 'erased'
"""
_TICKETS = """
SELECT ticket.id, ticket.registration, ticket.number, ticket.issue, ticket.state, ticket.sealed_name, ticket.child,
  min(admission.admitted_at) AS admitted_at
FROM ticket LEFT JOIN admission ON admission.ticket = ticket.id
WHERE ticket.registration IN ({places})
GROUP BY ticket.id, ticket.registration, ticket.number, ticket.issue, ticket.state, ticket.sealed_name, ticket.child
ORDER BY ticket.number
"""


def party_key(keyring: Keyring, party: UUID, issue: int = 0) -> str:
    """The secret part of the party's link."""
    return make_key(keyring, LINK, party, issue)


async def party_by_key(keyring: Keyring, key: str) -> Party:
    """The party whose link this is; raises Refused "not_found" or "erased"."""
    parts = read_key(key)
    if parts is None:
        raise Refused("not_found")
    found = await parties_where(keyring, "id = $1", parts[0])
    if not found or not proves(keyring, LINK, key, found[0].link_issue):
        raise Refused("not_found")
    if found[0].erased:
        raise Refused("erased")
    return found[0]


async def friends_of(keyring: Keyring, party: Party, since: datetime) -> list[Friend]:
    """Whom this party handed tickets on to since then; the friend's link only while nobody used their page."""
    if all(ticket.state != TicketState.HANDED_ON for ticket in party.tickets):
        return []
    back, handed = list[int](), dict[str, Step]()
    for step in await steps_since(since, party.event, party.id, (Kind.HANDED_ON, Kind.HANDED_BACK)):
        if step.kind == Kind.HANDED_BACK:
            back.append(step.facts["ticket"])
        elif step.facts["ticket"] in back:
            back.remove(step.facts["ticket"])
        else:
            handed[step.facts["friend"]] = step
    if not handed:
        return []
    found = await parties_where(keyring, f"id IN ({places(handed)}) AND state = 'confirmed'", *map(UUID, handed))
    return [_as_friend(keyring, friend, handed[str(friend.id)]) for friend in found]


def _as_friend(keyring: Keyring, friend: Party, step: Step) -> Friend:
    unused = friend.revision == step.facts.get("revision")
    link = make_key(keyring, LINK, friend.id, friend.link_issue) if unused else ""
    return Friend(number=step.facts["ticket"], name=friend.name if unused else "", key=link)


INVITATION = "invitation"

_INVITATIONS = f"""
SELECT invitation.id, invitation.event, label, sealed_label, invitation.party_limit, uses, invitation.created_at,
  revoked_at, people_limit, invitation.language, paper,
  {SEALED_KEY.format(id="invitation.event")}, {MAKER.format(made="invitation")},
  (SELECT count(*) FROM ticket JOIN registration ON registration.id = ticket.registration
   WHERE registration.invitation = invitation.id AND ticket.state = 'valid') AS registered,
  (SELECT count(DISTINCT admission.ticket) FROM admission JOIN ticket ON ticket.id = admission.ticket
   JOIN registration ON registration.id = ticket.registration WHERE registration.invitation = invitation.id) AS admitted
FROM invitation JOIN event ON event.id = invitation.event {JOIN_MAKER.format(made="invitation")}
"""


async def invitation_by_key(keyring: Keyring, key: Any, event: UUID) -> InvitationRow | None:
    """The invitation to this event whose link holds `key`; none once revoked, or its maker has no right any more."""
    parts = read_key(key) if isinstance(key, str) and key else None
    if parts is None or not proves(keyring, INVITATION, str(key)):
        return None
    found = await invitation_by_id(keyring, event, parts[0])
    return None if found is None or found.revoked_at else found


async def invitations_of(keyring: Keyring, event: UUID) -> list[InvitationRow]:
    """Every invitation to an event, the newest first."""
    return await _invitations(keyring, f"event.id = $1 {_NEWEST_FIRST}", event)


async def links_of(
    keyring: Keyring, event: UUID, after: tuple[datetime, UUID] | None, most: int
) -> list[InvitationRow]:
    """Leaders' links of an event, the newest first; `after` is (created_at, id) of the last one seen."""
    part = "AND (invitation.created_at < $3 OR (invitation.created_at = $3 AND invitation.id < $4))" if after else ""
    where = f"event.id = $1 AND NOT paper {part} {_NEWEST_FIRST} LIMIT $2"
    return await _invitations(keyring, where, event, most, *(after or ()))


async def invitation_by_id(keyring: Keyring, event: UUID, invitation: UUID) -> InvitationRow | None:
    """An invitation to this event."""
    found = await _invitations(keyring, "invitation.id = $1 AND event.id = $2", invitation, event)
    return found[0] if found else None


_NEWEST_FIRST = "ORDER BY invitation.created_at DESC, invitation.id DESC"


async def _invitations(keyring: Keyring, where: str, *args: Any) -> list[InvitationRow]:
    return [_invitation(keyring, row) for row in await fetch(f"{_INVITATIONS} WHERE {where}", *args)]


def _invitation(keyring: Keyring, row: dict[str, Any]) -> InvitationRow:
    key = open_key(keyring, row["sealed_key"], row["event"])
    label = key.words(row["label"], row["sealed_label"], f"invitation.sealed_label:{row['id']}")
    revoked_at = row["revoked_at"] or maker_until(row)
    return msgspec.convert({**row, "label": label, "revoked_at": revoked_at}, InvitationRow, strict=False)


async def limit_of(party: Party, event_limit: int) -> int:
    """The most people that a party may have: the event's limit, or its invitation's."""
    if party.invitation is None:
        return event_limit
    row = await Invitation.select(Invitation.party_limit).where(Invitation.id == party.invitation).first()
    return max(event_limit, int(row["party_limit"])) if row else event_limit


async def party_by_id(keyring: Keyring, event: UUID, registration: UUID) -> Party | None:
    """A party of this event, for its attaché."""
    found = await parties_where(keyring, "id = $1 AND event = $2 AND state <> 'erased'", registration, event)
    return found[0] if found else None


async def party_by_number(keyring: Keyring, number: str) -> Party | None:
    """The party with this registration number (16 hex digits)."""
    found = await parties_where(keyring, "number = $1", number)
    return found[0] if found else None


async def party_by_short_code(keyring: Keyring, event: UUID, short_code: str) -> Party | None:
    """The party with this spoken code in the event."""
    found = await parties_where(keyring, "event = $1 AND short_code = $2 AND state <> 'erased'", event, short_code)
    return found[0] if found else None


async def parties_of(
    keyring: Keyring, event: UUID, after: tuple[Any, UUID] | None, limit: int, state: str = ""
) -> list[Party]:
    """An event's parties (in one state, or all), the first to register first; `after` is (created_at, id) of the last
    one seen."""
    args: list[Any] = [event, *(after or ()), *([state] if state else [])]
    later = "AND (created_at > $2 OR (created_at = $2 AND id > $3))" if after else ""
    wanted = f"state = ${len(args)}" if state else "state <> 'erased'"
    return await parties_where(keyring, f"event = $1 AND {wanted} {later} ORDER BY created_at, id LIMIT {limit}", *args)


async def gave_up_since(keyring: Keyring, event: UUID, since: datetime) -> list[Party]:
    """The parties of an event that gave up since then and may come back, the last first; at most 100."""
    condition = "event = $1 AND state = 'cancelled' AND ended_by IS NOT NULL AND ended_at > $2"
    return await parties_where(keyring, f"{condition} ORDER BY ended_at DESC, id LIMIT 100", event, since)


async def parties_by_ids(keyring: Keyring, event: UUID, ids: Collection[UUID]) -> dict[UUID, Party]:
    """Parties of this event by their ids; those that were erased meanwhile are not among them."""
    if not ids:
        return {}
    condition = f"event = $1 AND state <> 'erased' AND id IN ({places(ids, 2)})"
    return {party.id: party for party in await parties_where(keyring, condition, event, *ids)}


async def parties_named(keyring: Keyring, event: UUID, name: str, most: int) -> list[Party]:
    """An event's first parties that have every word of `name` in their own; names are unsealed a few at a time."""
    wanted = {folded(word) for word in name.split()} - {""}
    if not wanted:
        return []
    rows = await fetch(_NAMES, event)

    def fits(row: dict[str, Any]) -> UUID | None:
        key = open_key(keyring, row["sealed_key"], row["id"])
        known = _name(key, row["sealed_name"], f"registration.sealed_name:{row['id']}")
        return row["id"] if wanted <= {folded(word) for word in known.split()} else None

    found = [row for row in await in_slices(rows, fits) if row is not None][:most]
    parties = await parties_by_ids(keyring, event, found)
    return [parties[row] for row in found if row in parties]


async def parties_where(keyring: Keyring, condition: str, *args: Any) -> list[Party]:
    """The parties that a condition in SQL (of ours) selects."""
    rows = await fetch(f"{_PARTIES} WHERE {condition}", *args)
    if not rows:
        return []
    tickets: dict[Any, list[dict[str, Any]]] = {}
    for ticket in await fetch(_TICKETS.format(places=places(rows)), *(row["id"] for row in rows)):
        tickets.setdefault(str(ticket["registration"]), []).append(ticket)
    return [_party(keyring, row, tickets.get(str(row["id"]), [])) for row in rows]


def _party(keyring: Keyring, row: dict[str, Any], tickets: list[dict[str, Any]]) -> Party:
    key = open_key(keyring, row["sealed_key"], row["id"])
    return msgspec.convert(
        {
            **row,
            "ahead": int(row["ahead"]),
            "name": _name(key, row["sealed_name"], f"registration.sealed_name:{row['id']}"),
            "attention": tuple(row["attention"].split()),
            "note": _name(key, row["sealed_note"], f"registration.sealed_note:{row['id']}"),
            "tickets": tuple(
                {**ticket, "name": _name(key, ticket["sealed_name"], f"ticket.sealed_name:{ticket['id']}")}
                for ticket in tickets
            ),
        },
        Party,
        strict=False,
    )


async def reaches_of(keyring: Keyring, party: Party) -> dict[Channel, str]:
    """The phone and e-mail address that a party gave, for itself to see and correct."""
    key = await key_of(keyring, party.id)
    rows = await Reach.select(Reach.id, Reach.channel, Reach.sealed_address).where(
        Reach.registration == party.id, Reach.channel.is_in([Channel.PHONE.value, Channel.EMAIL.value])
    )
    return {
        Channel(row["channel"]): _name(key, row["sealed_address"], f"reach.sealed_address:{row['id']}") for row in rows
    }


def _name(key: RowKey, sealed: str, place: str) -> str:
    try:
        return key.unseal(sealed, place)
    except Unreadable:
        return "—"
