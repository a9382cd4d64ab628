"""Passwords (argon2id) and random secrets of which only a hash is stored."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.validation.refusals import Refused

LEAST_LENGTH = 12
MOST_JUDGED = 72  # characters: longer ones are not guessed by their end
LEAST_SCORE = 3  # of 4: more than 10^8 guesses

_hasher = PasswordHasher()
AT_ONCE = 2  # 64 MiB each: a flood of log-ins must not take all memory
MOST_WAITING = 40  # at 50 ms each, whoever is the last of them waits a second


class Turns:
    """So many at once, and so many that wait for their turn; whoever comes then is refused as "busy"."""

    def __init__(self, at_once: int, most: int) -> None:
        self._turns, self._waiting, self._most = asyncio.Semaphore(at_once), 0, most

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for it; raises Refused "busy"."""
        if self._waiting >= self._most:
            raise Refused("busy")
        self._waiting += 1
        try:
            async with self._turns:
                yield
        finally:
            self._waiting -= 1


_turns = Turns(AT_ONCE, MOST_WAITING)


async def hash_password(password: str) -> str:
    """An argon2id hash, made off the event loop."""
    return await asyncio.to_thread(_hasher.hash, password)


async def password_fits(password: str, stored: str | None) -> bool:
    """Whether the password has this hash; with None it takes as long and says no, so nobody learns who exists.

    Raises Refused "busy" while too many wait: a flood of log-ins is answered, not queued without end.
    """
    async with _turns.turn():
        return await asyncio.to_thread(_verify, password, stored)


def _verify(password: str, stored: str | None) -> bool:
    try:
        _hasher.verify(stored or _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))


def is_guessable(password: str, about: Iterable[str]) -> bool:
    """Whether somebody with a list of common passwords, or who knows these words about the person, soon has it."""
    from zxcvbn import zxcvbn  # its lists take a tenth of a second to load

    words = [part for word in about for part in (word, *word.lower().replace("@", " ").replace(".", " ").split())]
    return int(zxcvbn(password[:MOST_JUDGED], user_inputs=words)["score"]) < LEAST_SCORE


def new_secret() -> str:
    """A bearer secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 in hex; enough for random secrets."""
    return hashlib.sha256(secret.encode()).hexdigest()
