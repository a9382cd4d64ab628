"""Letters that attachés write: for whom, in which words, how many that reaches and what it costs; then sent, once."""

import hashlib
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from app.accounts.access import actor_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.database.connection import now
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.messages import actions, letters, rules
from app.messages.channels import set_up
from app.messages.shapes import AUDIENCES, WORDS_MOST, Matter
from app.messages.showing import languages_at, reach_of, words_of
from app.messages.typed import WrittenDraft, read_draft
from app.security.nonces import kept_or_new
from app.validation.refusals import Refused
from app.web.bodies import form, nested
from app.web.idempotency import Answer, once_by_nonce
from app.web.rendering import page, said, see_other
from app.web.request import Req, keyring_of, settings_of
from models.states import Channel, Letter

FORM = "message"
OWN = {"nonce", "do", "looked"}  # fields of the form itself


@get("/desk/events/{slug:str}/messages/new", opt={RIGHT: Right.MESSAGES})
async def compose(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A letter to write; with ?who= for somebody already chosen."""
    typed = {"who": request.query_params.get("who", "all")}
    return await _compose_page(request, staff, event, typed)


async def _compose_page(
    request: Req,
    staff: Staff,
    event: EventRow,
    typed: dict[str, str],
    refused: Refused | None = None,
    draft: WrittenDraft | None = None,
    *,
    recounted: bool = False,
) -> Response[bytes]:
    return page(
        request,
        "desk/compose.html",
        staff=staff,
        event=event,
        typed=typed,
        audiences=[*AUDIENCES.items()],
        chosen=typed.get("who", "") if typed.get("who", "").partition(":")[0] in {"parties", "invitation"} else "",
        languages_of=await languages_at(event),
        most=WORDS_MOST,
        draft=draft,
        recounted=recounted,
        looked=_digest(draft) if draft else "",
        reach=await reach_of(settings_of(request), event, draft.audience) if draft else None,
        sms=_sms(request, event, draft) if draft else None,
        nonce=kept_or_new(keyring_of(request), FORM, typed.get("nonce", "")),
        **words_of(settings_of(request)),
        **said(refused),
    )


def _digest(draft: WrittenDraft) -> str:
    """By which a form tells that it is for what was counted."""
    return hashlib.sha256(msgspec.json.encode(draft)).hexdigest()[:16]


def _sms(request: Req, event: EventRow, draft: WrittenDraft) -> dict[str, Any] | None:
    """How many parts an SMS of this letter has in each language, and what one costs."""
    given = settings_of(request)
    if Channel.PHONE not in set_up(given):
        return None
    told = Matter(event, Letter.WRITTEN, {}, draft.words, None)
    link = f"{given.base_url}/e/{event.slug}"
    parts = {tag: rules.parts_of_sms(letters.written(told, tag, link=link).short) for tag in letters.LANGUAGES}
    return {"parts": parts, "price": given.channels.sms_price}


@post("/desk/events/{slug:str}/messages/new", opt={RIGHT: Right.MESSAGES})
async def send(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Show how many this reaches and by which channel; pressed there, send it, once."""
    typed = await form(request)
    keyring = keyring_of(request)
    try:
        draft = read_draft(nested({name: text for name, text in typed.items() if name not in OWN}), event)
        if event.draft or event.ends_at <= now():
            raise Refused("event_over" if not event.draft else "event_not_published")
    except Refused as refused:
        return await _compose_page(request, staff, event, typed, refused)
    if typed.get("do") != "send" or typed.get("looked") != _digest(draft):  # what is sent is what was counted
        recounted = typed.get("do") == "send"
        return await _compose_page(request, staff, event, typed, None, draft, recounted=recounted)

    async def act() -> Answer:
        row = await actions.write_letter(keyring, event.id, draft.words, draft.audience, actor_of(request))
        return Answer(303, {"id": str(row)})

    try:
        kept = await once_by_nonce(keyring, (FORM, str(event.id), str(staff.account)), typed, act)
    except Refused as refused:
        return await _compose_page(request, staff, event, typed, refused)
    return see_other(f"/desk/events/{event.slug}/messages/{kept.body['id']}")


HANDLERS = [compose, send]
