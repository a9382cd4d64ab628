"""Letters by e-mail over SMTP: text and HTML, the tickets' pictures inside, the event as a calendar file.

RFC 8058: one POST to the address in List-Unsubscribe ends it. The Message-ID is the message's own, so that a letter
that came twice shows once. The calendar file is no invitation (no METHOD), so nobody is asked to answer.
"""

import asyncio
import ssl
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from app.database.connection import now
from app.messages.letters import html_of
from app.messages.shapes import SENT, Fate, Reply, Written
from models.states import Channel

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
GREYLISTED = timedelta(minutes=5)
WITHIN = 15.0  # seconds for each step


def mail_of(sender: str, host: str, address: str, letter: Written, message: UUID) -> EmailMessage:
    """A letter as a mail. Everything in its headers is ours, but the address, which is checked by syntax."""
    mail = EmailMessage(policy=SMTP if address.isascii() else SMTPUTF8)
    name, mailbox = parseaddr(sender)
    user, _, domain = mailbox.rpartition("@")
    mail["From"] = Address(name, user, domain)
    mail["To"] = address
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<{message}@{host.partition(':')[0]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language
    if letter.stop:
        mail["List-Unsubscribe"] = f"<{letter.stop}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    ending = f"\n\n{letter.stop}\n" if letter.stop else "\n"
    mail.set_content(f"{letter.body}\n\n{letter.link_label}: {letter.link}{ending}")
    mail.add_alternative(html_of(letter), subtype="html")
    page = mail.get_payload()[-1]  # type: ignore[index]
    for picture in letter.pictures:
        page.add_related(picture.png, "image", "png", cid=f"<ticket-{picture.place}>", filename=f"{picture.place}.png")  # type: ignore[union-attr]
    if letter.calendar:
        mail.add_attachment(
            letter.calendar,
            "text",
            "calendar",
            filename=letter.calendar_name,
            params={"charset": "utf-8"},
        )
    return mail


class Mail:
    """One connection to the server, kept while it holds; letters wait for one another."""

    channel = Channel.EMAIL
    per_second = 200.0

    def __init__(self, url: str, sender: str, host: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._sender, self._host = sender, host
        self._envelope = parseaddr(sender)[1]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._client = aiosmtplib.SMTP(
            hostname=parts.hostname or "",
            port=parts.port or PORTS[parts.scheme],
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp+starttls",
            tls_context=tls,
            timeout=WITHIN,
            local_hostname=host.partition(":")[0],
        )
        self._turn = asyncio.Lock()

    async def send(self, address: str, letter: Written, message: UUID) -> Reply:
        """Give a letter to the server."""
        mail = mail_of(self._sender, self._host, address, letter, message)
        async with self._turn:
            try:
                await self._connected()
                await self._client.send_message(mail, sender=self._envelope, recipients=[address])
            except aiosmtplib.SMTPException as error:
                return await self._judge(error)
            except (OSError, TimeoutError, ssl.SSLError) as error:
                self._client.close()
                return Reply(Fate.LATER, "tls" if isinstance(error, ssl.SSLError) else "unreachable")
            except BaseException:
                self._client.close()  # given up half-way: the next one begins anew
                raise
        return SENT

    async def _connected(self) -> None:
        if self._client.is_connected:
            return
        await self._client.connect()
        if self._user:
            await self._client.login(self._user, self._password)

    async def _judge(self, error: aiosmtplib.SMTPException) -> Reply:
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and error.recipients:
            refused = error.recipients[0]
            return _by_code(refused.code, refused.message)
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            self._client.close()
            return Reply(Fate.LATER, "login", timedelta(minutes=5), rest=True)
        if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
            if error.code == 421:
                self._client.close()
            return _by_code(error.code, error.message)
        self._client.close()
        if isinstance(error, aiosmtplib.SMTPTimeoutError):
            return Reply(Fate.LATER, "slow")
        unsafe = "SSL" in str(error) or "TLS" in str(error) or "certificate" in str(error)
        return Reply(Fate.LATER, "tls" if unsafe else "unreachable")

    async def close(self) -> None:
        """Leave the server."""
        self._client.close()


def _by_code(code: int, said: str) -> Reply:
    """RFC 5321 4.2.1: 4yz may go another time, 5yz never; RFC 3463: 5.1.1 nobody is there, x.2.2 it is full."""
    full = "2.2" in said.split(" ", 1)[0] or code in {452, 552}
    if code == 421:
        return Reply(Fate.LATER, "busy", timedelta(minutes=1), rest=True)
    if 400 <= code < 500:
        return Reply(Fate.LATER, "full" if full else "busy", GREYLISTED)
    if full:
        return Reply(Fate.NEVER, "full")
    nobody = "5.1.1" in said or code == 551
    return Reply(Fate.NEVER, "gone" if nobody else "refused", ended=nobody)
