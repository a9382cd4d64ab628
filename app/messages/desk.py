"""Messages at the desk: what people will be told and what became of it, texts to paste, letters that attachés write."""

from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.accounts.access import actor_of
from app.accounts.queries import names_of
from app.accounts.rights import Right
from app.accounts.shapes import Staff
from app.activity.history import history_of
from app.activity.kinds import Kind
from app.database.connection import now
from app.events.access import RIGHT
from app.events.shapes import EventRow
from app.events.sharing import share_links
from app.i18n.catalogues import translate
from app.messages import actions, letters
from app.messages.channels import adapters
from app.messages.fanning import audience_of, letters_off
from app.messages.queries import (
    announcement_of,
    announcements_of,
    deliveries_of,
    deliveries_to_one,
    troubles,
    waiting_news,
)
from app.messages.shapes import (
    AUDIENCES,
    BY_THEMSELVES,
    AnnouncementRow,
    Audience,
    DeliveryCount,
    Matter,
)
from app.messages.showing import languages_at, reach_of, words_of
from app.printing import qr
from app.validation.fields import found_id
from app.validation.marks import _
from app.validation.refusals import Refused
from app.validation.stale import merged, was_of
from app.web.bodies import form
from app.web.cursors import ITEMS_A_PAGE, cursor_of, cut, read_cursor
from app.web.limits import LINKING
from app.web.rendering import page, see_other
from app.web.request import Req, keyring_of, language_of, settings_of
from models.states import Channel, Letter, MessageState

TEXTS = (letters.OPENING, Letter.REMINDER_EVE.value, Letter.REMINDER.value)  # to paste at any time
TRIED = _("This is a trial letter: e-mail works. Nobody else got it.")
ONE_BUS, CHOSEN = _("Only those on the bus {name}"), _("Only whom you chose")
TURNS = 5  # of a form that somebody else is always faster than
GROUPS = ("Facebook", "Telegram", "Messenger", "KakaoTalk", "LINE", "WhatsApp")


@get("/desk/events/{slug:str}/messages", opt={RIGHT: Right.MESSAGES})
async def messages(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """What waits to be told, what was told, texts to paste, and what goes out by itself."""
    keyring = keyring_of(request)
    found = await announcements_of(keyring, event.id, read_cursor(request), ITEMS_A_PAGE + 1)
    shown, place = cut(found, ITEMS_A_PAGE, lambda row: (row.created_at, row.id))
    deliveries = await deliveries_of([row.id for row in shown])
    off = await letters_off(event.id)
    return page(
        request,
        "desk/messages.html",
        staff=staff,
        event=event,
        announcements=[(row, _heading(request, event, row), _summary(row, deliveries[row.id])) for row in shown],
        deliveries=deliveries,
        alone=await deliveries_to_one(event.id),
        names=await names_of(str(row.made_by) for row in shown if row.made_by),
        reach=await reach_of(settings_of(request), event, Audience()),
        off=off,
        was=was_of(_switches(off)),
        next=cursor_of(place),
        moment=now(),
        tested=request.query_params.get("tested", ""),
        troubles=await troubles(),
        **words_of(settings_of(request)),
    )


def _switches(off: frozenset[Letter]) -> dict[str, str]:
    """What the form of what goes out by itself shows."""
    return {f"on.{letter}": "" if letter in off else "on" for letter in BY_THEMSELVES}


def _heading(request: Req, event: EventRow, row: AnnouncementRow) -> str:
    """What an announcement is about: of a change, what is new."""
    language = language_of(request)
    new = letters.headline(Matter(event, row.kind, row.before, {}, None), language) if row.before else ""
    return new or translate(language, HEADINGS[row.kind])


def _summary(row: AnnouncementRow, found: list[DeliveryCount]) -> str:
    """How far it is: "waits", "stopped", "under_way", "told", or "nobody" was reached by it."""
    if row.stopped_at:
        return "stopped"
    if row.told_at is None:
        return "waits"
    if row.fanned_at is None or any(each.state in {MessageState.QUEUED, MessageState.SENDING} for each in found):
        return "under_way"
    return "told" if any(each.state == MessageState.SENT for each in found) else "nobody"


HEADINGS: dict[Letter, str] = dict(BY_THEMSELVES) | {Letter.WRITTEN: letters.WRITTEN_BY_HAND}


@get("/desk/events/{slug:str}/messages/waits", opt={RIGHT: Right.MESSAGES})
async def waits(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """A part of other pages: what people will be told of a change, and how many a change would tell."""
    waiting, off = await waiting_news(keyring_of(request), event.id), await letters_off(event.id)
    return page(
        request,
        "parts/messages_wait.html",
        staff=staff,
        event=event,
        waiting=[(row, _heading(request, event, row)) for row in waiting if row.kind not in off],
        off=off,
        reach=await reach_of(settings_of(request), event, Audience()),
    )


@post("/desk/events/{slug:str}/messages/test", opt={RIGHT: Right.MESSAGES})
async def test(request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow]) -> Response[bytes]:
    """Send whoever asks a letter to their own e-mail address, to see that the channel works."""
    LINKING.pass_or_refuse(str(staff.account))
    settings, language = settings_of(request), language_of(request)
    mail = next((each for each in adapters(settings, keyring_of(request)) if each.channel == Channel.EMAIL), None)
    if mail is None:
        raise Refused("not_found")
    words = {language: translate(language, TRIED)}
    told = Matter(event, Letter.WRITTEN, {}, words, None)
    letter = letters.written(told, language, link=f"{settings.base_url}/e/{event.slug}")
    try:
        result = await mail.send(staff.email, letter, uuid4())
    finally:
        await mail.close()
    return see_other(f"/desk/events/{event.slug}/messages?tested={result.error or result.fate}")


# -- one announcement, and the texts to paste --------------------------------------------------------------------------


@get("/desk/events/{slug:str}/messages/{announcement_id:str}", opt={RIGHT: Right.MESSAGES})
async def announcement(
    request: Req, staff: NamedDependency[Staff], event: NamedDependency[EventRow], announcement_id: FromPath[str]
) -> Response[bytes]:
    """Texts to paste of one announcement (or of the opening and the reminders), and what became of its messages."""
    row, told = await _told(request, event, announcement_id)
    base = settings_of(request).base_url
    texts = letters.pasted(told, await languages_at(event), base)
    short = f"{base}/e/{event.slug}"
    deliveries = (await deliveries_of([row.id]))[row.id] if row else []
    steps = await history_of(event.id, 500, (Kind.TEXT_POSTED,))
    posted = [each for each in steps if each.facts.get("what") == announcement_id]
    by_text = {each.language: share_links(short, each.group.removesuffix(short).strip()) for each in texts}
    return page(
        request,
        "desk/message.html",
        staff=staff,
        event=event,
        row=row,
        what=announcement_id,
        heading=_heading(request, event, row)
        if row
        else translate(language_of(request), TEXT_HEADINGS[announcement_id]),
        standing=_summary(row, deliveries) if row else "text",
        texts=texts,
        share=by_text,
        symbol=qr.svg(short),
        short=short,
        posted=posted,
        names=await names_of([each.actor for each in posted] + ([str(row.made_by)] if row and row.made_by else [])),
        groups=GROUPS,
        deliveries=deliveries,
        off=await letters_off(event.id),
        audience=_audience_words(row, event) if row and row.kind == Letter.WRITTEN else None,
        reach=await reach_of(settings_of(request), event, _audience(row)) if row else None,
        moment=now(),
        **words_of(settings_of(request)),
    )


TEXT_HEADINGS = {
    letters.OPENING: letters.OPENING_HEADING,
    Letter.REMINDER_EVE.value: BY_THEMSELVES[Letter.REMINDER_EVE],
    Letter.REMINDER.value: BY_THEMSELVES[Letter.REMINDER],
}


def _audience(row: AnnouncementRow) -> Audience:
    return audience_of(row.kind, row.after, row.subject)[0]


def _audience_words(row: AnnouncementRow, event: EventRow) -> tuple[str, dict[str, Any]]:
    """For whom it was written: a sentence and its facts."""
    audience = _audience(row)
    bus = event.pickup(audience.bus)
    if bus:
        return ONE_BUS, {"name": bus.name}
    return AUDIENCES.get(audience.who, CHOSEN), {}


async def _told(request: Req, event: EventRow, what: str) -> tuple[AnnouncementRow | None, Matter]:
    if what in TEXTS:
        return None, Matter(event, what, {}, {}, None)
    row = await announcement_of(keyring_of(request), event.id, found_id(what))
    if row is None:
        raise Refused("not_found")
    return row, Matter(event, row.kind, row.before, row.words, None)


@post("/desk/events/{slug:str}/messages/{announcement_id:str}/posted", opt={RIGHT: Right.MESSAGES})
async def posted(request: Req, event: NamedDependency[EventRow], announcement_id: FromPath[str]) -> Response[bytes]:
    """Note where a text was posted."""
    await _told(request, event, announcement_id)
    where = (await form(request)).get("where", "")
    if where in GROUPS:
        await actions.note_posted(event.id, announcement_id, where, actor_of(request))
    return see_other(f"/desk/events/{event.slug}/messages/{announcement_id}#posted")


@post("/desk/events/{slug:str}/messages/{announcement_id:str}/stop", opt={RIGHT: Right.MESSAGES})
async def stop(request: Req, event: NamedDependency[EventRow], announcement_id: FromPath[str]) -> Response[bytes]:
    """Tell nobody any more; pressed twice it happens once."""
    await _told(request, event, announcement_id)
    await actions.stop(event.id, found_id(announcement_id), actor_of(request))
    return see_other(f"/desk/events/{event.slug}/messages/{announcement_id}")


@post("/desk/events/{slug:str}/messages/single/again", opt={RIGHT: Right.MESSAGES})
async def single_again(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Try what failed of messages to single parties once more."""
    await actions.try_again(event.id, None, actor_of(request))
    return see_other(f"/desk/events/{event.slug}/messages")


@post("/desk/events/{slug:str}/messages/{announcement_id:str}/again", opt={RIGHT: Right.MESSAGES})
async def again(request: Req, event: NamedDependency[EventRow], announcement_id: FromPath[str]) -> Response[bytes]:
    """Try what failed once more."""
    await _told(request, event, announcement_id)
    await actions.try_again(event.id, found_id(announcement_id), actor_of(request))
    return see_other(f"/desk/events/{event.slug}/messages/{announcement_id}")


@post("/desk/events/{slug:str}/messages/by-themselves", opt={RIGHT: Right.MESSAGES})
async def by_themselves(request: Req, event: NamedDependency[EventRow]) -> Response[bytes]:
    """Which letters go out by themselves."""
    typed = await form(request)
    for _turn in range(TURNS):  # once more where somebody else was faster: what they switched is merged
        before = await letters_off(event.id)
        on = merged(typed, _switches(before)).fields
        off = frozenset(letter for letter in BY_THEMSELVES if not on.get(f"on.{letter}"))
        if await actions.switch_off(event.id, before, off, actor_of(request)):
            return see_other(f"/desk/events/{event.slug}/messages?saved=1#by-themselves")
    raise Refused("changed_meanwhile")


HANDLERS = [
    messages, waits, test, announcement, single_again, posted, stop, again, by_themselves,
]  # fmt: skip
