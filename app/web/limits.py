"""Limits by purpose. Generous ones are counted in this process; those against guessing in the database.

SQL by name: `_COUNT` counts and tells in one statement, so that many guesses at the same time are counted one by one.
The in-process ones bound a flood, not a right: with several processes each counts on its own.
"""

import time
from collections import OrderedDict
from datetime import datetime, timedelta

import msgspec

from app.database.connection import fetch, now
from app.security.keyring import Keyring
from app.security.sealing import keyed_hash
from app.validation.refusals import Refused
from models.guards import Throttle

MOST_BUCKETS = 20_000


class Bucket(msgspec.Struct):
    """Tokens left, and when they were last counted."""

    tokens: float
    at: float


class Left(msgspec.Struct, frozen=True):
    """What is left of a limit: so many of `most`, which are there again in `seconds`."""

    most: int
    left: int
    seconds: int


class Fence:
    """A token bucket for each key: `rate` a minute, `burst` at once. Forgets the longest unused keys."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate / 60
        self.burst = burst
        self._buckets: OrderedDict[tuple[str, ...], Bucket] = OrderedDict()

    def pass_or_refuse(self, *key: str) -> Left:
        """Take a token or raise Refused "too_many_requests"; what is left."""
        at = time.monotonic()
        bucket = self._buckets.pop(key, None) or Bucket(self.burst, at)
        bucket.tokens = min(self.burst, bucket.tokens + (at - bucket.at) * self.rate)
        bucket.at = at
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            raise Refused("too_many_requests", seconds=max(1, round((1 - bucket.tokens) / self.rate)))
        bucket.tokens -= 1
        return Left(int(self.burst), int(bucket.tokens), round((self.burst - bucket.tokens) / self.rate))


REGISTERING = Fence(rate=6_000, burst=6_000)  # an address and event: a factory shares one address


LINKING = Fence(rate=20, burst=20)  # an address and party: each may ask the bot, or send a letter
PRINTING = Fence(rate=120, burst=60)  # an address and party: each picture and sheet takes a tenth of a second


class Guess(msgspec.Struct, frozen=True):
    """A purpose that invites guessing: at most `most` failures in `minutes`."""

    purpose: str
    most: int
    minutes: int


LOGIN_FROM_ADDRESS = Guess("login-address", 30, 15)
LOGIN_TO_PAIR = Guess("login-account-address", 10, 15)
LOGIN_TO_ACCOUNT = Guess("login-account", 100, 15)
OWN_PASSWORD = Guess("own-password", 10, 15)
SECOND_FACTOR = Guess("second-factor", 10, 15)
ONE_TIME_LINKS = Guess("one-time-link", 30, 15)
PARTY_KEYS = Guess("party-key", 60, 10)
SHORT_CODES = Guess("short-code", 60, 10)
ASKED = Guess("asked-address", 3, 24 * 60)  # questions to one e-mail address, whoever types it
NAMES = Guess("names", 120, 10)  # every search of a gate's phones: a list of people must not be read off


_COUNT = """
INSERT INTO throttle (key, failures, window_ends_at) VALUES ($1, 1, $2) ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN throttle.window_ends_at > $3 THEN throttle.failures + 1 ELSE 1 END,
  window_ends_at = CASE WHEN throttle.window_ends_at > $3 THEN throttle.window_ends_at ELSE $2 END
RETURNING failures
"""


async def refuse_guessing(keyring: Keyring, guess: Guess, subject: str) -> None:
    """Raise Refused "too_many_requests" if this subject has failed too often; counts nothing."""
    row = (
        await Throttle.select(Throttle.window_ends_at)
        .where(
            Throttle.key == keyed_hash(keyring, guess.purpose, subject),
            Throttle.window_ends_at > now(),
            Throttle.failures >= guess.most,
        )
        .first()
    )
    if row:
        raise _too_many(row["window_ends_at"])


async def count_failure(keyring: Keyring, guess: Guess, subject: str) -> None:
    """Note a wrong guess, in a window that begins with the first; raises Refused once there are too many."""
    key, until = keyed_hash(keyring, guess.purpose, subject), now() + timedelta(minutes=guess.minutes)
    rows = await fetch(_COUNT, key, until, now())
    if rows[0]["failures"] > guess.most:
        await refuse_guessing(keyring, guess, subject)


async def forgive(keyring: Keyring, guess: Guess, subject: str) -> None:
    """Take back one count: the guess was right."""
    await Throttle.update({Throttle.failures: Throttle.failures - 1}).where(
        Throttle.key == keyed_hash(keyring, guess.purpose, subject), Throttle.failures > 0
    )


async def sweep(moment: datetime) -> None:
    """Remove counts whose window is over."""
    await Throttle.delete().where(Throttle.window_ends_at < moment)


def _too_many(until: datetime) -> Refused:
    return Refused("too_many_requests", seconds=max(1, round((until - now()).total_seconds())))
