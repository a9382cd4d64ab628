"""`bon secret rotate`: another secret, while Bon serves, without breaking anything that is printed or linked.

First every process learns the new secret as one that opens (READ_WITHIN), then as the one that seals: so nobody meets a
value that it cannot read. Then what older secrets seal is sealed anew. The old ones stay: tickets and links carry them.
"""

import argparse
import asyncio
from datetime import timedelta
from pathlib import Path

from app.accounts.second import reseal_apps
from app.care.resealing import reseal
from app.database.claims import tell
from app.database.connection import DatabaseError, opened
from app.database.data_keys import reseal_keys
from app.database.engines import engine_for
from app.database.key_check import require_matching_secret
from app.database.migrations import pending
from app.registrations.resealing import rehash_addresses
from app.security.keyring import Keyring, half_rotated, load, replace_file, text_of, with_another
from app.settings import Settings
from app.webhooks.queries import reseal_webhooks

OTHERS = 0o007  # a group of their own is how services are given secrets
LOOK = timedelta(seconds=5)  # how often a process looks at the file
READ_WITHIN = LOOK + timedelta(seconds=2)


async def rotate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Another secret, and what older ones seal sealed anew under it; `--resume`: only the latter."""
    if settings.secret and not arguments.resume:
        _say_how(settings)
        return 1
    async with opened(engine_for(settings)):
        if await pending():
            raise DatabaseError("Migrations are pending: run `bon migrate` first.")
        await require_matching_secret(load(settings))
        if not settings.secret and (rest := half_rotated(text_of(settings))):
            replace_file(settings, text_of(settings), rest)  # a rotation was killed: every process knows the new one
        elif not arguments.resume:
            await _renew(settings)
        keyring = load(settings)
        await require_matching_secret(keyring)
        anew = await seal_anew(keyring)
        if not arguments.resume:
            await asyncio.sleep(READ_WITHIN.total_seconds())  # until then others may have sealed under the old one
            anew += await seal_anew(keyring)
    print(f"{anew} values were sealed anew under the secret with id {keyring.current}.")
    print("Older secrets stay in the file: printed tickets and links go on. Make a backup now.")
    return 0


async def _renew(settings: Settings) -> None:
    before = text_of(settings)
    opens, seals = with_another(before)
    replace_file(settings, before, opens)
    print("Every process learns the new secret …", flush=True)
    await asyncio.sleep(READ_WITHIN.total_seconds())
    replace_file(settings, opens, seals)


def _say_how(settings: Settings) -> None:
    opens, seals = with_another(settings.secret)
    print("The secret comes from the environment, which only you can change, on every machine:")
    print("  1. set BON_SECRET to the first line, and restart Bon everywhere;")
    print("  2. set it to the second line, and restart Bon everywhere;")
    print("  3. run `bon secret rotate --resume`, once.")
    print(opens)
    print(seals)


async def seal_anew(keyring: Keyring) -> int:
    """Seal under the present secret whatever older ones seal; returns how many values. Stopped, it can go on."""
    if len(keyring.ids) == 1:
        return 0
    await reseal(keyring)
    apart = await reseal_apps(keyring) + await reseal_webhooks(keyring)
    return await reseal_keys(keyring) + apart + await rehash_addresses(keyring)


async def sealed_before(keyring: Keyring) -> int:
    """How many keys of people and events older secrets still seal."""
    return await reseal_keys(keyring, count_only=True) if len(keyring.ids) > 1 else 0


async def keep_reading(keyring: Keyring) -> None:
    """Take over a rotation, in every process that serves or works, for as long as it lives."""
    while True:
        await asyncio.sleep(LOOK.total_seconds())
        try:
            await keyring.reread()
        except Exception as error:  # noqa: BLE001 - the next look must not depend on this one
            tell("secret not read", error)


def secret_place(settings: Settings) -> tuple[str, str]:
    """Where the secret is, and what is wrong with that ("" where nothing is)."""
    if settings.secret and not settings.secret_file:
        return "BON_SECRET", ""
    path = Path(settings.secret_file) if settings.secret_file else settings.data_dir / "secret"
    open_to_others = path.exists() and path.stat().st_mode & OTHERS
    return str(path), f"{path} can be read by others: chmod o= {path}" if open_to_others else ""
