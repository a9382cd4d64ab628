"""Registering without an account, and the party's own page."""

import secrets
from datetime import timedelta
from functools import partial

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.activity.undo import WITHIN, step_of
from app.database.connection import now
from app.directory.queries import contacts_of
from app.events.present import public_event
from app.events.queries import event_by_id
from app.events.rules import refresh_after, registration_refusal
from app.events.shapes import EventRow
from app.events.sharing import share_links
from app.i18n.catalogues import languages, pick, translate
from app.registrations import actions, changes, rules, undoing
from app.registrations.access import party_by_link
from app.registrations.queries import friends_of, invitation_by_key, limit_of, party_key, reaches_of
from app.registrations.reach import is_asked
from app.registrations.shapes import Party, RegistrationDraft
from app.registrations.typed import as_typed, as_written
from app.seats.shapes import Booked
from app.security.nonces import kept_or_new, make_nonce, nonce_age, nonce_is_ours
from app.validation.fields import small_number
from app.validation.refusals import Problem, Refused, invalid
from app.validation.stale import was_of
from app.web.bodies import form, nested
from app.web.front import wait_outside
from app.web.idempotency import Answer, once_by_nonce
from app.web.limits import REGISTERING
from app.web.rendering import page, said, see_other
from app.web.request import Req, digits_of, keyring_of, language_of, network_of, settings_of, source_of, worker
from models.states import ActorKind

FORM = "register"
FRIEND = "hand-on"
MOST_PASSES = 12  # a larger party's page is a list
FRIENDS_LINK = timedelta(hours=24)  # for so long the giver sees the friend's link again
TRAP = "website"  # a field that people do not see and programs fill in
QUICKEST = 1.0  # seconds: a form sent sooner waits out the rest of it
# a refusal of the whole that belongs next to one field
AT_FIELD = {"pickup_point_full": "pickup_point", "event_full": "accept_waiting"}


@get("/{language:str}/events/{slug:str}/register")
async def registration_form(request: Req, slug: FromPath[str]) -> Response[bytes]:
    """The form, with a signed nonce that makes sending it twice harmless."""
    event = await public_event(slug)
    typed = {"party": "1", "invitation": request.query_params.get("invitation", "")}
    return await _form_page(request, event, typed)


async def _form_page(
    request: Req, event: EventRow, typed: dict[str, str], refused: Refused | None = None
) -> Response[bytes]:
    closed = registration_refusal(event, now())
    return page(
        request,
        "pages/register.html",
        event=event,
        typed=typed,
        refusal=refused or closed,
        asks=closed is None or "nonce" in typed,  # what was typed before it closed is not taken away
        refresh=refresh_after(event, now(), secrets.randbelow(8)),
        invitation=await invitation_by_key(keyring_of(request), typed.get("invitation", ""), event.id),
        channels=settings_of(request).channels,
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **said(refused, AT_FIELD),
    )


@post("/{language:str}/events/{slug:str}/register")
async def register(request: Req, language: FromPath[str], slug: FromPath[str]) -> Response[bytes]:
    """Book, then show the party's page; what is wrong is said by its field, and nothing typed is lost."""
    event = await public_event(slug)
    typed = await form(request)
    if typed.pop("switch", ""):  # the other language was chosen in the middle of the form: what is typed comes along
        return await _form_page(request, event, typed)
    REGISTERING.pass_or_refuse(source_of(request), slug)
    keyring = keyring_of(request)
    nonce = typed.get("nonce", "")
    if not nonce_is_ours(keyring, FORM, nonce):
        return await _form_page(request, event, typed, Refused("form_expired"))
    if typed.pop(TRAP, ""):
        return await _form_page(request, event, typed, invalid([Problem(TRAP, "trap")]))
    await wait_outside(request, QUICKEST - nonce_age(nonce))

    async def read() -> RegistrationDraft:
        raw = nested({name: value for name, value in typed.items() if name != "nonce"})
        invitation = await invitation_by_key(keyring, typed.get("invitation"), event.id)
        return rules.read_registration(raw, event, languages(), language, invitation)

    def answer(booked: Booked, _: RegistrationDraft) -> dict[str, str]:
        return {"key": party_key(keyring, booked.id)}

    once = partial(once_by_nonce, keyring, (FORM, slug), typed)
    try:
        kept = await actions.register_once(keyring, event, read, worker(request), network_of(request), answer, once)
    except Refused as refused:
        return await _form_page(request, await public_event(slug), typed, refused)
    return _to_party(request, kept.body["key"])


@get("/{language:str}/r/{key:str}")
async def party_page(request: Req, party: NamedDependency[Party], key: FromPath[str]) -> Response[bytes]:
    """The party's tickets, and what can be done with them."""
    return await _party_page(request, party, key)


async def _party_page(
    request: Req, party: Party, key: str, *, typed: dict[str, str] | None = None, refused: Refused | None = None
) -> Response[bytes]:
    event = await event_by_id(party.event)
    link = f"{settings_of(request).base_url}{_address(request, key)}"
    told = said(refused, AT_FIELD)
    present = as_typed(party, await reaches_of(keyring_of(request), party))
    by_desk = party.ended_by is not None and (await step_of(party.ended_by)).by == ActorKind.STAFF
    return page(
        request,
        "pages/party.html",
        event=event,
        party=party,
        present=party.present_tickets,
        by_desk=by_desk,
        channels=settings_of(request).channels,
        asked=await is_asked(party.id),
        undoable=party.ended_at is not None and party.ended_at > now() - WITHIN and not by_desk,
        key=key,
        link=link,
        share=share_links(link, translate(language_of(request), "Our tickets")),
        over=now() >= event.ends_at,
        limit=max(await limit_of(party, event.party_limit), party.party),
        pickup=event.pickup(party.pickup_point),
        contacts=await contacts_of(event.host_country),
        typed={**present, **(typed or {})},
        was=was_of(present),
        leads=party.party > MOST_PASSES,
        friends=await friends_of(keyring_of(request), party, now() - FRIENDS_LINK),
        friend_fields=[problem.field for problem in told["problems"] if problem.field.startswith("friend.")],
        friend_number=small_number((typed or {}).get("number", ""), 999),
        friend_name=(typed or {}).get("name", ""),
        nonce=make_nonce(keyring_of(request), FRIEND),
        **told,
    )


def _to_party(request: Req, key: str) -> Response[bytes]:
    """On to the party's page, in the language and digits that were chosen."""
    return see_other(_address(request, key))


def _address(request: Req, key: str) -> str:
    chosen = digits_of(request)
    return f"/{language_of(request)}/r/{key}{f'?digits={chosen}' if chosen else ''}"


@post("/{language:str}/r/{key:str}/change")
async def change(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """More or fewer places, names, phone, e-mail, bus; what is wrong is said by its field."""
    event, keyring = await event_by_id(party.event), keyring_of(request)
    typed = await form(request)
    for last in (False, True):  # once more where somebody else was faster: what they changed may be another thing
        try:
            limit = await limit_of(party, event.party_limit)
            raw = as_written(party, typed, as_typed(party, await reaches_of(keyring, party)))
            if raw:
                draft = rules.read_change(raw, event, party, limit)
                meant, network = frozenset({party.revision}), network_of(request)
                await changes.change(keyring, event, party.id, draft, worker(request), meant, network)
            break
        except Refused as refused:
            if refused.code in {"erased", "not_found"}:
                raise
            party = await party_by_link(request, key)
            if last or refused.code != "changed_meanwhile" or refused.problems:
                return await _party_page(request, party, key, typed=typed, refused=refused)
    return _to_party(request, key)


@post("/{language:str}/r/{key:str}/hand-on")
async def hand_on(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Hand a ticket on to a friend: shows the friend's link to send. Sent twice it happens once."""
    event = await event_by_id(party.event)
    typed = await form(request)
    keyring, number = keyring_of(request), typed.get("number", "")

    async def act() -> Answer:
        name, tag = rules.read_friend({"name": typed.get("name", "")}, languages(), language)
        wanted = small_number(number, 999) or 0
        friend = await changes.hand_on(keyring, event, party.id, wanted, name, tag, worker(request))
        return Answer(200, {"key": party_key(keyring, friend.id), "name": name}, friend.id)

    try:
        kept = await once_by_nonce(keyring, (FRIEND, key, number), typed, act)
    except Refused as refused:
        beside = tuple(Problem(f"friend.{number}", each.code, each.facts) for each in refused.problems)
        own = Refused(refused.code, beside, **refused.facts)
        return await _party_page(request, await party_by_link(request, key), key, typed=typed, refused=own)
    link = f"{settings_of(request).base_url}/{language}/r/{kept.body['key']}"
    return page(
        request,
        "pages/handed_on.html",
        event=event,
        key=key,
        link=link,
        friend=kept.body["name"],
        share=share_links(link, pick(event.title, language)),
    )


@post("/{language:str}/r/{key:str}/give-up")
async def give_up(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Give up all places."""
    if (await form(request)).get("sure"):
        await actions.give_up(party.id, worker(request))
    return _to_party(request, key)


@post("/{language:str}/r/{key:str}/undo")
async def undo(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Take up again what was given up a moment ago; pressed twice it happens once."""
    try:
        await undoing.take_again(party.event, party.id, worker(request))
    except Refused as refused:
        present = await party_by_link(request, key)
        if not present.confirmed and not present.waiting:
            return await _party_page(request, present, key, refused=refused)
    return _to_party(request, key)


@post("/{language:str}/r/{key:str}/erase")
async def erase(
    request: Req, party: NamedDependency[Party], language: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """Erase who the party is; the link opens nothing any more."""
    if not (await form(request)).get("sure"):
        return _to_party(request, key)
    await actions.erase(party.id, worker(request))
    return page(request, "pages/erased.html")


HANDLERS = [registration_form, register, party_page, change, hand_on, give_up, undo, erase]
