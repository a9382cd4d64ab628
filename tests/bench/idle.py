"""What a new client waits while thousands hold connections and ask nothing: `python -m tests.bench.idle [many]`.

Each has asked once and then stays. Connections come from several addresses of this machine, as one has no more than
28,000 ports; the limit of open files holds for each side by itself.
"""

import asyncio
import resource
import sys
import time

from tests.bench.__main__ import Wire, bench_server, resident

MANY, ASKED, AT_ONCE = 10_000, 500, 50


async def hold(port: int, many: int) -> list[Wire]:
    """Connections that have asked once."""
    wires: list[Wire] = []
    while len(wires) < many:
        some = [await Wire().open(port) for _ in range(min(AT_ONCE, many - len(wires)))]
        answers = await asyncio.gather(*(wire.ask("GET", "/healthz", {}) for wire in some))
        assert all(status == 200 for status, _ in answers)
        wires += some
    return wires


async def newcomers(port: int) -> list[float]:
    """Seconds from connecting to an answer, one client after the other, slowest last."""
    waits = []
    for _ in range(ASKED):
        began = time.perf_counter()
        wire = await Wire().open(port)
        status, _ = await wire.ask("GET", "/km/", {"accept-encoding": "gzip"})
        waits.append(time.perf_counter() - began)
        wire.writer.close()
        assert status == 200
    return sorted(waits)


async def main(many: int = MANY) -> None:
    """Print a row without and one with idle connections."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with bench_server() as served:
        assert served.process
        port, pid = served.port, served.process.pid
        print(f"| {'idle':>6} | held | p50 ms | p99 ms | kB each |\n|---|---|---|---|---|")
        rest = 0.0
        for count in (0, many // 10, many):
            wires = await hold(port, count)
            waits = await newcomers(port)
            memory = resident(pid)
            rest = rest or memory
            open_ = sum(not wire.reader.at_eof() for wire in wires)
            each = (memory - rest) * 1000 / count if count else 0
            p50, p99 = waits[len(waits) // 2] * 1000, waits[int(len(waits) * 0.99)] * 1000
            print(f"| {count:6} | {open_} | {p50:.1f} | {p99:.1f} | {each:.1f} |", flush=True)
            for wire in wires:
                wire.writer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else MANY))
