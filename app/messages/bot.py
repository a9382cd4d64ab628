"""What the bot hears and answers: linking by a token, tickets, language, stop. It speaks the person's language.

Only private chats: a group must not hold anybody's tickets. An update that cannot be read is passed over.
"""

import asyncio
import hmac
from datetime import datetime
from typing import Any

from app.activity.record import Actor
from app.database.claims import tell
from app.database.connection import now
from app.events.queries import event_by_id
from app.events.shapes import EventRow
from app.i18n.catalogues import DEFAULT, languages, long_date, moment_text, own_name, pick, told, translate
from app.messages.telegram import MOST_PICTURES, Telegram
from app.messages.writing import ticket_pictures
from app.registrations.asking import stop_chat
from app.registrations.linking import asked_by_token, reaches_of_chat, redeem, set_language
from app.registrations.queries import parties_where, party_key
from app.security.keyring import Keyring
from app.validation.marks import _, _n
from app.validation.refusals import Refused
from models.messages import ChannelState
from models.states import ActorKind

OFFSET = "telegram offset"
NAME = "telegram name"
LONG_POLL = 25  # seconds
LEAST_POLL = 1.0
MOST_SHOWN = 20  # parties of a chat, the newest first
MOST_TOKEN = 60  # characters

WORKER = Actor(ActorKind.WORKER)


class Bot:
    """The bot of an installation."""

    def __init__(self, keyring: Keyring, base_url: str, telegram: Telegram) -> None:
        self._keyring, self._base_url, self._telegram = keyring, base_url, telegram

    async def introduce(self) -> str:
        """The bot's own name, asked once and kept; "" while the API does not answer."""
        kept = self._own(NAME)
        row = await ChannelState.select(ChannelState.value).where(ChannelState.name == kept).first()
        if row:
            return str(row["value"])
        me = await self._telegram.call("getMe")
        name = str(me.get("username", "")) if isinstance(me, dict) else ""
        if name:
            await _keep(kept, name)
        return name

    def _own(self, what: str) -> str:
        """The name under which something of this very bot is kept: another token is another bot."""
        return f"{what} {self._telegram.mark}"

    async def listen(self) -> bool:
        """Tell the API where the webhook is; whether it has understood."""
        told = await self._telegram.call(
            "setWebhook",
            url=f"{self._base_url}/hooks/telegram/{hook_secret(self._keyring)}",
            secret_token=hook_secret(self._keyring),
            allowed_updates=["message", "callback_query"],
        )
        return told is True

    async def hear(self, until: datetime) -> None:
        """Ask for updates until then."""
        await self._telegram.call("deleteWebhook")  # else the API answers nothing to whoever asks
        kept = self._own(OFFSET)
        while (left := (until - now()).total_seconds()) > LEAST_POLL:
            row = await ChannelState.select(ChannelState.value).where(ChannelState.name == kept).first()
            wait = int(min(LONG_POLL, left))
            found = await self._telegram.call(
                "getUpdates",
                wait=wait + 10.0,
                timeout=wait,
                offset=int(row["value"]) if row else 0,
                allowed_updates=["message", "callback_query"],
            )
            if not isinstance(found, list) or not found:  # away, or it does not wait: no asking without end
                await asyncio.sleep(LEAST_POLL)
                continue
            for update in found:
                if isinstance(update, dict) and isinstance(update.get("update_id"), int):
                    await self._answer_surely(update)
                    await _keep(kept, str(update["update_id"] + 1))

    async def _answer_surely(self, update: dict[str, Any]) -> None:
        """Answer; one that cannot be answered must not keep others from being heard."""
        try:
            await self.answer(update)
        except Exception as error:  # noqa: BLE001 - whatever somebody sends
            tell("update failed", error)

    async def answer(self, update: dict[str, Any]) -> None:
        """Answer one update; one that is malformed, or from a group, is passed over."""
        pressed = _object(update, "callback_query")
        message = _object(pressed or update, "message")
        sender, chat = _object(pressed or message, "from"), _object(message, "chat")
        if chat.get("type") != "private" or not isinstance(chat.get("id"), int):
            return
        text = pressed.get("data") if pressed else message.get("text")
        language = await self._language(chat["id"], sender)
        if pressed:
            await self._telegram.call("answerCallbackQuery", callback_query_id=str(pressed.get("id", "")))
        await self._act(chat["id"], str(text or "")[:200], language)

    async def _language(self, chat: int, sender: dict[str, Any]) -> str:
        linked = await reaches_of_chat(self._keyring, str(chat))
        if linked:
            return linked[0].language
        spoken = str(sender.get("language_code", "")).partition("-")[0]
        return spoken if spoken in languages() else DEFAULT

    async def _act(self, chat: int, text: str, language: str) -> None:
        word, _sep, rest = text.strip().partition(" ")
        match word.lower().lstrip("/"):
            case "start" if rest:
                await self._ask(chat, rest.strip()[:MOST_TOKEN], language)
            case "yes" if rest:
                await self._link(chat, rest.strip()[:MOST_TOKEN], language)
            case "tickets":
                await self._tickets(chat, language)
            case "stop":
                await self._stop(chat, language)
            case "language" if rest in languages():
                await set_language(self._keyring, str(chat), rest)
                await self._help(chat, rest)
            case "language":
                keys = [[{"text": own_name(each), "callback_data": f"language {each}"}] for each in languages()]
                await self._telegram.say(chat, translate(language, _("Which language?")), keys)
            case _:
                await self._help(chat, language)

    async def _ask(self, chat: int, token: str, language: str) -> None:
        """Show what a token is about, without a name, and ask."""
        try:
            asked = await asked_by_token(token)
        except Refused as refused:
            await self._telegram.say(chat, told(language, refused))
            return
        event, language = await event_by_id(asked.event), asked.language
        text = translate(
            language,
            _n("{number} person, {title}, {day}: shall we tell you here when something changes?",
               "{number} people, {title}, {day}: shall we tell you here when something changes?"),
            number=asked.people,
            title=pick(event.title, language),
            day=long_date(language, event.first_day),
        )  # fmt: skip
        keys = [
            [{"text": translate(language, _("Yes, tell me here")), "callback_data": f"yes {token}"}],
            [{"text": translate(language, _("No")), "callback_data": "no"}],
        ]
        await self._telegram.say(chat, text, keys)

    async def _link(self, chat: int, token: str, language: str) -> None:
        try:
            asked = await asked_by_token(token)
            await redeem(self._keyring, token, str(chat), asked.language, WORKER)
        except Refused as refused:
            await self._telegram.say(chat, told(language, refused))
            return
        said = _("Good. We tell you here when something changes. Your tickets follow; /stop ends it.")
        await self._telegram.say(chat, translate(asked.language, said))
        await self._tickets(chat, asked.language)

    async def _tickets(self, chat: int, language: str) -> None:
        """What this chat is linked to: facts, and pictures of the tickets."""
        shown = 0
        for reach in (await reaches_of_chat(self._keyring, str(chat)))[:MOST_SHOWN]:
            event = await event_by_id(reach.event)
            if event.ends_at <= now():
                continue
            shown += 1
            party = (await parties_where(self._keyring, "id = $1", reach.registration))[0]
            link = f"{self._base_url}/{language}/r/{party_key(self._keyring, party.id, party.link_issue)}"
            await self._telegram.say(chat, f"{facts_text(event, language)}\n\n{link}")
            for each in ticket_pictures(self._keyring, self._base_url, event, party, MOST_PICTURES):
                caption = translate(language, _("Ticket {number}"), number=each.place)
                await self._telegram.show(chat, each.png, caption)
        if not shown:
            said = _("This chat has no tickets. Open your tickets' page and press «Telegram» there.")
            await self._telegram.say(chat, translate(language, said), self._keys(language))

    async def _stop(self, chat: int, language: str) -> None:
        await stop_chat(self._keyring, str(chat), WORKER)
        await self._telegram.say(
            chat, translate(language, _("We send you no more messages. Your tickets stay as good as they were."))
        )

    async def _help(self, chat: int, language: str) -> None:
        text = translate(language, _("I tell you when your festival changes, and show your tickets."))
        await self._telegram.say(chat, text, self._keys(language))

    @staticmethod
    def _keys(language: str) -> list[list[dict[str, str]]]:
        words = ((_("Our tickets"), "tickets"), (_("Language"), "language"), (_("No more messages"), "stop"))
        return [[{"text": translate(language, text), "callback_data": word}] for text, word in words]


def facts_text(event: EventRow, language: str) -> str:
    """Title, when and where of an event, and what its attaché says, as lines."""
    when = (
        long_date(language, event.first_day)
        if event.all_day
        else moment_text(language, event.starts_at, event.time_zone)
    )
    lines = [pick(event.title, language), when, pick(event.venue, language), pick(event.notice, language)]
    if event.cancelled:
        lines.insert(1, translate(language, "Cancelled"))
    return "\n".join(line for line in lines if line)


def hook_secret(keyring: Keyring, key_id: int | None = None) -> str:
    """The secret part of the webhook's address, also in the header that the API sends along."""
    return keyring.key("telegram-webhook", key_id).hex()


def is_hook(keyring: Keyring, path: str, header: str) -> bool:
    """Whether both are the webhook's: the API was told of it before a rotation, perhaps."""
    return any(
        hmac.compare_digest(path.encode(), secret.encode()) and hmac.compare_digest(header.encode(), secret.encode())
        for secret in [hook_secret(keyring, key_id) for key_id in keyring.ids]
    )


def _object(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


async def _keep(name: str, value: str) -> None:
    await ChannelState.insert(ChannelState(name=name, value=value)).on_conflict(
        target=ChannelState.name, action="DO UPDATE", values=[ChannelState.value]
    )
