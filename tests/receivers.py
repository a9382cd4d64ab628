"""Real servers that letters go to: the Telegram Bot API, an SMS gateway, a push service, SMTP; with faults."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session


class Asked:
    """One request as a server got it."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.headers, self.body = method, headers, body
        parts = urlsplit(target)
        self.path, self.query = parts.path, dict(parse_qsl(parts.query))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


Reply = tuple[int, dict[str, str], bytes]


class Receiver:
    """An HTTP server that notes what it is asked; `reply` decides what it says."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.reply: Callable[[Asked], Reply] = lambda _: (200, {}, b"{}")
        self.port = 0
        self.hangs = False
        self._open: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = cast("asyncio.Task[None]", asyncio.current_task())
        self._open.add(mine)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().strip().split("\r\n")
                method, target, _ = first.split(" ", 2)
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                asked = Asked(method, target, headers, body)
                self.asked.append(asked)
                if self.hangs:
                    await asyncio.sleep(60)
                status, more, answer = self.reply(asked)
                told = "".join(f"{name}: {value}\r\n" for name, value in more.items())
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(answer)}\r\n{told}\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open.discard(mine)
            writer.close()

    async def close(self) -> None:
        """Let go of who still holds a connection: nothing of it may outlive the loop."""
        still = list(self._open)
        for each in still:
            each.cancel()
        await asyncio.gather(*still, return_exceptions=True)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0, limit=2**20)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.close()


def telegram(receiver: Receiver, updates: list[dict[str, Any]] | None = None) -> None:
    """Answer as the Bot API does: every method works, updates are handed out from the offset on."""
    waiting = [] if updates is None else updates

    def reply(asked: Asked) -> Reply:
        method = asked.path.rsplit("/", 1)[1]
        result: Any = True
        if method == "getMe":
            result = {"id": 1, "is_bot": True, "username": "BonTestBot"}
        elif method == "getUpdates":
            result = [each for each in waiting if each["update_id"] >= asked.json.get("offset", 0)]
        return 200, {"content-type": "application/json"}, json.dumps({"ok": True, "result": result}).encode()

    receiver.reply = reply


def refusing(status: int, description: str, **more: Any) -> Callable[[Asked], Reply]:
    """The Bot API's no."""
    told = {"ok": False, "error_code": status, "description": description, **more}
    return lambda _: (status, {"content-type": "application/json"}, json.dumps(told).encode())


class Mailbox:
    """A real SMTP server; `codes` are what it says to recipients instead of 250, one after another."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.codes: list[str] = []
        self.dies = 0  # so many letters are taken, and the connection ends before the answer
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.codes:
            return self.codes.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        if self.dies:
            self.dies -= 1
            cast(Any, server.transport).abort()
        return "250 OK"


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """A mailbox on a free port."""
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="mail.test", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
