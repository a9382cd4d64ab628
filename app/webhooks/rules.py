"""Signatures (Standard Webhooks 1.0), addresses that may be called, and when to try again. Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from app.validation.fields import Reader
from app.validation.forms import walk
from app.webhooks.shapes import WebhookFields

PREFIX = "whsec_"
SECRET = 32  # bytes
# after each failed try; Standard Webhooks' own example, three days and some hours in all
WAITS = tuple(timedelta(seconds=each) for each in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
MOST_TRIES = len(WAITS) + 1
NAT64, ROUTED = IPv6Network("64:ff9b::/96"), IPv6Network("2000::/3")
# Teredo, 6to4 and documentation; 6to4's relays, a cloud's own host
NOBODYS_6 = tuple(map(IPv6Network, ("2001::/32", "2002::/16", "2001:db8::/32", "3fff::/20")))
NOBODYS_4 = tuple(map(IPv4Network, ("192.88.99.0/24", "168.63.129.16/32")))
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # when what was given up is due
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")  # other scripts as xn--…
BOTH_FOR = timedelta(hours=24)  # after a rotation both secrets sign


def read_webhook(
    raw: Mapping[str, Any], countries: Iterable[str], *, everywhere: bool, hosts: tuple[str, ...]
) -> WebhookFields:
    """Check what somebody typed; raises Refused. `countries` are those they may choose, `everywhere` whether all at
    once; `hosts` are those that may be called without https."""
    read = Reader(raw)
    given = WebhookFields(**walk(read, WebhookFields))
    parts = split(given.address)
    if given.address and (parts is None or (parts[0] != "https" and parts[1] not in hosts)):
        read.wrong("address", "not_a_webhook")
    if given.host_country not in set(countries) and not (everywhere and not given.host_country):
        read.wrong("host_country", "country_out_of_reach" if given.host_country else "required")
    if not given.kinds and not read.has_problem("kinds"):
        read.wrong("kinds", "nothing_ticked")
    read.finish()
    return given


def split(address: str) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path of an address that could be called; None for anything else."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in {"https", "http"}
        or not host
        or not HOST.fullmatch(host)
        or parts.username
        or parts.password
        or parts.fragment
    ):
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii() or not all(each.isprintable() and each != " " for each in target):
        return None
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target


def may_be_called(address: str) -> bool:
    """Whether an IP address is the internet's: none of this machine, of a private network, of a cloud's services.

    Of IPv6 only what is routed there; addresses that stand for one of IPv4 (mapped, NAT64) are judged by that.
    """
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or (IPv4Address(found.packed[-4:]) if found in NAT64 else None)
        if inner is not None:
            return may_be_called(str(inner))
        return found in ROUTED and found.is_global and not any(found in each for each in NOBODYS_6)
    return found.is_global and not found.is_multicast and not any(found in each for each in NOBODYS_4)


def signature(secret: bytes, message: str, timestamp: int, body: bytes) -> str:
    """The header's value for one secret: HMAC-SHA256 of id, timestamp and body."""
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def secret_of(text: str) -> bytes:
    """The key behind `whsec_…`."""
    return base64.b64decode(text.removeprefix(PREFIX))


def next_try(attempts: int, moment: datetime) -> datetime | None:
    """When to try again after so many attempts; None once nobody tries any more."""
    return moment + WAITS[attempts - 1] if attempts <= len(WAITS) else None


def low(seats_left: int | None, capacity: int | None) -> bool:
    """Whether few places are left: a tenth, and at least one of ten."""
    return capacity is not None and seats_left is not None and seats_left * 10 <= capacity
