"""A network between Bon and its database: a relay with a delay, that can be parted and healed, or cut."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit, urlunsplit

CHUNK = 65536


class Relay:
    """Passes bytes on after `delay` seconds each way, in a thread of its own.

    `part` and nothing passes, nor is lost, as TCP would have it, until it is healed; `cut` resets every connection.
    `url` is the database's address through it.
    """

    def __init__(self, url: str, delay: float = 0.0) -> None:
        self.delay, self.refuses = delay, False
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._passes = asyncio.Event()
        self._passes.set()
        self._writers: set[asyncio.StreamWriter] = set()
        parts = urlsplit(url)
        self._socket = parse_qs(parts.query).get("host", [""])[0]
        self._address = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()
        self.url = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{self._port}", query=""))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def begin() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self._port = server.sockets[0].getsockname()[1]
            self._ready.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()
        for each in asyncio.all_tasks(self._loop):
            each.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        try:
            beyond = await self._beyond()
        except OSError:  # the database is away, which is not ours to say
            writer.transport.abort()
            return
        self._writers |= {writer, beyond[1]}
        await asyncio.gather(self._pass(reader, beyond[1]), self._pass(beyond[0], writer))
        self._writers -= {writer, beyond[1]}

    async def _beyond(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._socket:
            return await asyncio.open_unix_connection(f"{self._socket}/.s.PGSQL.{self._address[1]}")
        return await asyncio.open_connection(*self._address)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                at, chunk = await due.get()
                if (left := at - self._loop.time()) > 0:
                    await asyncio.sleep(left)
                await self._passes.wait()
                if not chunk:
                    writer.close()
                    return
                writer.write(chunk)

        delivering = asyncio.create_task(deliver())
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                due.put_nowait((self._loop.time() + self.delay, chunk))
        due.put_nowait((0.0, b""))
        with contextlib.suppress(OSError):
            await delivering

    def part(self) -> None:
        """Hold everything back until `heal`."""
        self._loop.call_soon_threadsafe(self._passes.clear)

    def heal(self) -> None:
        """Pass on what was held back, and take connections again."""
        self.refuses = False
        self._loop.call_soon_threadsafe(self._passes.set)

    def cut(self) -> None:
        """Reset every connection, and refuse new ones until `heal`."""
        self.refuses = True
        for each in list(self._writers):
            self._loop.call_soon_threadsafe(each.transport.abort)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
