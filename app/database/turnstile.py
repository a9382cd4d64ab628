"""Two file locks that let processes write to one SQLite file in turn."""

import asyncio
import fcntl
import os

TURN_SECONDS = 10


class Turnstile:
    """Two file locks that let processes write in turn; without them one process starves the other (STACK.md 2.3 g)."""

    def __init__(self, path: str) -> None:
        self._outer = os.open(f"{path}-turn-a", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._inner = os.open(f"{path}-turn-b", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    async def enter(self) -> None:
        """Wait for one's turn; raises TimeoutError after TURN_SECONDS."""
        if self._at_once():
            return
        async with asyncio.timeout(TURN_SECONDS):
            await self._lock(self._outer)
            try:
                await self._lock(self._inner)
            finally:
                fcntl.flock(self._outer, fcntl.LOCK_UN)

    def _at_once(self) -> bool:
        """Whether nobody else is there, so that it is our turn already."""
        try:
            fcntl.flock(self._outer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._inner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._outer, fcntl.LOCK_UN)
        return True

    def leave(self) -> None:
        fcntl.flock(self._inner, fcntl.LOCK_UN)

    @staticmethod
    async def _lock(file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting = asyncio.get_running_loop().run_in_executor(None, fcntl.flock, file, fcntl.LOCK_EX)
            try:
                await asyncio.shield(waiting)
            except asyncio.CancelledError:
                # the thread will get the lock after all: give it back the moment it does
                waiting.add_done_callback(lambda _: fcntl.flock(file, fcntl.LOCK_UN))
                raise

    def close(self) -> None:
        os.close(self._outer)
        os.close(self._inner)
