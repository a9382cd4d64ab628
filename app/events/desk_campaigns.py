"""Campaigns at the desk: what their events share is changed at once, and next year's is made like this year's."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.directory.queries import countries
from app.events import actions, together, undoing
from app.events.api import copied, created, reader_for
from app.events.campaigns import CampaignRow, campaign_at, campaigns_within, events_of, rename
from app.events.checks import doubts
from app.events.queries import twins_of
from app.events.shapes import TITLE, EventRow
from app.printing import qr
from app.security.nonces import kept_or_new
from app.validation.fields import Reader, found_id
from app.validation.refusals import Problem, Refused, invalid
from app.validation.stale import merged, was_of
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.public_cache import public_cache_of
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of

FORM = "campaign"
TICK = "event."

Typed = dict[str, str]


@get("/desk/campaigns")
async def campaigns(request: Req, staff: NamedDependency[Staff]) -> Response[bytes]:
    """The campaigns of one's own events."""
    return page(request, "desk/campaigns.html", staff=staff, campaigns=await campaigns_within(staff))


@get("/desk/campaigns/{address:str}")
async def campaign_page(request: Req, staff: NamedDependency[Staff], address: FromPath[str]) -> Response[bytes]:
    """Its events with how they fill, its name, its link; what is changed in many at once."""
    return await _campaign_page(request, staff, *await _own(staff, address))


async def _own(staff: Staff, address: str) -> tuple[CampaignRow, list[EventRow]]:
    campaign = await campaign_at(address)
    events = await events_of(campaign.id, staff)
    if not events:
        raise Refused("not_found")
    return campaign, events


async def _to_change(staff: Staff, address: str) -> tuple[CampaignRow, list[EventRow]]:
    """The same with the events that this person may change; raises Refused "forbidden" where there are none."""
    campaign, events = await _own(staff, address)
    mine = [event for event in events if staff.may(Right.CHANGE_EVENTS, event.host_country, event.id)]
    if not mine:
        raise Refused("forbidden")
    return campaign, mine


async def _campaign_page(
    request: Req,
    staff: Staff,
    campaign: CampaignRow,
    events: list[EventRow],
    *,
    refused: Refused | None = None,
    typed: Typed | None = None,
) -> Response[bytes]:
    link = f"{settings_of(request).base_url}/km/campaigns/{campaign.address}"
    known = next(each for each in await countries() if each.code == events[0].host_country)
    return page(
        request,
        "desk/campaign.html",
        staff=staff,
        campaign=campaign,
        events=events,
        link=link,
        symbol=qr.svg(link),
        tags=list(dict.fromkeys(["km", "en", *known.languages])),
        nonce=kept_or_new(keyring_of(request), FORM, (typed or {}).get("nonce", "")),
        ticked=None if typed is None else {name for name in typed if name.startswith(TICK)},
        was=was_of(_named(campaign)),
        typed=_named(campaign) if typed is None else {**_named(campaign), **typed},
        **said(refused),
    )


def _named(campaign: CampaignRow) -> dict[str, str]:
    """A campaign's names as form fields."""
    return {f"names.{tag}": text for tag, text in campaign.names.items()}


@post("/desk/campaigns/{address:str}/name")
async def name_campaign(request: Req, staff: NamedDependency[Staff], address: FromPath[str]) -> Response[bytes]:
    """What the campaign is called in public."""
    campaign, events = await _to_change(staff, address)
    typed = await form(request)
    meant = merged(typed, _named(campaign))
    read = Reader(nested(meant.fields))
    names = read.localised("names", TITLE, required=True)
    try:
        meant.refuse_both()
        read.finish()
    except Refused as refused:
        return await _campaign_page(request, staff, campaign, events, refused=refused, typed=typed)
    await rename(campaign.id, names, actor_of(request))
    public_cache_of(request).clear()
    return see_other(f"/desk/campaigns/{campaign.address}")


@post("/desk/campaigns/{address:str}")
async def act_on_events(request: Req, staff: NamedDependency[Staff], address: FromPath[str]) -> Response[bytes]:
    """Change or publish the ticked events; shown before it is done, told one by one, and taken back at once."""
    campaign, events = await _to_change(staff, address)
    typed = await form(request)
    do = typed.get("do", "")
    if do not in {"change", "publish", "change_back", "publish_back"}:
        raise Refused("not_found")
    fits = (event for event in events if do != "publish" or event.draft)
    chosen = [event for event in fits if typed.get(f"{TICK}{event.slug}")]
    facts: dict[str, Any] = {"staff": staff, "campaign": campaign, "do": do, "typed": typed}
    try:
        given = _given(typed) if do == "change" else {}
        if not chosen:
            raise invalid([Problem("events", "nothing_ticked")])
    except Refused as refused:
        return await _campaign_page(request, staff, campaign, events, refused=refused, typed=typed)
    act = found_id(typed["act"]) if typed.get("act") else uuid4()
    facts |= {"events": chosen, "act": act, "given": given}
    if do in {"change", "publish"} and not typed.get("sure"):
        check = await reader_for(request, staff)
        return page(
            request,
            "desk/together.html",
            done=False,
            refused_of={event.slug: told for event in chosen if (told := _would_refuse(event, given, check))},
            doubts_of={event.slug: await _doubts(event) for event in chosen} if do == "publish" else {},
            **facts,
        )
    refused_of = dict[str, Refused]()
    for event in chosen:
        try:
            await _act_on_one(request, staff, event, do, given, act)
        except Refused as refused:
            refused_of[event.slug] = refused
    public_cache_of(request).clear()
    return page(request, "desk/together.html", done=True, refused_of=refused_of, doubts_of={}, **facts)


async def _act_on_one(request: Req, staff: Staff, event: EventRow, do: str, given: dict[str, Any], act: UUID) -> None:
    keyring, by, check = keyring_of(request), actor_of(request), await reader_for(request, staff)
    match do:
        case "change":
            await together.edit_together(keyring, event.id, given, check, by, act)
        case "change_back":
            await together.take_back(keyring, event.id, check, by, act)
        case "publish":
            await actions.publish(event.id, by, act=str(act))
        case _:
            await undoing.undo(keyring, event.id, by, act=str(act))


async def _doubts(event: EventRow) -> list[Any]:
    zone = next(country.time_zone for country in await countries() if country.code == event.host_country)
    return list(doubts(event, zone, await twins_of(event), now()))


def _would_refuse(event: EventRow, given: dict[str, Any], check: together.Check) -> Refused | None:
    try:
        check(together.with_given(event, given), event)
    except Refused as refused:
        return refused
    return None


def _given(typed: Typed) -> dict[str, Any]:
    """What is filled in of the form for many; an empty field leaves things as they are. Raises Refused for nothing."""
    fields = {name: text for name, text in typed.items() if name.split(".")[0] in {*together.TEXTS, *together.PLAIN}}
    given = nested(fields)
    if wrong := [name for name in together.TEXTS if not isinstance(given.get(name, {}), dict)]:
        raise invalid([Problem(name, "not_an_object") for name in wrong])
    if "registration_paused" in given:
        given["registration_paused"] = given["registration_paused"] == "pause"
    if not given:
        raise invalid([Problem("events", "nothing_filled_in")])
    return given


@post("/desk/campaigns/{address:str}/again")
async def hold_again(request: Req, staff: NamedDependency[Staff], address: FromPath[str]) -> Response[bytes]:
    """Every event once more, so many days later: next year's campaign as drafts. Sent twice it is made once."""
    campaign, events = await _to_change(staff, address)
    typed = await form(request)
    read = Reader({"word": typed.get("word"), "first_day": typed.get("first_day")})
    word = read.text("word", 120, required=True)
    first = read.moment("first_day", required=True)
    if word and word == campaign.word:
        read.wrong("word", "same_word")
    try:
        read.finish()
        shift = (first or now()).date() - min(event.first_day for event in events)
        check = await reader_for(request, staff)
        for event in events:  # all are looked at before any is made
            check(_shifted(request, event, word, shift), None)
        for event in events:
            await _once_more(request, staff, event, word, shift)
    except Refused as refused:
        return await _campaign_page(request, staff, campaign, events, refused=refused, typed=typed)
    fresh = next(each for each, _ in await campaigns_within(staff) if each.word == word)
    return see_other(f"/desk/campaigns/{fresh.address}")


def _shifted(request: Req, event: EventRow, word: str, shift: timedelta) -> dict[str, Any]:
    """An event so much later, in another campaign."""
    given = {"starts_at": f"{event.starts_local + shift:%Y-%m-%dT%H:%M}", "campaign": word}
    return copied(event, given, settings_of(request).retention_days)


async def _once_more(request: Req, staff: Staff, event: EventRow, word: str, shift: timedelta) -> None:
    raw, act = _shifted(request, event, word, shift), partial(created, request, staff)

    async def once_more() -> Answer:
        return Answer(303, {"slug": (await act(raw, event)).slug})

    typed = {"nonce": (await form(request)).get("nonce", "")}
    await once_by_nonce(keyring_of(request), (FORM, str(staff.account), event.slug, word), typed, once_more)


HANDLERS = [campaigns, campaign_page, name_campaign, act_on_events, hold_again]
