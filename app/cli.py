"""The command line `bon`. Prints one clear sentence and exits with 1 for whatever an operator can mend."""

import argparse
import asyncio
import getpass
import os
import re
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.settings import OPTIONS, Settings, SettingsError, read, unknown

Command = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, int]]


class Failed(Exception):
    """A command that cannot do what it was asked; the text is one sentence."""


def main() -> None:
    """Entry point of the `bon` script."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(words)
    try:
        settings = read(os.environ)
    except SettingsError as error:
        print(f"bon: {error}", file=sys.stderr)
        return 1
    from app.database.connection import DatabaseError  # reads the settings itself, so only once they are right

    try:
        if arguments.command == "serve":
            return _serve(arguments, settings)
        command: Command = arguments.run
        return asyncio.run(command(arguments, settings))
    except (SettingsError, DatabaseError, Failed) as error:
        print(f"bon: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bon",
        description="Festivals for workers abroad: events, registration, tickets, gate and calendar feeds.",
        epilog="Settings are environment variables; `bon doctor` lists them with what is in force.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="bring the database up to date and serve")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=_between(1, 65535), default=8000, help="port to listen on (default 8000)")
    serve.add_argument("--workers", type=_between(1, 64), default=1, help="processes that answer (default 1)")
    serve.add_argument("--demo", action="store_true", help="fill an empty database with demo data first")

    _add(commands, "migrate", _migrate, "bring the database up to date, with the ten host countries")
    _add(commands, "demo", _demo, "add demo events, parties, contacts and log-ins (once)")
    _add(commands, "doctor", _doctor, "check settings, database, migrations and seats; exit 1 if anything is wrong")

    purge = _add(commands, "purge", _purge, "erase the parties of events whose retention time is over")
    purge.add_argument("--dry-run", action="store_true", help="only count them")

    account = commands.add_parser("account", help="add, list or disable attachés and HQ").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    add = _add(account, "add", _account_add, "add an account, or give it a new name, role and password")
    add.add_argument("--role", required=True, choices=("attache", "hq"))
    add.add_argument("--email", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    _add(account, "list", _account_list, "list accounts with their postings")
    _add(account, "disable", _account_disable, "log an account out everywhere and let nobody in with it").add_argument(
        "--email", required=True
    )

    posting = commands.add_parser("posting", help="begin or end an attaché's time in a host country").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    for name, command, text in (
        ("add", _posting_add, "post an attaché to a host country"),
        ("end", _posting_end, "end it; the events stay"),
    ):
        each = _add(posting, name, command, text)
        each.add_argument("--email", required=True)
        each.add_argument("--host-country", required=True, metavar="CODE", help="two letters, such as KR")

    country = commands.add_parser("country", help="addresses of host countries").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    rename = _add(
        country, "rename", _country_rename, "give a host country another address; the old one goes on working"
    )
    rename.add_argument("old", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    _add(
        country, "retire", _country_retire, "serve a former address no longer; its feeds say where to go"
    ).add_argument("old", metavar="OLD")

    token = commands.add_parser("token", help="bearer tokens of the API").add_subparsers(
        dest="what", required=True, metavar="WHAT"
    )
    _add(token, "add", _token_add, "make a token for an account; it is the last word printed").add_argument(
        "--email", required=True
    )
    _add(token, "list", _token_list, "list tokens without their secrets")
    _add(token, "revoke", _token_revoke, "end a token").add_argument("id")
    return parser


def _between(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is no whole number from {low} to {high}")
        return int(text)

    return whole


def _add(commands: Any, name: str, command: Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(run=command)
    return parser


# -- serving ---------------------------------------------------------------------------------------------------------


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    from granian import Granian
    from granian.constants import Interfaces

    if "BON_BASE_URL" not in os.environ:
        os.environ["BON_BASE_URL"] = f"http://127.0.0.1:{arguments.port}"
        settings = read(os.environ)
    _require_free_port(arguments.host, arguments.port)
    asyncio.run(_prepare(settings, demo=arguments.demo))
    print(f"Bon serves {settings.base_url} (stop with Ctrl-C)", flush=True)
    Granian(
        "app.asgi:create_app",
        factory=True,
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.ASGI,
        workers=arguments.workers,
        log_enabled=False,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=20,
    ).serve()
    return 0


def _require_free_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Failed(f"Port {port} on {host} cannot be used ({error}). Choose another with --port.") from error


async def _prepare(settings: Settings, *, demo: bool) -> None:
    from app.database.connection import migrate
    from app.database.key_check import require_matching_secret
    from app.demo import fill
    from app.security.keyring import load

    keyring = load(settings)
    async with _opened(settings):
        await migrate()
        await require_matching_secret(keyring)
        if demo:
            await fill(keyring, settings)


def _opened(settings: Settings) -> Any:
    from app.database.connection import opened
    from app.database.engines import engine_for

    return opened(engine_for(settings))


# -- the other commands ----------------------------------------------------------------------------------------------


async def _migrate(_: argparse.Namespace, settings: Settings) -> int:
    from app.database.connection import migrate

    async with _opened(settings):
        ran = await migrate()
    print(f"{len(ran)} migrations ran." if ran else "The database is up to date.")
    return 0


async def _demo(_: argparse.Namespace, settings: Settings) -> int:
    await _prepare(settings, demo=True)
    return 0


async def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from app.database.connection import current, pending
    from app.database.key_check import require_matching_secret
    from app.registrations.queries import miscounted
    from app.security.keyring import load

    wrong = []
    print("Settings")
    for option in OPTIONS:
        given = os.environ.get(option.env, "") or os.environ.get(f"{option.env}_FILE", "")
        shown = ("(set)" if option.secret else given) if given else f"{option.default or '(empty)'} (default)"
        print(f"  {option.env:22} {shown}")
    for name in unknown(os.environ):
        print(f"  warning: {name} is not a setting of this release")
    if settings.base_url.startswith("http://"):
        print("  warning: BON_BASE_URL is plain http: good for trying out on this machine only")
    if len(urlsplit(settings.base_url).netloc) > 18:
        print("  warning: the host is longer than 18 characters, so ticket codes are denser and harder to read")
    if settings.secret:
        load(settings)
    if settings.sqlite_path and not settings.sqlite_path.exists():
        print(f"Database\n  warning: {settings.sqlite_path} is not there yet; `bon migrate` makes it")
        return 0
    keyring = load(settings)
    async with _opened(settings):
        print(f"Database\n  {current().engine_type}, {settings.sqlite_path or 'server of BON_DATABASE_URL'}")
        waiting = await pending()
        print(f"  {len(waiting)} pending migrations")
        if waiting:
            wrong.append("migrations are pending: run `bon migrate`")
        else:
            await require_matching_secret(keyring)
            for row in await miscounted():
                wrong.append(
                    f"event {row['slug']}: {row['seats_taken']} seats stored as taken, {row['tickets']} counted;"
                    f" {row['seats_waiting']} stored as waiting, {row['people_waiting']} counted"
                )
            print("  seats recounted")
    for each in wrong:
        print(f"WRONG: {each}")
    print("All is well." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


async def _purge(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.registrations.actions import purge

    async with _ready(settings):
        parties = await purge(dry_run=arguments.dry_run)
    print(f"{parties} parties {'would be' if arguments.dry_run else 'were'} erased.")
    return 0


async def _account_add(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import add_account
    from app.activity.record import OPERATOR

    try:
        password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else getpass.getpass("Password: ")
    except EOFError as error:
        raise Failed("No password was given.") from error
    async with _ready(settings):
        await _told(add_account(arguments.email, arguments.name, arguments.role, password, OPERATOR))
    print(f"{arguments.email} is {'HQ' if arguments.role == 'hq' else 'an attaché'} now.")
    return 0


async def _account_list(_: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.queries import accounts

    async with _ready(settings):
        for row in await accounts():
            ended = " (disabled)" if row["disabled_at"] else ""
            print(f"{row['email']}  {row['role']}  {' '.join(row['postings'])}  {row['name']}{ended}")
    return 0


async def _account_disable(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import disable
    from app.activity.record import OPERATOR

    async with _ready(settings):
        if not await disable(arguments.email, OPERATOR):
            raise Failed(f"There is no account {arguments.email}.")
    print(f"{arguments.email} is disabled.")
    return 0


async def _posting_add(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import add_posting
    from app.activity.record import OPERATOR

    async with _ready(settings):
        await _told(
            add_posting(arguments.email, arguments.host_country, OPERATOR),
            f"There is no account {arguments.email}.",
        )
    print(f"{arguments.email} is posted to {arguments.host_country.upper()}.")
    return 0


async def _posting_end(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import end_posting
    from app.activity.record import OPERATOR

    async with _ready(settings):
        if not await end_posting(arguments.email, arguments.host_country, OPERATOR):
            raise Failed(f"{arguments.email} has no posting to {arguments.host_country}.")
    print(f"The posting of {arguments.email} to {arguments.host_country.upper()} is over.")
    return 0


async def _country_rename(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.activity.record import OPERATOR
    from app.directory.actions import rename
    from app.directory.rules import RESERVED

    if not re.fullmatch(r"[a-z][a-z0-9-]{1,59}", arguments.new) or arguments.new in RESERVED:
        raise Failed(f"{arguments.new} cannot be an address: small letters, digits and hyphens, and no reserved word.")
    async with _ready(settings):
        await _told(
            rename(arguments.old, arguments.new, OPERATOR), f"There is no host country at the address {arguments.old}."
        )
    print(f"/{arguments.old}/ is /{arguments.new}/ now; its feeds go on under both.")
    return 0


async def _country_retire(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.activity.record import OPERATOR
    from app.directory.actions import retire

    async with _ready(settings):
        if not await retire(arguments.old, OPERATOR):
            raise Failed(f"{arguments.old} is no former address of a host country.")
    print(f"The feeds of {arguments.old} say where to go from now on.")
    return 0


async def _token_add(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import add_token
    from app.activity.record import OPERATOR

    async with _ready(settings):
        secret = await _told(add_token(arguments.email, OPERATOR), f"There is no account {arguments.email}.")
    print(f"This token is shown only once: {secret}")
    return 0


async def _token_list(_: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.queries import tokens

    async with _ready(settings):
        for row in await tokens():
            print(
                f"{row['id']}  {row['email']}  {row['created_at']:%Y-%m-%d}{'  revoked' if row['revoked_at'] else ''}"
            )
    return 0


async def _token_revoke(arguments: argparse.Namespace, settings: Settings) -> int:
    from app.accounts.actions import revoke_token
    from app.activity.record import OPERATOR

    try:
        row = UUID(arguments.id)
    except ValueError as error:
        raise Failed(f"{arguments.id} is no token id; `bon token list` shows them.") from error
    async with _ready(settings):
        if not await revoke_token(row, OPERATOR):
            raise Failed(f"There is no token {arguments.id}.")
    print("The token is revoked.")
    return 0


def _ready(settings: Settings) -> Any:
    """The database, opened and up to date."""
    from contextlib import asynccontextmanager

    from app.database.connection import migrate

    @asynccontextmanager
    async def opening() -> Any:
        async with _opened(settings):
            await migrate()
            yield

    return opening()


async def _told(doing: Coroutine[Any, Any, Any], sentence: str = "") -> Any:
    """Turn a refusal into a sentence for the operator."""
    from app.i18n.catalogues import sentence as words
    from app.validation.refusals import Refused

    try:
        return await doing
    except Refused as refused:
        wrong = [f"{problem.field}: {words('en', problem.code, problem.facts)}" for problem in refused.problems]
        told = sentence if refused.code == "not_found" else words("en", refused.code, refused.facts)
        raise Failed(" ".join(wrong) or told) from refused
