"""The commands of `bon` and what they take; each names the function that does it."""

import argparse
from collections.abc import Callable
from typing import Any

from models.states import Role


def parser() -> argparse.ArgumentParser:
    """Every command of `bon`, and what it takes."""
    found = argparse.ArgumentParser(
        prog="bon",
        description="Festivals for workers abroad: events, registration, tickets, gate and calendar feeds.",
        epilog="Settings are environment variables; `bon doctor` lists them with what is in force.",
    )
    found.add_argument("--version", action=_Version, help="which release this is")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="bring the database up to date and serve")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    serve.add_argument("--port", type=_between(1, 65535), default=8000, help="port to listen on (default 8000)")
    serve.add_argument("--workers", type=_between(1, 64), default=1, help="processes that answer (default 1)")
    serve.add_argument("--demo", action="store_true", help="fill an empty database with demo data first")

    care = "app.care.commands"
    _add(commands, "migrate", f"{care}:migrate_now", "bring the database up to date, with the ten host countries")
    _add(commands, "demo", "app.demo:command", "add demo events, parties, contacts and log-ins (once)")
    doctor = "check settings, database, migrations and seats; exit 1 if anything is wrong"
    _add(commands, "doctor", f"{care}:doctor", doctor)
    purge = _add(commands, "purge", f"{care}:purge", "erase the parties of events whose retention time is over")
    purge.add_argument("--dry-run", action="store_true", help="only count them")
    purge.add_argument("--yes", action="store_true", help="the clock is right, though days passed without a heartbeat")
    secret = _group(commands, "secret", "the secret that tickets, links and names depend on")
    rotate = _add(
        secret, "rotate", "app.care.rotation:rotate", "another secret, while Bon serves; what is printed goes on"
    )
    rotate.add_argument("--resume", action="store_true", help="only seal anew what older secrets still seal")
    _copies(commands)
    _accounts(commands)
    _countries(commands)
    shells = commands.add_parser("completion", help="what a shell needs to complete these commands")
    shells.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    return found


def _copies(commands: Any) -> None:
    copies = "app.care.copies"
    text = "copy everything into one encrypted file, while Bon serves; needs BON_BACKUP_PASSPHRASE"
    backup = _add(commands, "backup", f"{copies}:backup", text)
    backup.add_argument("path", help="a new file, or a folder that gets a file named by the time")
    backup.add_argument(
        "--keep", type=_between(1, 14), default=14, metavar="DAYS",
        help="in a folder: remove backups that are older (1 to 14, default 14: what was erased still opens in them)",
    )  # fmt: skip
    restore = _add(commands, "restore", f"{copies}:restore", "fill an empty place from a backup; erases anew")
    restore.add_argument("path", help="the file")
    restore.add_argument(
        "--erased", default="", metavar="FILE", help="an erased.log of later days, beside the data folder's own"
    )
    move = _add(commands, "move", f"{copies}:move", "copy everything into another, empty database, and compare")
    move.add_argument("target", metavar="URL", help="as for BON_DATABASE_URL: sqlite:///PATH or postgresql://…")


class _Version(argparse.Action):
    """Prints the release; looked up only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from app.care.rules import release

        parser.exit(message=f"bon {release()}\n")


def _accounts(commands: Any) -> None:
    accounts = "app.accounts.commands"
    account = _group(commands, "account", "add, list or disable attachés and HQ")
    add = _add(account, "add", f"{accounts}:add", "add an account, or give it a new name, role and password")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--email", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument(
        "--replace", action="store_true", help="give an account that is there a new name, role and password"
    )
    lost = _add(account, "reset-second-factor", f"{accounts}:reset_second_factor", "forget a lost second factor")
    lost.add_argument("--email", required=True)
    _add(account, "list", f"{accounts}:show", "list accounts with their postings")
    disable = _add(account, "disable", f"{accounts}:disable", "log an account out everywhere and let nobody in with it")
    disable.add_argument("--email", required=True)

    posting = _group(commands, "posting", "begin or end an attaché's time in a host country")
    words = (("add", "post", "post an attaché to a host country"), ("end", "end_posting", "end it; the events stay"))
    for name, command, text in words:
        each = _add(posting, name, f"{accounts}:{command}", text)
        each.add_argument("--email", required=True)
        each.add_argument("--host-country", required=True, metavar="CODE", help="two letters, such as KR")

    token = _group(commands, "token", "bearer tokens of the API")
    make = _add(token, "add", f"{accounts}:add_token", "make a token for an account; it is the last word printed")
    make.add_argument("--email", required=True)
    make.add_argument("--name", default="", help="which script it is for")
    make.add_argument("--days", type=int, default=365, help="how long it is good (365; 0: without end)")
    _add(token, "list", f"{accounts}:show_tokens", "list tokens without their secrets")
    _add(token, "revoke", f"{accounts}:revoke_token", "end a token").add_argument("id")


def _countries(commands: Any) -> None:
    directory = "app.directory.commands"
    country = _group(commands, "country", "addresses of host countries")
    text = "give a host country another address; the old one goes on working"
    rename = _add(country, "rename", f"{directory}:rename", text)
    rename.add_argument("old", metavar="OLD")
    rename.add_argument("new", metavar="NEW")
    retire = _add(
        country, "retire", f"{directory}:retire", "serve a former address no longer; its feeds say where to go"
    )
    retire.add_argument("old", metavar="OLD")


def _group(commands: Any, name: str, text: str) -> Any:
    return commands.add_parser(name, help=text).add_subparsers(dest="what", required=True, metavar="WHAT")


def _between(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text} is no whole number from {low} to {high}")
        return int(text)

    return whole


def _add(commands: Any, name: str, command: str, text: str) -> argparse.ArgumentParser:
    """A word that runs `command`, "module:function", with the arguments and the settings."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(run=command)
    return parser
