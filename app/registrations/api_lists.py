"""An event's parties and community leaders' links, for its attaché's programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of, staff_of
from app.accounts.rights import Right
from app.activity.kinds import Kind
from app.activity.record import record
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.i18n.catalogues import DEFAULT, languages
from app.registrations import invitations, rules
from app.registrations.answers import PartyAnswer
from app.registrations.queries import INVITATION, invitation_by_id, links_of, parties_of, party_by_id
from app.registrations.shapes import InvitationFields, InvitationRow, Party, leaders_link
from app.security.links import make_key
from app.validation import forms
from app.validation.fields import found_id
from app.validation.refusals import Refused
from app.web.bodies import json_object
from app.web.cursors import PageFields, PageOf, cut, page_answer, read_cursor, read_page
from app.web.described import told
from app.web.idempotency import Answer
from app.web.json import answer_once, json_answer
from app.web.request import Req, keyring_of, settings_of
from models.states import RegistrationState

SHOWN = tuple(state for state in RegistrationState if state != RegistrationState.ERASED)


class PartiesQuery(PageFields, frozen=True, kw_only=True):
    """Which parties are asked for."""

    state: Annotated[str, forms.Choice(options=SHOWN, default="", about="Those in this state alone.")] = ""


class InvitationAnswer(msgspec.Struct, frozen=True):
    """A leader's link, which opens at `url`; its `key` is what a registration names as its invitation. `registered`
    people were booked by it, `admitted` of them came."""

    id: UUID
    key: str
    label: str
    url: str
    language: str
    party_limit: int
    people_limit: int | None
    registered: int
    admitted: int
    created_at: datetime
    revoked_at: datetime | None


def _shown(request: Req, event: EventRow, row: InvitationRow) -> InvitationAnswer:
    key = make_key(keyring_of(request), INVITATION, row.id)
    return InvitationAnswer(
        id=row.id,
        key=key,
        label=row.label,
        url=leaders_link(settings_of(request).base_url, event.slug, row.language or DEFAULT, key),
        language=row.language or DEFAULT,
        party_limit=row.party_limit,
        people_limit=row.people_limit,
        registered=row.registered,
        admitted=row.admitted,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


@get(
    "/api/v1/events/{slug:str}/invitations",
    opt={RIGHT: Right.INVITATIONS, **told(PageOf[InvitationAnswer], "forbidden", query=PageFields)},
)
async def all_invitations(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The leaders' links of an event, the newest first."""
    asked = read_page(request, PageFields)
    found = await links_of(keyring_of(request), event.id, read_cursor(request), asked.limit + 1)
    part, place = cut(found, asked.limit, lambda row: (row.created_at, row.id))
    return page_answer(request, [_shown(request, event, row) for row in part], place)


@post(
    "/api/v1/events/{slug:str}/invitations",
    status_code=201,
    opt={
        RIGHT: Right.INVITATIONS,
        **told(InvitationAnswer, "forbidden", body=InvitationFields, status=201, once=True),
    },
)
async def invite(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """A link with which a leader books for larger parties."""
    given = rules.read_invitation(await json_object(request), languages(), DEFAULT)

    async def act() -> Answer:
        made = await invitations.invite(keyring_of(request), event.id, given, actor_of(request))
        row = await invitation_by_id(keyring_of(request), event.id, made)
        if row is None:
            raise Refused("not_found")
        return Answer(201, _shown(request, event, row))

    return await answer_once(request, str(staff_of(request).account), act, str(event.id))


@delete(
    "/api/v1/events/{slug:str}/invitations/{invitation:str}",
    status_code=200,
    opt={RIGHT: Right.INVITATIONS, **told(None, "forbidden", status=204)},
)
async def uninvite(request: Req, event: NamedDependency[EventRow], invitation: FromPath[str]) -> Response[bytes]:
    """The link books no more; what was booked stays."""
    if not await invitations.uninvite(event.id, found_id(invitation), actor_of(request)):
        raise Refused("not_found")
    return json_answer(None, 204)


@get(
    "/api/v1/events/{slug:str}/registrations",
    opt={RIGHT: Right.NAMES, **told(PageOf[PartyAnswer], "forbidden", query=PartiesQuery)},
)
async def registrations(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """The event's parties by name, for its attaché; each reading is audited."""
    asked = read_page(request, PartiesQuery)
    parties = await parties_of(keyring_of(request), event.id, read_cursor(request), asked.limit + 1, asked.state)
    shown, more = parties[: asked.limit], len(parties) > asked.limit
    await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=len(shown))
    items = [_of(party) for party in shown]
    return page_answer(request, items, (shown[-1].created_at, shown[-1].id) if more else None)


def _of(party: Party) -> PartyAnswer:
    return PartyAnswer(
        id=party.id,
        number=party.number,
        state=party.state,
        party=party.party,
        children=party.children,
        name=party.name,
        short_code=party.short_code,
        language=party.language,
        pickup_point=party.pickup_point,
        admitted=sum(1 for ticket in party.tickets if ticket.admitted_at),
        ahead=party.ahead,
        registered_at=party.created_at,
    )


@get(
    "/api/v1/events/{slug:str}/registrations/{registration:str}",
    opt={RIGHT: Right.NAMES, **told(PartyAnswer, "forbidden")},
)
async def one_party(request: Req, event: NamedDependency[EventRow], registration: FromPath[str]) -> Response[bytes]:
    """One party by its id, as webhooks name it, for its attaché; the reading is audited."""
    party = await party_by_id(keyring_of(request), event.id, found_id(registration))
    if party is None:
        raise Refused("not_found")
    await record(Kind.NAMES_READ, actor_of(request), event.id, event.id, parties=1)
    return json_answer(_of(party))


HANDLERS = [registrations, one_party, all_invitations, invite, uninvite]
