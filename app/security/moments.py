"""What a process holds of people for a moment, so that the same is not made again for everybody who asks.

Ten minutes and so many bytes at most, in memory alone. Whoever takes something out has judged before that it is still
so; when somebody is erased, all of it goes.
"""

import asyncio
from collections import OrderedDict
from itertools import count
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

SECONDS = 600.0

AGAIN = 10.0  # seconds: whoever has read somebody before the erasing committed holds it by then

_everything: "WeakSet[Moments[object]]" = WeakSet()
_erasings = count()
_epoch = 0


def epoch() -> int:
    """Take it before reading what shall be held: after an erasing it is another one."""
    return _epoch


class Moments(Generic[T]):
    """Values by key; the longest unused go first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._held: OrderedDict[object, tuple[T, int, asyncio.TimerHandle]] = OrderedDict()
        self._bytes = 0
        _everything.add(self)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: object) -> T | None:
        """What is held under a key."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def hold(self, key: object, value: T, size: int, since: int) -> None:
        """Hold a value of so many bytes, made of what was read `since` this epoch; call it on the event loop."""
        if since != _epoch:
            return
        self._drop(key)
        expiry = asyncio.get_running_loop().call_later(SECONDS, self._drop, key)
        self._held[key] = (value, size, expiry)
        self._bytes += size
        while self._bytes > self.most_bytes:
            self._drop(next(iter(self._held)))

    def _drop(self, key: object) -> None:
        if found := self._held.pop(key, None):
            self._bytes -= found[1]
            found[2].cancel()

    def forget(self) -> None:
        """Hold nothing any more."""
        for key in list(self._held):
            self._drop(key)


def forget_people() -> None:
    """Somebody is erased: hold nothing of anybody, and nothing that was read before that is committed."""
    _forget()
    asyncio.get_running_loop().call_later(AGAIN, _forget)


def _forget() -> None:
    global _epoch  # noqa: PLW0603 - one number for the process
    _epoch = next(_erasings) + 1
    for each in list(_everything):
        each.forget()
