"""What a process holds of people for a moment, so that the same is not made again for everybody who asks.

Ten minutes and so many bytes at most, in memory alone. Whoever takes something out has judged before that it is still
so; when somebody is erased, all of it goes.
"""

import asyncio
from collections import OrderedDict
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

SECONDS = 600.0

_everything: "WeakSet[Moments[object]]" = WeakSet()


class Moments(Generic[T]):
    """Values by key; the longest unused go first."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._held: OrderedDict[object, tuple[T, int]] = OrderedDict()
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

    def hold(self, key: object, value: T, size: int) -> None:
        """Hold a value of so many bytes; call it on the event loop, which forgets it in time."""
        self._drop(key)
        self._held[key] = (value, size)
        self._bytes += size
        asyncio.get_running_loop().call_later(SECONDS, self._expire, key, value)
        while self._bytes > self.most_bytes:
            self._drop(next(iter(self._held)))

    def _expire(self, key: object, value: T) -> None:
        if (found := self._held.get(key)) and found[0] is value:
            self._drop(key)

    def _drop(self, key: object) -> None:
        _, size = self._held.pop(key, (None, 0))
        self._bytes -= size

    def forget(self) -> None:
        """Hold nothing any more."""
        self._held.clear()
        self._bytes = 0


def forget_people() -> None:
    """Somebody was erased: hold nothing of anybody."""
    for each in list(_everything):
        each.forget()
