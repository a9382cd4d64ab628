"""The command line `bon`: its words, and which command each means. Prints one clear sentence and exits with 1 for
whatever an operator can mend. Commands are named, not imported: the line starts fast and reads settings first."""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
import socket
import sys
from importlib import import_module
from typing import Any

from app.arguments import parser
from app.i18n.operators import Failed
from app.settings import Settings, SettingsError, read

MOST_CONNECTIONS = 20_000  # of one process
OWN_FILES = 200  # open files beside connections: databases, fonts, threads
HEAD_WITHIN = 10_000  # milliseconds for a request's head


def main() -> None:
    """Entry point of the `bon` script."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command; returns its exit code."""
    arguments = parser().parse_args(words)
    if arguments.command == "completion":
        import shtab

        print(shtab.complete(parser(), arguments.shell))
        return 0
    try:
        settings = read(os.environ)
    except SettingsError as error:
        print(f"bon: {error}", file=sys.stderr)
        return 1
    from app.database.connection import DatabaseError  # reads the settings itself, so only once they are right

    try:
        if arguments.command == "serve":
            return _serve(arguments, settings)
        module, name = arguments.run.split(":")
        code: int = asyncio.run(getattr(import_module(module), name)(arguments, settings))
        return code
    except (SettingsError, DatabaseError, Failed) as error:
        print(f"bon: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    if "BON_BASE_URL" not in os.environ:
        os.environ["BON_BASE_URL"] = f"http://127.0.0.1:{arguments.port}"
        settings = read(os.environ)
    if settings.worker == "only" and settings.read_only:
        raise Failed("BON_READ_ONLY lets nothing be changed: there is nothing to work on.")
    if settings.worker == "only":
        asyncio.run(_prepare(settings))
        return _work(settings)
    _require_free_port(arguments.host, arguments.port)
    asyncio.run(_prepare(settings))
    if arguments.demo:
        _add_demo()
    os.environ["_BON_SERVED_BY"] = str(os.getpid())  # asgi.PARENT
    print(f"Bon serves {settings.base_url} (stop with Ctrl-C)", flush=True)
    from app.care.counts import counts_folder

    with counts_folder(settings.data_dir) as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)  # measures.FOLDER
        _server(arguments).serve()
    return 0


def _server(arguments: argparse.Namespace) -> Any:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    return Granian(
        "app.asgi:create_served",
        factory=True,
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.ASGI,
        workers=arguments.workers,
        log_enabled=False,
        websockets=False,
        backpressure=_most_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_WITHIN),
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    )


def _work(settings: Settings) -> int:
    """Only what goes on in the background, in one process, until it is told to stop."""
    from app.asgi import work

    print("Bon works in the background and serves nobody (stop with Ctrl-C)", flush=True)

    async def until_stopped() -> None:
        working, loop = asyncio.ensure_future(work(settings)), asyncio.get_running_loop()
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_, working.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await working

    asyncio.run(until_stopped())
    return 0


def _most_connections() -> int:
    """How many connections a process holds at once: as many as it may have open files, less what Bon opens itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft - OWN_FILES)
    if most < MOST_CONNECTIONS:
        print(f"This machine lets Bon hold {most} connections at once (open files: {soft}).", flush=True)
    return most


def _require_free_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Failed(f"Port {port} on {host} cannot be used ({error}). Choose another with --port.") from error


async def _prepare(settings: Settings) -> None:
    from app.care.backup import is_restoring
    from app.database import engines, migrations
    from app.database.connection import DatabaseError, opened
    from app.database.key_check import require_matching_secret
    from app.database.ready import ready
    from app.security.keyring import load

    keyring = load(settings)
    if settings.read_only:
        async with opened(engines.engine_for(settings)):
            if await migrations.pending():
                raise DatabaseError("Migrations are pending, and BON_READ_ONLY lets nothing be changed.")
        return
    async with ready(settings):
        await require_matching_secret(keyring)
        if await is_restoring():
            raise DatabaseError("A restore is not through: run the same `bon restore` again.")


def _add_demo() -> None:
    """In a process of its own: setting type starts threads, which workers that are forked from this one would lack."""
    adding = multiprocessing.get_context("fork").Process(target=_run_demo)
    adding.start()
    adding.join()
    if adding.exitcode:
        raise Failed("The demo data could not be added.")


def _run_demo() -> None:
    sys.exit(run(["demo"]))
