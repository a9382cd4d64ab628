"""Letters by the Telegram Bot API, and the calls that the bot itself makes.

Facts about the API: a text has at most 4,096 characters, a caption 1,024; 429 and 403 are told in JSON with the status.
"""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from app.messages.answers import after_of, trouble
from app.messages.shapes import SENT, Fate, Reply, Written
from app.settings import LOOPBACK
from models.states import Channel

MOST_TEXT = 4000  # of 4,096: what counts there are UTF-16 units
MOST_PICTURES = 10
REST_WHEN_REFUSED = timedelta(minutes=5)


def cut(text: str, most: int) -> str:
    """A text that fits, ended between two words: never within a Khmer syllable."""
    if len(text.encode("utf-16-le")) // 2 <= most:
        return text
    short = text.encode("utf-16-le")[: (most - 2) * 2].decode("utf-16-le", "ignore")
    at = max(short.rfind("\n"), short.rfind(" "))
    return f"{short[: at if at > most // 2 else None].rstrip()} …"


class Telegram:
    """The bot, for one process; keeps its connections open."""

    channel = Channel.TELEGRAM
    per_second = 25.0  # the API takes about 30
    at_once = 10

    def __init__(self, api: str, token: str) -> None:
        self._address = f"{api}/bot{token}"
        self.mark = hashlib.sha256(token.encode()).hexdigest()[:12]  # which bot it is, without telling the token
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(20.0), follow_redirects=False)

    async def send(self, address: str, letter: Written, message: UUID) -> Reply:
        """Send a letter to a chat, with a button that opens its link."""
        body = {
            "chat_id": int(address),
            "text": cut(f"{letter.subject}\n\n{letter.body}", MOST_TEXT),
            "link_preview_options": {"is_disabled": True},
            **button(letter.link_label, letter.link),
        }
        try:
            answer = await self._client.post(
                f"{self._address}/sendMessage", json=body, headers={"x-bon-message": str(message)}
            )
        except httpx.HTTPError as error:
            return trouble(error)
        return self._judge(answer)

    @staticmethod
    def _judge(answer: httpx.Response) -> Reply:
        told = _json(answer)
        if answer.status_code == 200 and told.get("ok") is True:
            return SENT
        said = str(told.get("description", ""))
        if answer.status_code == 429:
            seconds = (
                told.get("parameters", {}).get("retry_after", 30) if isinstance(told.get("parameters"), dict) else 30
            )
            return Reply(Fate.LATER, "busy", timedelta(seconds=min(3600, max(1, int(seconds)))), rest=True)
        if answer.status_code == 403:
            return Reply(Fate.NEVER, "blocked", ended=True)
        if answer.status_code == 400:
            lost = "chat not found" in said or "user is deactivated" in said
            return Reply(Fate.NEVER, "gone" if lost else "refused", ended=lost)
        if answer.status_code in {401, 404}:
            return Reply(Fate.LATER, "login", REST_WHEN_REFUSED, rest=True)
        return Reply(Fate.LATER, "unreachable", after_of(answer))

    async def call(self, method: str, *, wait: float = 20.0, **body: Any) -> Any:
        """What a method of the API answers; None where it did not work."""
        try:
            answer = await self._client.post(f"{self._address}/{method}", json=body, timeout=httpx.Timeout(wait))
        except httpx.HTTPError:
            return None
        told = _json(answer)
        return told.get("result") if told.get("ok") is True else None

    async def say(self, chat: int, text: str, keyboard: list[list[dict[str, str]]] | None = None) -> None:
        """Answer in a chat."""
        body: dict[str, Any] = {"chat_id": chat, "text": cut(text, MOST_TEXT)}
        if keyboard:
            body["reply_markup"] = {"inline_keyboard": keyboard}
        await self.call("sendMessage", **body, link_preview_options={"is_disabled": True})

    async def show(self, chat: int, png: bytes, caption: str) -> None:
        """Send a picture."""
        files = {"photo": ("ticket.png", png, "image/png")}
        data = {"chat_id": str(chat), "caption": cut(caption, 1000)}
        try:
            await self._client.post(f"{self._address}/sendPhoto", data=data, files=files)
        except httpx.HTTPError:
            return

    async def check(self) -> str:
        """Ask who we are."""
        return "" if await self.call("getMe", wait=5.0) else "unreachable"

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def button(label: str, link: str) -> dict[str, Any]:
    """A button that opens a link; the API takes none to this very machine."""
    if (urlsplit(link).hostname or "") in LOOPBACK:
        return {}
    return {"reply_markup": {"inline_keyboard": [[{"text": label, "url": link}]]}}


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
