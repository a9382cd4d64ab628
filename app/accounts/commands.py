"""`bon account`, `bon posting` and `bon token`."""

import argparse
import getpass
import sys
from datetime import timedelta
from uuid import UUID

from app.accounts import actions, queries, second, tokens
from app.activity.record import OPERATOR
from app.database.ready import ready
from app.i18n.operators import Failed, told
from app.settings import Settings
from models.states import Role

MOST_DAYS = 3650


async def add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Add an account, or (with --replace) give it a new name, role and password."""
    try:
        password = sys.stdin.readline().rstrip("\n") if arguments.password_stdin else getpass.getpass("Password: ")
    except EOFError as error:
        raise Failed("No password was given.") from error
    async with ready(settings):
        who = (arguments.email, arguments.name, arguments.role, password)
        await told(actions.add_account(*who, OPERATOR, replace=arguments.replace))
    print(f"{arguments.email} is {'HQ' if arguments.role == Role.HQ else 'an attaché'} now.")
    return 0


async def reset_second_factor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Forget a lost second factor; HQ has a week to set up another."""
    async with ready(settings):
        account = await queries.account_by_email(arguments.email)
        if account is None:
            raise Failed(f"There is no account {arguments.email}.")
        await second.reset(account["id"], OPERATOR, lost=True)
    print(f"{arguments.email} logs in without a second factor for now.")
    return 0


async def show(_: argparse.Namespace, settings: Settings) -> int:
    """List accounts with their postings."""
    async with ready(settings):
        for row in await queries.accounts():
            ended = " (disabled)" if row["disabled_at"] else ""
            print(f"{row['email']}  {row['role']}  {' '.join(row['postings'])}  {row['name']}{ended}")
    return 0


async def disable(arguments: argparse.Namespace, settings: Settings) -> int:
    """Log an account out everywhere and let nobody in with it."""
    async with ready(settings):
        if not await actions.disable(arguments.email, OPERATOR):
            raise Failed(f"There is no account {arguments.email}.")
    print(f"{arguments.email} is disabled.")
    return 0


async def post(arguments: argparse.Namespace, settings: Settings) -> int:
    """Post an attaché to a host country."""
    async with ready(settings):
        posting = actions.add_posting(arguments.email, arguments.host_country, OPERATOR)
        await told(posting, f"There is no account {arguments.email}.")
    print(f"{arguments.email} is posted to {arguments.host_country.upper()}.")
    return 0


async def end_posting(arguments: argparse.Namespace, settings: Settings) -> int:
    """End a posting; the events stay."""
    async with ready(settings):
        if not await actions.end_posting(arguments.email, arguments.host_country, OPERATOR):
            raise Failed(f"{arguments.email} has no posting to {arguments.host_country}.")
    print(f"The posting of {arguments.email} to {arguments.host_country.upper()} is over.")
    return 0


async def add_token(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make a token for an account; it is the last word printed."""
    if not 0 <= arguments.days <= MOST_DAYS:
        raise Failed(f"--days is 1 to {MOST_DAYS}, or 0 for a token without end.")
    async with ready(settings):
        life = timedelta(days=arguments.days) if arguments.days else None
        token = tokens.add_token(arguments.email, OPERATOR, name=arguments.name, life=life)
        secret = await told(token, f"There is no account {arguments.email}.")
    print(f"This token is shown only once: {secret}")
    return 0


async def show_tokens(_: argparse.Namespace, settings: Settings) -> int:
    """List tokens without their secrets."""
    async with ready(settings):
        for token in await tokens.all_tokens():
            used = f"last used {token.used_at:%Y-%m-%d %H} h" if token.used_at else "never used"
            until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "without end"
            ended = "  revoked" if token.revoked_at else "  over" if token.over else ""
            made = f"made {token.created_at:%Y-%m-%d}"
            print(f"{token.id}  {token.email}  {token.name or '-'}  {made}  {used}  {until}{ended}")
    return 0


async def revoke_token(arguments: argparse.Namespace, settings: Settings) -> int:
    """End a token."""
    try:
        row = UUID(arguments.id)
    except ValueError as error:
        raise Failed(f"{arguments.id} is no token id; `bon token list` shows them.") from error
    async with ready(settings):
        if not await tokens.revoke_token(row, OPERATOR):
            raise Failed(f"There is no token {arguments.id}.")
    print("The token is revoked.")
    return 0
