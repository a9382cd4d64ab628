"""`bon migrate`, `bon doctor` and `bon purge`."""

import argparse
import os
import resource
import shutil
from datetime import timedelta
from urllib.parse import urlsplit

from app.care.backup import last_backup
from app.care.heartbeat import unsound
from app.care.purge import due_by_event
from app.care.purge import purge as purge_now
from app.care.rotation import sealed_before, secret_place
from app.database.connection import current, now, opened
from app.database.engines import engine_for
from app.database.key_check import require_matching_secret
from app.database.migrations import migrate, pending
from app.database.ready import ready
from app.messages.channels import adapters
from app.messages.queries import queue
from app.messages.shapes import ERRORS, STATES
from app.seats.counts import miscounted
from app.seats.tally import mistallied
from app.security.keyring import Keyring, load
from app.settings import OPTIONS, Settings, unknown
from models.states import Channel, MessageState

ASKED = {Channel.TELEGRAM, Channel.EMAIL}  # channels that answer without a message
LITTLE_ROOM = 0.5  # GB
FEW_FILES = 4_096
OLD_BACKUP = timedelta(days=3)
LATE = timedelta(minutes=15)  # a message that nobody sent though it was due


async def migrate_now(_: argparse.Namespace, settings: Settings) -> int:
    """Bring the database up to date, with the ten host countries."""
    async with opened(engine_for(settings)):
        ran = await migrate()
    print(f"{len(ran)} migrations ran." if ran else "The database is up to date.")
    return 0


async def purge(arguments: argparse.Namespace, settings: Settings) -> int:
    """Erase the parties of events whose retention time is over."""
    async with ready(settings):
        silent = await unsound()
        if silent and not (arguments.yes or arguments.dry_run):
            print(
                f"It is {now():%Y-%m-%d %H:%M} UTC, says this machine, but Bon last ran days before that. If the clock"
                " is right, say `bon purge --yes`: what is erased stays erased."
            )
            return 1
        due = await due_by_event() if arguments.dry_run else {}
        parties = await purge_now(load(settings), dry_run=arguments.dry_run)
    for slug, waiting in due.items():
        print(f"{slug}: {waiting} parties")
    print(f"{parties} parties {'would be' if arguments.dry_run else 'were'} erased.")
    return 0


async def doctor(_: argparse.Namespace, settings: Settings) -> int:
    """Check settings, database, migrations and seats; 1 if anything is wrong."""
    _show_settings(settings)
    place, exposed = secret_place(settings)
    print(f"Secret\n  {place}")
    if settings.secret:
        load(settings)
    if settings.sqlite_path and not settings.sqlite_path.exists():
        print(f"Database\n  warning: {settings.sqlite_path} is not there yet; `bon migrate` makes it")
        return 0
    wrong = [exposed] if exposed else []
    wrong += _machine(settings)
    wrong += await _wrong(settings)
    for each in wrong:
        print(f"WRONG: {each}")
    print("All is well." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


def _show_settings(settings: Settings) -> None:
    print("Settings")
    for option in OPTIONS:
        given = os.environ.get(option.env, "") or os.environ.get(f"{option.env}_FILE", "")
        shown = ("(set)" if option.secret else given) if given else f"{option.default or '(empty)'} (default)"
        print(f"  {option.env:22} {shown}")
    for name in unknown(os.environ):
        print(f"  warning: {name} is not a setting of this release")
    if settings.base_url.startswith("http://"):
        print("  warning: BON_BASE_URL is plain http: good for trying out on this machine only")
    if settings.base_url.startswith("https://") and not settings.trusted_proxies:
        print("  warning: BON_TRUSTED_PROXIES is empty: behind a proxy everybody is counted as one address")
    if len(urlsplit(settings.base_url).netloc) > 18:
        print("  warning: the host is longer than 18 characters, so ticket codes are denser and harder to read")


def _machine(settings: Settings) -> list[str]:
    """Room on the disk and open files; what is wrong with them, as sentences."""
    print("Machine")
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free / 1e9
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    print(f"  {free:.1f} GB free in {settings.data_dir}, {soft} open files (at most {hard})")
    if hard != resource.RLIM_INFINITY and hard < FEW_FILES:
        print(f"  warning: a process may open {hard} files at most: more than that many people wait. See LimitNOFILE")
    return [f"only {free:.1f} GB are free: make room before nothing can be written"] if free < LITTLE_ROOM else []


async def _wrong(settings: Settings) -> list[str]:
    """What is wrong in the database, as sentences."""
    keyring = load(settings)
    async with opened(engine_for(settings)):
        print(f"Database\n  {current().engine_type}, {settings.sqlite_path or 'server of BON_DATABASE_URL'}")
        waiting = await pending()
        print(f"  {len(waiting)} pending migrations")
        if waiting:
            return ["migrations are pending: run `bon migrate`"]
        await require_matching_secret(keyring)
        wrong = [
            f"event {each.slug}: {each.stored} seats stored as {each.what}, {each.counted} counted"
            for each in await miscounted()
        ]
        wrong += [f"event {slug}: its tally is not what its rows say" for slug in await mistallied()]
        print("  seats and tallies recounted")
        if left := await sealed_before(keyring):
            print(f"  warning: {left} keys are still sealed under an older secret: run `bon secret rotate --resume`")
        wrong += await _backups(settings)
        wrong += await _messages(settings, keyring)
        if silent := await unsound():
            hours = -(-silent // timedelta(hours=1))
            print(f"  warning: days passed without a heartbeat; is the clock right? Nothing is purged for {hours} h")
    return wrong


async def _backups(settings: Settings) -> list[str]:
    """When the last backup was made; what is wrong with that, as sentences."""
    made_at = await last_backup()
    if made_at is None:
        print("  warning: no backup was ever made: `bon backup FOLDER`, with BON_BACKUP_PASSPHRASE")
        return []
    print(f"  last backup {made_at:%Y-%m-%d %H:%M} UTC")
    late = now() - made_at > OLD_BACKUP
    return [f"the last backup is {(now() - made_at).days} days old: does its timer run?"] if late else []


async def _messages(settings: Settings, keyring: Keyring) -> list[str]:
    """Which channels are set up and answer, and what waits or failed; what is wrong of it, as sentences."""
    print("Messages")
    wrong = list[str]()
    asked = adapters(settings, keyring)
    for adapter in asked:
        error = await adapter.check()
        await adapter.close()
        known = "set up" if adapter.channel in ASKED else "set up, and not tried"
        print(f"  {adapter.channel}: {ERRORS[error] if error else known}")
        wrong += [f"messages by {adapter.channel}: {ERRORS[error]}"] if error else []
    if not asked:
        print("  no channel is set up: texts to paste work all the same")
    for each in await queue():
        late = each.oldest is not None and each.state == MessageState.QUEUED and now() - each.oldest > LATE
        since = f", the oldest due since {each.oldest:%Y-%m-%d %H:%M} UTC" if each.oldest else ""
        print(f"  {each.channel}: {each.messages} {STATES[each.state]}{since}")
        if late:
            wrong.append(f"messages by {each.channel} wait though they are due: does any process work? See BON_WORKER")
    return wrong
