"""Letters by e-mail over SMTP: text and HTML, the tickets' pictures inside, the event as a calendar file.

RFC 8058: one POST to the address in List-Unsubscribe ends it. The Message-ID is the message's own, so that a letter
that came twice shows once. The calendar file is no invitation (no METHOD), so nobody is asked to answer.
"""

import asyncio
import ssl
from datetime import timedelta
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from app.database.connection import now
from app.i18n.catalogues import translate
from app.messages.letters import html_of
from app.messages.shapes import SENT, Fate, Reply, TicketPicture, Written
from models.states import Channel

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
GREYLISTED = timedelta(minutes=5)
WITHIN = 15.0  # seconds for each step


@lru_cache(maxsize=64)
def _header(text: str) -> str:
    """A header in ASCII (RFC 2047), on one line whatever stands in it."""
    return Header(" ".join(text.split()), "utf-8", maxlinelen=10**6).encode() if not text.isascii() else text


def mail_of(sender: str, host: str, address: str, letter: Written, message: UUID) -> bytes:
    """A letter as a mail. Everything in its headers is ours, but the address, which is checked by syntax.

    By the older classes of the standard library: what parses headers anew costs twice as much as all the rest.
    """
    name, mailbox = parseaddr(sender)
    no_more = translate(letter.language, "No more messages to this address")
    ending = f"\n\n{no_more}: {letter.stop}\n" if letter.stop else "\n"
    plain = MIMEText(f"{letter.body}\n\n{letter.link_label}: {letter.link}{ending}", "plain", "utf-8")
    page: MIMEBase = MIMEText(html_of(letter), "html", "utf-8")
    if letter.pictures:
        page = MIMEMultipart("related", f"r{message.hex}", _subparts=[page, *map(_picture, letter.pictures)])
    mail = MIMEMultipart("alternative", f"a{message.hex}", _subparts=[plain, page])
    if letter.calendar:
        entry = MIMEText(letter.calendar.decode(), "calendar", "utf-8")
        entry.add_header("Content-Disposition", "attachment", filename=letter.calendar_name)
        mail = MIMEMultipart("mixed", f"m{message.hex}", _subparts=[mail, entry])
    headers = {
        "From": formataddr((_header(name), mailbox)),
        "To": address,
        "Subject": _header(letter.subject),
        "Date": format_datetime(now()),
        "Message-ID": f"<{message}@{host.partition(':')[0]}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": letter.language,
    }
    if letter.stop:
        headers |= {"List-Unsubscribe": f"<{letter.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    for header, value in headers.items():
        if any(each in value for each in "\r\n"):
            raise ValueError(header)
        mail[header] = value
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=None))


def _picture(picture: TicketPicture) -> MIMEImage:
    made = MIMEImage(picture.png, "png", name=f"{picture.place}.png")
    made.add_header("Content-ID", f"<ticket-{picture.place}>")
    made.add_header("Content-Disposition", "inline", filename=f"{picture.place}.png")
    return made


class Mail:
    """One connection to the server, kept while it holds; letters wait for one another."""

    channel = Channel.EMAIL
    per_second = 200.0
    at_once = 1

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
                options = [] if address.isascii() else ["SMTPUTF8"]
                await self._client.sendmail(self._envelope, [address], mail, mail_options=options)
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

    async def check(self) -> str:
        """Connect, and log in where there is a password."""
        try:
            async with asyncio.timeout(5):
                await self._connected()
        except aiosmtplib.SMTPAuthenticationError:
            return "login"
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            return "unreachable"
        return ""

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
